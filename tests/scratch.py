"""A small cheat sheet in a repository of its own, to be published, broken and killed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from cheatsheet import receipts
from cheatsheet.pages import CONFIGS
from cheatsheet.snippet import LANGUAGES, ROOT

SUB_PATH = "https://example.github.io/pytorch-cheatsheet/"
BLOCK = "x = 1  # 一 | one\nprint(x)\n#> 1\n"
# What stands in for the sessions that publish calls, where a test is not about them.
NOXFILE = """
import subprocess
import nox

@nox.session(venv_backend="none")
def lint(session):
    pass

@nox.session(venv_backend="none")
def test(session):
    builds = [
        subprocess.Popen(["python", "-m", "mkdocs", "-q", "build", "-f", config,
                          "-d", f"{session.invoked_from}/build/site/{language}"])
        for language, config in (("zh", "mkdocs.yml"), ("en", "docs/mkdocs.en.yml"))
    ]
    assert not any(build.wait() for build in builds)
"""


class Scratch:
    """A git repository with the real machinery and made-up pages."""

    def __init__(self, folder: Path):
        self.folder = folder

    @classmethod
    def make(cls, folder: Path, home: str = SUB_PATH) -> Scratch:
        scratch = cls(folder)
        for name in ("docs/cheatsheet", "docs/theme", "docs/root", ".gitignore", "pyproject.toml"):
            scratch._copy(name)
        for config in CONFIGS.values():
            text = (ROOT / config).read_text(encoding="utf-8")
            scratch.write(config, re.sub(r"^nav:\n(?:[ -].*\n)+", "", text, flags=re.MULTILINE))
        scratch.write("docs/errata.yml", "[]\n")
        scratch.write("tests/test_scripts.py", (ROOT / "tests/test_scripts.py").read_text())
        scratch.write("noxfile.py", NOXFILE)
        scratch.edit("pyproject.toml", r'homepage = "[^"]+"', f'homepage = "{home}"')
        scratch.git("init", "--quiet", "--initial-branch", "main")
        scratch.git("config", "user.name", "A maintainer")
        scratch.git("config", "user.email", "maintainer@example.org")
        return scratch

    def use_real_sessions(self) -> None:
        """Lint and test for real, with the tests that run each block; torch is the real one."""
        for name in ("noxfile.py", ".ci", ".github", "tests/conftest.py"):
            self._copy(name)
        self.write("README.md", "# A small cheat sheet\n")
        shutil.rmtree(self.folder.parent / "installed", ignore_errors=True)

    def nox(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run nox here, with the environments of the run that this test belongs to."""
        env = os.environ | {"NOX_ENVDIR": str(Path(sys.prefix).parent)}
        env.pop("PYTHONPATH", None)
        command = [sys.executable, "-m", "nox", *arguments]
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True)

    def _copy(self, name: str) -> None:
        source, target = ROOT / name, self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target, ignore=ignore, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)

    def copy(self, folder: Path) -> Scratch:
        shutil.copytree(self.folder, folder, symlinks=True)
        return Scratch(folder)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert re.search(old, text), f"{old!r} is not in {name}"
        self.write(name, re.sub(old, new, text))

    def page(self, name: str, *entries: str, **languages: str) -> None:
        """Write a page with an entry and a block per anchor, in both languages."""
        for language in LANGUAGES:
            text = f"---\ndescription: {name}\n---\n\n# {name} {{ #{Path(name).stem} }}\n"
            text += languages.get(language, "")
            for entry in entries:
                block = f"{name}/{entry.replace('-', '_')}.py"
                self.write(f"snippets/{block}", BLOCK)
                text += f'\n## {entry} {{ #{entry} }}\n\n```python\n--8<-- "{block}"\n```\n'
            self.write(f"docs/{language}/{name}.md", text)

    def remove_page(self, name: str) -> None:
        shutil.rmtree(self.folder / "snippets" / name)
        for language in LANGUAGES:
            (self.folder / "docs" / language / f"{name}.md").unlink()

    def torch(self, version: str, *devices: str) -> None:
        """Pin a torch, pretend that it is installed, and write receipts for all blocks."""
        self.edit("pyproject.toml", r'"torch==[\w.]+"', f'"torch=={version}"')
        fake = self.folder.parent / "installed" / f"torch-{version}.dist-info"
        shutil.rmtree(fake.parent, ignore_errors=True)
        fake.mkdir(parents=True)
        (fake / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
        for device in devices:
            found = {
                path.relative_to(self.folder / "snippets").as_posix(): {
                    "block": receipts.fingerprint(path),
                    "date": "2026-11-23",
                    "device": {"cpu": "cpu", "cuda": "NVIDIA H100"}[device],
                    "outcome": "passed",
                    "placement": True,
                    "rules": receipts.rules(),
                    "torch": version,
                }
                for path in self.folder.glob("snippets/**/*.py")
            }
            self.write(f"snippets/receipts/{device}.json", json.dumps(found))

    def commit(self, message: str = "edit") -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=cwd or self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def command(self, *arguments: str) -> dict:
        """Return what Popen needs to publish here."""
        paths = [self.folder / "docs", self.folder.parent / "installed"]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        drop = {"CHEATSHEET_SNIPPETS", "CHEATSHEET_CUDA", "CI"}
        env = {k: v for k, v in os.environ.items() if k not in drop}
        env["NO_MKDOCS_2_WARNING"] = "1"
        env |= {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PATH": path}
        command = [sys.executable, "-m", "cheatsheet.publish", *arguments]
        return {"args": command, "cwd": self.folder, "env": env, "text": True}

    def publish(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        return subprocess.run(**self.command(*arguments), capture_output=True, **options)

    def tip(self, branch: str = "gh-pages") -> str:
        return self.git("rev-parse", branch)

    def tree(self, path: str, branch: str = "gh-pages") -> str:
        return self.git("rev-parse", f"{branch}:{path}")

    def read(self, path: str) -> str:
        return self.git("show", f"gh-pages:{path}")

    def files(self) -> set[str]:
        return set(self.git("ls-tree", "-r", "--name-only", "gh-pages").splitlines())

    def state(self) -> tuple[str, str]:
        """Every ref, and what is not committed: what a failed publish must not change."""
        return self.git("for-each-ref"), self.git("status", "--porcelain")


def cheat_sheet(folder: Path, home: str = SUB_PATH) -> Scratch:
    """Return a repository ready to publish 2.13, then `next_version` readies it for 2.14."""
    scratch = Scratch.make(folder, home)
    scratch.page("index", zh='\n--8<-- "archive"\n', en='\n--8<-- "archive"\n')
    scratch.page("tensors/memory", "copy-tensor", "old-entry")
    scratch.page("tensors/old", "gone")
    scratch.page("moved-later", "first")
    scratch.page("verification")
    scratch.torch("2.13.0", "cpu", "cuda")
    scratch.commit("2.13")
    return scratch


def next_version(scratch: Scratch) -> None:
    """An entry, a page and a whole page's place change; CUDA has not verified the new torch."""
    (scratch.folder / "snippets/tensors/memory/old_entry.py").unlink()
    scratch.page("tensors/memory", "copy-tensor", "new-entry")
    scratch.remove_page("tensors/old")
    scratch.remove_page("moved-later")
    scratch.page("moved", "first")
    scratch.edit("mkdocs.yml", r"redirect_maps: \{\}", "redirect_maps: {moved-later.md: moved.md}")
    scratch.torch("2.14.1", "cpu")
    scratch.commit("2.14")


def published_history(folder: Path) -> Scratch:
    """Publish three versions and keep what was said: `done`, `refused`, `after` by version."""
    scratch = cheat_sheet(folder)
    done, after = {}, {}
    done["2.13"], after["2.13"] = scratch.publish("2.13"), scratch.tip()
    next_version(scratch)
    refused, after["refused"] = scratch.publish("2.14"), scratch.tip()
    done["2.14"], after["2.14"] = scratch.publish("2.14", "--cpu-only"), scratch.tip()
    scratch.torch("2.15.0rc2", "cpu", "cuda")
    scratch.commit("2.15rc")
    done["2.15rc"], after["2.15rc"] = scratch.publish("2.15rc"), scratch.tip()
    scratch.done, scratch.after, scratch.refused = done, after, refused
    return scratch
