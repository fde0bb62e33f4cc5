"""What README, the sessions and the lock promise to contributors."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from harness import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"] | {"site": PROJECT["project"]["dependencies"]}
SESSIONS = re.findall(r'@nox\.session[^\n]*\ndef (\w+)\(.*?\n    """(.+?)"""', NOXFILE, re.DOTALL)


def nox(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "nox", "--no-venv", *arguments],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )


def test_ci_runs_exactly_the_test_command_of_the_readme():
    commands = re.findall(r"```bash\n(.+)\n```", README)
    serve, test = commands[:2]
    assert serve == f"{test} -s serve"
    assert commands[2:] == [serve, test], "both halves of README give the same commands"
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == test


def test_both_halves_of_the_readme_name_the_same_code():
    halves = README.split('<a id="zh"></a>')
    english, chinese = (set(re.findall(r"`([^`\n]+)`", half)) for half in halves)
    assert english == chinese


def test_the_nox_of_the_readme_is_the_one_that_is_pinned():
    pin = next(p for p in GROUPS["test"] if "nox==" in p)
    assert set(re.findall(r"nox==[\d.]+", README)) == {pin}
    for name in ("cuda", "publish"):
        workflow = (ROOT / ".github/workflows" / f"{name}.yml").read_text()
        assert set(re.findall(r"nox==[\d.]+", workflow)) == {pin}


def test_actions_are_pinned_by_commit_and_get_no_more_than_they_need():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        workflow = yaml.safe_load(path.read_text())
        assert workflow["permissions"] == {}
        triggers = workflow[True]  # YAML reads `on` as true
        assert "pull_request_target" not in triggers
        for name, job in workflow["jobs"].items():
            assert name in ("offer", "publish") or job["permissions"] == {"contents": "read"}
            if "self-hosted" in job["runs-on"]:
                assert "pull_request" not in triggers, "a fork's code must not run there"
            for step in job["steps"]:
                assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step.get("uses", f"x@{'0' * 40}"))
                assert "secrets." not in str(step)
                assert "${{" not in step.get("run", ""), "an input would be run as a command"


def test_every_session_explains_itself():
    listed = dict(SESSIONS)
    wanted = (
        "site serve test outputs api new agree lint zensical matrix audit bench publish preview"
    )
    assert set(wanted.split()) <= listed.keys()
    assert all(len(text.split()) > 4 for text in listed.values())
    assert set(re.findall(r"`nox -s (\w+)`", README)) <= listed.keys()


@pytest.mark.parametrize(
    "session",
    "site serve test outputs api new agree lint zensical matrix audit bench lock mutants preview publish".split(),
)
def test_an_unknown_argument_is_refused(session):
    words = (
        ["9.9", "--nonsense"]
        if session in ("publish", "matrix", "new", "agree")
        else ["--nonsense"]
    )
    done = nox("-s", session, "--", *words)
    assert done.returncode != 0
    assert "--nonsense" in done.stdout + done.stderr
    assert "Command" not in done.stderr, "it is refused before anything is run"


def test_a_test_that_hangs_ends_with_its_traceback(tmp_path):
    (tmp_path / "test_slow.py").write_text(
        "import time\n"
        "import pytest\n"
        "@pytest.mark.fresh_process\n"
        "def test_hangs_in_a_fork():\n"
        "    time.sleep(600)\n"
        "def test_after_it():\n"
        "    pass\n"
        "def test_hangs_here():\n"
        "    time.sleep(600)\n"
    )
    command = [sys.executable, "-m", "pytest", "-v", "-c", "pyproject.toml"]
    done = subprocess.run(
        [*command, "-p", "harness.fork", "-o", "faulthandler_timeout=2", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode != 0
    assert re.search(r"test_hangs_in_a_fork FAILED", done.stdout)
    assert re.search(r"test_after_it PASSED", done.stdout), "one block costs no other its run"
    for name in ("test_hangs_in_a_fork", "test_hangs_here"):
        assert f"in {name}" in done.stderr


def test_an_unknown_page_is_refused_with_what_is_near():
    done = nox("-s", "test", "--", "tensors/memry")
    assert done.returncode != 0
    assert "did you mean tensors/memory" in done.stdout + done.stderr


def test_blocks_need_nothing_of_the_site():
    site = {re.split(r"[=<>]", pin)[0] for pin in GROUPS["site"]} - {"pyyaml", "packaging"}
    assert not site & {re.split(r"[=<>]", str(pin))[0] for pin in GROUPS["blocks"]}


def test_the_site_needs_no_torch():
    assert not any("torch" in str(pin) for pin in GROUPS["site"])


def test_every_version_is_pinned_and_locked():
    lock = (ROOT / ".ci" / "lock.txt").read_text()
    pins = [pin for group in GROUPS.values() for pin in group if isinstance(pin, str)]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    assert [pin for pin in pins if f"\n{pin}\n" not in lock] == []


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("not run", "CUDA: not run, this machine has no CUDA device"),
        ("not asked for", "CUDA: not run, --device cpu was asked for"),
        ("ran", "CUDA: ran before this"),
    ],
)
def test_a_run_says_what_became_of_cuda(state, line, monkeypatch):
    from harness.record import pytest_terminal_summary

    class Reporter:
        said = ""

        def write_line(self, text):
            self.said += text

    monkeypatch.setenv("CHEATSHEET_CUDA", state)
    reporter = Reporter()
    pytest_terminal_summary(reporter)
    assert line in reporter.said


def test_without_a_device_cuda_alone_is_an_error():
    done = nox("-s", "test", "--", "--device", "cuda", "--record")
    assert done.returncode != 0
    assert "no CUDA device here" in done.stderr


def test_the_map_of_the_package_names_every_module_and_no_other():
    package = ROOT / "docs" / "cheatsheet"
    listed = set(re.findall(r"^`(\w+)/?` ", (package / "__init__.py").read_text(), re.MULTILINE))
    there = {p.stem for p in package.glob("*.py")} | {p.parent.name for p in package.glob("*/*.py")}
    assert listed == there - {"__init__", "cheatsheet"}


def test_pages_are_expanded_with_what_a_borrowed_machine_has():
    """Blocks run there with torch, PyYAML and pytest alone: no package of the site or of notebooks."""
    code = """
import sys
from pathlib import Path
missing = "bs4 jupyter_client jupytext markdown mkdocs nbclient nbformat playwright"
sys.modules.update(dict.fromkeys(missing.split()))
from cheatsheet.catalogue import Sheet
from cheatsheet.expand import Expander
print(len(Expander(Sheet.read(Path.cwd())).all()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "docs"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 60
