"""What the pictures of imfilter explain say fits what they show: counts, slopes, weights of very different sizes."""
import re

import numpy as np
import pytest

import imfilter
from imfilter import ImfilterError, explain, show
from imfilter.explain.canvas.lines import measure_number
from imfilter.explain.canvas.scene import Text


def test_a_slope_is_not_called_small():
    assert explain.activation("leaky_relu", slope=-3).scene.notes[0] == (
        "Negative values are multiplied by the slope, the others stay.")


def test_results_too_large_for_a_curve_are_rejected():
    with pytest.raises(ImfilterError, match=r"results must be at most 1e\+100 to lie on a curve, got 3e\+300"):
        explain.activation("leaky_relu", slope=1e300, values=[[-3.0]])
    with pytest.raises(ImfilterError, match="results must be at most"):
        explain.activation("leaky_relu", slope=1e308)


def test_one_of_a_kind_is_singular():
    scene = explain.channels(1, 1, kernel=1).scene
    assert scene.title == "A bank of 1 x 1 kernels: 1 channel to 1"
    assert scene.notes == ["1 kernel of 1 plane of 1 x 1: 1·1·1·1 = 1 weight, and 1 bias."]


def test_small_weights_keep_their_digits_beside_large_ones():
    picture = explain.arithmetic((1, 3), [[1000, -1.5, 1 / 3]])
    assert picture.captions == ("row 0, column 0: 1·1000 + 2·-1.5 + 3·0.3333 + 0.0001 (rounding) = 998",)


def test_products_are_near_pixel_times_weight():
    picture = explain.pixel(np.full((5, 5), 176, np.uint8), 2, 2, [[1 / 3, -1.5, 1000]])
    assert re.search(r"1000 +-1.5 +0.3333 +176000 +-264 +59|0.3333 +-1.5 +1000 +59 +-264 +176000", str(picture))


def test_weights_fit_into_their_squares_in_every_font():
    panel = show(imfilter.kernels.unsharp_mask(1)[2:-2, 2:-2]).scene.rows[0][0]
    texts = [shape for shape, _ in panel.shapes if isinstance(shape, Text)]
    assert texts and all(shape.size * measure_number(shape.text) <= 52 for shape in texts)  # squares of 56


def test_a_network_without_weights_runs_on_a_photo():
    photo = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert len(explain.model("max2, relu", photo=photo).scene.rows) == 3  # the last has the feature maps
