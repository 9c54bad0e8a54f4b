"""Files made to hurt: time and memory are linear in their size, and whatever is wrong is one sentence.

A test whose input would take hours in quadratic time needs no clock: it ends, or it does not.
"""
import logging
import struct
import sys
import warnings
import zlib

import awkward
import numpy as np
import pytest
from PIL import Image
from program import complete

from imfilter import FileError, files
from imfilter.files import exif, header, photo, png_metadata, xmp
from imfilter.files.descriptions import PIXELS, STATISTICS
from imfilter.runtime import library_messages
from imfilter.tiled.formats import open_source

MANY = 400_000


def entry(tag, kind, count, value):
    return struct.pack("<HHII", tag, kind, count, value)


def page(following, *more):
    """Return a table of a gray page of 2 x 2 pixels, whose samples are at byte 8."""
    entries = [entry(256, 3, 1, 2), entry(257, 3, 1, 2), entry(258, 3, 1, 8), entry(259, 3, 1, 1), entry(262, 3, 1, 1),
               entry(273, 4, 1, 8), entry(277, 3, 1, 1), entry(278, 3, 1, 2), entry(279, 4, 1, 4), *more]
    return struct.pack("<H", len(entries)) + b"".join(entries) + struct.pack("<I", following)


def tiff(tables):
    return b"II*\0\x10\0\0\0" + b"\1\2\3\4" * 2 + tables


def pages(count, *more, last=0):
    size = len(page(0, *more))
    return tiff(b"".join(page(16 + size * (k + 1) if k < count - 1 else last, *more) for k in range(count)))


def jpeg(*segments):
    plain = awkward.encoded(Image.new("L", (8, 8)), "JPEG")
    inserted = b"".join(struct.pack(">BBH", 0xFF, kind, len(data) + 2) + data for kind, data in segments)
    return plain[:2] + inserted + plain[2:]


def count_calls(function):
    """Return the number of calls that a function makes, in Python and in C."""
    count = 0

    def tick(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tick)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


@pytest.fixture
def read_failing(put, monkeypatch):
    """Read x.bmp with a decoder that raises an error."""
    def read(error):
        def fail(self):
            raise error

        path = put("x.bmp", b"")
        Image.new("L", (3, 2)).save(path)
        monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
        files.read_photo(path)
    return read


@pytest.mark.parametrize("make", [
    pages, lambda n: pages(n, last=16), lambda n: pages(1, *[entry(1000 + k, 1, 1, 7) for k in range(n)]),
    lambda n: pages(1, entry(330, 4, n, 136)) + bytes(4 * n),
], ids=["chain", "loop", "wide", "fan"])
def test_the_work_for_tiff_tables_is_linear(put, make):
    def work(count):
        path = put("x.tif", make(count))
        return count_calls(lambda: files.read_photo(path))

    work(10)  # imports
    once, twice, four = work(500), work(1000), work(2000)
    assert four - twice < 2.2 * (twice - once)


def test_pages_are_looked_up_in_an_index():
    places = header._Places(range(MANY))
    assert sum(k in places for k in range(-MANY, MANY)) == MANY
    places.append(-1)
    assert -1 in places


@pytest.mark.parametrize("count", [200, 400])
def test_tables_that_mention_the_same_bytes_again_and_again_are_refused(put, count):
    size = 126 * count
    for name in ("x.tif", "deep.tif"):
        data = pages(count, entry(40000, 7, size, 16))
        if name == "deep.tif":  # read with tifffile
            data = data.replace(entry(258, 3, 1, 8), entry(258, 3, 1, 64))
        with pytest.raises(FileError, match=rf"{name}: is damaged: its tables mention more data than it holds"):
            files.read_photo(put(name, data))
    long = b"\xff" * (12 * 65535 + 8 * count + 64)  # tables of 65,535 entries, one every four bytes
    data = bytearray(pages(1, last=134) + long)
    for k in range(count):
        struct.pack_into("<I", data, 134 + 4 * k + 2 + 12 * 65535, 134 + 4 * (k + 1) if k < count - 1 else 0)
    with pytest.raises(FileError, match="its tables mention more data than it holds"):
        files.read_photo(put("tables.tif", bytes(data)))


