"""Files that are hard to read, made by hand where no library writes them: depths, color keys, bombs, animations."""
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

WIDTH, HEIGHT = 6, 4


def pixels(bands=3, dtype="u1"):
    """Return a picture (HEIGHT, WIDTH, bands) whose samples are all different and use the dtype's range."""
    count = WIDTH * HEIGHT * bands
    return (np.arange(count) * (np.iinfo(dtype).max // count)).astype(dtype).reshape(HEIGHT, WIDTH, bands)


def photo(mode="RGB", size=(WIDTH, HEIGHT), seed=0):
    """Return a Pillow image of random samples."""
    shape = (size[1], size[0], len(mode)) if mode in ("LA", "RGB", "RGBA", "CMYK") else size[::-1]
    kind = {"I;16": "u2", "I": "i4", "F": "f4"}.get(mode, "u1")
    samples = np.random.default_rng(seed).integers(0, 65536 if kind != "u1" else 256, shape).astype(kind)
    if mode == "1":
        return Image.fromarray(samples > 127)
    return Image.fromarray(samples).convert(mode) if mode == "P" else _as_mode(samples, mode)


def _as_mode(samples, mode):
    if mode == "CMYK":
        return Image.frombytes(mode, samples.shape[1::-1], samples.tobytes())
    return Image.fromarray(samples)


def encoded(image, kind, **options):
    """Return a Pillow image as the bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind, data):
    """Return one chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, color, rows, *chunks, interlaced=False):
    """Return a PNG file. color: 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGBA. rows: packed bytes of each row."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced))
    data = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(row) for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + data + chunk(b"IEND", b"")


def deep_png(color):
    """Return a PNG file of 16 bits a sample."""
    bands = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    return png(WIDTH, HEIGHT, 16, color, [row.astype(">u2").tobytes() for row in pixels(bands, "u2")])


def bomb(side):
    """Return a small PNG file whose header claims this width and height."""
    return png(side, side, 8, 0, [b""])


def tiff(samples, photometric, *, planar=False, packed=False, extra=()):
    """Return a TIFF file of samples (H, W, bands), each band by itself if planar, deflated if packed.

    photometric: 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK. extra: meaning of the bands beyond the colors.
    """
    height, width, bands = samples.shape
    strips = [samples[..., c].tobytes() for c in range(bands)] if planar else [samples.tobytes()]
    strips = [zlib.compress(strip) if packed else strip for strip in strips]
    tags = [  # number, type (3: 16 bits, 4: 32 bits), values; in the order of their numbers
        (256, 3, [width]), (257, 3, [height]), (258, 3, [8 * samples.itemsize] * bands), (259, 3, [8 if packed else 1]),
        (262, 3, [photometric]), (273, 4, [0] * len(strips)), (277, 3, [bands]), (278, 3, [height]),
        (279, 4, [len(strip) for strip in strips]), (284, 3, [2 if planar else 1]),
    ]
    tags += [(338, 3, list(extra))] if extra else []
    tags += [(339, 3, [{"u": 1, "i": 2, "f": 3}[samples.dtype.kind]] * bands)]
    sizes = [{3: 2, 4: 4}[kind] * len(values) for _, kind, values in tags]
    beyond = 8 + 2 + 12 * len(tags) + 4  # values of more than four bytes follow the table
    first = beyond + sum(size for size in sizes if size > 4)
    places = [first + sum(map(len, strips[:k])) for k in range(len(strips))]
    table, values_behind = struct.pack("<H", len(tags)), b""
    for number, kind, values in tags:
        values = places if number == 273 else values
        raw = struct.pack(f"<{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(raw) > 4:
            values_behind += raw
            raw = struct.pack("<I", beyond + len(values_behind) - len(raw))
        table += struct.pack("<HHI", number, kind, len(values)) + raw.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<I", 8) + table + b"\0" * 4 + values_behind + b"".join(strips)


def frames(kind, **options):
    """Return a file of two pictures: an animation, or pages."""
    return encoded(photo(seed=1), kind, save_all=True, append_images=[photo(seed=2)], **options)


def exif(orientation=1):
    """Return EXIF that says who made the camera and holds the orientation and an exposure time."""
    tags = Image.Exif()
    tags[0x010F], tags[0x0112] = "Acme", orientation
    tags.get_ifd(0x8769)[0x829A] = 0.5
    return tags


def turned(stored, orientation):
    """Return stored pixels upright, as the EXIF standard defines orientations 1 to 8."""
    turn = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, -1), 7: lambda a: np.rot90(a, 2).swapaxes(0, 1), 8: lambda a: np.rot90(a),
    }
    return turn[orientation](stored)


def key_png(color, key, depth=8):
    """Return a PNG file whose tRNS chunk holds `key`: the transparent color, or the alpha of palette entries."""
    rows = {0: [range(6)] * 4, 2: [range(18)] * 4, 3: [range(6)] * 4}[color]
    rows = [b"".join(sample.to_bytes(depth // 8, "big") for sample in row) for row in rows]
    palette = [chunk(b"PLTE", bytes(range(0, 180, 10)))] if color == 3 else []
    return png(6, 4, depth, color, rows, *palette, *([chunk(b"tRNS", key)] if key else []))


def chunks_png(*chunks):
    """Return a PNG file with these chunks before its samples."""
    return png(WIDTH, HEIGHT, 8, 2, list(pixels()), *(chunk(name, data) for name, data in chunks))


def png_chunks(data):
    """Return the chunks of a PNG file as (name, data)."""
    found, place = [], 8
    while place < len(data):
        size, name = struct.unpack(">I4s", data[place:place + 8])
        found.append((name, data[place + 8:place + 8 + size]))
        assert zlib.crc32(data[place + 4:place + 8 + size]) == struct.unpack(">I", data[place + 8 + size:][:4])[0]
        place += size + 12
    return found


def text_png(key, text):
    """Return a PNG file with a text."""
    info = PngImagePlugin.PngInfo()
    info.add_text(key, text)
    return encoded(photo(), "PNG", pnginfo=info)


def moving(kind, mode="RGB", count=3, **options):
    """Return an animation of frames with a square that wanders, of colors that a palette of GIF can hold."""
    stills = []
    for k in range(count):
        samples = np.zeros((12, 16, {"RGB": 3, "RGBA": 4}[mode]), "u1")
        samples[..., 0] = 40 * np.arange(12)[:, None] // 11
        samples[2 + k:6 + k, 3 * k:3 * k + 5, :3] = 250, 10 * k, 130
        if mode == "RGBA":
            samples[2 + k:6 + k, 3 * k:3 * k + 5, 3] = 255
        stills.append(Image.fromarray(samples))
    return encoded(stills[0], kind, save_all=True, append_images=stills[1:], **options)


def composed(data):
    """Return the frames of an animation as they are seen, and how many milliseconds each."""
    with Image.open(io.BytesIO(data)) as image:
        frames, times = [], []
        for k in range(getattr(image, "n_frames", 1)):
            image.seek(k)
            image.load()
            pixels = np.array(image.convert("RGBA"))
            pixels[pixels[..., 3] == 0] = 0
            frames.append(pixels)
            times.append(image.info.get("duration"))
    return frames, times


def half(kind):
    """Return the first half of a file."""
    data = encoded(photo(size=(40, 40)), kind)
    return data[:len(data) // 2]


def by_opencv(suffix, depth, *options):
    """Return a file with more than 8 bits per color in a format that Pillow reads as 8 bits."""
    cv2 = pytest.importorskip("cv2")
    samples = pixels(3, "u2").repeat(9, 0).repeat(9, 1) >> (16 - depth)
    done, data = cv2.imencode(suffix, samples, [getattr(cv2, option) if isinstance(option, str) else option
                                                for option in options])
    if not done:
        pytest.skip(f"this OpenCV writes no {suffix}")
    return data.tobytes()


def deep_tiff(photometric=2, bands=3, **options):
    """Return a TIFF file of 16 bits a sample."""
    return tiff(pixels(bands, "u2"), photometric, **options)


def bomb_tiff(dtype, bands):
    """Return a small TIFF file that claims to be 60,000 pixels wide and high."""
    data = bytearray(tiff(np.ones((HEIGHT, WIDTH, bands), dtype), 2))
    for place in (10, 22):  # the values of the first two tags: 16-bit width and height
        data[place + 8:place + 10] = struct.pack("<H", 60_000)
    return bytes(data)


def bomb_gif():
    """Return a small GIF file that claims to be 60,000 pixels wide and high."""
    data = encoded(photo(), "GIF")
    return data[:6] + struct.pack("<HH", 60_000, 60_000) + data[10:]


def deep_animation():
    """Return an animated PNG file of 16 bits a sample."""
    data = deep_png(2)
    control = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0))
    return data[:33] + chunk(b"acTL", struct.pack(">II", 2, 0)) + control + data[33:]


# What cannot be filtered without loss, and the words that must say why.
BAD = {
    "empty.png": (lambda: b"", "is empty"),
    "garbage.jpg": (lambda: b"garbage" * 99, "is not an image"),
    "text.tif": (lambda: b"II*\0" + b"\xff" * 40, "is not an image|is damaged"),
    "half.png": (lambda: half("PNG"), "is damaged"),
    "half.jpg": (lambda: half("JPEG"), "is damaged"),
    "half.tif": (lambda: half("TIFF"), "is damaged|is not an image"),
    "half.bmp": (lambda: half("BMP"), "is damaged"),
    "half.webp": (lambda: half("WEBP"), "is damaged|is not an image"),
    "bomb.png": (lambda: bomb(60_000), "at most 89(.5)? megapixels, got"),
    "large.png": (lambda: bomb(9_500), "at most 89(.5)? megapixels, got"),
    "deep-bomb.png": (lambda: png(60_000, 60_000, 16, 2, [b""]), "at most 89(.5)? megapixels, got"),
    "bomb.tif": (lambda: bomb_tiff("u1", 3), "at most 89(.5)? megapixels, got"),
    "deep-bomb.tif": (lambda: bomb_tiff("u2", 3), "at most 89(.5)? megapixels, got"),
    "float-bomb.tif": (lambda: bomb_tiff("f4", 3), "at most 89(.5)? megapixels, got"),
    "bomb.ppm": (lambda: b"P6 60000 60000 65535\n", "at most 89(.5)? megapixels, got"),
    "bomb.gif": (bomb_gif, "at most 89(.5)? megapixels, got"),
    "half-deep.png": (lambda: deep_png(2)[:-30], "is damaged"),
    "half-deep.tif": (lambda: deep_tiff()[:-30], "is damaged"),
    "half-float.tif": (lambda: tiff(np.ones((4, 6, 3), "f4"), 2)[:-30], "is damaged"),
    "half-deep.ppm": (lambda: b"P6 6 4 65535\n" + bytes(143), "is damaged"),
    "lab16.tif": (lambda: deep_tiff(8), "is damaged|unsupported"),
    "deep-animated.png": (deep_animation, "animation of 16-bit colors"),
    "deep.jp2": (lambda: by_opencv(".jp2", 16), "bits|JPEG ?2000|not an image"),
    "deep.avif": (lambda: by_opencv(".avif", 10, "IMWRITE_AVIF_DEPTH", 10), "bits|AVIF|not an image"),
    "lab.tif": (lambda: encoded(Image.new("LAB", (3, 3)), "TIFF"), "color mode .* got LAB"),
}
