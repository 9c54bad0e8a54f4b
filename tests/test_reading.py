"""Files to photos: every kind of sample is read correctly, broken files and bombs are rejected."""
import contextlib
import io
import os
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import awkward
import numpy as np
import pytest
from PIL import Image
from program import complete, start

from imfilter import files
from imfilter.errors import FileError, ImfilterError
from imfilter.files.pillow_guards import mute_libtiff

WRITTEN = {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF", ".bmp": "BMP", ".webp": "WEBP", ".gif": "GIF", ".ppm": "PPM"}
as_root = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.mark.parametrize("name", awkward.BAD)
def test_what_cannot_be_read_without_loss_is_rejected_by_name(put, name):
    make, words = awkward.BAD[name]
    if name in ("half-deep.png", "half-deep.tif", "half-float.tif"):
        pytest.importorskip("imagecodecs")
    path = put(name, make())
    with pytest.raises(FileError, match=words) as caught:
        files.read_photo(path)
    assert str(caught.value).startswith(path) and "\n" not in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is counted as Linux does")
def test_bombs_are_rejected_before_they_take_memory(tmp_path):
    names = [name for name in awkward.BAD if "bomb" in name]
    assert len(names) > 5
    for name in names:
        (tmp_path / name).write_bytes(awkward.BAD[name][0]())
    code = """if True:
        import resource, sys
        import imfilter, numpy, PIL.Image
        from imfilter import files
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for path in sys.argv[1:]:
            try:
                files.read_photo(path)
            except imfilter.FileError:
                pass
            else:
                print(path)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        print("all rejected" if grown < 100_000 else grown)
    """
    done = complete([sys.executable, "-c", code, *(tmp_path / name for name in names)])
    assert (done.stdout, done.stderr) == ("all rejected\n", "")


def test_the_limit_of_pixels_can_be_moved(put, monkeypatch):
    path = put("photo.png", awkward.encoded(awkward.photo(size=(10, 10)), "PNG"))
    with pytest.raises(FileError, match=r"at most 9\.9e-05 megapixels"):
        files.read_photo(path, max_pixels=99)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    with pytest.raises(FileError, match="at most 2e-05 megapixels"):
        files.read_photo(path)
    assert files.read_photo(path, max_pixels=100).image.size == (10, 10)
    assert Image.MAX_IMAGE_PIXELS == 20
    for wrong in (0, -1, 2.5, "many"):
        with pytest.raises(ImfilterError, match="max_pixels must be an integer of at least 1"):
            files.read_photo(path, max_pixels=wrong)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_limit_of_pixels_is_for_all_frames_together(put, kind):
    path = put("moving." + kind.lower(), awkward.moving(kind))
    assert len(list(files.read_photo(path, max_pixels=3 * 192).frames)) == 3
    with pytest.raises(FileError, match=r"at most 0\.000575 megapixels in all frames, got 3 frames of 0\.000576 "):
        files.read_photo(path, max_pixels=3 * 192 - 1)


def test_the_limit_of_pixels_is_for_all_files_of_a_stream(put):
    png = awkward.encoded(Image.new("L", (6, 4)), "PNG")
    for name, one in (("s.pgm", b"P5 6 4 255\n" + bytes(24)), ("s.png", png)):
        path = put(name, 5 * one)
        assert len(files.read_photo(path, max_pixels=120).frames) == 5
        with pytest.raises(FileError, match="5 frames"):
            files.read_photo(path, max_pixels=119)


def test_a_page_too_large_is_rejected_before_the_first_is_decoded(put):
    pages = [Image.new("L", (5, 5)), Image.new("L", (50, 50))]
    path = put("pages.tif", awkward.encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    for most in (100, 2524):
        with pytest.raises(FileError, match=r"pages\.tif: must have at most"):
            files.read_photo(path, max_pixels=most)
    assert len(files.read_photo(path, max_pixels=2525).frames) == 2


def test_frames_that_cost_no_bytes_count_without_an_option(put, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    frame = awkward.encoded(Image.new("P", (90, 90)), "GIF")
    start = frame.index(b",")
    path = put("dense.gif", frame[:start] + 40 * (frame[start:-1]) + b";")
    assert len(files.read_photo(path).frames) == 40  # its frames have bytes
    empty = b"!\xf9\4\0\0\0\0\0," + bytes(4) + b"\1\0\1\0\0\2\2\x44\1\0"  # one pixel of the canvas
    path = put("cheap.gif", frame[:-1] + 400 * empty + b";")
    with pytest.raises(FileError, match=r"in all frames, got 401 frames of 3\.25 megapixels: --max-pixels sets"):
        files.read_photo(path)


def test_folders_and_missing_files_are_named(tmp_path):
    for path, words in ((tmp_path, "irectory|folder"), (tmp_path / "none.png", "o such file")):
        with pytest.raises(FileError, match=words) as caught:
            files.read_photo(str(path))
        assert str(path) in str(caught.value)


@pytest.mark.skipif(as_root, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_named(put):
    path = put("secret.png", awkward.deep_png(0))
    os.chmod(path, 0)
    with pytest.raises(FileError, match="ermission"):
        files.read_photo(path)


@pytest.mark.skipif(os.name != "posix", reason="named pipes are those of POSIX")
def test_a_named_pipe_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "photo.png").write_bytes(awkward.encoded(awkward.photo(), "PNG"))
    with start(["cp", tmp_path / "photo.png", tmp_path / "pipe.png"]):
        photo = files.read_photo(str(tmp_path / "pipe.png"))
    np.testing.assert_array_equal(np.asarray(photo.image), np.asarray(awkward.photo()))


@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_file_cut_anywhere_is_whole_or_rejected(put, suffix):
    data = awkward.encoded(awkward.photo(size=(40, 30)), WRITTEN[suffix])
    whole = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    rejected = 0
    for end in [*range(0, len(data), len(data) // 40), *range(len(data) - 6, len(data))]:
        try:
            photo = files.read_photo(put("cut" + suffix, data[:end]))
        except FileError:
            rejected += 1
        else:
            np.testing.assert_array_equal(np.asarray(photo.image.convert("RGB")), whole)
    assert rejected > 38


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animation_cut_anywhere_is_whole_or_rejected(put, kind):
    data = awkward.moving(kind)
    whole, _ = awkward.composed(data)
    rejected = 0
    for end in range(0, len(data), max(1, len(data) // 40)):
        path = put("cut." + kind.lower(), data[:end])
        try:
            frames = [np.asarray(frame.convert("RGBA")) for frame in files.read_photo(path).frames]
        except FileError:
            rejected += 1
        else:  # the beginning of a GIF or TIFF is a whole file of fewer frames
            for frame, seen in zip(frames, whole, strict=False):
                np.testing.assert_array_equal(frame, seen)
    assert rejected > 20


DAMAGED = {
    **{f"still{suffix}": lambda kind=kind: awkward.encoded(awkward.photo(size=(40, 30)), kind)
       for suffix, kind in WRITTEN.items()},
    "deep.png": lambda: awkward.deep_png(2), "deep.tif": awkward.deep_tiff,
    "packed.tif": lambda: awkward.deep_tiff(packed=True),
    "float.tif": lambda: awkward.tiff(np.ones((4, 6, 3), "f4"), 2),
    "moving.gif": lambda: awkward.moving("GIF"), "moving.webp": lambda: awkward.moving("WEBP"),
    "moving.png": lambda: awkward.moving("PNG"), "pages.tif": lambda: awkward.moving("TIFF"),
}


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.slow
def test_a_damaged_file_is_read_or_rejected_and_nothing_else(put, name, rng, capfd):
    data = DAMAGED[name]()
    rejected = 0
    for k in range(100):
        broken = bytearray(data)
        for place in rng.integers(0, len(data) if k % 2 else 100, 3):
            broken[place] = rng.integers(0, 256)
        path = put("broken." + name, broken)
        try:
            photo = files.read_photo(path, max_pixels=10**6)
            files.encode_photo(photo, ".tif" if len(photo.frames) > 1 else ".png")
        except FileError as error:
            rejected += "\n" not in str(error)
    assert rejected
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("data", "mode", "pixel", "words"), [
    (awkward.key_png(3, b""), "RGB", [30, 40, 50], "palette"),
    (awkward.key_png(3, bytes([0, 99])), "RGBA", [30, 40, 50, 99], "palette"),
    (awkward.key_png(0, b"\0\1"), "LA", [1, 0], None),
    (awkward.key_png(2, b"\0\3\0\4\0\5"), "RGBA", [3, 4, 5, 0], None),
    (awkward.png(6, 4, 1, 0, [b"\x40"] * 4), "L", 255, "1-bit"),
    (awkward.png(6, 4, 1, 0, [b"\x40"] * 4, awkward.chunk(b"tRNS", b"\0\1")), "LA", [255, 0], "1-bit"),
    (awkward.png(6, 4, 2, 0, [b"\x10\0"] * 4), "L", 85, None),
    (awkward.png(6, 4, 4, 0, [b"\x07\0\0"] * 4), "L", 119, None),
    (awkward.tiff(np.full((4, 6, 1), 40, "u1"), 0), "L", 215, None),
    (awkward.tiff(np.full((4, 6, 1), 40000, "u2"), 1), "I;16", 40000, None),
    (awkward.tiff(np.full((4, 6, 1), 40000, "u2"), 0), "I;16", 25535, None),
    (awkward.tiff(np.full((4, 6, 1), -7, "i2"), 1), "L int16", [-7], None),
    (awkward.tiff(np.full((4, 6, 1), 3_000_000_000, "u4"), 1), "L uint32", [3_000_000_000], None),
    (awkward.tiff(np.full((4, 6, 1), -70000, "i4"), 1), "I", -70000, None),
    (awkward.tiff(np.full((4, 6, 1), 0.25, "f4"), 1), "F", 0.25, None),
    (b"P5 6 4 65535\n" + b"\x12\x34" * 24, "I;16", 0x1234, None),
    (awkward.encoded(awkward.photo("P"), "GIF"), "RGB", None, None),
    (awkward.encoded(Image.new("CMYK", (6, 4), (9, 99, 0, 255)), "TIFF"), "CMYK", [9, 99, 0, 255], None),
    (awkward.encoded(Image.new("CMYK", (6, 4), (0, 255, 0, 255)), "JPEG", quality=100), "CMYK", [0, 255, 0, 255], None),
], ids=lambda value: value if isinstance(value, str) else "")
def test_every_kind_of_sample_is_read_right(put, data, mode, pixel, words):
    photo = files.read_photo(put("photo.png", data))
    assert photo.image.mode == mode
    if pixel is not None:
        np.testing.assert_array_equal(np.asarray(photo.image)[0, 1], pixel)
    notes = [note for note in photo.notes if "in spite of its name" not in note]
    assert (words in " ".join(notes)) if words else not notes


def test_a_deep_gray_with_a_color_key_is_not_made_shallow(put):
    photo = files.read_photo(put("key.png", awkward.key_png(0, b"\1\0", 16)))
    assert photo.image.mode == "I;16" and photo.notes == ["transparent color not kept"]


def test_the_second_picture_of_a_camera_is_named(put):
    photo = files.read_photo(put("photo.jpg", awkward.frames("MPO")))
    assert "2 images" in photo.notes[0] and len(photo.frames) == 1


def test_contents_count_and_not_the_name(put):
    photo = files.read_photo(put("photo.jpg", awkward.encoded(awkward.photo(), "PNG")))
    np.testing.assert_array_equal(np.asarray(photo.image), np.asarray(awkward.photo()))
    assert "a PNG file" in photo.notes[0] and photo.suffix == ".jpg"
    assert Image.open(io.BytesIO(files.encode_photo(photo, photo.suffix))).format == "JPEG"


def test_a_damaged_file_is_told_of_once(put, capfd):
    """libtiff writes its complaints to the standard error by itself."""
    data = bytearray(awkward.encoded(awkward.photo(size=(40, 30)), "TIFF", compression="tiff_adobe_deflate"))
    data[400:1400] = bytes(1000)
    with pytest.raises(FileError, match="is damaged"):
        files.read_photo(put("damaged.tif", data))
    assert capfd.readouterr() == ("", "")


def test_many_threads_read_and_write_at_once(put, capfd):
    """Pillow's limit, the filters of warnings and standard error are those of the whole process."""
    pytest.importorskip("imagecodecs")
    kinds = {name: make() for name, make in DAMAGED.items()}
    paths = {name: put(f"whole.{name}", data) for name, data in kinds.items()}
    cut = [put(f"cut.{name}", data[:len(data) // 2]) for name, data in kinds.items()]
    alone = {name: [np.asarray(frame) for frame in files.read_photo(path).frames] for name, path in paths.items()}
    limit, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)

    def work(k):
        for name, path in paths.items():
            photo = files.read_photo(path, max_pixels=10**9 if k % 2 else None)
            for seen, frame in zip(alone[name], photo.frames, strict=True):
                np.testing.assert_array_equal(np.asarray(frame), seen)
            files.encode_photo(photo, ".tif")
        for path in cut:
            with contextlib.suppress(FileError):
                list(files.read_photo(path).frames)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    assert (Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == (limit, filters)
    print("heard", file=sys.stderr)
    assert capfd.readouterr().err == "heard\n"


def test_standard_error_comes_back_whatever_threads_turn_it_aside(capfd):
    """Without a lock the second thread would save the first one's nothing, and bring that back at the end."""
    inside, left = threading.Event(), threading.Event()

    def first():
        with mute_libtiff("TIFF"):
            inside.set()
            time.sleep(0.2)
        left.set()

    def second():
        inside.wait(60)
        with mute_libtiff("TIFF"):
            left.wait(60)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(first), pool.submit(second)]:
            done.result()
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


@pytest.mark.parametrize(("compression", "predictor"), [
    (None, False), ("packbits", False), ("deflate", False), ("deflate", True), ("lzw", False), ("lzw", True)])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4", "u4", "f4", "f8"])
@pytest.mark.parametrize("order", "<>")
def test_samples_of_either_byte_order_are_read(tmp_path, order, dtype, predictor, compression):
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("imagecodecs")
    samples = (np.random.default_rng(0).random((20, 30)) * 200).astype(dtype)
    path = str(tmp_path / "photo.tif")
    tifffile.imwrite(path, samples, byteorder=order, predictor=predictor, compression=compression,
                     photometric="minisblack")
    np.testing.assert_array_equal(np.asarray(files.read_photo(path).image).reshape(samples.shape), samples)
