"""A small cheat sheet in a repository of its own, to be published, broken and killed.

`publish` takes the steps of the session in this process; `nox` starts the session itself. Builds
are kept for the rest of the run.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

from cheatsheet import receipts
from cheatsheet.agreed import Agreed
from cheatsheet.catalogue import CONFIGS, Sheet
from cheatsheet.publish import build, plan
from cheatsheet.publish.__main__ import main
from cheatsheet.release import Release
from cheatsheet.snippet import LANGUAGES
from harness import ROOT

SUB_PATH = "https://example.github.io/pytorch-cheatsheet/"
BLOCK = "#[\nx = 1  # 一 | one\nprint(x)\n#> 1\n#]\n"
# What of docs/ is about the pages of this repository.
CONTENT = ("zh", "en", "errata", "agreed.txt", "links.txt", "names.yml")
# One time for all commits, and nothing of this machine: equal content is an equal commit. Git need
# not compress what is deleted soon.
GIT = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.compression",
    "GIT_CONFIG_VALUE_0": "0",
    "GIT_AUTHOR_DATE": "2026-11-23T12:00:00Z",
    "GIT_COMMITTER_DATE": "2026-11-23T12:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}
# What stands in for the sessions that publish calls. A file beside the repository decides.
STUBS = """

@nox.session(venv_backend="none")
def lint(session):
    session.run("test", "!", "-e", "../lint-fails", external=True)


@nox.session(venv_backend="none")
def test(session):
    print("the tests are running", flush=True)
    wait = "for i in {1..6000}; do [ -e ../go ] && break; sleep 0.1; done; [ ! -e ../test-fails ]"
    session.run("bash", "-c", wait, external=True)


@nox.session(venv_backend="none")
def two(session):
    BUILD.mkdir(exist_ok=True)
    aside, here = session.posargs
    side_by_side(session, (aside,), (here,), {})
