"""Files that must agree: version, changelog, citation, nox sessions, parts of .ci/run, workflows."""
import re
import tomllib

import pytest
from program import CHECKOUT

import imfilter

WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))


def read(*parts):
    """Return the text of a file that an sdist may lack."""
    path = CHECKOUT.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"an sdist has no {path.name}")
    return path.read_text(encoding="utf-8")


def list_sessions():
    """Return the names of nox sessions, and those for the Pythons that a session runs on."""
    text, names = read("noxfile.py"), set()
    lists = {name: re.findall(r'"([\w.]+)"', values) for name, values in re.findall(r"^(\w+) = \[(.*)\]$", text, re.M)}
    for pythons, name in re.findall(r"^@nox\.session(?:\((?:python=(\w+)|.*)\))?\ndef (\w+)", text, re.M):
        names |= {name, *(f"{name}-{python}" for python in lists.get(pythons, ()))}
    return names


def test_the_changelog_describes_the_version_and_has_room_for_the_next():
    headings = re.findall(r"^## (.*)$", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert re.fullmatch(rf"\[{re.escape(imfilter.__version__)}\] - (unreleased|\d{{4}}-\d\d-\d\d)", headings[1])


def test_the_version_stands_in_one_place():
    assert "version" not in tomllib.loads(read("pyproject.toml"))["project"]
    assert not re.search(r"^(version|date-released):", read("CITATION.cff"), re.MULTILINE)


def test_nox_runs_parts_that_exist():
    parts = set(re.findall(r"^run_(\w+)\(\)", read(".ci", "run"), re.MULTILINE)) - {"readme"}
    called = re.findall(r"run_parts\(session, (.*)\)", read("noxfile.py"))
    assert called and {part for call in called for part in re.findall(r'"(\w+)"', call)} <= parts
    assert set(re.search(r"^parts=\((.*)\)$", read(".ci", "run"), re.MULTILINE)[1].split()) == parts


def test_workflows_run_sessions_that_exist():
    called = {name for path in WORKFLOWS for name in re.findall(r"--session ([\w.-]+)", path.read_text("utf-8"))}
    for path in WORKFLOWS:
        for names in re.findall(r"\bsession: \[?([^\]}\n]+)", path.read_text("utf-8")):
            called |= {name for name in names.split(", ") if name.strip() != "${{ matrix.session }}"}
    assert {name.strip() for name in called} <= list_sessions() and (called or not WORKFLOWS)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_pin_actions_limit_time_and_give_no_rights_at_the_top(path):
    text = path.read_text("utf-8")
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}  # v[\d.]+", use) for use in re.findall(r"uses: (.*)", text))
    assert re.search(r"^permissions:\n  contents: read\n\n", text, re.MULTILINE)
    jobs, limits = (re.findall(rf"^    {key}:", text, re.MULTILINE) for key in ("runs-on", "timeout-minutes"))
    assert len(jobs) == len(limits) > 0
