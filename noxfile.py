"""`nox -l` lists the sessions. Torch lives in one virtual environment; the site needs none of it."""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.sessions = ["lint", "test"]
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True

ROOT = Path(__file__).parent
ENVIRONMENTS = Path(os.environ.get("NOX_ENVDIR", ROOT / ".nox"))
nox.options.envdir = str(ENVIRONMENTS)
LOCK = ROOT / ".ci" / "lock.txt"
SITE = ROOT / "build" / "site"
GROUPS = nox.project.load_toml("pyproject.toml")
ONLY = {
    "nargs": "*",
    "metavar": "PAGE",
    "help": "a page or snippet, such as setup or tensors/memory/copy_tensor",
}
PROBE = """
try:
    import torch
    print(torch.cuda.device_count() or "")
except ModuleNotFoundError:
    print("no torch")
"""
CODE = ("docs", "snippets", "tests", "noxfile.py")

if sys.version_info < (3, 11):
    sys.exit(f"Python 3.11 or newer is needed to run nox here, this is {sys.version.split()[0]}")


def install(session: nox.Session, group: str) -> None:
    """Install a dependency group of pyproject.toml at the locked versions.

    With `nox --no-venv` nothing is installed: the packages of this Python are used.
    """
    if not isinstance(session.virtualenv, nox.virtualenv.PassthroughEnv):
        session.install("-c", str(LOCK), *nox.project.dependency_groups(GROUPS, group))
    session.env.update({"PYTHONPATH": str(ROOT / "docs"), "NO_MKDOCS_2_WARNING": "1"})


