"""Results that are no levels of the image: scaled in pictures and files of integers, true values everywhere else."""
import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter import Pipeline
from imfilter.arrays.high_depth import HighDepthImage
from imfilter.pipeline.recipe import Recipe

UNSIGNED = {"local_entropy": 8, "frangi:sigmas=1,3": 1, "meijering:sigmas=2": 1}
SCORE = "local_normalize:size=5"


@pytest.fixture
def photo(rng):
    return imfilter.gaussian((255 * rng.random((40, 50, 3))).astype(np.uint8), 1)


def values_of(spec, pixels):
    return Pipeline.parse(spec)(pixels, dtype=np.float32)


@pytest.mark.parametrize("spec", UNSIGNED)
def test_white_is_the_declared_value(spec, photo):
    pipeline, values = Pipeline.parse(spec), values_of(spec, photo)
    assert pipeline.full_scale == UNSIGNED[spec] and pipeline(photo).dtype == np.float32
    shown = np.rint(values * np.float32(255 / UNSIGNED[spec]))
    assert shown.max() > 100
    one = pipeline.filters[0]
    for picture in (Image.fromarray(photo), Image.fromarray(photo[..., 0])):
        wanted = shown if picture.mode == "RGB" else shown[..., 0]
        for result in (pipeline(picture), one(picture), Recipe(pipeline, "x").picture(picture)):
            assert result.mode == picture.mode
            np.testing.assert_array_equal(np.asarray(result), wanted)
    float_result = one(Image.fromarray(photo[..., 0]), dtype="float32")
    np.testing.assert_array_equal(np.asarray(float_result), values[..., 0])


@pytest.mark.parametrize("spec", UNSIGNED)
def test_out_of_a_picture_gets_its_samples(spec, photo):
    one, picture = Pipeline.parse(spec).filters[0], Image.fromarray(photo)
    out = np.empty_like(photo)
    result = np.asarray(one(picture, out=out))
    np.testing.assert_array_equal(out, result)
    np.testing.assert_array_equal(out, np.asarray(one(picture)))
    floats = np.empty(photo.shape, np.float32)
    with pytest.raises(imfilter.errors.ImfilterError, match="out must have shape"):
        one(picture, out=floats)


@pytest.mark.parametrize("spec", UNSIGNED)
def test_alpha_is_not_scaled(spec, photo):
    pixels = np.dstack([photo, np.full(photo.shape[:2], 77, np.uint8)])
    picture = Image.fromarray(pixels)
    wanted = np.asarray(Pipeline.parse(spec)(Image.fromarray(photo)))
    for result in (Pipeline.parse(spec)(picture), Pipeline.parse(spec).filters[0](picture),
                   Recipe(Pipeline.parse(spec), "x").picture(picture)):
        np.testing.assert_array_equal(np.asarray(result)[..., :3], wanted)
        np.testing.assert_array_equal(np.asarray(result)[..., 3], 77)


@pytest.mark.parametrize("spec", UNSIGNED)
def test_deeper_pictures_and_depths(spec, photo):
    deep = HighDepthImage(photo.astype(np.uint16) * 257)
    values = values_of(spec, deep.pixels)
    np.testing.assert_array_equal(
        np.asarray(Recipe(Pipeline.parse(spec), "x").picture(deep)),
        np.rint(values * np.float32(65535 / UNSIGNED[spec])))
    for options, factor in (({"dtype": "uint16"}, 65535 / UNSIGNED[spec]), ({"depth": "8"}, 255 / UNSIGNED[spec]),
                            ({"depth": "float"}, 1 / UNSIGNED[spec]), ({"dtype": "float32"}, 1)):
        found = np.asarray(Recipe(Pipeline.parse(spec), "x", **options).picture(deep))
        wanted = values * np.float32(factor)
        np.testing.assert_array_equal(found, wanted if found.dtype.kind == "f" else np.rint(wanted))
    floats = HighDepthImage(photo.astype(np.float32) / 255)
    np.testing.assert_array_equal(np.asarray(Recipe(Pipeline.parse(spec), "x").picture(floats)),
                                  values_of(spec, floats.pixels))


@pytest.mark.parametrize(("signed", "make"), [
    ("offset", lambda values: values * 127 / 4 + 128), ("abs", lambda values: np.abs(values) * 255 / 4),
    ("clip", lambda values: values * 255 / 4),
    ("normalize", lambda values: values * 127 / np.abs(values).max() + 128)])