"""
_kept = tempfile.TemporaryDirectory(prefix="cheatsheet-builds-")


@dataclass
class Done:
    """How the steps of a publish have ended, and what they said."""

    steps: list[str]
    returncode: int = 0
    stdout: str = ""
    stderr: str = ""


class Scratch:
    """A git repository with the real machinery and made-up pages."""

    exact = False
    """Whether each version shows what it is: others may show an earlier build of the same pages."""

    def __init__(self, folder: Path, torch: str = ""):
        self.folder = folder
        self.installed_torch = torch

    @classmethod
    def make(cls, folder: Path, home: str = SUB_PATH) -> Scratch:
        scratch = cls(folder)
        machinery = [f"docs/{name}" for name in os.listdir(ROOT / "docs") if name not in CONTENT]
        for name in (*machinery, "mkdocs.yml", ".gitignore", "pyproject.toml"):
            scratch.take(name)
        scratch.write("docs/errata/.gitkeep", "")
        scratch.write("docs/names.yml", "{}\n")
        scratch.edit("pyproject.toml", r'homepage = "[^"]+"', f'homepage = "{home}"')
        scratch.git("init", "--quiet", "--initial-branch", "main")
        scratch.git("config", "user.name", "A maintainer")
        scratch.git("config", "user.email", "maintainer@example.org")
        return scratch

    def copy(self, folder: Path) -> Scratch:
        shutil.copytree(self.folder, folder, symlinks=True)
        return Scratch(folder, self.installed_torch)

    # What stands in it

    def take(self, name: str) -> None:
        """Copy a file or a folder of this repository."""
        source, target = ROOT / name, self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target, ignore=ignore, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert re.search(old, text), f"{old!r} is not in {name}"
        self.write(name, re.sub(old, new, text))

    def page(self, name: str, *entries: str, generated: str = "") -> None:
        """Write a page with an entry and a block per anchor, in both languages."""
        words = {
            "zh": ("页面", "条目", "它打印 1。"),
            "en": ("The page", "The entry", "It prints 1."),
        }
        for language, (page, entry, prose) in words.items():
            text = f'---\ndescription: "{page} {name}"\n---\n\n'
            text += f"# {page} {name} {{ #{Path(name).stem} }}\n"
            text += f"\n<!-- {generated} -->\n" if generated else ""
            for anchor in entries:
                block = f"{anchor.replace('-', '_')}.py"
                self.write(f"snippets/{name}/{block}", BLOCK)
                text += f"\n## {entry} {anchor} {{ #{anchor} }}\n\n{prose}\n"
                text += f'\n```python\n--8<-- "{block}"\n```\n'
            self.write(f"docs/{language}/{name}.md", text)
        self._list_pages()

    def remove_page(self, name: str) -> None:
        shutil.rmtree(self.folder / "snippets" / name)
        for language in LANGUAGES:
            (self.folder / "docs" / language / f"{name}.md").unlink()
        self._list_pages()

    def _list_pages(self) -> None:
        folder = self.folder / "docs" / "zh"
        pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.md"))
        nav = "".join(f"  - {page}\n" for page in pages)
        self.edit("mkdocs.yml", r"(?m)^nav:.*\n(?: .*\n)+", f"nav:\n{nav}")

    def torch(self, version: str, *devices: str) -> None:
        """Pin a torch, pretend that it is installed, and write receipts for all blocks."""
        self.installed_torch = version
        self.edit("pyproject.toml", r'"torch==[\w.]+"', f'"torch=={version}"')
        sheet = Sheet.read(self.folder)
        for device in devices:
            name = {"cpu": "x86_64", "cuda": "NVIDIA H100"}[device]
            what = (receipts.RULES, "2026-11-23", "passed", True, "3.12.3", name)
            codes = {block.name: receipts.fingerprint(block) for block in sheet.blocks}
            fresh = [receipts.Receipt(block, code, *what) for block, code in codes.items()]
            receipts.Receipts(sheet).record(device, version, fresh)

    def commit(self, message: str = "edit") -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    # How it is published

    def publish(self, *arguments: str, meanwhile: Callable[[], None] = lambda: None) -> Done:
        """Take the steps of `nox -s publish -- ARGUMENTS`, lint and tests aside.

        `meanwhile` happens where the session tests.
        """
        done = self.step("plan", *arguments)
        if done.returncode:
            return done
        put(self.tested(), self.folder / "build" / "site")
        meanwhile()
        for name in ("build", "deploy"):
            done = self.step(name, *arguments, after=done)
            if done.returncode:
                break
        return done

    def step(self, name: str, *arguments: str, after: Done | None = None) -> Done:
        """Take one step in this process, as if the session had started it."""
        out, err = io.StringIO(), io.StringIO()
        command = ["publish", name, f"--session={os.getppid()}", *arguments]
        with (
            mock.patch.dict(os.environ, self.environment(), clear=True),
            mock.patch.object(sys, "argv", command),
            mock.patch.object(plan, "installed_version", return_value=self.installed_torch),
            mock.patch.object(build, "render", self._rendered(build.render)),
            chdir(self.folder),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                main()
                code = 0
            except SystemExit as end:
                code = 1
                print(end.code, file=err)
        done = after or Done([])
        return Done(
            [*done.steps, name], code, done.stdout + out.getvalue(), done.stderr + err.getvalue()
        )

    def environment(self) -> dict[str, str]:
        """Return the environment in which the session takes a step."""
        ours = ("CHEATSHEET_", "GIT_", "NOX_", "PYTEST_", "EMAIL")
        env = {k: v for k, v in os.environ.items() if not k.startswith(ours) and k != "CI"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        docs = str(self.folder / "docs")
        return env | GIT | {"PYTHONPATH": docs, "PATH": path, "NO_MKDOCS_2_WARNING": "1"}

    def tested(self) -> Path:
        """Return what `nox -s test` leaves: the site whose blocks it has seen."""

        def make(folder: Path) -> None:
            for language, config in CONFIGS.items():
                subprocess.run(
                    [
                        *(sys.executable, "-m", "mkdocs", "build", "--quiet", "-f", config),
                        *("--site-dir", str(folder / language)),
                    ],
                    cwd=self.folder,
                    env=self.environment(),
                    check=True,
                )

        return kept(self.pages(), make)

    def pages(self) -> str:
        """Return what decides which pages and blocks there are."""
        return self.git("rev-parse", "HEAD:docs", "HEAD:snippets", "HEAD:mkdocs.yml")

    def _rendered(self, render: Callable) -> Callable:
        """Return a `build.render` that keeps what it has built."""

        def render_once(root: Path, ways: dict[str, Release], work: Path) -> None:
            releases = [asdict(release) | {"old": None} for release in ways.values()]
            key = f"{releases}" if self.exact else f"like {self.pages()}"
            built = kept(key, lambda draft: render(root, ways, draft))
            kept(f"like {self.pages()}", lambda draft: put(built, draft))
            for way in ways:
                put(built / way, work / way)

        return render_once

    def nox(self, *arguments: str, **options) -> subprocess.Popen:
        """Start nox here, with the environments of the run that this test belongs to."""
        env = self.environment() | {"NOX_ENVDIR": str(Path(sys.prefix).parent)}
        env.pop("PYTHONPATH")
        said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        command = [sys.executable, "-m", "nox", *arguments]
        # A run in the background ignores SIGINT, and what it starts would inherit that.
        hear = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
        return subprocess.Popen(command, cwd=self.folder, env=env, **said, **hear, **options)

    def use_stub_sessions(self) -> None:
        """Take the real noxfile; its `lint` and `test` do nothing and pass, once `go` is there."""
        self.write("noxfile.py", (ROOT / "noxfile.py").read_text(encoding="utf-8") + STUBS)
        self.take(".ci/lock.txt")

    def tell(self, name: str) -> None:
        """Make a file that the stub sessions look at: go, lint-fails, test-fails."""
        (self.folder.parent / name).touch()

    def use_real_sessions(self) -> None:
        """Lint and test for real, with the tests that run each block; torch is the real one."""
        for name in ("noxfile.py", ".ci", ".github", "tests/harness", "tests/conftest.py"):
            self.take(name)
        for name in ("blocks/conftest.py", "blocks/test_blocks.py", "snippets/conftest.py"):
            self.take(f"tests/{name}")
        self.write("README.md", "# A small cheat sheet\n")
        self.take("CITATION.cff")
        for name in ("machinery", "site"):
            self.write(f"tests/{name}/test_{name}.py", "def test_nothing():\n    pass\n")
        sheet = Sheet.read(self.folder)
        for page in (page for page in sheet.pages if page.entries):
            text = "import pytest\n"
            for entry in page.entries:
                (block,) = entry.blocks
                text += f'\n\n@pytest.mark.claim("{entry.id}", "It prints 1.")\n'
                text += f"def test_{block.path.stem}(run):\n"
                text += f'    assert run("{block.name}")["x"] == 1\n'
            folder, _, last = f"tests/snippets/{page.name}".rpartition("/")
            self.write(f"{folder}/test_{last}.py", text)
        Agreed(sheet).agree(sheet.entries, sheet.pages)

    # What has become of it

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.folder,
            env=os.environ | GIT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def tip(self, branch: str = "gh-pages") -> str:
        return self.git("rev-parse", branch)

    def tree(self, path: str, branch: str = "gh-pages") -> str:
        return self.git("rev-parse", f"{branch}:{path}")

    def read(self, path: str) -> str:
        return self.git("show", f"gh-pages:{path}")

    def files(self) -> set[str]:
        return set(self.git("ls-tree", "-r", "--name-only", "gh-pages").splitlines())

    def published(self) -> list[str]:
        """Return what the commits of `gh-pages` say, newest first."""
        return self.git("log", "--format=%s", "gh-pages").splitlines()

    def state(self) -> tuple[str, str]:
        """Every ref, and what is not committed: what a failed publish must not change."""
        return self.git("for-each-ref"), self.git("status", "--porcelain")


def kept(key: str, make: Callable[[Path], None]) -> Path:
    """Return the folder that `make` has filled for a key, now or earlier in this run."""
    folder = Path(_kept.name, hashlib.sha256(key.encode()).hexdigest()[:16])
    if not folder.is_dir():
        draft = Path(tempfile.mkdtemp(dir=_kept.name))
        make(draft)
        draft.rename(folder)
    return folder


def put(source: Path, target: Path) -> None:
    """Put a copy of a kept folder where another may stand."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def cheat_sheet(folder: Path, home: str = SUB_PATH) -> Scratch:
    """Return a repository ready to publish 2.13, then `next_version` readies it for 2.14."""
    scratch = Scratch.make(folder, home)
    scratch.page("index", generated="ways")
    scratch.page("tensors/memory", "copy-tensor", "old-entry")
    scratch.page("tensors/old", "gone")
    scratch.page("moved-later", "first")
    scratch.page("verification", generated="verification")
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
    scratch.exact = True
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
