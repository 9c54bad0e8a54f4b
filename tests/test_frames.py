"""Animations and pages: every frame is filtered, and is seen as long as before."""
import io
import weakref

import awkward
import numpy as np
import pytest
from PIL import Image, ImageCms
from program import PROGRAM, complete

import imfilter
from imfilter import files
from imfilter.errors import FileError
from imfilter.pipeline.chain import Pipeline
from imfilter.pipeline.recipe import Recipe

MOVING = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG"}
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
HARD = {".webp": {"lossless": True}}


def moving(suffix, mode="RGB", **options):
    return awkward.moving(MOVING[suffix], mode, duration=[100, 250, 40], **HARD.get(suffix, {}), **options)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("target", MOVING)
@pytest.mark.parametrize("source", MOVING)
def test_an_animation_looks_the_same(put, source, target, mode):
    data = moving(source, mode, loop=0)
    photo = files.read_photo(put("moving" + source, data))
    if target == ".webp":
        for frame in photo.frames:
            frame.info["lossless"] = True
    seen, times = awkward.composed(data)
    again, later = awkward.composed(files.encode_photo(photo.map(lambda frame: frame.copy()), target))
    assert len(again) == 3 and times == later == [100, 250, 40]
    for before, after in zip(seen, again, strict=True):
        np.testing.assert_allclose(after.astype(int), before, atol=20 if target == ".webp" and source != target else 0)
    assert photo.notes == []


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_a_gif_of_any_disposal_looks_the_same(put, disposal):
    data = moving(".gif", "RGBA", disposal=disposal)
    again, _ = awkward.composed(files.encode_photo(files.read_photo(put("moving.gif", data)), ".gif"))
    np.testing.assert_array_equal(again, awkward.composed(data)[0])


@pytest.mark.parametrize("disposal", [0, 1, 2])
@pytest.mark.parametrize("blend", [0, 1])
def test_an_animated_png_of_any_kind_looks_the_same(put, disposal, blend):
    data = moving(".png", "RGBA", disposal=disposal, blend=blend)
    again, _ = awkward.composed(files.encode_photo(files.read_photo(put("moving.png", data)), ".png"))
    np.testing.assert_array_equal(again, awkward.composed(data)[0])


@pytest.mark.parametrize("target", MOVING)
@pytest.mark.parametrize(("source", "loop", "plays"), [
    (".gif", None, 1), (".gif", 0, 0), (".gif", 4, 5), (".webp", 0, 0), (".webp", 1, 1), (".png", 0, 0), (".png", 3, 3),
])
def test_an_animation_is_played_as_often(put, source, target, loop, plays):
    """GIF counts the repetitions after the first time, and says nothing of an animation that is played once."""
    data = moving(source, **({} if loop is None else {"loop": loop}))
    written = Image.open(io.BytesIO(files.encode_photo(files.read_photo(put("moving" + source, data)), target)))
    reported = written.info.get("loop")
    assert reported == {0: 0, 1: None}.get(plays, plays - 1) if target == ".gif" else reported == plays


def test_every_frame_is_filtered(put):
    data = moving(".png", "RGB")
    step = Recipe(Pipeline("gaussian:sigma=2"), "gaussian")
    again, _ = awkward.composed(files.encode_photo(files.read_photo(put("moving.png", data)).map(step.picture), ".png"))
    for before, after in zip(awkward.composed(data)[0], again, strict=True):
        np.testing.assert_array_equal(after[..., :3], imfilter.gaussian(before[..., :3], 2))


def test_fractions_of_a_second_are_kept_and_rounded_where_they_must_be(put):
    data = awkward.moving("PNG", duration=1000 / 30)
    photo = files.read_photo(put("moving.png", data))
    assert awkward.composed(files.encode_photo(photo, ".png"))[1] == pytest.approx([1000 / 30] * 3)
    assert photo.notes == []
    assert awkward.composed(files.encode_photo(photo, ".gif"))[1] == [30, 30, 30]
    assert photo.notes == ["durations of the frames are rounded to hundredths of a second"]


def test_the_picture_for_programs_without_animations_stays(put):
    first = Image.new("RGB", (16, 12), "red")
    rest = [Image.new("RGB", (16, 12), color) for color in ("green", "blue")]
    data = awkward.encoded(first, "PNG", save_all=True, append_images=rest, default_image=True, duration=[100, 200])
    photo = files.read_photo(put("hidden.png", data))
    with Image.open(io.BytesIO(files.encode_photo(photo, ".png"))) as again:
        assert again.default_image and again.n_frames == 3
        for k, color in enumerate(((255, 0, 0), (0, 128, 0), (0, 0, 255))):
            again.seek(k)
            assert again.convert("RGB").getpixel((3, 3)) == color


def test_pages_have_their_own_sizes_modes_and_metadata(put):
    tifffile = pytest.importorskip("tifffile")
    pages = [awkward.photo("RGB", (8, 6)), awkward.photo("I;16", (5, 9)), awkward.photo("L", (700, 300)),
             awkward.photo("F", (3, 3))]
    room = io.BytesIO()
    with tifffile.TiffWriter(room) as writer:
        for k, page in enumerate(pages):
            writer.write(np.asarray(page), photometric="rgb" if k == 0 else "minisblack", resolution=(100 + k, 50),
                         resolutionunit=2, iccprofile=b"profile %d" % k, metadata=None, description=f"page {k}",
                         extratags=[(700, 1, 5, b"xmp %d" % k, True)])
    photo = files.read_photo(put("pages.tif", room.getvalue()))
    assert len(photo.frames) == 4
    with Image.open(io.BytesIO(files.encode_photo(photo.map(lambda frame: frame.copy()), ".tif"))) as again:
        assert again.n_frames == 4
        for k, page in enumerate(pages):
            again.seek(k)
            assert again.mode == page.mode
            np.testing.assert_array_equal(np.asarray(again), np.asarray(page))
            assert tuple(again.info["dpi"]) == (100 + k, 50) and again.tag_v2[270] == f"page {k}"
            assert again.tag_v2[700] == b"xmp %d" % k


