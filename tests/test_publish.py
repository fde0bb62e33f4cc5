"""A version is published whole or not at all, and nothing of an older one changes."""

import contextlib
import fcntl
import hashlib
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
import zipfile
from xml.etree import ElementTree

import pytest

from cheatsheet import publish
from cheatsheet.snippet import LANGUAGES, ROOT
from scratch import SUB_PATH, cheat_sheet, next_version

STAGES = ["check", "lint", "test", "build", "deploy", "move"]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A repository that has published 2.13; copy it before you publish."""
    scratch = cheat_sheet(tmp_path_factory.mktemp("published") / "repository")
    assert scratch.publish("2.13").returncode == 0
    return scratch


@pytest.fixture
def ready(published, tmp_path):
    """2.13 is published and 2.14 is ready to be."""
    scratch = published.copy(tmp_path / "repository")
    next_version(scratch)
    scratch.torch("2.14.1", "cpu", "cuda")
    scratch.commit("receipts")
    return scratch


def assert_refused(scratch, *words, arguments=("2.14",), **options):
    """Publishing ends with these words and exit code 1, and changes nothing."""
    before = scratch.state()
    done = scratch.publish(*arguments, **options)
    assert done.returncode == 1, done.stdout
    for word in words:
        assert word in done.stderr
    assert "gh-pages is as it was" in done.stderr
    assert scratch.state() == before


# What is published


def test_one_command_publishes_both_languages_in_one_commit(history):
    for version, done in history.done.items():
        assert done.returncode == 0, done.stderr
        assert f"published {version}" in done.stdout
    log = history.git("log", "--format=%s", "gh-pages").splitlines()
    assert log == ["Publish 2.15rc", "Publish 2.14", "Publish 2.13"]
    for language in LANGUAGES:
        versions = {
            v["version"]: v["aliases"]
            for v in json.loads(history.read(f"{language}/versions.json"))
        }
        assert versions == {"2.15rc": [], "2.14": ["latest"], "2.13": []}


def test_an_older_version_keeps_every_byte(history):
    later = {"2.13": ["2.13", "2.14", "2.15rc"], "2.14": ["2.14", "2.15rc"]}
    for language in LANGUAGES:
        for old, versions in later.items():
            trees = {history.tree(f"{language}/{old}", history.after[v]) for v in versions}
            assert len(trees) == 1


def test_latest_is_the_newest_release_and_never_a_pre_release(history):
    for language in LANGUAGES:
        assert history.tree(f"{language}/latest") == history.tree(f"{language}/2.14")


def test_canonical_links_name_the_latest_and_alternates_the_same_page_in_both(history):
    for version in ("2.13", "2.14", "2.15rc"):
        for language in LANGUAGES:
            html = history.read(f"{language}/{version}/tensors/memory/index.html")
            links = re.findall(
                r'<link rel="(canonical|alternate)" href="([^"]+)"(?: hreflang="([^"]+)")?', html
            )
            page = "latest/tensors/memory/"
            assert set(links) == {
                ("canonical", f"{SUB_PATH}{language}/{page}", ""),
                ("alternate", f"{SUB_PATH}zh/{page}", "zh"),
                ("alternate", f"{SUB_PATH}en/{page}", "en"),
                ("alternate", f"{SUB_PATH}zh/{page}", "x-default"),
            }


def test_the_language_switch_stays_in_the_version(history):
    html = history.read("zh/2.13/tensors/memory/index.html")
    switch = re.findall(r'<a href="([^"]+)" hreflang="([^"]+)"', html)
    assert switch == [
        (f"/pytorch-cheatsheet/{language}/2.13/tensors/memory/", language) for language in LANGUAGES
    ]


def test_the_sitemap_lists_both_languages_with_their_alternates(history):
    root = ElementTree.fromstring(history.read("sitemap.xml").encode())
    found = {
        url.find("{*}loc").text: {x.get("hreflang"): x.get("href") for x in url.findall("{*}link")}
        for url in root.findall("{*}url")
    }
    pages = ["", "moved/", "tensors/memory/", "verification/"]
    homes = {language: f"{SUB_PATH}{language}/latest/" for language in LANGUAGES}
    assert found == {
        home + page: {other: there + page for other, there in homes.items()}
        for home in homes.values()
        for page in pages
    }
    for address in found:
        path = address.removeprefix(SUB_PATH) + "index.html"
        assert path in history.files()


def test_a_version_not_verified_on_cuda_is_published_on_request_and_says_so_everywhere(history):
    assert history.refused.returncode == 1
    assert "3 of 3 blocks have no valid CUDA receipt" in history.refused.stderr
    assert "--cpu-only" in history.refused.stderr
    assert history.after["refused"] == history.after["2.13"]
    notice = {
        "zh": "有 3 个代码块没有在 CUDA 设备上运行过（共 3 个）",
        "en": "not run on a CUDA device: 3 of 3",
    }
    for language in LANGUAGES:
        for path in history.files():
            if re.match(rf"{language}/[\d.rc]+/.*html$", path) and "moved-later" not in path:
                said = notice[language] in history.read(path)
                assert said == path.startswith(f"{language}/2.14/"), path


def test_a_pre_release_says_so_and_links_to_the_release(history):
    html = history.read("en/2.15rc/tensors/memory/index.html")
    banner = html[html.index("md-banner__inner") : html.index("</aside>")]
    assert "pre-release PyTorch 2.15.0rc2" in banner
    assert f'href="{SUB_PATH}en/latest/tensors/memory/"' in banner
    assert "pre-release" not in history.read("en/2.14/tensors/memory/index.html")


def test_the_source_link_names_the_commit_that_was_tested(history):
    html = history.read("zh/2.13/tensors/memory/index.html")
    commit = history.git("log", "--format=%H", "--grep=^2.13$", "main")
    assert f"/blob/{commit}/snippets/tensors/memory/copy_tensor.py" in html


def test_a_moved_page_leads_to_its_new_place(history):
    html = history.read("zh/2.14/moved-later/index.html")
    assert 'content="0; url=../moved/"' in html


def test_the_times_are_printed(history):
    for stage in [*STAGES, "total"]:
        assert re.search(rf"^  {stage} +\d+\.\d s$", history.done["2.13"].stdout, re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_archive_holds_the_language_whole_and_only_once(history, language):
    name = f"pytorch-cheatsheet-{language}-2.14"
    data = subprocess.run(
        ["git", "show", f"gh-pages:{language}/2.14/{name}.zip"],
        cwd=history.folder,
        capture_output=True,
        check=True,
    ).stdout
    files = zipfile.ZipFile(io.BytesIO(data)).namelist()
    for file in ("index.html", "tensors/memory.html", "search/search_index.js"):
        assert f"{name}/{file}" in files
    assert not any("search_index.json" in file or "sitemap" in file for file in files)
    assert f'<a href="{name}.zip" download>' in history.read(f"{language}/2.14/index.html")


def test_the_archive_is_the_same_bytes_for_the_same_content(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<html>")
    digests = set()
    for name in "ab":
        os.utime(tmp_path / "site" / "index.html", (time.time(), 1e9 * (name == "a")))
        (tmp_path / name).mkdir()
        publish.pack(tmp_path / "site", tmp_path / name / "x.zip", (2026, 11, 23, 0, 0, 0))
        digests.add(hashlib.sha256((tmp_path / name / "x.zip").read_bytes()).hexdigest())
    assert len(digests) == 1


# The whole of it, with the real sessions


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A small cheat sheet that `nox -s publish` lints and tests as it does this one."""
    scratch = cheat_sheet(tmp_path_factory.mktemp("real") / "repository")
    next_version(scratch)
    scratch.use_real_sessions()
    scratch.commit("real sessions")
    return scratch


