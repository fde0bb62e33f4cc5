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
import time
import zipfile
from unittest import mock
from xml.etree import ElementTree

import mike.commands
import mike.git_utils
import pytest

from cheatsheet.publish import __main__, build, plan
from cheatsheet.release import pinned_torch
from cheatsheet.snippet import LANGUAGES
from harness import ROOT
from harness.repository import SUB_PATH, cheat_sheet, next_version

PINNED = pinned_torch(ROOT)
NAME, _ = plan.name_of(PINNED)


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


@contextlib.contextmanager
def unchanged(scratch):
    before = scratch.state()
    yield
    assert scratch.state() == before


def assert_refused(scratch, *words, arguments=("2.14",), at="plan", **options):
    """Publishing ends at a step with these words and exit code 1, and changes nothing."""
    with unchanged(scratch):
        done = scratch.publish(*arguments, **options)
    assert (done.returncode, done.steps[-1]) == (1, at), done.stderr
    for word in (*words, "gh-pages is as it was"):
        assert word in done.stderr


def versions(scratch, language):
    """Return each version that the menu shows with its aliases, in this order."""
    known = json.loads(scratch.read(f"{language}/versions.json"))
    return [(v["version"], v["aliases"]) for v in known]


# What is published


def test_one_command_publishes_both_languages_in_one_commit(history):
    for version, done in history.done.items():
        assert done.returncode == 0, done.stderr
        assert f"published {version}" in done.stdout
    assert history.published() == ["Publish 2.15rc", "Publish 2.14", "Publish 2.13"]
    for language in LANGUAGES:
        assert versions(history, language) == [("2.15rc", []), ("2.14", ["latest"]), ("2.13", [])]


def test_an_older_version_keeps_every_byte(history):
    later = {"2.13": ["2.13", "2.14", "2.15rc"], "2.14": ["2.14", "2.15rc"]}
    for language in LANGUAGES:
        for old, names in later.items():
            trees = {history.tree(f"{language}/{old}", history.after[v]) for v in names}
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
    files = history.files()
    for address in found:
        assert address.removeprefix(SUB_PATH) + "index.html" in files


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
    for file in ("index.html", "tensors/memory.html"):
        assert f"{name}/{file}" in files
    assert len([file for file in files if file.startswith(f"{name}/search/")]) == 1
    assert not any("sitemap" in file for file in files)
    assert f'<a href="{name}.zip" download>' in history.read(f"{language}/2.14/index.html")


