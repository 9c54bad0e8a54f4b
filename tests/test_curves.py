"""--linear: the transfer curve that a file declares, by PNG chunks, color profiles and EXIF, or a refusal by name."""
import io
import struct

import awkward
import numpy as np
import pytest
from PIL import Image, ImageCms
from program import pixels

import imfilter
from imfilter.arrays.transfer_curves import SRGB
from imfilter.errors import ImfilterError
from imfilter.files.color_curves import CODES, DEEP_CODES, _deep_curve
from imfilter.files.curve_shapes import ADOBE_RGB, BT709, LINEAR, power_curve
from imfilter.files.icc import read_curves

SAMPLES = np.linspace(0, 1, 257)
STEP = np.zeros((8, 16), np.uint8)
STEP[:, 8:] = 200


def profile(curves, space=b"RGB ", name=b"Mine", more=()):
    """Return a color profile of these tags, made by hand."""
    names = (b"rTRC", b"gTRC", b"bTRC") if space == b"RGB " else (b"kTRC",)
    tags = [*zip(names, curves, strict=False), *more,
            (b"desc", b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name + bytes(80))]
    data, table = b"", struct.pack(">I", len(tags))
    for tag, value in tags:
        table += struct.pack(">4sII", tag, 132 + 12 * len(tags) + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", 132 + 12 * len(tags) + len(data), b"lcms", 0x02400000, b"mntr", space, b"XYZ ")
    return head.ljust(36, b"\0") + b"acsp" + bytes(88) + table + data


def curv(*values):
    return b"curv" + bytes(4) + struct.pack(f">I{len(values)}H", len(values), *values)


def para(kind, *numbers):
    return b"para" + bytes(4) + struct.pack(f">HH{len(numbers)}i", kind, 0, *(round(n * 65536) for n in numbers))


SRGB_NUMBERS = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
FORMS = {
    "identity": (curv(), lambda x: x), "gamma": (curv(0x0180), lambda x: x**1.5),
    "table": (curv(0, 16384, 65535), lambda x: np.interp(x, [0, 0.5, 1], [0, 16384 / 65535, 1])),
    "para 0": (para(0, 1.8), lambda x: x**1.8),
    "para 1": (para(1, 2, 1, 0), lambda x: x**2), "para 2": (para(2, 2, 0.5, 0.25, 0.125),
                                                             lambda x: (x / 2 + 0.25)**2 + 0.125),
    "para 3": (para(3, *SRGB_NUMBERS), SRGB.decode),
    "para 4": (para(4, 2, 0.5, 0.5, 0.25, 0.5, 0, 0), lambda x: np.where(x >= 0.5, (x / 2 + 0.5)**2, x / 4)),
}


@pytest.mark.parametrize("form", FORMS)
def test_curves_of_profiles_are_read(form):
    data, wanted = FORMS[form]
    curves = read_curves(profile([data, curv(), data]))
    assert len(curves) == 3
    np.testing.assert_allclose(curves[0].decode(SAMPLES), wanted(SAMPLES), atol=1e-4)
    np.testing.assert_array_equal(curves[1].decode(SAMPLES), SAMPLES)
    (gray,) = read_curves(profile([data], b"GRAY"))
    np.testing.assert_allclose(gray.decode(SAMPLES), wanted(SAMPLES), atol=1e-4)


@pytest.mark.parametrize("curve", [
    *CODES.values(), *map(_deep_curve, DEEP_CODES), ADOBE_RGB, power_curve(1 / 2.2, "x"),
    *(read_curves(profile([data], b"GRAY"))[0] for data, _ in FORMS.values()),
], ids=lambda curve: curve.name)
def test_encoding_is_the_inverse(curve):
    np.testing.assert_allclose(curve.encode(curve.decode(SAMPLES)), SAMPLES, atol=1e-4)


@pytest.mark.parametrize(("curve", "sample", "light"), [
    (BT709, 0.081, 0.018), (BT709, 0.5, 0.259589), (SRGB, 0.5, 0.214041), (ADOBE_RGB, 0.5, 0.217755),
    (_deep_curve(16), 0.508078, 0.01), (_deep_curve(18), 0.5, 1 / 12), (_deep_curve(18), 0.75, 0.265),
    (LINEAR, 0.3, 0.3),
])
def test_published_points_of_curves(curve, sample, light):
    assert curve.decode(np.array([sample]))[0] == pytest.approx(light, abs=2e-4)


@pytest.mark.parametrize(("data", "words"), [
    (profile([], name=b"Lookup"), "'Lookup'"), (profile([curv(), curv()], name=b"Two"), "'Two'"),
    (profile([curv()] * 3, b"CMYK", b"Press"), "'Press'"), (b"", "without a name"), (bytes(200), "without a name"),
    (profile([b"curv\0\0\0\0\xff\xff\xff\xff"] * 3, name=b"Short"), "'Short', whose curves are damaged"),
    (profile([para(0, 0)] * 3), "damaged"), (profile([para(9, 1)] * 3), "damaged"), (profile([b"zzzz"] * 3), "damaged"),
])
def test_other_profiles_are_refused_by_name(data, words):
    with pytest.raises(ImfilterError, match=words):
        read_curves(data)


def mixed(decode, encode):
    """Return what a mean of half 0 and half 200 becomes in light."""
    return round(255 * float(encode(decode(np.array([200 / 255])) / 2)[0]))


def chunk_gamma(value):
    return awkward.chunk(b"gAMA", struct.pack(">I", value))


def power(exponent):
    return mixed(lambda x: x**exponent, lambda x: x ** (1 / exponent))


PNGS = {
    "nothing": ([], mixed(SRGB.decode, SRGB.encode)), "gamma 1": ([chunk_gamma(100_000)], 100),
    "gamma 1/2.2": ([chunk_gamma(45_455)], power(1 / 0.45455)), "gamma 1/1.8": ([chunk_gamma(55_556)], power(1.8)),
    "gamma 0": ([chunk_gamma(0)], mixed(SRGB.decode, SRGB.encode)),
    "sRGB before gamma": ([chunk_gamma(100_000), awkward.chunk(b"sRGB", b"\0")], mixed(SRGB.decode, SRGB.encode)),
    "cICP linear": ([awkward.chunk(b"cICP", b"\1\x08\0\1"), chunk_gamma(45_455)], 100),
    "cICP 709": ([awkward.chunk(b"cICP", b"\1\1\0\1")], mixed(BT709.decode, BT709.encode)),
    "cICP 2.8": ([awkward.chunk(b"cICP", b"\1\5\0\1")], power(2.8)),
}


@pytest.mark.parametrize("color", [0, 2])
@pytest.mark.parametrize("case", PNGS)
def test_png_chunks_set_the_curve(here, folder, case, color):
    chunks, wanted = PNGS[case]
    image = STEP if color == 0 else np.repeat(STEP, 3, 1)
    (folder / "a.png").write_bytes(awkward.png(16, 8, 8, color, list(image), *chunks))
    here("apply", "box", "--size", "1,2", "--linear", "a.png", "-o", "b.png")
    assert np.abs(pixels("b.png")[4, 8].astype(int) - wanted).max() <= 1


@pytest.mark.parametrize(("data", "words"), [
    (b"\1\x02\0\1", "an unspecified one"), (b"\1\x0b\0\1", "xvYCC"), (b"\1\x0d\0\0", "narrow"),
    (b"\1\x63\0\1", "code 99"),
])
def test_other_codings_are_refused_by_name(here, folder, data, words):
    (folder / "a.png").write_bytes(awkward.png(16, 8, 8, 0, list(STEP), awkward.chunk(b"cICP", data)))
    assert words in here("apply", "box", "--linear", "a.png", "-o", "b.png", status=1).err
    here("apply", "box", "a.png", "-o", "b.png")


@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "jpg"])
@pytest.mark.parametrize(("mode", "space"), [("RGB", b"RGB "), ("L", b"GRAY")])
def test_profiles_set_the_curve_in_every_format(here, folder, suffix, mode, space):
    if (suffix, mode) == ("webp", "L"):
        pytest.skip("WebP is color")
    options = {"quality": 100} if suffix in ("jpg", "webp") else {}
    photo = Image.fromarray(STEP).convert(mode)
    photo.save(f"a.{suffix}", icc_profile=profile([curv()] * 3, space), **options, **(
        {"lossless": True} if suffix == "webp" else {}))
    for engine in ["memory", "tiles"][:1 + (suffix == "tif")]:
        result = "b.png" if engine == "memory" else "c.tif"
        here("apply", "box", "--size", "1,2", "--linear", f"a.{suffix}", "-o", result, "--engine", engine)
        assert np.abs(pixels(result)[4, 8].astype(int) - 100).max() <= 3


