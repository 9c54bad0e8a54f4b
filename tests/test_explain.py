"""show: the colors and numbers of a kernel's squares, and what Jupyter displays."""
import io

import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter import ImfilterError
from imfilter.explain.kernel.table import NEGATIVE, POSITIVE, ZERO, color_weights


def corners(picture, kernel):
    """Return the color of each square, with its upper left corner."""
    pixels = np.asarray(picture.image)
    side = pixels.shape[0] // len(kernel)
    return pixels[4::side, 4::side][:len(kernel), :len(kernel[0])]


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 5), (9, 9), (40, 3)])
def test_a_square_for_each_weight(shape, rng):
    kernel = rng.standard_normal(shape)
    picture = imfilter.show(kernel)
    side = (picture.image.width - 1) // shape[1]
    assert picture.image.size == (shape[1] * side + 1, shape[0] * side + 1)
    np.testing.assert_array_equal(corners(picture, kernel), color_weights(kernel))


def test_colors_change_at_0():
    np.testing.assert_array_equal(color_weights(np.array([-2.0, 0.0, 2.0])), [NEGATIVE, ZERO, POSITIVE])
    np.testing.assert_array_equal(color_weights(np.array([-1.0, 0.0, 4.0]))[1:], [ZERO, POSITIVE])
    np.testing.assert_array_equal(color_weights(np.zeros(2)), [ZERO, ZERO])


def test_numbers_are_written_where_they_fit():
    def shades(kernel):
        return len(np.unique(np.asarray(imfilter.show(kernel).image).reshape(-1, 3), axis=0))

    assert shades(np.ones((3, 3))) > 5  # smooth letters
    assert shades(np.ones((60, 60))) == 3  # squares, lines and the frame
    assert shades(np.ones((300, 300))) == 1


def test_a_frame_marks_the_center_tap():
    pixels = np.asarray(imfilter.show(np.zeros((2, 3))).image)
    side = (pixels.shape[1] - 1) // 3
    assert not pixels[side, side:2 * side].any() and pixels[side, side // 2].all()


def test_jupyter_gets_a_png(tmp_path):
    picture = imfilter.show([[1, 2], [3, 4]])
    shown = Image.open(io.BytesIO(picture._repr_png_()))
    assert shown.format == "PNG"
    np.testing.assert_array_equal(np.asarray(shown), np.asarray(picture.image))
    for _ in range(2):  # the second replaces the first
        picture.save(tmp_path / "kernel.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "kernel.png")), np.asarray(picture.image))
    with pytest.raises(ImfilterError, match=r"cannot write \.xyz"):
        picture.save(tmp_path / "kernel.xyz")


@pytest.mark.parametrize(("suffix", "start"), [
    (".svg", b"<?xml"), (".html", b"<!DOCTYPE html>"), (".gif", b"GIF8"), (".jpg", b"\xff\xd8")])
def test_a_kernel_is_saved_in_any_format(tmp_path, suffix, start):
    imfilter.show([[1, 2], [3, 4]]).save(tmp_path / f"kernel{suffix}")
    assert (tmp_path / f"kernel{suffix}").read_bytes().startswith(start)


def test_a_still_picture_needs_no_iframe_in_jupyter():
    picture = imfilter.show([[1]])
    assert picture._repr_html_() is None and picture._repr_svg_() == picture.svg


def test_jupyter_displays_a_filtered_photo():
    assert imfilter.box(Image.new("RGB", (4, 4)))._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("kernel", [[1, 2], [[]], [[np.nan]], [["a"]], None, np.ones((2, 2, 2)), np.ones((1, 4097))])
def test_a_bad_kernel_is_rejected(kernel):
    with pytest.raises(ImfilterError, match=r"kernel .*must"):
        imfilter.show(kernel)
