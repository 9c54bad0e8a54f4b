"""What scientists write first, out of habit, and the sentences that they get."""
import numpy as np
import pytest

import imfilter
from imfilter.errors import ImfilterError
from imfilter.runtime.tracebacks import caller_frames

IMAGE = np.arange(144.0).reshape(12, 12)
LEARNED = imfilter.learn(np.random.default_rng(0).random((40, 40)), np.random.default_rng(0).random((40, 40)) * 2,
                         size=3)
PAIR = "must be one value or a pair (vertical, horizontal), got"
CALLS = {
    "a sigma for each axis of a stack": (
        lambda: imfilter.gaussian(np.zeros((5, 12, 12)), (0, 1, 3), channel_axis=None),
        f"sigma {PAIR} (0, 1, 3): a stack is filtered slice by slice, with one pair for all"),
    "a footprint in place of a size": (
        lambda: imfilter.median(IMAGE, np.eye(3, dtype=int)),
        f"size {PAIR} [[1, 0, 0], [0, 1, 0], [0, 0, 1]]: the shape of a window is given as footprint, by filters that "
        "have it"),
    "four sigmas": (lambda: imfilter.gaussian(IMAGE, (1, 2, 3, 4)), f"sigma {PAIR} (1, 2, 3, 4)"),
    "a learned kernel": (
        lambda: imfilter.correlate(IMAGE, LEARNED),
        "kernel must be an array, got a LearnedKernel: pass its attribute kernel"),
}
NAMES = {
    "uniform_filter": ": did you mean 'box'?", "gaussian_laplace": ": did you mean 'laplacian_of_gaussian'?",
    "rank_filter": ": did you mean 'percentile'?", "downscale_local_mean": ": did you mean 'shrink'?",
    "rolling_ball": ", but the cookbook in the documentation has a recipe", "qqq": "",
}


@pytest.mark.parametrize("name", CALLS)
def test_an_argument_of_habit_is_answered_with_what_to_pass(name):
    call, message = CALLS[name]
    with pytest.raises(ImfilterError) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_another_library_is_answered_with_the_filter(name):
    with pytest.raises(AttributeError) as caught:
        getattr(imfilter, name)
    assert str(caught.value) == f"module 'imfilter' has no attribute {name!r}{NAMES[name]}"


def test_a_wrong_name_has_a_short_traceback_in_notebooks():
    with pytest.raises(ImfilterError) as caught:
        imfilter.gaussian_filter(IMAGE)
    assert caller_frames(caught.value.__traceback__).tb_next is None
    assert isinstance(caught.value, AttributeError) and not hasattr(imfilter, "gaussian_filter")


def test_frangi_of_a_lazy_image_asks_for_its_contrast():
    lazy = pytest.importorskip("dask.array").from_array(IMAGE)
    with pytest.raises(ImfilterError, match=r"any pixel of the image: give c$"):
        imfilter.frangi(lazy)
    with pytest.raises(ImfilterError, match=r"any pixel of the image$"):
        imfilter.canny(lazy)
    assert imfilter.frangi(lazy, c=0.1).shape == IMAGE.shape


def test_what_a_learned_kernel_lacks_is_drawn_as_zero():
    page = LEARNED._repr_html_()
    assert ">2</text>" in page and "e-1" not in page and page.count(">0</text>") == 8


def test_small_weights_are_shown_with_their_digits():
    counts = np.random.default_rng(0).integers(0, 65536, (40, 40)).astype(np.uint16)
    shares = imfilter.correlate(counts / 524280, [[0, 1, 0], [1, 4, 1], [0, 1, 0]])
    learned = imfilter.learn(counts, shares, size=3)
    assert str(learned).startswith("[[0.          0.000001907 0.         ]\n [0.000001907 0.00000763  0.000001907]")
    assert "1.91e-6" in learned._repr_html_()
