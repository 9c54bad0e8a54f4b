"""A photo decoded ahead is the photo: the same pixels and metadata, the same words when it is damaged."""
import os

import numpy as np
import pytest
from awkward import encoded, photo
from PIL import Image, PngImagePlugin
from program import pixels, run

from imfilter import files
from imfilter.runtime import prefetch

SIZE = (400, 300)  # of noise, whose files are large enough to be begun with


def large(kind, **options):
    return encoded(photo("RGB", SIZE), kind, **options)


@pytest.fixture
def begun(tmp_path):
    """Return what begins with a file of these bytes, and the path of that."""

    def begin(data, name="photo.jpg"):
        path = tmp_path / name
        path.write_bytes(data)
        prefetch.begin(["apply", "sobel", str(path)])
        return path

    yield begin
    prefetch._begun = None


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "photo.jpg"), ("PNG", "photo.png")])
def test_the_picture_is_the_files(begun, kind, name):
    path = begun(large(kind, quality=95), name)
    with open(path, "rb") as stream, Image.open(path) as plain:
        found = prefetch.taken(stream, type(plain))
        np.testing.assert_array_equal(np.asarray(found), np.asarray(plain))
        assert prefetch.taken(stream, type(plain)) is None  # once


def test_reading_takes_it(begun):
    path = begun(large("JPEG", quality=95))
    prefetch._begun.join()
    prefetch._begun.image.paste((1, 2, 3), (0, 0, *SIZE))
    assert files.read(str(path)).image.getcolors() == [(SIZE[0] * SIZE[1], (1, 2, 3))]


@pytest.mark.parametrize("change", ["another file", "written to", "another format"])
def test_another_file_is_not_taken_for_it(begun, change):
    path = begun(large("JPEG", quality=95))
    prefetch._begun.join()
    other = encoded(photo("RGB", SIZE, seed=1), "PNG" if change == "another format" else "JPEG", quality=95)
    if change == "another file":
        path.unlink()
    facts = os.stat(path) if path.exists() else None
    path.write_bytes(other)
    if change == "written to":
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 10**9))
    with Image.open(path) as plain:
        np.testing.assert_array_equal(np.asarray(files.read(str(path)).image), np.asarray(plain))


@pytest.mark.parametrize("arguments", [
    [], ["apply"], ["list"], ["apply", "sobel", "small.jpg"], ["apply", "sobel", "none.jpg"],
    ["apply", "sobel", "a.jpg", "b.jpg"], ["apply", "sobel", "folder.jpg"], ["compare", "a.jpg"],
    ["apply", "sobel", "-o", "a.jpg"], ["apply", "sobel", "x\0.jpg"],
])
def test_nothing_else_is_begun(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(large("JPEG", quality=95))
    (tmp_path / "small.jpg").write_bytes(encoded(photo(), "JPEG"))
    (tmp_path / "folder.jpg").mkdir()
    prefetch.begin(arguments)
    assert prefetch._begun is None


def test_a_photo_of_too_many_pixels_is_left_alone(begun, monkeypatch):
    monkeypatch.setattr(prefetch, "MOST", SIZE[0] * SIZE[1] - 1)
    begun(large("JPEG", quality=95))
    prefetch._begun.join()
    assert prefetch._begun.image is None


def test_a_result_and_its_metadata_are_those_of_a_photo_not_begun(tmp_path):
    """Two photos are not decoded ahead, one is."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "turned"
    text = PngImagePlugin.PngInfo()
    text.add(b"tEXt", b"Title\0after the pixels", after_idat=True)
    for name, data in (("a.jpg", large("JPEG", quality=95, exif=exif, dpi=(300, 300))),
                       ("b.png", large("PNG", exif=exif, pnginfo=text, dpi=(300, 300)))):
        (tmp_path / name).write_bytes(data)
        (tmp_path / f"second{name}").write_bytes(data)
        run("apply", "gaussian", name, "-o", f"one{name}", cwd=tmp_path)
        run("apply", "gaussian", name, f"second{name}", cwd=tmp_path)
        stem, suffix = name.split(".")
        assert (tmp_path / f"one{name}").read_bytes() == (tmp_path / f"{stem}.gaussian.{suffix}").read_bytes()
        assert pixels(tmp_path / f"one{name}").shape == (400, 300, 3)


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "photo.jpg"), ("PNG", "photo.png")])
def test_what_is_wrong_is_said_as_ever(tmp_path, kind, name):
    (tmp_path / name).write_bytes(large(kind, quality=95)[:prefetch.WORTH + 1000])
    done = run("apply", "sobel", name, cwd=tmp_path, status=1)
    assert done.stderr.decode().startswith(f"imfilter: {name}: is damaged: ")
    assert os.listdir(tmp_path) == [name]
