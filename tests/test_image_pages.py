"""The code on the pages about images: it runs, and gives what its comments say."""
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from imfilter import ImfilterWarning

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def results():
    """The result of every line of docs/images.md that is an expression, by its code."""
    names, found = {}, {}
    for block in re.findall(r"```python\n(.*?)```", (DOCS / "images.md").read_text(encoding="utf-8"), re.DOTALL):
        for line in filter(None, block.splitlines()):
            code = line.partition("  #")[0]
            if code.startswith("imfilter."):
                found[code.strip()] = eval(code, names)
            else:
                exec(code, names)
    return found


def test_axes(results):
    channels, stack, pixels = [found for code, found in results.items() if "channel_axis" in code]
    assert channels.shape == stack.shape == pixels.shape == (3, 48, 64)


def test_booleans(results):
    shares, majority, median, rounded = [found for code, found in results.items() if "cells" in code]
    assert shares.dtype == np.float32 and 0 < shares.max() <= 1
    assert majority.dtype == median.dtype == rounded.dtype == bool and majority.any()
    np.testing.assert_array_equal(majority, median)
    np.testing.assert_array_equal(majority, rounded)


def test_signs(results):
    gray, edges, values = [found for code, found in results.items() if "picture" in code]
    assert (gray.mode, edges.mode, values.mode) == ("RGB", "RGB", "F")
    assert (np.asarray(gray) == 128).all() and not np.asarray(edges).any()


def test_the_shapes_that_the_page_names(results):
    from imfilter.arrays.doubtful_axes import warn_about_axes

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImfilterWarning)
        assert warn_about_axes(np.empty((100, 200, 224)), -1)
        assert not warn_about_axes(np.empty((145, 145, 200)), -1)
        assert not warn_about_axes(np.empty((9, 32, 32)), -1)
        assert warn_about_axes(np.empty((9, 33, 33)), -1)
        assert not warn_about_axes(np.empty((3, 23, 24)), -1)
        assert warn_about_axes(np.empty((3, 24, 24)), -1)