def test_pages_without_a_size_are_damaged(put):
    empty = b"".join(struct.pack("<HI", 0, 14 + 6 * k) for k in range(999))
    with pytest.raises(FileError, match=r"x\.tif: is damaged"):
        files.read_photo(put("x.tif", b"II*\0\x08\0\0\0" + empty))


@pytest.mark.parametrize(("edit", "result"), [
    (lambda: xmp.edit_xmp(b"<a" + b" " * MANY + b"/>", {}, []), b"<a" + b" " * MANY + b"/>"),
    (lambda: xmp.edit_xmp(b"<a>" * MANY + b"</a>" * MANY, {}, []), b"<a>" * MANY + b"</a>" * MANY),
    (lambda: STATISTICS.sub(b"", b" " * MANY + b"x"), b" " * MANY + b"x"),
    (lambda: STATISTICS.sub(b"", b"<Item " + b" name='STATISTICS_" * MANY), b"<Item " + b" name='STATISTICS_" * MANY),
    (lambda: STATISTICS.sub(b"", b"<Item name='STATISTICS_A'" * MANY), b"<Item name='STATISTICS_A'" * MANY),
    (lambda: PIXELS.sub(b"", b"<Pixels " * MANY), b"<Pixels " * MANY),
    (lambda: png_metadata.decode_exif("\nexif\n 8" + "\n" * MANY + "Z", []), b""),
], ids=["spaces in a tag", "nested tags", "spaces", "names", "items", "pixels", "hexadecimals"])
def test_patterns_take_linear_time(edit, result):
    assert edit() == result


def test_statistics_are_still_found():
    kept = b"<Item name='A'>1</Item>"
    gone = b"  <Item name=\"STATISTICS_MEAN\" sample='0'>1.5</Item> <Item name='STATISTICS_X'/>"
    assert STATISTICS.sub(b"", b"<GDALMetadata>" + gone + kept + gone + b"</GDALMetadata>") == (
        b"<GDALMetadata>" + kept + b"</GDALMetadata>")


def test_notes_are_few():
    notes = []
    for k in range(photo.MOST_NOTES):
        photo.add_note(notes, f"note {k}")
        photo.add_note(notes, "note 0")
    assert len(notes) == photo.MOST_NOTES
    for k in range(1000):
        photo.add_note(notes, f"another {k}")
    assert notes[-1] == "further notes are left out" and len(notes) == photo.MOST_NOTES + 1
    entries = b"".join(entry(k, 1, 2**31, 8) for k in range(60_000))
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 60_000) + entries + bytes(4)
    notes = []
    exif.clean_exif(block, notes)
    assert len(notes) <= photo.MOST_NOTES + 1


def test_a_storm_of_exif_is_refused(put):
    with pytest.raises(FileError, match=r"x\.jpg: must have at most 256 segments of EXIF, got more"):
        files.read_photo(put("x.jpg", jpeg(*[(0xE1, b"Exif\0\0ab")] * 257)))
    assert files.read_photo(put("y.jpg", jpeg(*[(0xE5, b"")] * 9999))).image.size == (8, 8)


