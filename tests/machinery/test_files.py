"""What a visitor of the repository expects beside the code, in both languages, and true."""

import re
import tomllib

import pytest
import yaml

from cheatsheet.snippet import CJK
from harness import ROOT

FILES = "CONTRIBUTING CODE_OF_CONDUCT SECURITY CHANGELOG LICENSE-CC-BY-4.0".split()
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_a_project_file_speaks_both_languages(name):
    paragraphs = (ROOT / f"{name}.md").read_text(encoding="utf-8").split("\n\n")[1:]
    assert any(CJK.search(text) for text in paragraphs)
    assert any(not CJK.search(text) for text in paragraphs)


@pytest.mark.parametrize("name", ["README", *FILES])
def test_their_links_lead_to_files_that_are_there(name):
    text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        ours = target.startswith(PROJECT["project"]["urls"]["repository"])
        assert ours or "://" in target or (ROOT / target).exists(), target


def test_contributing_leads_to_the_page_whose_rules_hold():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {"docs/en/contributing.md", "docs/zh/contributing.md"} <= set(
        re.findall(r"\]\(([^)]+)\)", text)
    )
    sessions = re.findall(r"\ndef (\w+)\(session", (ROOT / "noxfile.py").read_text())
    assert set(re.findall(r"`nox -s (\w+)", text)) <= set(sessions)


def test_the_citation_names_the_project_as_it_is():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    urls = PROJECT["project"]["urls"]
    assert (citation["url"], citation["repository-code"]) == (
        urls["homepage"],
        urls["repository"],
    )
    assert set(citation["license"]) == {"MIT", "CC-BY-4.0"}


def test_the_changelog_has_the_version_that_is_pinned():
    groups = PROJECT["dependency-groups"]["blocks"]
    torch = next(pin for pin in groups if pin.startswith("torch==")).removeprefix("torch==")
    version = ".".join(torch.split(".")[:2])
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["wrong-code", "wrong-text", "missing-entry"])
def test_each_question_of_an_issue_form_is_asked_in_both_languages(name):
    form = yaml.safe_load((FORMS / f"{name}.yml").read_text(encoding="utf-8"))
    for label in (form["name"], *(part["attributes"]["label"] for part in form["body"])):
        zh, en = label.split(" · ")
        assert CJK.search(zh) and not CJK.search(en)


@pytest.mark.parametrize(
    ("config", "half"), [("mkdocs.yml", "许可证"), ("docs/mkdocs.en.yml", "License")]
)
def test_the_foot_of_each_page_names_both_licences(config, half):
    line = re.search(r"^copyright: (.+)$", (ROOT / config).read_text(encoding="utf-8"), re.M)[1]
    assert "MIT" in line and "CC BY 4.0" in line and half in line
