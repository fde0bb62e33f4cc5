"""What only Material needs; delete it together with Material."""

from cheatsheet.material import (
    on_config,
    on_files,
    on_page_context,
    on_post_page,
    on_post_template,
    on_template_context,
)

__all__ = [
    "on_config",
    "on_files",
    "on_page_context",
    "on_post_page",
    "on_post_template",
    "on_template_context",
]