@pytest.fixture(scope="module")
def really_published(real):
    return real.nox("-s", "publish", "--", "2.14", "--cpu-only")


def test_nox_publishes_what_passes(real, really_published):
    assert really_published.returncode == 0, really_published.stdout + really_published.stderr
    assert "published 2.14 and latest for torch 2.14.1" in really_published.stdout
    assert re.search(r"^=+ \d+ passed", really_published.stdout, re.MULTILINE)
    assert real.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (r"#> 1", "#> 2", "1 failed"),  # an output that is not the block's
        (r"print\(x\)\n", "assert x == 1\nprint( x )\n", "lint failed"),
    ],
    ids=["a wrong output", "a wrong layout"],
)
def test_nox_refuses_a_broken_block(real, really_published, tmp_path, old, new, words):
    broken = real.copy(tmp_path / "repository")
    broken.edit("snippets/tensors/memory/copy_tensor.py", old, new)
    broken.torch("2.14.1", "cpu")
    broken.use_real_sessions()
    broken.commit("broken")
    before = broken.state()
    done = broken.nox("-s", "publish", "--", "2.14", "--cpu-only", "--replace")
    assert done.returncode != 0
    for said in (words, "publish: refused: ", "gh-pages is as it was"):
        assert said in done.stdout + done.stderr
    assert broken.state() == before


