"""What README, the sessions and the lock promise to contributors."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from cheatsheet.snippet import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
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


def test_the_nox_of_the_readme_is_the_one_that_is_pinned():
    pin = next(p for p in GROUPS["test"] if "nox==" in p)
    assert README.count(pin) == 4
    for name in ("cuda", "publish"):
        workflow = (ROOT / ".github/workflows" / f"{name}.yml").read_text()
        assert workflow.count(pin) == workflow.count("nox==") == 1


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
    wanted = "site serve test outputs lint bench publish preview"
    assert set(wanted.split()) <= listed.keys()
    assert all(len(text.split()) > 4 for text in listed.values())
    assert set(re.findall(r"`nox -s (\w+)`", README)) <= listed.keys()


@pytest.mark.parametrize(
    "session", "site serve test outputs lint bench lock mutants preview publish".split()
)
def test_an_unknown_argument_is_refused(session):
    words = ["9.9", "--nonsense"] if session == "publish" else ["--nonsense"]
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
    command = [sys.executable, "-m", "pytest", "-v", "-p", "conftest", "-c", "pyproject.toml"]
    done = subprocess.run(
        [*command, "-o", "faulthandler_timeout=2", str(tmp_path)],
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


def test_an_unknown_page_is_refused_before_anything_is_built():
    done = nox("-s", "test", "--", "nosuch")
    assert done.returncode != 0
    assert "no page or snippet starts with 'nosuch'" in done.stderr


def test_one_environment_holds_torch():
    assert NOXFILE.count('install(session, "test")') == 1


def test_the_site_needs_no_torch():
    assert not any("torch" in str(pin) for pin in GROUPS["site"])


def test_every_version_is_pinned_and_locked():
    lock = (ROOT / ".ci" / "lock.txt").read_text()
    pins = [pin for group in GROUPS.values() for pin in group if isinstance(pin, str)]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    assert [pin for pin in pins if f"\n{pin}\n" not in lock] == []


def test_the_versions_shown_are_the_versions_installed():
    import torch
    import torchvision

    installed = {m.__version__.partition("+")[0] for m in (torch, torchvision)}
    assert installed == {
        p.partition("==")[2] for p in GROUPS["test"] if re.match(r"torch(vision)?==", str(p))
    }
