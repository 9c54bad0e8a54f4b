"""The blocks of code of README and of the pages in docs: each runs, or has a reason why not and is looked at."""
import contextlib
import importlib.util
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from page_networks import write_networks
from PIL import Image
from program import CHECKOUT

sys.path.append(str(CHECKOUT / "docs"))
code_blocks = importlib.import_module("code_blocks")
GENERATED = {"_build", "_examples", "api", "gallery", "project"}
PAGES = {path.relative_to(CHECKOUT).as_posix(): path.read_text(encoding="utf-8")
         for path in sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])
         if not GENERATED & set(path.relative_to(CHECKOUT).parts)}
# test_tutorial.py and test_cookbook.py run the blocks of these, test by test.
OTHERS = re.compile(r"docs/(tutorial\.md|cookbook/.*)")
SHELLS = ("sh", "bash")
# Commands that do not run here, and why. What they name is looked at instead.
EXCEPTIONS = {
    "pip install": "changes the environment of the tests; .ci/run runs README's two",
    "pip download": "needs the network, 22 MB",
    "tar xf": "unpacks that download",
    "cd scikit_image": "goes into that download",
    "pytest": "a test would run the tests",
    ".ci/run": "a test would run the tests",
    "python benchmarks": "measures for minutes",
}
LIBRARIES = {"torch": r"from_torch|import torch", "onnx": r"\.onnx", "safetensors": r"\.safetensors",
             "xarray": "import xarray", "numba": "import cfunc", "pyvips": "import pyvips",
             "distributed": "--scheduler", "zarr": r"\.zarr", "tifffile": r"\.tif.*(--engine tiles|\.zarr)"}
FILE = re.compile(r"(?<![*\w./])\w[\w./-]*\.(?:html|jpg|json|mp4|onnx|png|raw|so|svg|tif|y4m|zarr)\b")
SHAPE = re.compile(r"^(\w+) = .*# (\([\d, ]+\))(?: (\w+))?$", re.MULTILINE)


def excepted(command):
    """Return the exception that a command is, or None."""
    command = re.sub(r"^(\w+=(\$\([^)]*\)|\S)+\s+)*", "", command)
    return next((start for start in EXCEPTIONS if command.startswith(start)), None)


def split_block(block):
    """Return the commands of a block, also of those that are joined by &&."""
    return [command for line in code_blocks.split_commands(block.code) for command in line.split(" && ")]


def lacking(code):
    """Return the library that code needs and that is not installed, or None."""
    return next((library for library, use in LIBRARIES.items()
                 if re.search(use, code) and not importlib.util.find_spec(library)), None)


def has_code(text):
    """Say whether anything on a page is to run."""
    return any(block.language == "python" or not all(map(excepted, split_block(block)))
               for block in code_blocks.read_blocks(text) if block.language in ("python", *SHELLS))


COMMANDS = [command for text in PAGES.values() for block in code_blocks.read_blocks(text)
            if block.language in SHELLS for command in split_block(block)]
MORE = re.compile("|".join(LIBRARIES[name] for name in ("torch", "onnx", "xarray", "numba", "pyvips")))
TO_RUN = [pytest.param(page, id=page, marks=[pytest.mark.more] * bool(MORE.search(text)))
          for page, text in PAGES.items() if not OTHERS.fullmatch(page) and has_code(text)]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """The pictures of the cookbook, and files with the names that the pages use; the modules of PyTorch."""
    folder = tmp_path_factory.mktemp("pages") / "inputs"
    runpy.run_path(str(CHECKOUT / "docs" / "cookbook" / "inputs.py"))["write"](folder)
    shutil.copytree(CHECKOUT / "sample_images", folder / "sample_images")
    with Image.open(folder / "coffee.tif") as photo:
        photo.save(folder / "photo.jpg")                       # as large as depth.png
        photo.crop((200, 100, 360, 220)).save(folder / "photo.png")
    for name in ("scan.tif", "huge.tif"):
        shutil.copyfile(folder / "coffee.tif", folder / name)
    shutil.copytree(folder / "holiday", folder / "photos")
    with contextlib.suppress(ImportError):
        import zarr
        zarr.save(str(folder / "slides.zarr"), np.random.default_rng(0).integers(0, 256, (90, 70, 3), np.uint8))
    if shutil.which("ffmpeg"):
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=1920x1080:rate=2:duration=1",
                        folder / "in.mp4"], check=True, stdin=subprocess.DEVNULL)
    return folder, write_networks(folder)