# What is refused, before anything is tested


@pytest.mark.parametrize(
    ("torch", "name"), [("2.14.1", "2.14"), ("2.14.0+cu130", "2.14"), ("2.15.0rc3", "2.15rc")]
)
def test_a_version_is_called_as_its_torch_release(torch, name):
    assert publish.name_of(torch) == (name, name.endswith("rc"))


def test_a_nightly_build_is_no_version():
    with pytest.raises(publish.RefusedError, match="nightly"):
        publish.name_of("2.15.0.dev20261120")


@pytest.mark.parametrize("name", ["2.13", "2.15", "2.14.1", "latest"])
def test_another_version_than_the_installed_torch_is_refused(ready, name):
    assert_refused(ready, "torch 2.14.1 is installed", arguments=(name,))


def test_a_dirty_tree_is_refused(ready):
    ready.write("docs/zh/stray.md", "x")
    assert_refused(ready, "not clean", "docs/zh/stray.md")


def test_a_version_that_exists_needs_replace(ready):
    assert ready.publish("2.14").returncode == 0
    assert_refused(ready, "2.14 is published already", "--replace")
    older = ready.tree("zh/2.13")
    ready.edit("docs/zh/verification.md", "verification", "Verification")
    ready.commit()
    assert ready.publish("2.14", "--replace").returncode == 0
    assert "Verification" in ready.read("zh/2.14/verification/index.html")
    assert ready.tree("zh/2.13") == older


def test_an_older_version_published_later_leaves_latest_alone(ready):
    assert ready.publish("2.14").returncode == 0
    latest, sitemap = ready.tree("zh/latest"), ready.read("sitemap.xml")
    ready.torch("2.12.0", "cpu", "cuda")
    ready.commit()
    done = ready.publish("2.12")
    assert done.returncode == 0, done.stderr
    assert (ready.tree("zh/latest"), ready.read("sitemap.xml")) == (latest, sitemap)


def test_a_release_stands_above_its_pre_release(history, tmp_path):
    scratch = history.copy(tmp_path / "repository")
    scratch.torch("2.15.0", "cpu", "cuda")
    scratch.commit("2.15")
    done = scratch.publish("2.15")
    assert done.returncode == 0, done.stderr
    for language in LANGUAGES:
        known = json.loads(scratch.read(f"{language}/versions.json"))
        assert [v["version"] for v in known] == ["2.15", "2.15rc", "2.14", "2.13"]
        assert [v["aliases"] for v in known] == [["latest"], [], [], []]
        rc = f"{language}/2.15rc"
        assert scratch.tree(rc) == history.tree(rc)


def test_a_block_without_a_valid_cpu_receipt_is_refused(ready):
    ready.edit("snippets/moved/first.py", "x = 1", "x = 1.0")
    ready.commit()
    assert_refused(ready, "1 of 3 blocks have no valid CPU receipt", "--record")


def test_a_branch_that_is_checked_out_is_refused(ready, tmp_path):
    ready.git("worktree", "add", "--quiet", str(tmp_path / "pages"), "gh-pages")
    assert_refused(ready, "gh-pages is checked out")


def test_no_name_for_the_commit_is_refused(ready):
    ready.git("config", "--unset", "user.email")
    ready.git("config", "user.useConfigOnly", "true")
    env = ready.command()["env"] | {"GIT_CONFIG_GLOBAL": "/dev/null", "EMAIL": ""}
    command = ready.command("2.14") | {"env": env}
    done = subprocess.run(**command, capture_output=True)
    assert done.returncode == 1
    assert "git var failed" in done.stderr


@pytest.fixture
def remote(ready, tmp_path):
    """A remote that holds what is published here."""
    ready.git("init", "--quiet", "--bare", str(tmp_path / "origin.git"))
    ready.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    ready.git("push", "--quiet", "origin", "main", "gh-pages")
    return tmp_path / "origin.git"


