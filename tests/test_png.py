"""The PNG writer: every reader reads the pixels back, in every mode and size; small where it can be, and fast."""
import io
import shutil
import struct
import zlib

import awkward
import numpy as np
import pytest
from PIL import Image, ImageDraw, PngImagePlugin
from program import complete

import imfilter
from imfilter.errors import FileError
from imfilter.files import _png, png

SHAPES = [(1, 1), (1, 7), (5, 1), (3, 5), (33, 129), (400, 601)]
DTYPES = [np.uint8, np.uint16]


def chunks(data):
    """Return the kind and contents of each chunk of a PNG file; its checksums must be right."""
    found, place = [], 8
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place:place + 8])
        body, check = data[place + 8:place + 8 + size], data[place + 8 + size:place + 12 + size]
        assert check == struct.pack(">I", zlib.crc32(kind + body))
        found.append((kind, body))
        place += 12 + size
    return found


def plain(data):
    """Return the samples of a PNG file, decoded as the standard says, row by row."""
    found = chunks(data)
    width, height, depth, color = struct.unpack(">IIBB", found[0][1][:10])
    step = depth // 8 * {0: 1, 2: 3, 4: 2, 6: 4}[color]
    packed = zlib.decompress(b"".join(body for kind, body in found if kind == b"IDAT"))  # checks Adler-32
    rows = np.frombuffer(packed, np.uint8).reshape(height, 1 + width * step).astype(int)
    above = np.zeros((width + 1, step), int)
    out = np.empty((height, width, step), np.uint8)
    for y, row in enumerate(rows):
        here = np.zeros_like(above)
        for x, bytes_ in enumerate(row[1:].reshape(width, step), 1):
            guess = [0, here[x - 1], above[x], (here[x - 1] + above[x]) // 2,
                     nearest(here[x - 1], above[x], above[x - 1])][row[0]]
            here[x] = (bytes_ + guess) % 256
        out[y], above = here[1:], here
    return out.view(">u2" if depth == 16 else "u1")


def nearest(left, above, corner):
    """Return the sample that Paeth's filter predicts, as the standard writes it."""
    sums = left + above - corner
    far = [abs(sums - one) for one in (left, above, corner)]
    return np.where((far[0] <= far[1]) & (far[0] <= far[2]), left, np.where(far[1] <= far[2], above, corner))


@pytest.fixture
def picture(rng):
    """Make a picture that holds noise, a slope and a flat part, so that its strips want different filters."""
    def make(height, width, channels, dtype):
        y, x = np.mgrid[:height, :width]
        top = np.iinfo(dtype).max
        samples = np.stack([(x * (c + 1) + y) % (top + 1) for c in range(channels)], axis=-1)
        samples[: height // 3] = rng.integers(0, top + 1, samples[: height // 3].shape)
        samples[-(height // 3):] = top // 3
        return samples.astype(dtype)
    return make


@pytest.mark.parametrize("level", [None, 0, 1, 9])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_samples_are_those_that_the_standard_gives(picture, monkeypatch, channels, dtype, level):
    monkeypatch.setattr(png, "STRIP", 700)
    for shape in SHAPES[:-1]:
        pixels = picture(*shape, channels, dtype)
        np.testing.assert_array_equal(plain(png.encode_png(pixels, level)), pixels)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", range(5))
def test_each_filter_is_undone_by_the_standards_own(picture, monkeypatch, kind, channels, dtype):
    monkeypatch.setattr(png._Strip, "_choose_settings", lambda strip: [(kind, None)])
    monkeypatch.setattr(png, "STRIP", 300)
    pixels = picture(13, 21, channels, dtype)
    np.testing.assert_array_equal(plain(png.encode_png(pixels)), pixels)


@pytest.mark.parametrize("step", [1, 2, 3, 4, 6, 8])
@pytest.mark.parametrize("kind", range(5))
def test_filters_are_undone(rng, kind, step):
    for width in (1, 2, 33):
        rows = rng.integers(0, 256, (7, width * step), np.uint8)
        above = rng.integers(0, 256, width * step, np.uint8)
        data, again = np.empty((7, width * step + 1), np.uint8), np.empty_like(rows)
        _png.filter_rows(rows, above, step, kind, data)
        assert (data[:, 0] == kind).all()
        assert _png.unfilter_rows(data, above, step, again)
        np.testing.assert_array_equal(again, rows)
    data[3, 0] = 5
    assert not _png.unfilter_rows(data, above, step, again)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 10, 257, 258, 259, 260, 261, 65535, 65536, 65537, 150_000])
def test_what_is_deflated_is_inflated(rng, size):
    """Data of one byte, of noise, of runs, and whose codes would be longer than deflate allows."""
    counts = [1, 1]
    while sum(counts) < size:
        counts.append(counts[-1] + counts[-2])
    for data in (np.zeros(size, np.uint8), np.full(size, 255, np.uint8), rng.integers(0, 256, size, np.uint8),
                 rng.geometric(0.2, size).astype(np.uint8), rng.integers(0, 2, size, np.uint8),
                 np.repeat(rng.integers(0, 256, size, np.uint8), rng.integers(1, 12, size))[:size],
                 rng.permutation(np.repeat(np.arange(len(counts), dtype=np.uint8), counts)[:size])):
        packed = _png.deflate_runs(np.ascontiguousarray(data))
        inflater = zlib.decompressobj(-15)
        assert inflater.decompress(packed) == data.tobytes()
        assert packed.endswith(b"\x00\x00\xff\xff") and not inflater.eof


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_pillow_reads_what_pillow_had(mode):
    for height, width in SHAPES:
        image = awkward.photo(mode, (width, height))
        again = Image.open(io.BytesIO(png.encode_png(image)))
        assert again.mode == mode
        np.testing.assert_array_equal(np.asarray(again), np.asarray(image))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_other_libraries_read_it(picture, tmp_path, channels, dtype, pyvips):
    cv2 = pytest.importorskip("cv2")
    checker = shutil.which("pngcheck")
    for shape in SHAPES:
        pixels = picture(*shape, channels, dtype)
        data = png.encode_png(pixels)
        np.testing.assert_array_equal(pyvips.Image.new_from_buffer(data, "").numpy().reshape(pixels.shape), pixels)
        if channels != 2:  # OpenCV has no gray with alpha
            order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
            read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED).reshape(pixels.shape)
            np.testing.assert_array_equal(read[..., order], pixels)
        if checker:
            (tmp_path / "a.png").write_bytes(data)
            said = complete([checker, "-v", str(tmp_path / "a.png")])
            assert said.returncode == 0 and "ERROR" not in said.stdout, said.stdout