@contextlib.contextmanager
def with_scheduler(code):
    """Start a scheduler with one worker for commands that name one; return the commands with its address."""
    if "--scheduler" not in code:
        yield code
        return
    distributed = importlib.import_module("distributed")
    options = {"processes": False, "protocol": "tcp", "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, **options) as cluster:
        yield code.replace("tcp://host:8786", cluster.scheduler_address)


def run_code(block, names, page):
    """Run a block of Python code, and look for the shapes that it shows."""
    if library := lacking(block.code):
        raise code_blocks.MissingProgram(library)
    code_blocks.run_block(block, names, page)
    for name, shape, dtype in SHAPE.findall(block.code):
        assert (str(names[name].shape), dtype or str(names[name].dtype)) == (shape, str(names[name].dtype))


def run_commands(block):
    """Run the commands of a block that can run here, and look for the files that it names."""
    commands = split_block(block)
    kept = [command for command in commands if not excepted(command) and not lacking(command)]
    if kept:
        with with_scheduler("\n".join(kept)) as code:
            code_blocks.run_shell(code)
    text = block.code if len(kept) == len(commands) else "\n".join(kept)  # comments name files, too
    assert [name for name in FILE.findall(text) if not Path(name).exists()] == []
    if library := next(filter(None, map(lacking, commands)), None):
        raise code_blocks.MissingProgram(library)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # sockets of the scheduler
@pytest.mark.parametrize("page", TO_RUN)
def test_the_code_of_a_page_runs(page, inputs, tmp_path, monkeypatch):
    folder, modules = inputs
    monkeypatch.chdir(shutil.copytree(folder, tmp_path / "here"))
    names, missing = {"__name__": "page", **modules}, set()
    exec(code_blocks.PREAMBLE, names)
    for block in code_blocks.read_blocks(PAGES[page]):
        try:
            if block.language in SHELLS:
                run_commands(block)
            elif block.language == "python":
                run_code(block, names, page)
        except code_blocks.MissingProgram as program:
            missing.add(str(program))
    if missing:
        pytest.skip(f"needs {', '.join(sorted(missing))}")


@pytest.mark.parametrize("page", PAGES)
def test_every_block_has_a_language_that_is_known(page):
    """Code runs here, text does not, and directives in braces belong to the site."""
    blocks = code_blocks.read_blocks(PAGES[page])
    assert not [block for block in blocks if not re.fullmatch(r"python|sh|bash|text|\{[\w-]+\}.*", block.language)]
    assert len(re.findall(r"^\s*(?:```|~~~)", PAGES[page], re.MULTILINE)) == 2 * len(blocks)
    assert not indented_blocks(PAGES[page])


def indented_blocks(text):
    """Return the blocks of code that are marked by four spaces. In lists, these continue an item."""
    found, in_list = [], False
    for part in re.split(r"\n\s*\n", code_blocks.FENCE.sub("", text)):
        if not part.startswith(" "):
            in_list = bool(re.match(r"([*+-]|\d+\.) ", part))
        elif part.startswith("    ") and not in_list:
            found.append(part)
    return found


def test_a_block_without_a_language_is_found():
    blocks = code_blocks.read_blocks("* a\n\n  ```\n  b\n  ```\n\n````text\n```\n````\n")
    assert blocks == [("", "b\n", 4), ("text", "```\n", 8)]
    assert indented_blocks("a\n\n    b\n\n* c\n\n    d\n") == ["    b"]


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
