"""Every block in every way that it is shown; torch is imported once, here."""

import torch._dynamo  # noqa: F401  the first optimizer imports it: once here, not in every fork