def test_texts_and_profiles_of_png_are_unpacked_up_to_a_limit(put, monkeypatch):
    monkeypatch.setattr(png_metadata, "MOST", 1000)
    unpacker = png_metadata._Unpacker()
    packed = zlib.compress(bytes(600))
    assert unpacker.inflate(packed) == bytes(600)
    assert unpacker.inflate(packed) is None and unpacker.inflate(packed) is None
    bomb = zlib.compress(bytes(2**25))
    profiles = [awkward.chunk(b"iCCP", b"x\0\0" + bomb)] * 200
    read = files.read_photo(put("x.png", awkward.png(2, 2, 8, 0, [bytes(2)] * 2, *profiles)))
    assert read.image.size == (2, 2) and read.notes == ["color profile not kept: it cannot be read"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a shell")
@pytest.mark.parametrize(("source", "words"), [
    ("yes", "-: is not an image that can be read"), ("cat /dev/zero", "-: is not an image that can be read"),
    ("(printf 'P5 9 9 255\\n'; cat /dev/zero)", "-: must have at most 16,777,216 bytes, got more: --max-pixels sets"),
])
@pytest.mark.parametrize("more", ["", " --dry-run"])
def test_endless_input_ends_in_a_sentence(tmp_path, source, words, more):
    command = f"{source} | {sys.executable} -m imfilter apply box - -o out.png --max-pixels 1000{more}"
    done = complete(["sh", "-c", command], cwd=tmp_path)
    assert done.returncode == 1 and done.stderr.startswith(f"imfilter: {words}") and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_dry_run_finds_what_a_real_run_would(put, tmp_path, here, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put("half.png", awkward.half("PNG"))
    dry = here("apply", "box", "half.png", "--dry-run", status=1)
    assert dry.out == "" and dry.err.startswith("imfilter: half.png: is damaged: ")
    assert here("apply", "box", "half.png", status=1).err == dry.err


def test_a_finished_store_needs_no_resuming(tmp_path, here, monkeypatch):
    pytest.importorskip("zarr")
    pytest.importorskip("tifffile")
    monkeypatch.chdir(tmp_path)
    awkward.photo("L", (60, 50)).save("a.tif")
    again = ["apply", "box", "a.tif", "-o", "b.zarr", "--resume"]
    here(*again)
    for more, status, words in (
        ([], 0, "imfilter: a.tif: b.zarr is complete: there is nothing to resume\n"),
        (["--dry-run"], 0, "imfilter: a.tif: b.zarr is complete: there is nothing to resume\n"),
        (["--stride", "2"], 1, "imfilter: a.tif: b.zarr: exists already, and there is nothing to resume; --force"),
    ):
        done = here(*again, *more, status=status)
        assert done.err.startswith(words) and not done.out


@pytest.mark.parametrize(("error", "words"), [
    (OSError(5, "Input/output error"), "Input/output error"),
    (OSError(24, "Too many open files"), "Too many open files"),
    (OSError(12, "Cannot allocate memory"), "Cannot allocate memory"),
    (MemoryError(), "there is not enough memory for it"),
    (OSError("image file is truncated"), "is damaged: image file is truncated"),
    (OSError(22, "Invalid argument"), r"is damaged: .*Invalid argument"),
])
def test_errors_of_the_system_are_not_taken_for_damage(read_failing, error, words):
    with pytest.raises(FileError, match=rf"x\.bmp: {words}"):
        read_failing(error)


def test_names_that_cannot_be_looked_up_say_why(tmp_path, here, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "file").touch()
    names = ["loop.png", "file/a.png", "x" * 300 + ".png", "none.png"]
    said = here("apply", "box", *names, "--workers", "1", status=1).err
    for words in ("loop.png: Too many levels", "file/a.png: Not a directory", "x.png: File name too long",
                  "none.png: there is no such file", "0 of 4 written, 4 failed"):
        assert words in said
    assert all(line.startswith("imfilter: ") for line in said.splitlines())


def test_messages_of_libraries_become_notes(monkeypatch):
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    library_messages.collect_messages()
    warnings.showwarning(RuntimeWarning("overflow\nin two lines"), RuntimeWarning, "x.py", 1)
    logging.lastResort.handle(logging.LogRecord("x", logging.ERROR, "x.py", 1, "odd %s", ("tag",), None))
    logging.lastResort.handle(logging.LogRecord("x", logging.ERROR, "x.py", 1, "odd %s", ("tag",), None))
    assert library_messages.take_messages() == ["overflow", "odd tag"]
    assert library_messages.take_messages() == []


def grown_gif(between=b""):
    """Return a GIF of two frames, the second far outside of the screen, with bytes between them that no block has."""
    def frame(left, top):
        return b"," + struct.pack("<HHHHB", left, top, 1, 1, 0) + b"\2\2\x44\1\0"

    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + frame(0, 0) + between + frame(
        60_000, 30_000) + b";"


@pytest.mark.parametrize("between", [b"", b"\4\5", b"!\xfe\0\1a\0"], ids=["frames", "unknown bytes", "empty comment"])
def test_a_frame_that_enlarges_the_canvas_is_refused_before_it_is_created(put, between):
    with pytest.raises(FileError, match=r"x\.gif: must have at most 1 megapixels in all frames, got 2 frames of 3.6e"):
        files.read_photo(put("x.gif", grown_gif(between)), max_pixels=10**6)


def disposed_gif():
    """Return a GIF of a few bytes whose first frame has 3.6 gigapixels, which are to be cleared before the second."""
    return (b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + b"!\xf9\4\x08\0\0\0\0,"
            + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0) + b"\2\2\x44\1\0;")


def test_a_first_frame_that_is_to_be_cleared_is_refused_before_it_is_created(put):
    with pytest.raises(FileError, match=r"x\.gif: must have at most 1 megapixels, got 60000 x 60000 pixels: --max"):
        files.read_photo(put("x.gif", disposed_gif()), max_pixels=10**6)


def test_pillow_keeps_to_the_limit_as_well(put, monkeypatch):
    monkeypatch.setattr("imfilter.files.gif.measure_canvas", lambda *_: (1, 1))
    with pytest.raises(FileError, match=r"x\.gif: has a frame of too many pixels: --max-pixels sets the limit"):
        files.read_photo(put("x.gif", disposed_gif()), max_pixels=10**6)
    photo = files.read_photo(put("x.gif", grown_gif()), max_pixels=10**6)
    with pytest.raises(FileError, match=r"x\.gif: has a frame of too many pixels: --max-pixels sets the limit"):
        list(photo.frames)


def test_the_limit_holds_while_another_thread_reads_a_header():
    from concurrent.futures import ThreadPoolExecutor

    from imfilter.files import pillow_guards

    limit = Image.MAX_IMAGE_PIXELS
    with ThreadPoolExecutor(1) as pool:
        with pillow_guards.quiet_headers():
            other = pool.submit(pillow_guards.pixel_limit)
            assert Image.MAX_IMAGE_PIXELS is None
        assert other.result() == limit


@pytest.mark.parametrize("error", [TypeError("'<' not supported"), IndexError("list"), struct.error("unpack"),
                                   ZeroDivisionError("division by zero")])
def test_lines_of_decoders_are_no_reasons(read_failing, error):
    with pytest.raises(FileError, match=r"x\.bmp: is damaged: an entry or a length in it is wrong"):
        read_failing(error)


def test_a_size_that_is_a_text_is_damage(put):
    from imfilter.tiled.memory import too_large

    text = pages(1).replace(entry(256, 3, 1, 2), entry(256, 2, 4, 0x61616161))
    assert not too_large(put("x.tif", text), None)
    with pytest.raises(FileError, match=r"x\.tif: is damaged"):
        files.read_photo(put("x.tif", text))


@pytest.mark.parametrize("photometric", [2, 5])
def test_colors_of_too_few_samples_are_damage(put, photometric):
    pytest.importorskip("imagecodecs")
    path = put("x.tif", awkward.tiff(np.ones((4, 3, 1), "i2"), photometric))
    needed = {2: 3, 5: 4}[photometric]
    words = rf"x\.tif: is damaged: its colors must have {needed} samples a pixel, got 1"
    with pytest.raises(FileError, match=words):
        files.read_photo(path)
    with pytest.raises(FileError, match=words):
        open_source(path)
