"""The blocks of code of README and of the pages in docs: each runs, up to the exceptions that pages.py lists."""
import contextlib
import importlib.util
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from page_networks import write_networks
from pages import PAGES, SHELLS, code_blocks, excepted, split_block
from PIL import Image
from program import CHECKOUT

# Other tests run the blocks of these, one by one: test_tutorial.py, test_cookbook.py, and, for each row of a table,
# test_equivalents.py.
OTHERS = re.compile(r"docs/(tutorial\.md|cookbook/.*|coming_from/.*)")
LIBRARIES = {"torch": r"from_torch|import torch", "onnx": r"\.onnx", "safetensors": r"\.safetensors",
             "xarray": "import xarray", "numba": "import cfunc",
             "distributed": "--scheduler", "zarr": r"\.zarr", "tifffile": r"\.tif.*(--engine tiles|\.zarr)"}
FILE = re.compile(r"(?<![*\w./])\w[\w./-]*\.(?:html|jpg|json|mp4|onnx|png|raw|so|svg|tif|y4m|zarr)\b")
SHAPE = re.compile(r"^(\w+) = .*# (\([\d, ]+\))(?: (\w+))?$", re.MULTILINE)


def lacking(code):
    """Return the library that code needs and that is not installed, or None."""
    return next((library for library, use in LIBRARIES.items()
                 if re.search(use, code) and not importlib.util.find_spec(library)), None)


def has_code(text):
    """Say whether anything on a page is to run."""
    return any(block.language == "python" or not all(map(excepted, split_block(block)))
               for block in code_blocks.read_blocks(text) if block.language in ("python", *SHELLS))


MORE = re.compile("|".join(LIBRARIES[name] for name in ("torch", "onnx", "xarray", "numba")))
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
        assert (str(tuple(names[name].shape)), dtype or str(names[name].dtype)) == (shape, str(names[name].dtype))


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