def test_a_score_is_shown_around_gray(signed, make, photo):
    picture, values = Image.fromarray(photo), values_of(SCORE, photo)
    result = np.asarray(Recipe(Pipeline.parse(SCORE), "x").picture(picture, signed)).astype(int)
    assert np.abs(result - np.rint(np.clip(make(values.astype(float)), 0, 255))).max() <= 1
    assert (result != np.rint(np.clip(make(values.astype(float)), 0, 255))).mean() < 1e-3


def test_a_score_of_a_pillow_image_is_that_of_its_array(photo):
    gray = photo[..., 0]
    values = imfilter.local_normalize(gray, 5)
    picture = imfilter.local_normalize(Image.fromarray(gray), 5, dtype="float32")
    np.testing.assert_array_equal(np.asarray(picture), values)
    shown = np.asarray(imfilter.local_normalize(Image.fromarray(gray), 5))
    np.testing.assert_array_equal(shown, np.clip(np.rint(128 + values * np.float32(127 / 4)), 0, 255))


@pytest.mark.parametrize(("chain", "value"), [
    ("local_entropy,gaussian:sigma=2", 8), ("gaussian,local_entropy", 8), ("local_entropy,sobel", None),
    ("local_entropy,sauvola", None), ("local_entropy,frangi", 1), ("frangi,maximum", 1), ("gaussian", None),
    ("local_entropy,kernel:1 1", 8), ("local_std", None)])
def test_the_scale_survives_blurs_and_ranks(chain, value, photo):
    pipeline = Pipeline.parse(chain)
    assert pipeline.full_scale == value
    result = np.asarray(pipeline(Image.fromarray(photo))).astype(int)
    factor = np.float32(255 / value) if value else 1
    wanted = np.clip(np.rint(pipeline(photo, dtype=np.float32) * factor), 0, 255)
    assert np.abs(result - wanted).max() <= (0 if value else 1)


def test_the_command_says_what_is_white(here, tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "in.png")
    for options, words in ((["local_entropy"], "0 is black, 8 white"), (["frangi"], "0 is black, 1 white"),
                           (["local_normalize"], "0 is mid-gray, 4 white"),
                           (["local_normalize", "--signed", "abs"], "0 is black, 4 white"),
                           (["local_normalize", "--signed", "normalize"], ""), (["sobel"], "")):
        _, said = here("apply", *options, str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png"), "--force")
        assert said.endswith(
            f"results are scaled: {words}; dtype float32 keeps the values themselves\n") if words else not said


def test_tiles_give_the_samples_of_the_whole(here, tmp_path, photo):
    pytest.importorskip("tifffile")
    large = np.tile(photo, (8, 8, 1))
    Image.fromarray(large).save(tmp_path / "in.tif")
    for name, *options in (("local_entropy",), ("local_normalize",), ("frangi", "--c", "20", "--sigmas", "1,2")):
        found = []
        for engine in ("memory", "tiles"):
            out = tmp_path / f"{engine}.tif"
            _, said = here("apply", name, *options, "--engine", engine, "--force", str(tmp_path / "in.tif"),
                           "-o", str(out))
            assert "results are scaled" in said
            found.append(np.asarray(Image.open(out)))
        np.testing.assert_array_equal(*found)
        assert found[0].std() > 5


def test_streams_are_scaled(here, tmp_path, photo):
    gray = photo[..., 0]
    for most, dtype in ((255, "u1"), (1023, "<u2")):
        samples = (gray.astype(int) * most // 255).astype(dtype)
        head = b"YUV4MPEG2 W50 H40 F25:1 Cmono" + (b"10" if most > 255 else b"") + b"\n"
        (tmp_path / "in.y4m").write_bytes(head + b"FRAME\n" + samples.tobytes())
        here("apply", "local_entropy", "--stream", str(tmp_path / "in.y4m"), "-o", str(tmp_path / "out.y4m"), "--force")
        data = (tmp_path / "out.y4m").read_bytes()
        found = np.frombuffer(data[-samples.nbytes:], dtype).reshape(gray.shape)
        assert most * 0.4 < found.max() <= most and found.mean() > most * 0.3
        if most == 255:
            np.testing.assert_array_equal(found, np.asarray(imfilter.local_entropy(Image.fromarray(samples))))


def test_samples_with_a_sign_are_stretched_to_their_range():
    ramp = HighDepthImage(np.cumsum([[0, 0, 5, 5, -20, 0, 0, 0]] * 3, 1)[..., None].astype(np.int16))
    result = np.asarray(Recipe(Pipeline("sobel:axis=1"), "x").picture(ramp, "normalize")).squeeze()
    assert result.dtype == np.int16 and result[1].min() == -32767 and result[1, 1] == round(5 * 32767 / 20)