def test_the_archive_is_the_same_bytes_for_the_same_content(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<html>")
    digests = set()
    for name in "ab":
        os.utime(tmp_path / "site" / "index.html", (time.time(), 1e9 * (name == "a")))
        (tmp_path / name).mkdir()
        build.pack(tmp_path / "site", tmp_path / name / "x.zip", (2026, 11, 23, 0, 0, 0))
        digests.add(hashlib.sha256((tmp_path / name / "x.zip").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_version_that_exists_needs_replace(history, tmp_path):
    scratch = history.copy(tmp_path / "repository")
    scratch.exact = True
    scratch.torch("2.14.1", "cpu", "cuda")
    scratch.commit("verified on CUDA")
    assert_refused(scratch, "2.14 is published already", "--replace")
    assert scratch.publish("2.14", "--replace").returncode == 0
    for language in LANGUAGES:
        for version in ("2.13", "2.15rc"):
            assert scratch.tree(f"{language}/{version}") == history.tree(f"{language}/{version}")
        assert versions(scratch, language) == versions(history, language)
    page = "en/2.14/tensors/memory/index.html"
    assert "on a CUDA device: 3 of 3" in history.read(page)
    assert "on a CUDA device" not in scratch.read(page)


def test_an_older_version_published_later_leaves_latest_alone(ready):
    assert ready.publish("2.14").returncode == 0
    latest, sitemap = ready.tree("zh/latest"), ready.read("sitemap.xml")
    ready.torch("2.12.0", "cpu", "cuda")
    ready.commit()
    done = ready.publish("2.12")
    assert done.returncode == 0, done.stderr
    assert (ready.tree("zh/latest"), ready.read("sitemap.xml")) == (latest, sitemap)
    assert versions(ready, "zh") == [("2.14", ["latest"]), ("2.13", []), ("2.12", [])]


def test_a_release_stands_above_its_pre_release(history, tmp_path):
    scratch = history.copy(tmp_path / "repository")
    scratch.torch("2.15.0", "cpu", "cuda")
    scratch.commit("2.15")
    done = scratch.publish("2.15")
    assert done.returncode == 0, done.stderr
    for language in LANGUAGES:
        assert versions(scratch, language) == [
            ("2.15", ["latest"]),
            ("2.15rc", []),
            ("2.14", []),
            ("2.13", []),
        ]
        rc = f"{language}/2.15rc"
        assert scratch.tree(rc) == history.tree(rc)


# What is refused, before anything is tested


@pytest.mark.parametrize(
    ("torch", "name"), [("2.14.1", "2.14"), ("2.14.0+cu130", "2.14"), ("2.15.0rc3", "2.15rc")]
)
def test_a_version_is_called_as_its_torch_release(torch, name):
    assert plan.name_of(torch) == (name, name.endswith("rc"))


def test_a_nightly_build_is_no_version():
    with pytest.raises(plan.RefusedError, match="nightly"):
        plan.name_of("2.15.0.dev20261120")


@pytest.mark.parametrize("name", ["2.13", "2.15", "2.14.1", "latest"])
def test_another_version_than_the_installed_torch_is_refused(ready, name):
    assert_refused(ready, "torch 2.14.1 is installed", arguments=(name,))


def test_another_torch_than_the_pinned_one_is_refused(ready):
    ready.installed_torch = "2.14.0"
    assert_refused(ready, "2.14.0 is installed and 2.14.1 is pinned", "--install-only")


def test_a_dirty_tree_is_refused(ready):
    ready.write("docs/zh/stray.md", "x")
    assert_refused(ready, "not clean", "docs/zh/stray.md")


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
    assert_refused(ready, "git var failed")


@pytest.fixture
def remote(ready, tmp_path):
    """A remote that holds what is published here."""
    ready.git("init", "--quiet", "--bare", str(tmp_path / "origin.git"))
    ready.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    ready.git("push", "--quiet", "origin", "main", "gh-pages")
    return tmp_path / "origin.git"


def published_elsewhere(ready):
    """Somebody else publishes: the remote moves, this clone does not know."""
    tree = ready.git("rev-parse", "gh-pages^{tree}")
    commit = ready.git("commit-tree", tree, "-p", "gh-pages", "-m", "elsewhere")
    ready.git("push", "--quiet", "origin", f"{commit}:refs/heads/gh-pages")
    ready.git("update-ref", "refs/remotes/origin/gh-pages", "gh-pages")


def test_a_stale_branch_is_refused(ready, remote):
    published_elsewhere(ready)
    assert_refused(ready, "stale", "git fetch origin gh-pages:gh-pages")
    ready.git("fetch", "--quiet", "origin", "gh-pages:gh-pages")
    assert ready.step("plan", "2.14").returncode == 0


def test_a_branch_that_has_moved_on_both_sides_is_refused(ready, remote):
    published_elsewhere(ready)
    tree = ready.git("rev-parse", "gh-pages^{tree}")
    here = ready.git("commit-tree", tree, "-p", "gh-pages", "-m", "here")
    ready.git("branch", "-f", "gh-pages", here)
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


def test_without_push_the_remote_stays(ready, remote):
    before = ready.git("rev-parse", "gh-pages", cwd=remote)
    assert ready.publish("2.14").returncode == 0
    assert ready.git("rev-parse", "gh-pages", cwd=remote) == before != ready.tip()


def test_a_push_that_fails_moves_neither_branch(ready, remote):
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho the host is closed >&2; exit 1\n")
    hook.chmod(0o755)
    before = ready.git("rev-parse", "gh-pages", cwd=remote)
    assert_refused(ready, "the host is closed", arguments=("2.14", "--push"), at="deploy")
    assert ready.git("rev-parse", "gh-pages", cwd=remote) == before


def test_a_remote_that_does_not_answer_is_refused_only_to_push(ready):
    ready.git("remote", "add", "origin", "/nowhere")
    assert_refused(ready, "origin does not answer", arguments=("2.14", "--push"))
    done = ready.step("plan", "2.14")
    assert done.returncode == 0
    assert "last known gh-pages is compared" in done.stdout


def test_a_remote_that_does_not_answer_is_known_from_earlier(ready, remote):
    published_elsewhere(ready)
    ready.git("fetch", "--quiet", "origin")
    ready.git("remote", "set-url", "origin", "/nowhere")
    assert_refused(ready, "stale")


def test_no_remote_is_nowhere_to_push(ready):
    assert_refused(ready, "no remote origin", arguments=("2.14", "--push"))


# What fails on the way


def test_nothing_changes_before_the_branches_move(ready, remote):
    """So a kill at any moment leaves everything as it was, or the whole of the new version."""
    seen, looking = [], False
    start = subprocess.Popen.__init__

    def look(process, command, *arguments, **options):
        nonlocal looking
        if not looking:
            looking = True
            state = (*ready.state(), ready.git("for-each-ref", cwd=remote))
            seen.append((" ".join(map(str, command)), state))
            looking = False
        start(process, command, *arguments, **options)

    with mock.patch.object(subprocess.Popen, "__init__", look):
        done = ready.publish("2.14", "--push")
    assert done.returncode == 0, done.stderr
    assert ready.git("rev-parse", "gh-pages", cwd=remote) == ready.tip()
    before = seen[0][1]
    commands = [command for command, _ in seen]
    assert commands[-2].startswith("git push")
    assert commands[-1].startswith("git update-ref refs/heads/gh-pages")
    assert [command for command, state in seen if state != before] == commands[-1:]


def test_a_change_while_the_tests_run_is_refused(ready):
    def change():
        ready.write("README.md", "late\n")
        ready.commit("late")

    done = ready.publish("2.14", meanwhile=change)
    assert done.returncode == 1
    assert "the repository changed meanwhile: publish again" in done.stderr
    assert ready.published() == ["Publish 2.13"]


def test_a_build_that_shows_what_was_not_tested_is_refused(ready):
    def test_something_else():
        page = ready.folder / "build" / "site" / "en" / "moved" / "index.html"
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(">1</span>", ">2</span>", 1), encoding="utf-8")

    words = "en pages show other blocks than those that were tested"
    assert_refused(ready, words, at="build", meanwhile=test_something_else)


def test_a_deploy_that_alters_another_version_is_refused(ready):
    finish = mike.git_utils.Commit.finish

    def meddle(commit):
        commit.add_file(mike.git_utils.FileInfo("zh/2.13/index.html", "altered"))
        finish(commit)

    with mock.patch.object(mike.git_utils.Commit, "finish", meddle):
        assert_refused(ready, "this would change other versions: zh/2.13/index.html", at="deploy")


def test_a_deploy_whose_session_ends_meanwhile_publishes_nothing(ready):
    """`kill` ends nox alone; what nox has started must not publish afterwards."""
    finish = mike.git_utils.Commit.finish

    with mock.patch.object(os, "getppid", return_value=os.getppid()) as parent:

        def end_the_session(commit):
            parent.return_value = 1
            finish(commit)

        with mock.patch.object(mike.git_utils.Commit, "finish", end_the_session):
            assert_refused(ready, "the session that started this has ended", at="deploy")


def test_an_interrupt_cleans_up(ready):
    with mock.patch.object(mike.commands, "deploy", side_effect=KeyboardInterrupt):
        assert_refused(ready, "publish: interrupted", at="deploy")
    assert not (ready.folder / "build" / "publish").exists()


@contextlib.contextmanager
def no_file_beyond(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("module", "function", "step", "words"),
    [
        (build, "render", "build", "a build failed"),
        (build, "pack", "build", "File too large"),
        (__main__, "deploy", "deploy", "error writing commit"),
    ],
)
def test_a_disk_that_cannot_take_the_files_leaves_everything_as_it_was(
    ready, module, function, step, words
):
    """A page's style, an archive or git's pack would be larger than what a file may be."""
    work = getattr(module, function)

    def on_a_full_disk(*arguments):
        with no_file_beyond(100_000):
            return work(*arguments)

    ready.exact = function == "render"
    with mock.patch.object(module, function, on_a_full_disk):
        assert_refused(ready, words, at=step)
    assert not (ready.folder / "build" / "publish").exists()


# The session itself


@pytest.fixture
def session(tmp_path):
    """A first version that is ready for `nox -s publish`, whose tests wait until they are told."""
    scratch = cheat_sheet(tmp_path / "repository")
    scratch.torch(PINNED, "cpu", "cuda")
    scratch.use_stub_sessions()
    scratch.commit("stub sessions")
    return scratch


@contextlib.contextmanager
def started(scratch, **options):
    """Start the session, yield it while its tests run, and let them end."""
    with scratch.nox("-s", "publish", "--", NAME, **options) as process:
        try:
            assert any("the tests are running" in line for line in process.stdout)
            yield process
        finally:
            scratch.tell("go")


def lock_is_free(scratch):
    with (scratch.folder / ".git" / "publish.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def assert_another_is_running(scratch):
    with scratch.nox("-s", "publish", "--", NAME) as second:
        words = ("another publish is running", "the tests are running")
        said = next(word for line in second.stdout for word in words if word in line)
        if said != words[0]:
            second.kill()
    assert (said, second.returncode) == (words[0], 1)


def test_after_a_kill_nothing_is_published_and_the_next_one_waits_for_what_is_left(session):
    with unchanged(session), started(session) as process:
        assert_another_is_running(session)
        process.kill()
        process.wait()
        assert_another_is_running(session)
        session.tell("go")
        said = process.stdout.read()  # until all that it has started has ended
    assert "published" not in said
    assert lock_is_free(session)
    assert (session.folder / "build" / "publish").exists()
    assert session.publish(NAME).returncode == 0
    assert not (session.folder / "build" / "publish").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_session_publishes_nothing(session, number):
    with unchanged(session), started(session, start_new_session=True) as process:
        os.killpg(process.pid, number)
        said = process.stdout.read()
    assert "published" not in said
    assert process.returncode != 0
    assert lock_is_free(session)


@pytest.mark.parametrize("name", ["lint", "test"])
def test_a_session_that_fails_refuses(session, name):
    session.tell(f"{name}-fails")
    session.tell("go")
    with unchanged(session):
        process = session.nox("-s", "publish", "--", NAME)
        said = process.communicate()[0]
    assert process.returncode == 1
    assert "publish: refused: see above. gh-pages is as it was" in said
    assert ("the tests are running" in said) == (name == "test")
    assert lock_is_free(session)


@pytest.mark.parametrize(
    ("aside", "here", "code"), [("true", "true", 0), ("false", "true", 1), ("true", "false", 1)]
)
def test_either_half_of_the_tests_can_fail_the_session(session, aside, here, code):
    process = session.nox("-s", "two", "--", aside, here)
    said = process.communicate()[0]
    assert process.returncode == code, said


# The whole of it: the real lint, the tests that run each block, the builds, the deploy


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    scratch = cheat_sheet(tmp_path_factory.mktemp("real") / "repository")
    scratch.torch(PINNED, "cpu")
    scratch.use_real_sessions()
    scratch.commit("real sessions")
    return scratch


@pytest.fixture
def broken(real, tmp_path):
    return real.copy(tmp_path / "repository")


def test_nox_publishes_what_passes(real):
    process = real.nox("-s", "publish", "--", NAME, "--cpu-only")
    said = process.communicate()[0]
    assert process.returncode == 0, said
    assert f"published {NAME} and latest for torch {PINNED}" in said
    assert len(re.findall(r"^=+ \d+ passed", said, re.MULTILINE)) == 2, said
    assert real.git("status", "--porcelain") == ""
    assert lock_is_free(real)


def test_nox_refuses_a_wrong_layout(broken):
    broken.edit("snippets/moved-later/first.py", r"print\(x\)", "print( x )")
    broken.commit("wrong layout")
    with unchanged(broken):
        process = broken.nox("-s", "publish", "--", NAME, "--cpu-only", "--replace")
        said = process.communicate()[0]
    assert process.returncode == 1
    for word in (
        "snippets/moved-later/first.py:3: ",
        "publish: refused: ",
        "gh-pages is as it was",
    ):
        assert word in said


def test_nox_fails_on_a_wrong_output(broken):
    broken.edit("snippets/moved-later/first.py", "#> 1", "#> 2")
    process = broken.nox("-s", "test", "--", "moved-later/first")
    said = process.communicate()[0]
    assert process.returncode == 1
    assert "the outputs are out of date: run `nox -s outputs -- moved-later/first`" in said