def test_exif_of_pages_is_whole(put):
    """Its table has a different offset for each page."""
    frames = [awkward.photo(seed=k) for k in range(3)]
    for k, frame in enumerate(frames):
        tags = awkward.exif()
        tags.get_ifd(0x8769)[0x829A] = 0.5 + k
        frame.info["exif"] = tags.tobytes()
    photo = files.read_photo(put("pages.tif", files.encode_photo(files.Photo(frames), ".tif")))
    for k, frame in enumerate(photo.frames):
        tags = Image.Exif()
        tags.load(frame.info["exif"])
        assert tags.get_ifd(0x8769)[0x829A] == 0.5 + k and tags[0x010F] == "Acme"


@pytest.mark.parametrize("suffix", [".jpg", ".bmp", ".ppm"])
@pytest.mark.parametrize("source", MOVING)
def test_frames_are_rejected_before_they_are_computed_where_one_is_held(put, source, suffix):
    def never(frame):
        raise AssertionError

    photo = files.read_photo(put("moving" + source, moving(source)))
    with pytest.raises(FileError, match="must have one frame, got 3: GIF, PNG, TIFF or WEBP can hold several"):
        files.encode_photo(photo.map(never), suffix)


@pytest.mark.parametrize("suffix", MOVING)
def test_frames_of_different_sizes_are_no_animation(suffix):
    with pytest.raises(FileError, match="must have the same size"):
        files.encode_photo(files.Photo([awkward.photo(size=(4, 4)), awkward.photo(size=(5, 4))]), suffix)


def test_durations_that_pages_do_not_have_are_named(put):
    photo = files.read_photo(put("moving.gif", moving(".gif")))
    files.encode_photo(photo, ".tif")
    assert photo.notes == ["durations and repetitions of the frames not kept: TIFF cannot hold it"]
    still = files.read_photo(put("still.gif", awkward.encoded(awkward.photo("L"), "GIF", duration=100)))
    files.encode_photo(still, ".png")
    assert still.notes == []


@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif", ".tif"])
def test_few_frames_are_in_memory_at_once(put, suffix):
    alive, most = set(), []

    def made(number):
        frame = Image.new("RGB", (20, 10), (8 * number % 256, 0, 0))
        alive.add(number)
        weakref.finalize(frame, alive.discard, number)
        most.append(len(alive))
        return frame

    data = files.encode_photo(files.Photo(files.Frames(30, made)), suffix)
    assert len(most) == 30 and max(most) <= 4  # the first is kept
    del most[:]
    photo = files.read_photo(put("moving" + suffix, data))
    files.encode_photo(photo.map(lambda frame: made(len(most))), suffix)
    assert len(most) == 30 and max(most) <= 4


def test_a_frame_is_computed_once():
    seen = []
    photo = files.Photo([awkward.photo(seed=k) for k in range(3)]).map(lambda frame: seen.append(1) or frame)
    assert photo.image is photo.image and not isinstance(photo.frames, list)
    files.encode_photo(photo, ".png")
    assert len(seen) == 3
    with pytest.raises(IndexError):
        photo.frames[3]


def test_the_program_filters_animations(tmp_path):
    (tmp_path / "moving.gif").write_bytes(moving(".gif", loop=0))

    def run(*arguments):
        return complete([*PROGRAM, "apply", "box", "--size", "3", *arguments], cwd=tmp_path)

    done = run("moving.gif")
    assert (done.returncode, done.stderr) == (0, "")
    frames, times = awkward.composed((tmp_path / "moving.box.gif").read_bytes())
    before, _ = awkward.composed((tmp_path / "moving.gif").read_bytes())
    np.testing.assert_array_equal(frames[2][..., :3], imfilter.box(before[2][..., :3], 3))
    assert times == [100, 250, 40]
    done = run("moving.gif", "-o", "moving.jpg")
    assert done.returncode == 1 and "JPEG must have one frame, got 3" in done.stderr
    assert not (tmp_path / "moving.jpg").exists()


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_metadata_of_an_animation_is_kept(put, suffix):
    options = {"exif": awkward.exif().tobytes(), "icc_profile": PROFILE}
    photo = files.read_photo(put("moving" + suffix, moving(suffix, **options)))
    with Image.open(io.BytesIO(files.encode_photo(photo.map(lambda frame: frame.copy()), suffix))) as again:
        assert again.n_frames == 3 and again.info["icc_profile"] == PROFILE
        assert again.getexif()[0x010F] == "Acme" and again.getexif().get_ifd(0x8769)[0x829A] == 0.5
    files.encode_photo(photo, ".gif")
    assert photo.notes == [f"{what} not kept: GIF cannot hold it" for what in ("color profile", "EXIF")]


def test_a_comment_of_an_animation_is_kept(put):
    data = files.encode_photo(files.read_photo(put("moving.gif", moving(".gif", comment=b"hi"))), ".gif")
    assert Image.open(io.BytesIO(data)).info["comment"] == b"hi" and data.count(b"hi") == 1


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_every_frame_is_turned_upright(put, suffix):
    data = moving(suffix, exif=awkward.exif(6).tobytes())
    stored, _ = awkward.composed(data)
    frames = list(files.read_photo(put("moving" + suffix, data)).frames)
    for before, frame in zip(stored, frames, strict=True):
        np.testing.assert_array_equal(np.asarray(frame.convert("RGBA")), awkward.turned(before, 6))