@pytest.mark.parametrize("workers", ["1", "2", "7"])
def test_the_bytes_do_not_depend_on_the_threads(picture, monkeypatch, workers):
    pixels = picture(400, 601, 3, np.uint8)
    monkeypatch.setattr(png, "STRIP", 20_000)
    monkeypatch.setenv("IMFILTER_WORKERS", "1")
    alone = png.encode_png(pixels)
    monkeypatch.setenv("IMFILTER_WORKERS", workers)
    assert png.encode_png(pixels) == alone
    assert sum(kind == b"IDAT" for kind, _ in chunks(alone)) > 20


def test_a_turned_view_of_the_pixels_is_written_as_it_is(picture):
    pixels = picture(40, 30, 3, np.uint8)
    for view in (pixels[::-1], pixels.transpose(1, 0, 2), pixels[::2, ::3], pixels[..., ::-1], pixels[..., 0]):
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png.encode_png(view)))), view)
    deep = pixels.astype(">u2")[..., 0]
    np.testing.assert_array_equal(plain(png.encode_png(deep))[..., 0], deep)


def test_all_metadata_stands_in_the_file():
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "a photo")
    texts.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    exif, profile = awkward.exif().tobytes(), bytes(16) + b"RGB " + bytes(200)
    data = png.encode_png(awkward.photo(), dpi=(300, 300), exif=exif, icc_profile=profile, pnginfo=texts)
    image = Image.open(io.BytesIO(data))
    image.load()
    assert round(image.info["dpi"][0]) == 300 and image.info["icc_profile"] == profile
    assert image.getexif().get_ifd(0x8769)[0x829A] == 0.5
    assert image.text == {"Title": "a photo", "XML:com.adobe.xmp": "<x:xmpmeta/>"}
    kinds = [kind for kind, _ in chunks(data)]
    assert kinds[0] == b"IHDR" and kinds[-1] == b"IEND" and kinds.index(b"iCCP") < kinds.index(b"IDAT")
    assert {kind for kind, _ in chunks(png.encode_png(awkward.photo()))} == {b"IHDR", b"IDAT", b"IEND"}


@pytest.fixture(scope="module")
def contents():
    """Return pictures of a kind each: a photo, its edges, its blur, flat graphics."""
    graphics = Image.new("RGB", (800, 600), "white")
    draw = ImageDraw.Draw(graphics)
    for k in range(120):
        x, y = k * 97 % 760, k * 61 % 560
        draw.rectangle([x, y, x + 40, y + 25], fill=(k * 13 % 256, k * 29 % 256, k * 71 % 256))
        draw.text((y, x * 3 // 4), f"word {k}", fill="black")
    rows = np.random.default_rng(0).normal(0, 6, (600, 800, 3)) + np.mgrid[:600, :800].sum(axis=0)[..., None] / 6
    photo = np.clip(rows, 0, 255).astype(np.uint8)
    return {"photo": photo, "edges": imfilter.sobel(photo), "blur": imfilter.gaussian(photo, 2),
            "graphics": np.asarray(graphics)}


@pytest.mark.parametrize("kind", ["photo", "edges", "blur", "graphics"])
@pytest.mark.slow
def test_files_are_no_larger_than_pillows(contents, kind):
    theirs = len(awkward.encoded(Image.fromarray(contents[kind]), "PNG", compress_level=6))
    assert len(png.encode_png(contents[kind])) < 1.1 * theirs
    assert len(png.encode_png(contents[kind], 9)) <= 1.02 * len(png.encode_png(contents[kind], 1))
    assert len(png.encode_png(contents[kind], 0)) > contents[kind].size


@pytest.mark.parametrize(("shape", "dtype"), [((4, 4, 5), "u1"), ((4, 4), "f4"), ((0, 4), "u1"), ((4, 0, 3), "u2")])
def test_what_a_png_cannot_hold_is_rejected(shape, dtype):
    with pytest.raises(FileError, match="PNG must have 1 to 4 channels of uint8 or uint16, got"):
        png.encode_png(np.zeros(shape, dtype))