def published_elsewhere(ready, remote):
    """Somebody else publishes: the remote moves, this clone does not know."""
    tree = ready.git("rev-parse", "gh-pages^{tree}")
    commit = ready.git("commit-tree", tree, "-p", "gh-pages", "-m", "elsewhere")
    ready.git("push", "--quiet", "origin", f"{commit}:refs/heads/gh-pages")
    ready.git("update-ref", "refs/remotes/origin/gh-pages", "gh-pages")


def test_a_stale_branch_is_refused(ready, remote):
    published_elsewhere(ready, remote)
    assert_refused(ready, "stale", "git fetch origin gh-pages:gh-pages")
    ready.git("fetch", "--quiet", "origin", "gh-pages:gh-pages")
    assert ready.publish("2.14").returncode == 0


def test_a_branch_that_has_moved_on_both_sides_is_refused(ready, remote):
    published_elsewhere(ready, remote)
    tree = ready.git("rev-parse", "gh-pages^{tree}")
    ready.git(
        "branch", "-f", "gh-pages", ready.git("commit-tree", tree, "-p", "gh-pages", "-m", "x")
    )
    assert_refused(ready, "stale", "drops what was never pushed")


def test_a_branch_without_common_history_is_refused(ready, remote):
    tree = ready.git("rev-parse", "gh-pages^{tree}")
    ready.git("branch", "-f", "gh-pages", ready.git("commit-tree", tree, "-m", "orphan"))
    assert_refused(ready, "stale")


def test_a_branch_that_is_another_name_of_one_is_refused(ready):
    ready.git("symbolic-ref", "refs/heads/gh-pages", "refs/heads/main")
    assert_refused(ready, "gh-pages is another name of refs/heads/main")


def test_a_branch_that_only_the_remote_has_is_refused(ready, remote):
    ready.git("branch", "--quiet", "-D", "gh-pages")
    assert_refused(ready, "git fetch origin gh-pages:gh-pages")


def test_push_reaches_the_remote(ready, remote):
    done = ready.publish("2.14", "--push")
    assert done.returncode == 0, done.stderr
    assert ready.git("rev-parse", "gh-pages", cwd=remote) == ready.tip()


def test_without_push_the_remote_stays(ready, remote):
    before = ready.git("rev-parse", "gh-pages", cwd=remote)
    assert ready.publish("2.14").returncode == 0
    assert ready.git("rev-parse", "gh-pages", cwd=remote) == before != ready.tip()


def test_a_push_that_fails_moves_neither_branch(ready, remote):
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho the host is closed >&2; exit 1\n")
    hook.chmod(0o755)
    before = ready.git("rev-parse", "gh-pages", cwd=remote)
    assert_refused(ready, "the host is closed", arguments=("2.14", "--push"))
    assert ready.git("rev-parse", "gh-pages", cwd=remote) == before


def test_a_remote_that_does_not_answer_is_refused_only_to_push(ready):
    ready.git("remote", "add", "origin", "/nowhere")
    assert_refused(ready, "origin does not answer", arguments=("2.14", "--push"))
    done = ready.publish("2.14")
    assert done.returncode == 0
    assert "last known gh-pages is compared" in done.stdout


def test_no_remote_is_nowhere_to_push(ready):
    assert_refused(ready, "no remote origin", arguments=("2.14", "--push"))


# What fails on the way