def run_with_torch(session: nox.Session, *command: str) -> None:
    """Run Python in the environment of `test`, the only one that holds torch (5.6 GB).

    An interrupted command gets the time to clean up.
    """
    session.run(
        *(sys.executable, "-m", "nox", "-s", "test", "--install-only"), silent=True, external=True
    )
    folder = ENVIRONMENTS / "test" / "bin"
    session.run(
        *(str(folder / "python"), *command),
        env={"PYTHONPATH": str(ROOT / "docs"), "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        external=True,
        interrupt_timeout=30,
    )


def arguments(session: nox.Session, **options: dict) -> argparse.Namespace:
    """Parse what follows `--`; an unknown argument ends the session with the usage line."""
    parser = argparse.ArgumentParser(prog=f"nox -s {session.name} --")
    for name, settings in options.items():
        parser.add_argument(name.replace("_", "-") if name.startswith("_") else name, **settings)
    return parser.parse_args(session.posargs)


def refuse_unknown(session: nox.Session, words: list[str]) -> None:
    """End the session when a word starts no page and no snippet, before anything is installed."""
    known = [p.relative_to(ROOT / "snippets").as_posix() for p in ROOT.glob("snippets/**/*.*")]
    for word in words:
        if not any(k.startswith(word.removeprefix("snippets/").rstrip("/")) for k in known):
            session.error(f"no page or snippet starts with {word!r}: see the folders of snippets/")


def build_site(session: nox.Session) -> None:
    """Build both languages aside, warnings as errors, then put them in the place of the old site."""
    draft = ROOT / "build" / "site.draft"
    shutil.rmtree(draft, ignore_errors=True)
    session.run("python", "-m", "cheatsheet.check")
    for language, config in (("zh", "mkdocs.yml"), ("en", "docs/mkdocs.en.yml")):
        session.run(
            *("python", "-m", "mkdocs", "build", "--strict", "-f", config),
            *("--site-dir", str(draft / language)),
        )
    if draft.is_dir():  # with --install-only nothing was built
        shutil.copy(ROOT / "docs" / "root" / "index.html", draft)
        shutil.rmtree(SITE, ignore_errors=True)
        draft.rename(SITE)


def free_port(wanted: int) -> int:
    """Return `wanted`, or any free port of this machine where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise OSError("no free port on 127.0.0.1")


@nox.session
def site(session: nox.Session) -> None:
    """Build both languages into build/site/, warnings as errors, without torch."""
    arguments(session)
    install(session, "site")
    build_site(session)


@nox.session
def serve(session: nox.Session) -> None:
    """Build the site and serve it; `-- --live zh` reloads one language on every change."""
    args = arguments(
        session,
        __live={
            "nargs": "?",
            "const": "zh",
            "choices": ["zh", "en"],
            "help": "one language, rebuilt and reloaded on every change",
        },
    )
    install(session, "site")
    port = free_port(8000)
    if args.live:
        config = {"zh": "mkdocs.yml", "en": "docs/mkdocs.en.yml"}[args.live]
        session.env[f"SITE_URL_{args.live.upper()}"] = f"http://127.0.0.1:{port}/{args.live}/"
        session.run("python", "-m", "mkdocs", "serve", "-f", config, "-a", f"127.0.0.1:{port}")
        return
    build_site(session)
    session.log(f"Open http://127.0.0.1:{port}/ (Ctrl-C ends it)")
    session.run(
        *("python", "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(SITE))
    )


@nox.session
def test(session: nox.Session) -> None:
    """Run every block, output, property, page and browser test; `-- setup` narrows to a page.

    `--device cuda` runs the blocks on CUDA alone, `--record` writes the receipts.
    """
    args = arguments(
        session,
        only=ONLY,
        __device={"choices": ["cpu", "cuda", "all"], "default": "all", "help": "where blocks run"},
        __record={"action": "store_true", "help": "write snippets/receipts/"},
    )
    refuse_unknown(session, args.only)
    install(session, "test")
    cuda = (session.run("python", "-c", PROBE, silent=True, log=False) or "").strip()
    if cuda == "no torch":
        session.error("torch is not installed in this Python: leave --no-venv out")
    if args.device == "cuda" and not cuda:
        session.error("no CUDA device here: --device cuda runs nothing, and nothing is recorded")
    build_site(session)
    expanded = ROOT / "build" / "expanded"
    shutil.rmtree(expanded, ignore_errors=True)
    session.run("python", "-m", "cheatsheet.pages", str(expanded))
    only = [option for word in args.only for option in ("--only", word)]
    if cuda and args.device != "cpu":
        session.run(
            *("python", "-m", "pytest", "--codeblocks", *only),
            *(["--record", "cuda"] if args.record else []),
            *("tests/test_scripts.py", str(expanded)),
            env={"CHEATSHEET_DEVICE": "cuda", "PYTORCH_NVML_BASED_CUDA_CHECK": "1"},
        )
    if args.device != "cuda":
        asked = "not asked for" if args.device == "cpu" else ""
        session.run(
            *("python", "-m", "pytest", "--codeblocks", *only),
            *(["--record", "cpu"] if args.record else []),
            *("tests", str(expanded)),
            env={
                "CUDA_VISIBLE_DEVICES": "",
                "CHEATSHEET_CUDA": asked or ("ran" if cuda else "not run"),
            },
        )


@nox.session(venv_backend="none")
def publish(session: nox.Session) -> None:
    """Test everything, then put a version of both languages on gh-pages; `-- 2.14 --push`."""
    arguments(
        session,
        version={"help": "the installed torch's, such as 2.14 for torch 2.14.1"},
        __push={"action": "store_true", "help": "push gh-pages to origin"},
        __replace={"action": "store_true", "help": "publish a version anew"},
        __cpu_only={"action": "store_true", "help": "publish without full CUDA verification"},
    )
    run_with_torch(session, "-m", "cheatsheet.publish", *session.posargs)


@nox.session
def preview(session: nox.Session) -> None:
    """Serve what gh-pages holds, under the paths that it has on its host."""
    arguments(session)
    install(session, "site")
    session.run("python", "-m", "cheatsheet.preview", str(free_port(8000)))


@nox.session(venv_backend="none")
def outputs(session: nox.Session) -> None:
    """Run the snippets and rewrite the `#>` lines under their prints; `-- setup` narrows."""
    args = arguments(session, only=ONLY)
    refuse_unknown(session, args.only)
    run_with_torch(session, "-m", "cheatsheet.outputs", *args.only)


@nox.session
def lint(session: nox.Session) -> None:
    """Check code, Markdown, Chinese typography and spelling; `-- --fix` repairs what it can."""
    args = arguments(session, __fix={"action": "store_true", "help": "repair what can be repaired"})
    install(session, "lint")
    session.run("ruff", "check", *(["--fix"] if args.fix else []), *CODE)
    session.run("ruff", "format", *([] if args.fix else ["--diff"]), *CODE)
    session.run("rumdl", "check", *(["--fix"] if args.fix else []), "docs", "README.md")
    workflows = [str(path) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run("zizmor", "--offline", "--quiet", "--pedantic", ".github")
    session.run("codespell", *(["-w"] if args.fix else []))
    session.run("python", "-m", "cheatsheet.style", *(["--fix"] if args.fix else []))


@nox.session(venv_backend="none")
def bench(session: nox.Session) -> None:
    """Print a table: build and test time, bytes per page. Measures, never judges."""
    arguments(session)
    run_with_torch(session, "tests/bench.py")


@nox.session
def lock(session: nox.Session) -> None:
    """Renew .ci/lock.txt after a change of the versions in pyproject.toml."""
    arguments(session)
    install(session, "lock")
    groups = [option for group in GROUPS["dependency-groups"] for option in ("--group", group)]
    session.run(
        *("uv", "pip", "compile", "pyproject.toml", *groups),
        *("--universal", "--python-version", "3.11", "--no-annotate", "--upgrade", "--quiet"),
        *("--custom-compile-command", "nox -s lock", "--output-file", str(LOCK)),
        env={"UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(ROOT / "build" / "uv"))},
    )


@nox.session(venv_backend="none")
def mutants(session: nox.Session) -> None:
    """Edit the snippets wrongly, one edit at a time, and list what no test sees; `-- models`."""
    args = arguments(session, only=ONLY)
    refuse_unknown(session, args.only)
    run_with_torch(session, "tests/mutants.py", *args.only)
