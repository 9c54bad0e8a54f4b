"""Pixels without data: they do not count, stay as they are, and are the same in memory and in tiles."""
import contextlib
import json
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import imfilter
from imfilter import files
from imfilter.arrays.nodata import parse_nodata, place_nodata, read_text
from imfilter.pipeline.chain import Pipeline
from imfilter.pipeline.recipe import Recipe
from imfilter.tiled.formats import open_source
from imfilter.tiled.recipes import TiledRecipe

zarr = pytest.importorskip("zarr", reason="Zarr needs the extra [zarr]")

ENGINES = ("memory", "tiles")
N = -9999
ROW = [3, 9, N, 15, 21]  # and what a box of three pixels makes of it
BOXED = [5, 6, N, 18, 19]
LOWEST = "-3.40282346638528859e+38"  # float32's lowest number, as GDAL writes it


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Change to an empty folder; return a function that writes a TIFF file with a value for missing data."""
    monkeypatch.chdir(tmp_path)

    def write(pixels, text=str(N), name="a.tif", dtype=None, **options):
        tags = [] if text is None else [(42113, "s", 0, text, True)]
        options = {"photometric": "minisblack", "metadata": None} | options
        tifffile.imwrite(name, np.asarray(pixels, dtype), extratags=tags, **options)
    return write


@pytest.fixture
def apply(here):
    """Return a function that filters a file in memory and in tiles; it returns the pixels, the tag and the messages."""
    def apply(*arguments, source="a.tif", status=0):
        found = []
        for engine in ENGINES:
            tile = ["--tile", "16"] if engine == "tiles" else []
            said = here("apply" if arguments[0] != "convolve" else "convolve",
                        *arguments[arguments[0] == "convolve":], source, "-o", f"{engine}.tif", "--force", "--engine",
                        engine, *tile, status=status).err
            found.append((*read(f"{engine}.tif"), said) if not status else (None, None, said))
        (pixels, tag, said), (tiled, tiled_tag, tiled_said) = found
        assert tag == tiled_tag and said == tiled_said
        if not status:
            assert pixels.dtype == tiled.dtype and pixels.tobytes() == tiled.tobytes()
        return pixels, tag, said
    return apply


def read(path):
    """Return the pixels of a TIFF file, and its value for missing data as text."""
    with tifffile.TiffFile(path) as file:
        return file.pages[0].asarray(), file.pages[0].tags.valueof(42113)


def row(value, dtype, of=ROW):
    return np.array([[value if one == N else one for one in of]], dtype)


@pytest.mark.parametrize(("dtype", "text", "value"), [
    ("u1", "0", 0), ("u1", "255", 255), ("i1", "-128", -128), ("u2", "65535", 65535), ("i2", "-9999", -9999),
    ("i2", "-9999.0", -9999), ("i4", "-2147483648", -2**31), ("u4", "4294967295", 2**32 - 1), ("f4", "-9999", -9999),
    ("f4", "0.1", np.float32(0.1)), ("f4", LOWEST, np.finfo("f4").min), ("f4", "nan", np.nan), ("f4", "-inf", -np.inf),
    ("f8", "1e+300", 1e300), ("f8", "-9999 ", -9999), ("i8", "-9223372036854775808", -2**63), ("f2", "-9999", -9999),
])
def test_pixels_without_data_do_not_count_and_stay(write, apply, dtype, text, value):
    write(row(value, dtype), text)
    found, tag, said = apply("box", "--size", "1,3")
    np.testing.assert_array_equal(found, row(value, dtype, BOXED))
    assert tag == text.strip() and "data" not in said
    assert f"{text}\0".encode() in Path("tiles.tif").read_bytes()


def test_results_are_those_of_scipy(write, apply, rng):
    from scipy import ndimage

    heights = rng.uniform(200, 400, (70, 90)).astype("f4")
    missing = rng.uniform(size=heights.shape) < 0.1
    missing[20:50, 30:60] = True
    write(np.where(missing, np.float32(N), heights))
    found, _, _ = apply("gaussian", "--sigma", "2")
    sums, counts = (ndimage.gaussian_filter(part.astype("f8"), 2) for part in (heights * ~missing, ~missing))
    np.testing.assert_allclose(found, np.where(missing, N, sums / np.where(missing, 1, counts)), rtol=1e-6)


MASKED = [  # filters that leave pixels out
    ["gaussian", "--then", "box:size=5", "--then", "unsharp_mask"], ["gaussian", "--stride", "2,3", "--mode", "wrap"],
    ["gaussian", "--mode", "constant", "--cval", "9"], ["sharpen", "--channels", "R"], ["box", "--dtype", "float32"],
    ["median", "--size", "4"], ["percentile", "--percent", "20", "--then", "maximum"],
    ["box", "--only", "9,9,30,30", "--feather", "5"],
]
SPREADING = [  # filters whose results are missing where their window holds a missing pixel
    ["sobel", "--then", "gaussian"], ["laplace"], ["bilateral"], ["erode", "--footprint", "disk:2"], ["contour"],
    ["gabor"], ["convolve", "--kernel", "1 0 0 -1 0"], ["sobel", "--only", "9,9,30,30", "--feather", "5"],
    ["convolve", "--kernel", "1 0 -1"], ["emboss", "--signed", "abs"],
]


@pytest.mark.parametrize("recipe", MASKED + SPREADING)
@pytest.mark.parametrize(("dtype", "bands"), [("u1", 3), ("u2", 4), ("f4", 3)])
def test_nothing_is_smeared_and_tiles_agree(write, apply, rng, recipe, dtype, bands):
    value = {"u1": 7, "u2": 60000, "f4": -1e30}[dtype]
    pixels = rng.uniform(20, 120, (50, 60, bands)).astype(dtype)
    missing = rng.uniform(size=pixels.shape) < 0.02
    missing[20:30, 10:25] = True
    missing[..., 3:] = False  # alpha
    pixels[missing] = value
    write(pixels, str(value), photometric="rgb", extrasamples=["unassalpha"] * (bands - 3))
    found, _, said = apply(*recipe)
    step = (slice(None, None, 2), slice(None, None, 3)) if "--stride" in recipe else ()
    kept, colors = missing[step][..., :3], found[..., :3]
    marked = colors == found.dtype.type(value)
    assert marked[kept].all() and not marked.all()
    levels = colors[~marked].astype("f8")[:, None] - [0, 32768, 65535]  # black, gray and white of these filters
    assert (np.abs(levels).min(axis=1) < 2000).all()
    assert ("window holds pixels without data" in said) == (recipe in SPREADING)
    assert recipe in SPREADING or (marked == kept).all()


def test_windows_of_filters_without_a_mask_hold_no_missing_pixel(write, apply):
    write(row(N, "f4", [3, 9, N, 15, 21, 27]))
    found, _, said = apply("erode", "--footprint", "rectangle:1,3")
    np.testing.assert_array_equal(found, [[3, N, N, N, 15, 21]])
    assert ("a.tif: results whose window holds pixels without data (GDAL_NODATA -9999) are without data, too: erode "
            "takes no mask") in said
    found, _, said = apply("minimum", "--size", "1,3")
    np.testing.assert_array_equal(found, [[3, 3, N, 15, 15, 21]])
    assert "without data" not in said


def test_a_filter_without_bounds_is_refused(write, here):
    write(row(N, "f4"))
    said = here("apply", "canny", "a.tif", "-o", "b.tif", status=1).err
    assert "canny takes no mask" in said and "--nodata none" in said
    write(row(15, "f4"), name="full.tif")
    here("apply", "canny", "full.tif", "-o", "b.tif")
    assert read("b.tif")[1] == "-9999"
    write(row(15, "u1"), "0")
    assert "canny cannot be computed in tiles" in here("apply", "canny", "a.tif", "--engine", "tiles", status=1).err


def test_each_band_has_its_own_missing_samples(write, apply):
    bands = np.stack([row(N, "f4")[0], row(N, "f4", [N, 9, 9, 9, N])[0]], -1)[None]
    write(bands, planarconfig="contig")
    found, _, _ = apply("box", "--size", "1,3")
    np.testing.assert_array_equal(found[0, :, 0], BOXED)
    np.testing.assert_array_equal(found[0, :, 1], [N, 9, 9, 9, N])


def test_colors_mixed_from_a_missing_one_are_missing(write, apply):
    write([[[100, 100, 100], [0, 90, 90], [50, 50, 50]]] * 2, "0", photometric="rgb", dtype="u1")
    assert apply("grayscale")[0].tolist() == [[100, 0, 50]] * 2
    assert apply("sepia")[0][0, 1].tolist() == [0, 0, 0]
    found, _, _ = apply("box", "--size", "1,3", "--gray")
    assert found.tolist() == [[100, 0, 50]] * 2


def test_alpha_of_pixels_without_data_stays(write, apply):
    write([[[40, 255], [7, 0], [80, 255]]] * 2, "7", dtype="u1", extrasamples=["unassalpha"], planarconfig="contig")
    found, _, _ = apply("box", "--size", "1,3")
    assert found[0].tolist() == [[40, 255], [7, 0], [80, 255]]


def test_none_filters_all_pixels_alike(write, apply):
    write(row(N, "f4"))
    found, tag, said = apply("box", "--size", "1,3", "--nodata", "none")
    np.testing.assert_allclose(found, [[5, (3 + 9 + N) / 3, (9 + 15 + N) / 3, (15 + 21 + N) / 3, 19]], rtol=1e-6)
    assert tag == "-9999" and "data" not in said


@pytest.mark.parametrize("stated", [None, "15"])
def test_a_chosen_value_replaces_that_of_the_file(write, apply, stated):
    write(row(N, "f4"), stated)
    found, tag, _ = apply("box", "--size", "1,3", "--nodata", "-9999")
    np.testing.assert_array_equal(found, row(N, "f4", BOXED))
    assert tag == "-9999"


def test_nan_never_counts_where_a_value_is_known(write, apply):
    write([[3, 9, np.nan, 15, 21]], dtype="f4")
    np.testing.assert_array_equal(apply("box", "--size", "1,3")[0], row(N, "f4", BOXED))
    write([[3, 9, np.nan, 15, 21]], None, dtype="f4")
    np.testing.assert_array_equal(apply("box", "--size", "1,3")[0], [[5, np.nan, np.nan, np.nan, 19]])
    np.testing.assert_array_equal(apply("box", "--size", "1,3", "--nodata", "NaN")[0], row(np.nan, "f4", BOXED))


@pytest.mark.parametrize(("dtype", "text"), [
    ("u1", "-9999"), ("u1", "0.5"), ("u1", "nan"), ("f4", "1e300"), ("u1", "none"),
])
def test_a_value_that_no_sample_has_is_named(write, apply, dtype, text):
    write([[3, 9, 6, 15, 21]], text, dtype=dtype)
    found, tag, said = apply("box", "--size", "1,3")
    assert found.round().tolist() == [[5, 6, 10, 14, 19]] and tag == text
    assert f"GDAL_NODATA {text} is no value of {np.dtype(dtype)} samples: all pixels count" in said


@pytest.mark.parametrize("options", [["--dtype", "uint8"], ["--depth", "8"], ["--depth", "16"]])
def test_a_value_that_does_not_fit_the_result_is_refused(write, apply, options):
    write(row(N, "f4"))
    said = apply("box", *options, status=1)[2]
    dtype = "uint16" if "16" in options else "uint8"
    assert f"must be one of {dtype} samples, got -9999: keep the depth, or filter" in said and "--nodata none" in said
    assert apply("box", *options, "--nodata", "none")[0].dtype == dtype


def test_a_value_that_fits_is_kept_in_another_depth(write, apply):
    write([[0, 100, 50]], "0", dtype="u1")
    assert apply("box", "--size", "1,3", "--depth", "16")[0].tolist() == [[0, 75 * 257, 257 * 200 // 3]]
    np.testing.assert_allclose(apply("box", "--size", "1,3", "--dtype", "float32")[0], [[0, 75, 200 / 3]], rtol=1e-6)
    assert apply("box", "--only", "2,0,1,1", "--depth", "16")[0].tolist() == [[0, 25700, 257 * 200 // 3]]
    write([[255, 100, 50]], "255", dtype="u1")
    assert apply("box", "--only", "2,0,1,1", "--depth", "16")[0].tolist() == [[255, 25700, 257 * 200 // 3]]


@pytest.mark.parametrize(("dtype", "text", "kernel", "expected"), [
    ("u1", "0", "0.01", [1, 1, 0]), ("u1", "255", "9", [254, 254, 255]), ("i2", "60", "2", [61, 200, 60]),
    ("f4", "60", "2", [np.nextafter(np.float32(60), np.float32(61)), 200, 60]),
])
def test_results_never_become_missing_by_chance(write, apply, dtype, text, kernel, expected):
    write([[30, 100, float(text)]], text, dtype=dtype)
    assert apply("convolve", "--kernel", kernel)[0].tolist() == [expected]


def test_results_near_no_pixel_that_counts_are_missing(write, apply):
    write([[5, 0, 0, 0, 7, 0]], "0", dtype="u1")  # each pixel becomes its neighbor to the right
    assert apply("convolve", "--kernel", "1 0 0", "--mode", "nearest")[0].tolist() == [[0, 0, 0, 0, 0, 0]]
    assert apply("convolve", "--kernel", "1 0 0 0 0 0 0 0 1", "--normalize", "--mode", "nearest"
                 )[0].tolist() == [[6, 0, 0, 0, 5, 0]]


def test_a_region_does_not_blend_missing_pixels(write, apply):
    write(row(N, "f4", [8, 8, 8, 8, N, 8, 8, 8, 8]))
    found, _, _ = apply("sobel", "--only", "0,0,4,1", "--feather", "2")
    assert set(found[0, 3:6].tolist()) == {N} and (found[0, 6:] == 8).all()
    assert not ((found < 0) & (found != N)).any()


def test_linear_light_of_floats_ignores_missing_pixels(write, apply):
    write(row(N, "f4", [0.5, 0.5, N, 0.5]))
    np.testing.assert_allclose(apply("box", "--linear")[0], [[0.5, 0.5, N, 0.5]], rtol=1e-6)


def test_pages_have_values_of_their_own(tmp_path, here, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with tifffile.TiffWriter("a.tif") as file:
        for text, value in (("-1", -1), ("-2", -2)):
            file.write(row(value, "f4"), extratags=[(42113, "s", 0, text, True)], metadata=None)
    here("apply", "box", "--size", "1,3", "a.tif", "-o", "b.tif")
    with tifffile.TiffFile("b.tif") as file:
        for page, value in zip(file.pages, (-1, -2), strict=True):
            np.testing.assert_array_equal(page.asarray(), row(value, "f4", BOXED))
            assert page.tags.valueof(42113) == str(value)


def test_white_as_zero_turns_the_value_as_well(write, apply):
    write([[30, 100, 255]], "255", dtype="u1", photometric="miniswhite")
    found, tag, _ = apply("box", "--size", "1,3")
    assert found.tolist() == [[(225 * 2 + 155) // 3 + 1, 190, 0]] and tag == "0"


def test_samples_of_four_bits(write, here):
    write([[3, 9, 0, 15]], "0", dtype="u1")
    data = bytearray(Path("a.tif").read_bytes())
    with tifffile.TiffFile("a.tif") as file:
        page = file.pages[0]
        start, entry = page.dataoffsets[0], page.tags[258]
    data[start:start + 2] = bytes([0x39, 0x0F])
    struct.pack_into("<H", data, entry.valueoffset, 4)
    Path("b.tif").write_bytes(data)
    here("apply", "box", "--size", "1,3", "b.tif", "-o", "c.tif")
    pixels, tag = read("c.tif")
    assert pixels.tolist() == [[17 * 5, 17 * 6, 0, 255]] and tag == "0"


def test_sparse_tiles_are_missing_pixels(write, apply):
    pixels = np.full((32, 64), 5, "f4")
    write(pixels, LOWEST, tile=(32, 32))
    data = bytearray(Path("a.tif").read_bytes())
    with tifffile.TiffFile("a.tif") as file:
        tags = file.pages[0].tags
        for tag in (324, 325):
            code, size = {3: ("<H", 2), 4: ("<I", 4), 16: ("<Q", 8)}[tags[tag].dtype]
            struct.pack_into(code, data, tags[tag].valueoffset + size, 0)
    Path("a.tif").write_bytes(data)
    found, _, _ = apply("box")
    assert (found[:, :32] == 5).all() and (found[:, 32:] == np.finfo("f4").min).all()


def test_other_formats_cannot_state_the_value(write, here):
    write([[30, 100, 0]] * 3, "0", dtype="u1")
    said = here("apply", "box", "a.tif", "-o", "b.png").err
    assert "value of pixels without data not kept: PNG cannot hold it" in said
    assert np.asarray(Image.open("b.png"))[:, 2].tolist() == [0, 0, 0]
    here("apply", "box", "--strip", "a.tif", "-o", "c.tif")
    assert read("c.tif")[1] == "0"
    said = here("apply", "box", "b.png", "--nodata", "0", "-o", "d.tif").err
    assert said == "" and read("d.tif")[1] == "0"


def test_wrong_values_of_the_option(write, here):
    write(row(N, "f4"))
    for text in ("x", "", "1,2", "0x10"):
        said = here("apply", "box", "--nodata", text, "a.tif", status=2).err
        assert "--nodata': must be a number, nan or none" in said
    assert "--nodata applies to photos" in here("apply", "box", "--nodata", "0", "--stream", "-", status=2).err


def test_the_value_as_text():
    assert parse_nodata("1e2", np.dtype("u1")) == 100 and parse_nodata("256", np.dtype("u1")) is None
    assert parse_nodata("+18446744073709551615", np.dtype("u8")) == 2**64 - 1
    assert read_text(b"-9999,5\0") == "-9999.5" and read_text(b"-1.#IND00\0") == read_text(b"1.#QNAN ") == "nan"
    assert parse_nodata("1_0", np.dtype("f4")) is None and parse_nodata("", np.dtype("f4")) is None
    assert np.isnan(parse_nodata("-NaN", np.dtype("f4"))) and parse_nodata("inf", np.dtype("f8")) == np.inf
    samples = np.array([np.inf, 1], "f4")
    place_nodata(samples, np.array([False, True]), np.inf)
    assert samples.tolist() == [np.finfo("f4").max, np.inf]


def test_recipes_take_the_value_from_scripts():
    photo = Image.fromarray(row(0, "u1"))
    recipe = Recipe(Pipeline("box:size=1,3"), "box", nodata="0")
    assert np.asarray(recipe.picture(photo)).tolist() == [[5, 6, 0, 18, 19]]
    heights = row(N, "f4")
    found = imfilter.box(heights, (1, 3), mask=heights != N)
    found[heights == N] = N
    np.testing.assert_array_equal(found, row(N, "f4", BOXED))


def make_zarr(name, pixels, **options):
    array = zarr.create_array(name, shape=pixels.shape, chunks=pixels.shape, dtype=pixels.dtype, **options)
    array[:] = pixels


@pytest.mark.parametrize("options", [
    {"fill_value": N}, {"fill_value": N, "zarr_format": 2}, {"attributes": {"missing_value": N}},
    {"attributes": {"_FillValue": [N]}}, {"attributes": {"_FillValue": "AAAAAICHw8A="}},
    {"attributes": {"_FillValue": "-9999.0"}, "fill_value": 15},
])
def test_zarr_states_the_value(tmp_path, monkeypatch, here, options):
    monkeypatch.chdir(tmp_path)
    make_zarr("a.zarr", row(N, "f4"), **options)
    here("apply", "box", "--size", "1,3", "a.zarr", "-o", "b.zarr")
    here("apply", "box", "--size", "1,3", "a.zarr", "-o", "b.tif")
    made = zarr.open_array("b.zarr", mode="r")
    np.testing.assert_array_equal(made[:], row(N, "f4", BOXED))
    assert made.fill_value == N
    pixels, tag = read("b.tif")
    np.testing.assert_array_equal(pixels, made[:])
    assert float(tag) == N
    here("apply", "box", "--size", "1,3", "b.zarr", "-o", "c.zarr")
    assert zarr.open_array("c.zarr", mode="r")[0, 2] == N


def test_the_fill_value_is_named(tmp_path, monkeypatch, here):
    monkeypatch.chdir(tmp_path)
    make_zarr("a.zarr", row(N, "f4"), fill_value=N)
    note = "a.zarr: samples of the fill value -9999.0 count as missing: --nodata none filters them like all others"
    assert note in here("apply", "box", "a.zarr", "-o", "b.zarr").err
    for options in (["--nodata", "none"], ["--nodata", "-9999"]):
        assert not here("apply", "box", "a.zarr", *options, "-o", "c.zarr", "--force").err
    assert not here("apply", "box", "b.zarr", "-o", "d.zarr").err


def test_tiff_to_zarr_and_back(write, here):
    write(row(N, "i2"), "-9999")
    here("apply", "box", "--size", "1,3", "a.tif", "-o", "b.zarr")
    assert zarr.open_array("b.zarr", mode="r").fill_value == N
    here("apply", "box", "--size", "1", "b.zarr", "-o", "c.tif")
    pixels, tag = read("c.tif")
    assert pixels.tolist() == [BOXED] and tag == "-9999"


def test_alpha_by_itself_has_no_missing_samples(write, apply):
    write([[[7, 0], [7, 90], [7, 0]]] * 2, "0", dtype="u1", extrasamples=["unassalpha"], planarconfig="contig")
    assert apply("box", "--size", "1,3", "--channels", "A")[0][0].tolist() == [[7, 30], [7, 30], [7, 30]]


def test_the_default_fill_value_of_zarr_says_nothing(tmp_path, monkeypatch, here):
    monkeypatch.chdir(tmp_path)
    make_zarr("a.zarr", np.array([[30, 0, 30]], "u1"), fill_value=0)
    here("apply", "box", "--size", "1,3", "a.zarr", "-o", "b.zarr")
    assert zarr.open_array("b.zarr", mode="r")[:].tolist() == [[20, 20, 20]]
    here("apply", "box", "--size", "1,3", "a.zarr", "--nodata", "0", "-o", "c.zarr")
    assert zarr.open_array("c.zarr", mode="r")[:].tolist() == [[30, 0, 30]]
    here("apply", "box", "--nodata", "7", "a.zarr", "-o", "d.zarr")
    assert zarr.open_array("d.zarr", mode="r").fill_value == 7


@pytest.mark.parametrize("recipe", [["box"], ["gaussian", "--stride", "2", "--gray"], ["unsharp_mask"],
                                    ["gaussian", "--only", "5,5,40,20", "--feather", "3"], ["box", "--channels", "G"],
                                    ["gaussian", "--nodata", "33"]])
def test_masks_in_tiles(write, apply, rng, recipe):
    pixels = rng.integers(0, 256, (70, 90, 3), np.uint8)
    write(pixels, None, photometric="rgb")
    mask = rng.integers(0, 256, (70, 90), np.uint8)
    mask[20:50, 20:50] = 0
    Image.fromarray(mask).save("mask.png")
    found, _, said = apply(*recipe, "--mask", "mask.png")
    assert "% of the result is empty" in said
    if recipe == ["box"]:
        np.testing.assert_array_equal(found, imfilter.box(pixels, 3, mask=mask))
    Image.fromarray(mask[1:]).save("small.png")
    said = apply(*recipe, "--mask", "small.png", status=1)[2]
    assert "mask must have the shape (70, 90)" in said


def test_masks_in_tiles_of_zarr_and_alpha(tmp_path, monkeypatch, here, rng):
    monkeypatch.chdir(tmp_path)
    pixels = rng.integers(0, 256, (40, 50, 4), np.uint8)
    mask = rng.integers(0, 2, (40, 50), np.uint8) * 255
    Image.fromarray(pixels).save("a.tif")
    Image.fromarray(mask).save("mask.png")
    options = ["--mask", "mask.png", "-q"]
    here("apply", "gaussian", "a.tif", *options, "-o", "b.tif", "--engine", "memory")
    here("apply", "gaussian", "a.tif", *options, "-o", "b.zarr", "--tile", "16")
    assert np.array_equal(zarr.open_array("b.zarr", mode="r")[:], read("b.tif")[0])


def test_masks_beyond_the_limit_of_pixels(write, here, monkeypatch):
    write(np.ones((40, 50), "u1"), None)
    Image.new("L", (50, 40), 255).save("mask.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    said = here("apply", "box", "a.tif", "--mask", "mask.png", "-o", "b.tif", "--engine", "tiles", status=2).err
    assert "mask.png" in said and "--max-pixels" in said
    here("apply", "box", "a.tif", "--mask", "mask.png", "-o", "b.tif", "--engine", "tiles", "--max-pixels", "2000")


@pytest.mark.parametrize("depth", ["8", "16", "float"])
def test_notes_on_samples_that_are_clipped(write, apply, rng, depth):
    pixels = rng.uniform(0, 1, (70, 90)).astype("f4")
    write(pixels, None)
    assert "clips" not in apply("box", "--depth", depth)[2]
    pixels[69, 89], pixels[3, 3] = 2.5, -3
    write(pixels, None)
    for options in ([], ["--stride", "4"], ["--nodata", "none"]):
        said = apply("box", "--depth", depth, *options)[2]
        assert (f"has samples from -3 to 2.5: depth {depth} takes 0 for black" in said) == (depth != "float")
    if depth != "float":
        write(np.where(pixels < 0, 0, pixels), "0")
        assert "has samples from 0 to 2.5" in apply("box", "--depth", depth)[2]


def test_notes_on_settings_that_the_format_lacks(write, apply, here):
    write(np.ones((4, 5), "u1"), None)
    settings = ["--quality", "80", "--subsampling", "444", "--compress-level", "3"]
    said = apply("box", *settings)[2]
    assert said.splitlines() == [f"imfilter: a.tif: TIFF has no {what}: the setting is ignored" for what in (
        "quality", "compress level", "choice of chroma subsampling")]
    assert "Zarr has no quality: the setting" in here("apply", "box", "a.tif", "-o", "b.zarr", *settings).err


def test_notes_where_other_processes_have_seen_the_samples(write, rng):
    write(rng.uniform(0, 2, (40, 40)).astype("f4"), None)
    tiles = TiledRecipe(Recipe(Pipeline("box"), "box", depth="8"), open_source("a.tif"), "offset")
    assert tiles.list_notes(False) == ["depth 8 takes 0 for black and 1 for white, and clips the rest"]
    assert tiles.list_notes(True) == pickle.loads(pickle.dumps(tiles)).list_notes(True) == []


@pytest.mark.skipif(not hasattr(os, "listxattr"), reason="extended attributes are those of Linux")
def test_preserve_gives_stores_the_times_of_photos(write, here):
    write(np.ones((4, 5), "u1"), None)
    with contextlib.suppress(OSError):  # a file system without extended attributes
        os.setxattr("a.tif", "user.caption", b"lake")
    os.utime("a.tif", ns=(10**18, 12 * 10**17))
    said = here("apply", "box", "--preserve", "a.tif", "-o", "b.zarr").err
    assert said == "" and os.stat("b.zarr").st_mtime_ns == 12 * 10**17
    assert os.listxattr("b.zarr") == os.listxattr("a.tif")
    os.utime("b.zarr", ns=(10**18, 13 * 10**17))
    here("apply", "box", "--preserve", "b.zarr", "-o", "c.zarr")
    here("apply", "box", "--preserve", "b.zarr", "-o", "c.tif")
    assert os.stat("c.zarr").st_mtime_ns == os.stat("c.tif").st_mtime_ns == 13 * 10**17


def test_notes_in_json(write, here):
    write(row(N, "f4"))
    for engine in ENGINES:
        record = json.loads(here("apply", "erode", "a.tif", "-o", f"{engine}.tif", "--engine", engine, "--json").out)
        assert [note for note in record["notes"] if "erode takes no mask" in note]
    photo = files.read_photo("a.tif")
    assert photo.image.info["nodata"] == b"-9999\0"