def test_a_second_publish_refuses(ready):
    with (ready.folder / ".git" / "publish.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert_refused(ready, "another publish is running")


def test_two_publishes_at_once_leave_one_version(ready):
    both = [
        subprocess.Popen(**ready.command("2.14"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate()[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 1]
    assert any("another publish is running" in text for text in said)
    assert ready.git("log", "--format=%s", "gh-pages").splitlines() == [
        "Publish 2.14",
        "Publish 2.13",
    ]


def test_a_change_while_the_tests_run_is_refused(ready):
    with started(ready, "publish: test"):
        ready.write("snippets/moved/first.py", "print(2)\n")
        ready.git("commit", "--quiet", "--all", "--message", "late")
    assert ready.git("log", "--format=%s", "gh-pages").splitlines() == ["Publish 2.13"]


def test_a_build_that_shows_what_was_not_tested_is_refused(ready):
    text = (ready.folder / "noxfile.py").read_text(encoding="utf-8")
    late = (
        "    from pathlib import Path\n"
        "    page = Path(session.invoked_from, 'build/site/en/moved/index.html')\n"
        "    page.write_text(page.read_text().replace('>1</span>', '>2</span>', 1))\n"
    )
    ready.write("noxfile.py", text + late)
    ready.commit()
    assert_refused(ready, "show other blocks than those that were tested")


def test_a_deploy_that_alters_another_version_is_refused(ready):
    (ready.folder.parent / "installed" / "sitecustomize.py").write_text(
        "from mike import git_utils\n"
        "finish = git_utils.Commit.finish\n"
        "def meddle(self):\n"
        "    self.add_file(git_utils.FileInfo('zh/2.13/index.html', 'altered'))\n"
        "    finish(self)\n"
        "git_utils.Commit.finish = meddle\n"
    )
    assert_refused(ready, "this would change other versions: zh/2.13/index.html")


@contextlib.contextmanager
def started(scratch, line):
    """Start to publish 2.14, yield the process when it prints a line, wait for its end."""
    command = scratch.command("2.14")
    with subprocess.Popen(**command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert any(said == f"{line}\n" for said in process.stdout)
        yield process
        process.stdout.read()


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        *((stage, signal.SIGKILL) for stage in STAGES),
        *((stage, signal.SIGTERM) for stage in STAGES[1:5:2]),
        *((stage, signal.SIGINT) for stage in STAGES[2:5:2]),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_kill_at_any_stage_leaves_everything_as_it_was(ready, stage, number):
    before, old = ready.state(), ready.tip()
    with started(ready, f"publish: {stage}") as process:
        process.send_signal(number)
    assert process.returncode != 0 or stage == "move"
    if ready.tip() == old:
        assert ready.state() == before
    else:
        assert stage == "move", "only the last stage may have been too quick to be killed"
        for language in LANGUAGES:
            assert f"{language}/2.14/index.html" in ready.files()
    if number != signal.SIGKILL:
        assert not list(ready.folder.glob("build/publish-*")), "it cleans up"


def test_after_a_kill_the_next_publish_waits_for_what_is_left_then_succeeds(ready):
    with started(ready, "publish: build") as process:
        process.kill()
    assert list(ready.folder.glob("build/publish-*"))
    with started(ready, "nox > Running session test") as process:
        process.kill()
        process.wait()
        assert_refused(ready, "another publish is running")
    done = ready.publish("2.14")
    assert done.returncode == 0, done.stderr
    assert not list(ready.folder.glob("build/publish-*"))


def test_it_ends_with_the_session_that_started_it(ready):
    """`kill` ends nox alone; what nox has started must not publish afterwards."""
    command = ready.command("2.14")
    parent = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:]); print(p.pid, flush=True); p.wait()"
    before = ready.state()
    with subprocess.Popen(
        **command | {"args": [sys.executable, "-c", parent, *command["args"]]},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        for line in process.stdout:
            if line == "publish: test\n":
                break
        process.terminate()
        said = process.stdout.read()
    assert "published" not in said
    assert ready.state() == before


@pytest.mark.parametrize(
    ("stage", "size"), [("test", 100_000), ("build", 1_200_000), ("deploy", 2_000_000)]
)
def test_a_disk_that_cannot_take_the_files_leaves_everything_as_it_was(ready, stage, size):
    """No file may grow beyond a limit, which a page, an archive, or git's pack would exceed."""
    for language in LANGUAGES:
        (ready.folder / "docs" / language / "noise.bin").write_bytes(os.urandom(900_000))
    ready.commit()
    before = ready.state()
    done = ready.publish(
        "2.14", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    )
    assert done.returncode == 1, done.stdout
    assert re.findall(r"^publish: (\w+)$", done.stdout, re.MULTILINE)[-1] == stage
    assert "gh-pages is as it was" in done.stderr
    assert ready.state() == before
    assert not list(ready.folder.glob("build/publish-*"))


def test_interrupting_nox_leaves_time_to_clean_up():
    assert "interrupt_timeout=30" in (ROOT / "noxfile.py").read_text(encoding="utf-8")