def test_each_channel_has_its_curve(here, folder):
    own = profile([curv(), curv(0x0200), para(3, *SRGB_NUMBERS)])
    Image.fromarray(np.stack([STEP] * 3, -1)).save("a.png", icc_profile=own)
    wanted = [100, power(2), mixed(SRGB.decode, SRGB.encode)]
    here("apply", "box", "--size", "1,2", "--linear", "a.png", "-o", "b.png")
    assert np.abs(pixels("b.png")[4, 8] - np.array(wanted)).max() <= 1
    here("apply", "box", "--size", "1,2", "--linear", "--channels", "G,B", "a.png", "-o", "c.png")
    assert np.abs(pixels("c.png")[4, 8] - np.array([200, *wanted[1:]])).max() <= 1
    here("apply", "box", "--size", "1,2", "--linear", "--gray", "a.png", "-o", "d.png")
    assert abs(int(pixels("d.png")[4, 8]) - wanted[1]) <= 1


@pytest.mark.parametrize("engine", ["memory", "tiles"])
@pytest.mark.parametrize("deep", [False, True])
def test_the_fill_value_is_decoded_by_the_curve_of_each_channel(here, folder, engine, deep):
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("imagecodecs")
    top = 257 if deep else 1
    flat = np.full((5, 5, 3), 200 * top, np.uint16 if deep else np.uint8)
    own = profile([curv(256), curv(0x0200), curv(0x0300)])
    tifffile.imwrite("a.tif", flat, photometric="rgb", iccprofile=own)
    border = ("--mode", "constant", "--cval", str(100 * top))
    here("apply", "box", "--size", "3", *border, "--linear", "a.tif", "-o", "b.tif", "--engine", engine)
    result = tifffile.imread("b.tif")
    # In a corner 4 of 9 samples are 200 and 5 are 100: (1300 / 9), sqrt(210000 / 9), cbrt(37000000 / 9).
    np.testing.assert_allclose(result[0, 0] / top, [144.44, 152.75, 160.19], atol=0.5)
    np.testing.assert_array_equal(result[2, 2], flat[2, 2])


