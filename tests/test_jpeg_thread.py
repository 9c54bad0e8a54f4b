"""JPEG photos that are decoded on a thread: the same pixels, files and errors as without it."""
import io
import threading

import awkward
import numpy as np
import pytest
from PIL import Image

from imfilter import FileError, batch, files
from imfilter.arrays.conversion import as_array
from imfilter.arrays.deferred_image import DeferredImage
from imfilter.files import jpeg_thread
from imfilter.pipeline.chain import Pipeline
from imfilter.pipeline.recipe import Recipe

SIZE = 301, 203


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Make small photos worth a thread."""
    monkeypatch.setattr(jpeg_thread, "SMALLEST", 1)


@pytest.fixture
def deferred():
    """An image, the pixels that it should have, and a list that grows when these are asked for."""
    pixels, asked = np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4), []

    def find():
        asked.append(True)
        return pixels

    return DeferredImage(find, pixels.shape, "RGB", {"dpi": (72, 72)}), pixels, asked


def test_pixels_are_found_once_when_they_are_needed(deferred):
    image, pixels, asked = deferred
    assert (image.size, image.mode, image.is_padded, image.is_changed, asked) == ((4, 5), "RGB", True, False, [])
    assert image.getpixel((2, 3)) == (56, 57, 58)
    np.testing.assert_array_equal(as_array(image), pixels[..., :3])
    np.testing.assert_array_equal(as_array(image.cut(3, 5)), pixels[3:, :, :3])
    assert image.transpose(Image.Transpose.ROTATE_180).getpixel((1, 1)) == (56, 57, 58) and asked == [True]
    with pytest.raises(ValueError, match="read-only"):
        image.stored[0] = 0


def test_pillow_may_change_it(deferred):
    image, pixels, _ = deferred
    image.putpixel((0, 0), (200, 0, 0))
    assert image.is_changed and not image.is_padded and image.pixels is None
    assert as_array(image)[0, 0].tolist() == [200, 0, 0] and pixels[0, 0, 0] == 0
    assert image.cut(0, 1).getpixel((0, 0)) == (200, 0, 0)


@pytest.mark.parametrize(("mode", "options"), [
    ("RGB", {"subsampling": 0}), ("RGB", {"subsampling": 1}), ("RGB", {"subsampling": 2}), ("RGB", {"keep_rgb": True}),
    ("RGB", {"progressive": True}), ("RGB", {"restart_marker_rows": 1}), ("L", {}), ("CMYK", {}),
    ("RGB", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"})], ids=str)
@pytest.mark.parametrize("size", [(1, 1), (17, 9), SIZE])
def test_pixels_are_those_that_pillow_decodes(put, mode, options, size):
    data = awkward.encoded(awkward.photo(mode, size), "JPEG", quality=92, **options)
    image = files.begin_photo(put("photo.jpg", data)).image
    assert isinstance(image, DeferredImage)
    np.testing.assert_array_equal(as_array(image), np.asarray(Image.open(io.BytesIO(data))), strict=True)
    assert files.begin_photo(put("photo.jpg", data)).image.info == files.read_photo(put("photo.jpg", data)).image.info


def test_the_first_of_several_images_is_decoded(put):
    stream = io.BytesIO()
    first, second = awkward.photo(size=SIZE), awkward.photo(size=(40, 30), seed=1)
    first.save(stream, "MPO", save_all=True, append_images=[second])
    photo = files.begin_photo(put("photo.jpg", stream.getvalue()))
    assert isinstance(photo.image, DeferredImage) and len(photo.frames) == 1
    np.testing.assert_array_equal(as_array(photo.image), np.asarray(Image.open(stream)))


def test_other_formats_and_small_photos_are_decoded_at_once(put, monkeypatch):
    for suffix, kind in ((".png", "PNG"), (".jpg", "WEBP")):
        path = put("photo" + suffix, awkward.encoded(awkward.photo(size=SIZE), kind))
        assert not isinstance(files.begin_photo(path).image, DeferredImage)
    monkeypatch.setattr(jpeg_thread, "SMALLEST", SIZE[0] * SIZE[1] + 1)
    path = put("photo.jpg", awkward.encoded(awkward.photo(size=SIZE), "JPEG"))
    assert not isinstance(files.begin_photo(path).image, DeferredImage)


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_photos_are_upright(put, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    path = put("photo.jpg", awkward.encoded(awkward.photo(size=SIZE), "JPEG", exif=exif))
    np.testing.assert_array_equal(as_array(files.begin_photo(path).image), as_array(files.read_photo(path).image))


def test_without_threads_it_is_decoded_at_once(put, monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    path = put("photo.jpg", awkward.encoded(awkward.photo(size=SIZE), "JPEG"))
    np.testing.assert_array_equal(as_array(files.begin_photo(path).image), as_array(files.read_photo(path).image))


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.99])
def test_damage_has_the_same_message(put, cut):
    data = awkward.encoded(awkward.photo(size=SIZE), "JPEG", quality=92)
    path = put("photo.jpg", data[:int(len(data) * cut)])
    with pytest.raises(FileError) as theirs:
        files.read_photo(path)
    image = files.begin_photo(path).image
    for use in (as_array, lambda image: image.getpixel((0, 0)), lambda image: image.cut(0, 1)):
        with pytest.raises(FileError) as ours:
            use(image)
        assert str(ours.value) == str(theirs.value)


def filter_file(path, target, workers, monkeypatch):
    """Filter a photo as the program does, with this many threads, and return its record."""
    monkeypatch.setenv("IMFILTER_WORKERS", workers)
    recipe = Recipe(Pipeline.parse("gaussian:sigma=1:stride=2"), "x")
    job = batch.BatchJob(recipe, batch.Output(str(target), force=True))
    result, = batch.Batch(job, [path]).results()
    return result


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_files_are_the_same(put, tmp_path, monkeypatch, suffix):
    path = put("photo.jpg", awkward.encoded(awkward.photo(size=(1400, 1100)), "JPEG", quality=92))
    alone = filter_file(path, tmp_path / f"alone{suffix}", "1", monkeypatch)
    threads = filter_file(path, tmp_path / f"threads{suffix}", "3", monkeypatch)
    assert (alone.status, threads.status, threads.notes, threads.width) == ("written", "written", alone.notes, 700)
    assert (tmp_path / f"alone{suffix}").read_bytes() == (tmp_path / f"threads{suffix}").read_bytes()


def test_damage_is_reported_and_nothing_written(put, tmp_path, monkeypatch):
    data = awkward.encoded(awkward.photo(size=(1400, 1100)), "JPEG", quality=92)
    for end in (len(data) // 2, len(data) - 400, len(data) - 2):
        path = put("photo.jpg", data[:end])
        alone = filter_file(path, tmp_path / "out.jpg", "1", monkeypatch)
        threads = filter_file(path, tmp_path / "out.jpg", "3", monkeypatch)
        assert alone.status == threads.status and alone.error == threads.error
        assert (tmp_path / "out.jpg").exists() == (alone.status == "written")
