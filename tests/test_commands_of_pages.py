"""Commands of the pages that do not run in a test: what they name exists."""
import re
import shlex
import tomllib
from itertools import pairwise

import pytest
from pages import COMMANDS, EXCEPTIONS, PAGES, excepted
from program import CHECKOUT


@pytest.mark.parametrize("start", EXCEPTIONS)
def test_every_exception_is_needed(start):
    assert start in map(excepted, COMMANDS)


def test_extras_and_builds_that_the_pages_name_exist():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = "".join(PAGES.values())
    extras = {name for names in re.findall(r"(?:imfilter|\.)\[([a-z,]+)\]", text) for name in names.split(",")}
    assert len(extras) > 3 and extras <= set(project["optional-dependencies"])
    builds = set(re.findall(r"IMFILTER_BUILD=(\w+)", text))
    setup = (CHECKOUT / "setup.py").read_text(encoding="utf-8")
    assert builds and all(f'"{name}": [' in setup for name in builds)


SCRIPTS = {found for text in PAGES.values()
           for found in re.findall(r"python\s+((?:benchmarks|docs|tests)[\w./-]*)([^`\n#&]*)", text)}


@pytest.mark.parametrize(("script", "rest"), sorted(SCRIPTS))
def test_a_script_that_a_page_names_has_the_options(script, rest):
    path = CHECKOUT / script
    sources = sorted(path.glob("*.py")) if path.is_dir() else [path]
    declared = re.findall(r'add_argument\(\s*"(--[\w-]+)"', "".join(map(read, sources)))
    assert sources and set(re.findall(r"--[\w-]+", rest)) <= set(declared)


def read(path):
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted({name for name in COMMANDS if excepted(name) == "pytest"}))
def test_what_a_command_of_pytest_selects_exists(command, request):
    """Files, modules and markers; and the words of -k, which otherwise select less than they say."""
    words = shlex.split(re.sub(r"\$\([^)]*\)", "", command))
    values = dict(pairwise(words))
    files = [CHECKOUT / word for word in words if word.startswith("tests")]
    assert all(path.exists() for path in files)
    declared = {line.split(":")[0] for line in request.config.getini("markers")}
    assert set(re.findall(r"\w+", values.get("-m", ""))) <= {*declared, "not", "and"}
    if "-p" in values:
        assert (CHECKOUT / "tests" / f"{values['-p']}.py").exists()
    tests = "".join(read(path) for file in files for path in (file.rglob("test_*.py") if file.is_dir() else [file]))
    names = " ".join([*re.findall(r"def (test_\w+)", tests), *(path.stem for path in files)])
    assert all(word in names for word in re.findall(r"\w+", values.get("-k", "")) if word not in ("not", "or", "and"))