def test_the_profile_of_srgb_changes_nothing(here, folder):
    own = io.BytesIO(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()).getvalue()
    with Image.open("photo.png") as photo:
        photo.save("a.png", icc_profile=own)
    for name in ("photo", "a"):
        here("apply", "gaussian", "--linear", f"{name}.png", "-o", f"{name}.out.png")
    assert np.abs(pixels("a.out.png").astype(int) - pixels("photo.out.png")).max() <= 1


def test_adobe_rgb_of_a_camera_has_its_curve(here, folder):
    Image.fromarray(np.stack([STEP] * 3, -1)).save("a.png", exif=adobe_exif())
    here("apply", "box", "--size", "1,2", "--linear", "a.png", "-o", "b.png")
    assert np.abs(pixels("b.png")[4, 8].astype(int) - power(563 / 256)).max() <= 1


def test_a_lookup_profile_is_refused_only_with_linear(here, folder):
    Image.fromarray(np.stack([STEP] * 3, -1)).save("a.png", icc_profile=profile([], name=b"Lookup"))
    said = here("apply", "box", "--linear", "a.png", "-o", "b.png", status=1).err
    assert said.startswith("imfilter: a.png: linear needs a color profile of curves (matrix or gray), got 'Lookup'")
    here("apply", "box", "a.png", "-o", "b.png")


def adobe_exif():
    exif = Image.Exif()
    exif[0x8769] = {0xA001: 65535, 0xA005: {1: "R03"}}
    return exif


COLORED = np.stack([STEP, STEP // 2, STEP[:, ::-1]], -1)
SEEN = np.concatenate([COLORED, STEP[..., None] // 2 + 20], -1)
OWN = profile([curv(), curv(0x0200), para(3, *SRGB_NUMBERS)])
PICTURES = {
    **{case: ("png", awkward.png(16, 8, 8, 0, list(STEP), *chunks))
       for case, (chunks, _) in PNGS.items() if "cICP" not in case},
    **{f"profile in {kind}": (kind, awkward.encoded(Image.fromarray(COLORED), kind, icc_profile=OWN, lossless=True))
       for kind in ("png", "jpeg", "tiff", "webp")},
    "with alpha": ("png", awkward.encoded(Image.fromarray(SEEN), "png", icc_profile=OWN)),
    "gray": ("tiff", awkward.encoded(Image.fromarray(STEP), "tiff", icc_profile=profile([curv()], b"GRAY"))),
    "gray of another space": ("png", awkward.encoded(Image.fromarray(STEP), "png", icc_profile=OWN)),
    **{f"Adobe RGB in {kind}": (kind, awkward.encoded(Image.fromarray(COLORED), kind, exif=adobe_exif()))
       for kind in ("png", "jpeg")},
}


@pytest.mark.parametrize("case", PICTURES)
def test_an_image_of_pillow_declares_its_curve(here, folder, case):
    kind, data = PICTURES[case]
    (folder / f"a.{kind}").write_bytes(data)
    here("apply", "box", "--size", "1,2", "--linear", f"a.{kind}", "-o", "b.tif", "--strip")
    with Image.open(f"a.{kind}") as photo:
        np.testing.assert_array_equal(imfilter.box(photo, (1, 2), linear=True), pixels("b.tif"))
        one = imfilter.Pipeline("box:size=1,2:linear")
        np.testing.assert_array_equal(one(photo), pixels("b.tif"))
        if photo.mode != "L":
            here("apply", "box", "--size", "1,2", "--linear", f"a.{kind}", "--then", "saturate:linear", "-o", "c.tif")
            np.testing.assert_array_equal(one.then("saturate:linear")(photo), pixels("c.tif"))


def test_arrays_and_plain_images_are_srgb():
    step = Image.fromarray(STEP)
    assert imfilter.box(STEP, (1, 2), linear=True)[4, 8] == mixed(SRGB.decode, SRGB.encode)
    assert imfilter.box(step, (1, 2), linear=True).getpixel((8, 4)) == mixed(SRGB.decode, SRGB.encode)
    step.info["gamma"] = 1.0
    assert imfilter.box(step, (1, 2), linear=True).getpixel((8, 4)) == 100
    step.info["icc_profile"] = profile([], b"GRAY", b"Lookup")
    with pytest.raises(ImfilterError, match="got 'Lookup'"):
        imfilter.box(step, (1, 2), linear=True)
