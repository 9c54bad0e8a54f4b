"""JPEG results are coded as their source: subsampling, RGB or YCbCr, progressive mode, also with a quality."""
import io
import struct

import awkward
import numpy as np
import pytest
from PIL import Image

from imfilter import files
from imfilter.errors import ImfilterError
from imfilter.files.jpeg_scans import assemble_scans

FACTORS = {"444": (1, 1), "422": (2, 1), "420": (2, 2), "440": (1, 2), "411": (4, 1), "410": (4, 2)}


def coded(data):
    """The marker of a JPEG file's frame, and the number and factors of its components."""
    place = 2
    while data[place + 1] not in (0xC0, 0xC1, 0xC2):
        place += 2 + struct.unpack_from(">H", data, place + 2)[0]
    layers = [data[place + 10 + 3 * k:place + 12 + 3 * k] for k in range(data[place + 9])]
    return data[place + 1], [(layer[0], layer[1] >> 4, layer[1] & 15) for layer in layers]


def made(factors, size=(50, 35), progressive=False, rgb=False, ycck=False, **options):
    image = Image.linear_gradient("L").resize(size)
    image = Image.merge("RGB", (image, image.transpose(Image.Transpose.ROTATE_180), Image.new("L", size, 90)))
    image = image.convert("CMYK") if len(factors) == 4 else image
    return assemble_scans(image, factors, {"quality": 92, "progressive": progressive, **options}, rgb, ycck)


def again(put, data, **settings):
    photo = files.read_photo(put("photo.jpg", data))
    return files.encode_photo(photo, ".jpg", files.Settings(**settings)), photo.notes


def difference(one, other):
    pictures = [np.asarray(Image.open(io.BytesIO(data)), int) for data in (one, other)]
    return np.abs(pictures[0] - pictures[1]).mean()


@pytest.mark.parametrize("name", FACTORS)
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("settings", [{}, {"quality": 90}])
@pytest.mark.parametrize("size", [(50, 35), (64, 64), (1, 1)])
def test_subsampling_and_progressive_mode_are_kept(put, name, progressive, settings, size):
    data = made((FACTORS[name], (1, 1), (1, 1)), size, progressive)
    result, notes = again(put, data, **settings)
    assert coded(result) == (0xC2 if progressive else 0xC0, [(1, *FACTORS[name]), (2, 1, 1), (3, 1, 1)])
    assert difference(data, result) < 2 and not notes


@pytest.mark.parametrize("factors", [((2, 2), (2, 1), (1, 2)), ((1, 1), (2, 2), (1, 1)), ((4, 4), (2, 2), (1, 1))])
def test_unusual_factors_are_kept(put, factors):
    data = made(factors)
    assert [layer[1:] for layer in coded(again(put, data)[0])[1]] == list(factors)


def test_equal_factors_are_those_of_all_samples(put):
    data = made(((2, 2), (2, 2), (2, 2)))
    assert [layer[1:] for layer in coded(again(put, data)[0])[1]] == [(1, 1)] * 3


@pytest.mark.parametrize("name", ["444", "422", "420", "440"])
def test_a_subsampling_can_be_chosen(put, name):
    for data in (made(((2, 2), (1, 1), (1, 1))), awkward.encoded(awkward.photo(), "PNG")):
        result, notes = again(put, data, subsampling=name, quality=95)
        assert coded(result)[1] == [(1, *FACTORS[name]), (2, 1, 1), (3, 1, 1)]
        assert not [note for note in notes if "in spite of" not in note]


@pytest.mark.parametrize("settings", [{}, {"quality": 95}, {"subsampling": "444"}])
@pytest.mark.parametrize("factors", [((1, 1),) * 3, ((2, 2), (1, 1), (1, 1))])
def test_rgb_stays_rgb(put, settings, factors):
    data = made(factors, rgb=True)
    result, notes = again(put, data, **settings)
    wanted = ((1, 1),) * 3 if "subsampling" in settings else factors
    assert coded(result)[1] == [(number, *factor) for number, factor in zip(b"RGB", wanted, strict=True)]
    assert Image.open(io.BytesIO(result)).info["adobe_transform"] == 0
    assert difference(data, result) < 2 and not notes


def test_subsampled_colors_are_ycbcr(put):
    result, notes = again(put, made(((1, 1),) * 3, rgb=True), subsampling="420")
    assert coded(result)[1] == [(1, 2, 2), (2, 1, 1), (3, 1, 1)]
    assert notes == ["RGB coding becomes YCbCr, whose colors can be stored with fewer samples"]


@pytest.mark.parametrize("ycck", [False, True])
@pytest.mark.parametrize("factors", [((1, 1),) * 4, ((2, 2), (1, 1), (1, 1), (2, 2))])
def test_cmyk_keeps_its_coding(put, ycck, factors):
    data = made(factors, ycck=ycck)
    result, notes = again(put, data)
    assert [layer[1:] for layer in coded(result)[1]] == list(factors)
    assert Image.open(io.BytesIO(result)).info["adobe_transform"] == (2 if ycck else 0)
    assert difference(data, result) < 2 and not notes


def test_a_turned_photo_swaps_the_directions(put):
    exif = Image.Exif()
    exif[274] = 6
    data = awkward.encoded(awkward.photo(size=(40, 30)), "JPEG", subsampling=1, quality=90, exif=exif)
    result, notes = again(put, data)
    assert coded(result)[1] == [(1, 1, 2), (2, 1, 1), (3, 1, 1)] and not notes


def test_metadata_survives_in_assembled_files(put):
    data = made(((1, 2), (1, 1), (1, 1)), comment=b"a comment", dpi=(300, 300))
    after = Image.open(io.BytesIO(again(put, data)[0]))
    assert after.info["comment"] == b"a comment" and after.info["dpi"] == (300, 300)


def test_other_formats_have_no_subsampling():
    photo = files.Photo([Image.new("RGB", (4, 3))])
    files.encode_photo(photo, ".png", files.Settings(subsampling="444"))
    assert photo.notes == ["PNG has no choice of chroma subsampling: the setting is ignored"]
    with pytest.raises(ImfilterError, match="subsampling must be 444, 422, 420 or 440, got '411'"):
        files.Settings(subsampling="411")
