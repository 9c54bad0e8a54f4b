"""Tables of equivalents (docs/coming_from): both cells of every row are run, and their results compared."""
import re
import shutil
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner
from equivalents import FOLDER, commands, difference, holds, read_claims, read_rows, run_python
from PIL import Image
from program import CHECKOUT, complete

from imfilter.cli.program import group

# The module that each page needs, and the fewest rows it must have.
PAGES = {"opencv": ("cv2", 25), "scikit-image": ("skimage", 30), "scipy": ("scipy", 30), "pillow": ("PIL", 15),
         "pytorch": ("torch", 15), "imagemagick": (None, 15), "vips": ("pyvips", 12)}
MORE = {"pytorch", "vips"}
ROWS = {page: read_rows(page) for page in PAGES}
EXPRESSIONS = [pytest.param(row, claim, id=f"{row}-floats" if claim.floats else str(row),
                            marks=[pytest.mark.more] if row.page in MORE else [])
               for rows in ROWS.values() for row in rows if row.language == "python" for claim in read_claims(row)]
COMMANDS = [row for rows in ROWS.values() for row in rows if row.language == "sh"]


@pytest.mark.parametrize(("row", "claim"), EXPRESSIONS)
def test_two_expressions_give_what_their_row_says(row, claim, monkeypatch):
    library = pytest.importorskip(PAGES[row.page][0])
    if row.page == "pytorch":
        library.set_num_threads(1)      # its threads would wait for each other beside those of the other tests
    monkeypatch.chdir(CHECKOUT)
    theirs, ours = run_python(row, claim)
    assert (theirs.shape, theirs.dtype) == (ours.shape, ours.dtype)
    assert holds(theirs, ours, claim), difference(theirs, ours, claim)


@cache
def installed(program):
    """Say whether a program of a page is installed: ImageMagick 6, whose results the page has, or libvips."""
    option, version = {"convert": ("-version", "Version: ImageMagick 6"), "vips": ("--version", "vips-8")}[program]
    return bool(shutil.which(program)) and complete([program, option]).stdout.startswith(version)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the sample images, to which the commands write."""
    path = tmp_path_factory.mktemp("equivalents")
    (path / "sample_images").symlink_to(CHECKOUT / "sample_images", target_is_directory=True)
    return path


@pytest.mark.parametrize("row", COMMANDS, ids=str)
def test_two_commands_give_what_their_row_says(row, folder, monkeypatch):
    prepare, theirs, ours = commands(row)
    if not installed(theirs[0]):
        pytest.skip(f"the program {theirs[0]} of this page is not installed here")
    monkeypatch.chdir(folder)
    for command in (prepare, theirs):
        done = complete(command)
        assert done.returncode == 0, done.stderr
    done = CliRunner().invoke(group, [*ours[1:], "--force"])
    assert done.exit_code == 0, done.output
    pictures = [np.asarray(Image.open(name).convert("RGB")) for name in ("theirs.png", "ours.png")]
    assert pictures[0].shape == pictures[1].shape
    claim, = read_claims(row)
    assert holds(*pictures, claim), difference(*pictures, claim)


@pytest.mark.parametrize("page", PAGES)
def test_every_row_of_a_page_is_read(page):
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"\| `", line)]
    assert [row.line for row in ROWS[page]] == lines
    assert len(lines) >= PAGES[page][1]


def test_code_in_tables_is_short():
    long = [str(row) for rows in ROWS.values() for row in rows if max(len(row.theirs), len(row.ours)) > 110]
    assert not long


def test_the_overview_lists_every_page():
    text = (FOLDER / "index.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\(([\w-]+)\.md\)", text)) == sorted(PAGES)
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted([*PAGES, "index"])


@pytest.mark.parametrize(("result", "expected"), [
    ("equal", [True, False, False]), ("within 1 level", [True, True, False]), ("within 0.01", [True, True, False]),
    ("90 % equal", [True, True, True]), ("equal, 1 px inside", [True, True, True]),
    ("within 1e-6", [True, False, False]),
])
def test_claims(result, expected):
    """Results that are equal, that differ by a level of 200 in a corner, and by two there."""
    row = ROWS["scipy"][0]._replace(result=result)
    claim, = read_claims(row)
    image = np.full((6, 8), 200, np.uint8)
    others = [image.copy() for _ in range(3)]
    others[1][0, 0], others[2][0, 0] = 201, 203
    assert [holds(image, other, claim) for other in others] == expected
