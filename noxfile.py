"""`nox -l` lists the sessions. Torch lives in one virtual environment; the site needs none of it."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
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
BUILD = ROOT / "build"
PAGES = BUILD / "pages"
SITE = BUILD / "site"
PROJECT = nox.project.load_toml("pyproject.toml")
CONFIGS = {"zh": "mkdocs.yml", "en": "docs/mkdocs.en.yml"}
CODE = ("docs", "snippets", "tests", "noxfile.py")
BLOCKS = ("tests/blocks", "tests/snippets", "build/pages")
WORDS = {
    "nargs": "*",
    "metavar": "WORD",
    "help": "a page, an entry or a block: setup, tensors/memory#item, copy_tensor",
}
PROBE = "import torch; print(torch.cuda.device_count() or '')"

if sys.version_info < (3, 11):
    sys.exit(f"Python 3.11 or newer is needed to run nox here, this is {sys.version.split()[0]}")


# What sessions share


def requirements(*groups: str) -> list[str]:
    """Return the pins of dependency groups; `site` is what the project itself depends on."""
    site = PROJECT["project"]["dependencies"]
    named = [group for group in groups if group != "site"]
    return [
        *(site if "site" in groups else []),
        *(nox.project.dependency_groups(PROJECT, *named) if named else []),
    ]


def stamp(folder: Path, wanted: list[str]) -> tuple[Path, str]:
    """Return the file that says what an environment holds, and what it has to say."""
    text = "\n".join([*wanted, LOCK.read_text(encoding="utf-8"), sys.version])
    return folder / "installed.txt", hashlib.sha256(text.encode()).hexdigest()


def install(session: nox.Session, *groups: str) -> None:
    """Install dependency groups of pyproject.toml at the locked versions, if they are not there.

    With `nox --no-venv` nothing is installed: the packages of this Python are used.
    """
    session.env.update({"PYTHONPATH": str(ROOT / "docs"), "NO_MKDOCS_2_WARNING": "1"})
    if isinstance(session.virtualenv, nox.virtualenv.PassthroughEnv):
        return
    wanted = requirements(*groups)
    file, text = stamp(Path(session.virtualenv.location), wanted)
    if not file.is_file() or file.read_text() != text:
        session.install("-c", str(LOCK), *wanted)
        file.write_text(text)


def run_with_torch(session: nox.Session, *command: str, **env: str) -> None:
    """Run Python in the environment of `test`, the only one that holds torch (5.6 GB).

    An interrupted command gets the time to clean up.
    """
    folder = ENVIRONMENTS / "test"
    file, text = stamp(folder, requirements("site", "test"))
    if not file.is_file() or file.read_text() != text:
        nested = (sys.executable, "-m", "nox", "-s", "test", "--install-only")
        session.run(*nested, silent=True, external=True)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    session.run(
        *(str(folder / "bin" / "python"), *command),
        env={"PYTHONPATH": str(ROOT / "docs"), "PATH": path, "NO_MKDOCS_2_WARNING": "1", **env},
        external=True,
        interrupt_timeout=30,
    )


def arguments(session: nox.Session, **options: dict) -> argparse.Namespace:
    """Parse what follows `--`; an unknown argument ends the session with the usage line."""
    parser = argparse.ArgumentParser(prog=f"nox -s {session.name} --")
    for name, settings in options.items():
        parser.add_argument(name.replace("_", "-") if name.startswith("_") else name, **settings)
    return parser.parse_args(session.posargs)


def side_by_side(session: nox.Session, aside: tuple[str, ...], here: tuple[str, ...], env) -> None:
    """Run two commands at once; what the first one says is shown when the second has ended."""
    if "--install-only" in sys.argv:
        return
    path = os.pathsep.join([*(session.bin_paths or []), os.environ["PATH"]])
    there = os.environ | session.env | {"PATH": path} | env
    log, failed = BUILD / "aside.log", False
    with log.open("wb") as file:
        child = subprocess.Popen(
            aside,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={name: value for name, value in there.items() if value is not None},
        )
        try:
            session.run(*here, env=env)
        except nox.command.CommandFailed:
            failed = True
        finally:
            child.wait()
    print(log.read_text(encoding="utf-8", errors="replace"), flush=True)
    if failed or child.returncode:
        session.error("a test failed, see above")


def expand(session: nox.Session) -> None:
    """Write build/pages/: every page as it is displayed, still Markdown."""
    session.run("python", "-m", "cheatsheet.expand", str(PAGES))


def build_site(session: nox.Session) -> None:
    """Build both languages aside, warnings as errors, then put them in the place of the old site."""
    draft = BUILD / "site.draft"
    shutil.rmtree(draft, ignore_errors=True)
    for language, config in CONFIGS.items():
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


@contextlib.contextmanager
def lock_of_publishing(session: nox.Session):
    """Hold the lock of this repository's `gh-pages`, or end the session.

    What the session starts inherits it as its standard input: after a kill, it lasts until all of
    that has ended.
    """
    common = ("git", "rev-parse", "--path-format=absolute", "--git-common-dir")
    folder = subprocess.run(common, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    with Path(folder.strip(), "publish.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            session.error("another publish is running: wait for its end. gh-pages is as it was")
        stdin = os.dup(0)
        os.dup2(lock.fileno(), 0)
        try:
            yield
        finally:
            os.dup2(stdin, 0)
            os.close(stdin)


# For contributors


@nox.session
def lint(session: nox.Session) -> None:
    """Check sources, code, Markdown, typography and spelling; `-- --fix` repairs what it can."""
    args = arguments(session, __fix={"action": "store_true", "help": "repair what can be repaired"})
    install(session, "lint")
    fix = ["--fix"] if args.fix else []
    session.run("python", "-m", "cheatsheet.lint", *fix)
    session.run("ruff", "check", *fix, *CODE)
    session.run("ruff", "format", *([] if args.fix else ["--diff"]), *CODE)
    session.run("rumdl", "check", *fix, "docs", *sorted(path.name for path in ROOT.glob("*.md")))
    workflows = [str(path) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
    forms = [str(path) for path in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))]
    config = [form for form in forms if form.endswith("config.yml")]
    for schema, files in (
        ("vendor.github-workflows", workflows),
        ("vendor.github-issue-forms", sorted({*forms} - {*config})),
        ("vendor.github-issue-config", config),
        ("vendor.citation-file-format", ["CITATION.cff"]),
    ):
        session.run("check-jsonschema", "--builtin-schema", schema, *files)
    session.run("zizmor", "--offline", "--quiet", "--pedantic", ".github")
    session.run("codespell", *(["-w"] if args.fix else []))


@nox.session
def test(session: nox.Session) -> None:
    """Run every block, output, property, page and browser test; `-- setup` runs a page's blocks.

    `--device cuda` runs the blocks on CUDA alone, `--record` writes the receipts. With a word, and
    on CUDA, nothing of the site is built or needed.
    """
    args = arguments(
        session,
        words=WORDS,
        __device={"choices": ["cpu", "cuda", "all"], "default": "all", "help": "where blocks run"},
        __record={"action": "store_true", "help": "write tests/receipts/"},
    )
    install(session, "site", "test")
    cuda = False
    if shutil.which("nvidia-smi") and args.device != "cpu":
        cuda = bool((session.run("python", "-c", PROBE, silent=True, log=False) or "").strip())
    if args.device == "cuda" and not cuda:
        session.error("no CUDA device here: --device cuda runs nothing, and nothing is recorded")
    expand(session)
    pytest = ("python", "-m", "pytest", "--codeblocks")
    record = ("--record",) if args.record else ()
    only = tuple(f"--only={word}" for word in args.words)
    if cuda:
        session.run(
            *(*pytest, *record, *only, "-k", "test_prints_what_it_shows or line"),
            *("tests/blocks/test_blocks.py", "build/pages"),
            env={"CHEATSHEET_DEVICE": "cuda", "PYTORCH_NVML_BASED_CUDA_CHECK": "1"},
        )
    if args.device == "cuda":
        return
    asked = "not asked for" if args.device == "cpu" else "not run"
    # One thread each: forks that share two cores with the other half would only wait for each other.
    env = {
        "CUDA_VISIBLE_DEVICES": "",
        "CHEATSHEET_CUDA": "ran" if cuda else asked,
        "OMP_NUM_THREADS": "1",
    }
    blocks = (*pytest, *record, *only, *BLOCKS)
    if only:
        session.run(*blocks, env=env)
        return
    build_site(session)
    side_by_side(session, ("python", "-m", "pytest", "tests/machinery", "tests/site"), blocks, env)


@nox.session(venv_backend="none")
def outputs(session: nox.Session) -> None:
    """Run the snippets and rewrite the outputs under their prints; `-- setup` narrows.

    `--examples` renews the example outputs (`#~`) too.
    """
    args = arguments(
        session,
        words=WORDS,
        __examples={"action": "store_true", "help": "renew the example outputs too"},
    )
    examples = ["--examples"] if args.examples else []
    run_with_torch(session, "-m", "cheatsheet.outputs", *examples, *args.words)


@nox.session(venv_backend="none")
def api(session: nox.Session) -> None:
    """Run the blocks and note the methods of torch that they use, for the API index; `-- setup`."""
    args = arguments(session, words=WORDS)
    run_with_torch(session, "-m", "cheatsheet.symbols", *args.words)


@nox.session
def new(session: nox.Session) -> None:
    """Write the stubs of an entry: `-- tensors/indexing/gather-scatter`."""
    args = arguments(session, entry={"help": "its page and its id"})
    install(session, "lint")
    session.run("python", "-m", "cheatsheet.new", args.entry)


@nox.session
def agree(session: nox.Session) -> None:
    """Note that you have read both languages, blocks and tests of an entry: `-- setup#versions`."""
    args = arguments(session, words=WORDS | {"nargs": "+"})
    install(session, "lint")
    session.run("python", "-m", "cheatsheet.agreed", *args.words)


# The site


@nox.session
def site(session: nox.Session) -> None:
    """Build both languages into build/site/, warnings as errors, and build/pages/; needs no torch."""
    arguments(session)
    install(session, "site")
    expand(session)
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
        address = f"127.0.0.1:{port}"
        session.run("python", "-m", "mkdocs", "serve", "-f", CONFIGS[args.live], "-a", address)
        return
    build_site(session)
    session.log(f"Open http://127.0.0.1:{port}/ (Ctrl-C ends it)")
    session.run(
        *("python", "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(SITE))
    )


@nox.session
def zensical(session: nox.Session) -> None:
    """Build both languages with Zensical from build/pages/, and compare with the MkDocs build."""
    arguments(session)
    install(session, "site", "zensical")
    expand(session)
    build_site(session)
    session.run("python", "tests/tools/zensical.py")


# For maintainers


@nox.session
def matrix(session: nox.Session) -> None:
    """Run the blocks on another torch and record the receipts: `-- 2.13`."""
    args = arguments(session, release={"help": "a release of torch, such as 2.13 or 2.13.1"})
    install(session, "lock")
    expand(session)
    folder = ENVIRONMENTS / f"matrix-{args.release}"
    python = str(folder / "bin" / "python")
    others = [
        pin for pin in requirements("blocks") if not pin.startswith(("torch==", "torchvision=="))
    ]
    release = args.release + (".*" if args.release.count(".") == 1 else "")
    env = {"UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(BUILD / "uv"))}
    session.run("uv", "venv", "--quiet", "--allow-existing", str(folder), env=env)
    session.run(
        *("uv", "pip", "install", "--quiet", "--python", python),
        *(f"torch=={release}", "torchvision", *others),
        env=env,
    )
    session.run(
        *(python, "-m", "pytest", "--codeblocks", "--record", "--quiet", "--tb=line"),
        *("-k", "test_prints_what_it_shows or line", "tests/blocks/test_blocks.py", "build/pages"),
        env={"CUDA_VISIBLE_DEVICES": "", "CHEATSHEET_MATRIX": "1"},
        external=True,
        success_codes=[0, 1],  # what an older release cannot run is what we want to know
    )


@nox.session(venv_backend="none")
def publish(session: nox.Session) -> None:
    """Test everything, then put a version of both languages on gh-pages; `-- 2.14 --push`."""
    args = arguments(
        session,
        version={"help": "the installed torch's, such as 2.14 for torch 2.14.1"},
        __push={"action": "store_true", "help": "push gh-pages to origin"},
        __replace={"action": "store_true", "help": "publish a version anew"},
        __cpu_only={"action": "store_true", "help": "publish without full CUDA verification"},
    )
    del args

    def step(name: str) -> None:
        alive = f"--session={os.getpid()}"
        run_with_torch(session, "-m", "cheatsheet.publish", name, alive, *session.posargs)

    with lock_of_publishing(session):
        step("plan")
        try:
            for checks in (["lint"], ["test", "--", "--device", "cpu"]):
                nested = (sys.executable, "-m", "nox", "-s", *checks)
                session.run(*nested, external=True, interrupt_timeout=30)
        except nox.command.CommandFailed:
            session.error("publish: refused: see above. gh-pages is as it was")
        step("build")
        step("deploy")


@nox.session
def preview(session: nox.Session) -> None:
    """Serve what gh-pages holds, under the paths that it has on its host."""
    arguments(session)
    install(session, "site")
    session.run("python", "-m", "cheatsheet.publish.preview", str(free_port(8000)))


@nox.session
def lock(session: nox.Session) -> None:
    """Renew .ci/lock.txt after a change of the versions in pyproject.toml."""
    arguments(session)
    install(session, "lock")
    groups = [option for group in PROJECT["dependency-groups"] for option in ("--group", group)]
    session.run(
        *("uv", "pip", "compile", "pyproject.toml", *groups),
        *("--universal", "--python-version", "3.11", "--no-annotate", "--upgrade", "--quiet"),
        *("--custom-compile-command", "nox -s lock", "--output-file", str(LOCK)),
        env={"UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(BUILD / "uv"))},
    )


@nox.session(venv_backend="none")
def bench(session: nox.Session) -> None:
    """Print a table: build and test time, bytes per page. Measures, never judges."""
    arguments(session)
    run_with_torch(session, "tests/tools/bench.py")


@nox.session(venv_backend="none")
def audit(session: nox.Session) -> None:
    """Weigh the built site, let axe and Lighthouse judge it; `-- zh/errata/ --runs 1` narrows.

    Needs node and npm, which fetch both tools here and nowhere else.
    """
    args = arguments(
        session,
        pages={"nargs": "*", "metavar": "PAGE", "help": "only those, such as zh/errata/"},
        __runs={"type": int, "default": 3, "help": "of Lighthouse, 0 for none"},
    )
    tools = ROOT / "tests" / "tools" / "audit"
    with session.chdir(tools):
        session.run("npm", "ci", "--no-audit", "--no-fund", "--silent", external=True)
    session.run(sys.executable, "-m", "nox", "-s", "site", external=True)
    path = os.pathsep.join(str(ROOT / folder) for folder in ("docs", "tests"))
    runs = f"--runs={args.runs}"
    run_with_torch(session, str(tools / "audit.py"), runs, *args.pages, PYTHONPATH=path)


@nox.session(venv_backend="none")
def mutants(session: nox.Session) -> None:
    """Edit the snippets wrongly, one edit at a time, and list what no test sees; `-- models`."""
    args = arguments(session, words=WORDS)
    run_with_torch(session, "tests/tools/mutants.py", *args.words)
