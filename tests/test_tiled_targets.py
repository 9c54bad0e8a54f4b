"""Large results as targets: written in any order, kept as they are, and under their name only once they are whole."""
import json
import os
import pickle
import random
import shutil
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image, ImageCms
from program import complete, mount, start, wait_until

from imfilter import files
from imfilter.blocks.build import Block
from imfilter.errors import FileError
from imfilter.files import tiff
from imfilter.tiled.formats import create_target, open_source
from imfilter.tiled.target import TargetOptions

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")
zarr = pytest.importorskip("zarr")
from test_tiled_files import GRAY, RGB, RGBA, WIDE, ome  # noqa: E402

posix = pytest.mark.skipif(os.name != "posix", reason="signals, mounts and permissions are those of POSIX")
WHOLE = Block(0, 150, 0, 190)
RESULTS = {
    "gray": GRAY, "colors": RGB, "alpha": RGBA, "deep": WIDE, "deep gray": WIDE[..., 0],
    "floats": WIDE[..., :3].astype("f4"),
    "signed": RGB.astype(np.int16) - 90, "two channels": RGBA[..., :2], "many": np.concatenate([RGB, RGB], axis=-1),
}


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def source(tmp_path):
    """A TIFF file of colors with all kinds of metadata."""
    exif = Image.Exif()
    exif.update({270: "words", 271: "Acme"})
    exif.endian = "<"  # Pillow cannot read BigTIFF of the other order
    exif.get_ifd(0x8769).update({33434: 0.25, 40962: 190, 40963: 150})
    kept = {"exif": exif.tobytes(), "dpi": (300, 200), "icc_profile": PROFILE}
    (tmp_path / "first.tif").write_bytes(tiff.encode_tiff([(Image.fromarray(RGB), kept)]))
    return open_source(str(tmp_path / "first.tif"))


def fill(target, pixels, seed=1):
    """Write the blocks in any order, by copies of the target where it may be sent around."""
    blocks = target.missing()
    random.Random(seed).shuffle(blocks)
    for block in blocks:
        one = pickle.loads(pickle.dumps(target)) if target.shared_by_processes else target
        one.write(block, pixels[block.rows, block.columns])
    target.finish()


def begun(path, pixels, tile, like, **how):
    options = TargetOptions(**{"provenance": {"recipe": "x"}, **how})
    return create_target(str(path), pixels.shape, pixels.dtype, tile, like=like, options=options)


LAYOUTS = {"tiles": {"tile": (48, 32), "compression": "zlib"}, "strips": {"compression": "zlib"}, "rows": {}}


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("tile", [32, (48, 64), (100, 190), 2048, (150, 16)])
@pytest.mark.parametrize("name", RESULTS)
def test_tiff_comes_back_as_it_was_written(tmp_path, monkeypatch, name, tile, layout, big):
    pixels = RESULTS[name]
    tifffile.imwrite(tmp_path / "in.tif", RGB, photometric="rgb", metadata=None, **LAYOUTS[layout])
    monkeypatch.setattr(tiff, "MOST", 1000 if big else tiff.MOST)
    target = begun(tmp_path / "out.tif", pixels, tile, open_source(str(tmp_path / "in.tif")))
    fill(target, pixels)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        np.testing.assert_array_equal(file.asarray(), pixels)
        page = file.pages[0]
        assert file.is_bigtiff == big and len(file.pages) == 1 and page.offset % 8 == 0
        assert (page.tilelength, page.tilewidth) == (48, 32) if layout == "tiles" else not page.is_tiled
    np.testing.assert_array_equal(open_source(str(tmp_path / "out.tif")).read(WHOLE), pixels)
    if name in ("gray", "colors", "deep gray"):
        with Image.open(tmp_path / "out.tif") as image:
            np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("name", RESULTS)
def test_libvips_reads_what_is_written(tmp_path, source, name, pyvips):
    fill(begun(tmp_path / "out.tif", RESULTS[name], 64, source), RESULTS[name])
    image = pyvips.Image.new_from_file(str(tmp_path / "out.tif"))
    np.testing.assert_array_equal(image.numpy(), RESULTS[name])


@pytest.mark.parametrize("big", [False, True])
def test_tiff_keeps_what_an_ordinary_result_keeps(tmp_path, source, monkeypatch, big):
    ordinary = files.read_photo(source.path)
    files.write_file(files.encode_photo(ordinary, ".tif"), str(tmp_path / "ordinary.tif"), force=False)
    monkeypatch.setattr(tiff, "MOST", 1000 if big else tiff.MOST)
    fill(begun(tmp_path / "out.tif", RGB, 64, source), RGB)
    info = files.read_photo(str(tmp_path / "out.tif")).image.info
    assert info.pop("stored") == (150, 190, 3, 1, 8, big)
    assert info.items() < files.read_photo(str(tmp_path / "ordinary.tif")).image.info.items()
    assert set(info) == {"icc_profile", "exif", "dpi"}
    with Image.open(tmp_path / "out.tif") as image:
        assert image.getexif().get_ifd(0x8769)[33434] == 0.25


def test_metadata_that_are_not_wanted_are_left_out(tmp_path, source):
    fill(begun(tmp_path / "out.tif", RGB, 64, source, strip=True), RGB)
    fill(begun(tmp_path / "out.zarr", RGB, 64, source, strip=True), RGB)
    for name in ("out.tif", "out.zarr"):
        assert set(open_source(str(tmp_path / name)).info) - {"stored"} == {"icc_profile"}


def test_a_profile_for_other_colors_is_not_kept(tmp_path, source):
    target = begun(tmp_path / "out.tif", GRAY, 64, source)
    fill(target, GRAY)
    assert "icc_profile" not in open_source(str(tmp_path / "out.tif")).info
    assert target.notes == ["color profile not kept: it is for another color space"]


@pytest.mark.parametrize(("given", "made"), [
    (None, 1), ("lzw", 5), ("zlib", 8), ("zstd", 50000), ("packbits", 5), ("jpeg", 8)])
def test_the_compression_is_the_sources_own_if_it_is_lossless(tmp_path, given, made):
    tifffile.imwrite(tmp_path / "in.tif", RGB, photometric="rgb", tile=(32, 32), compression=given)
    fill(begun(tmp_path / "out.tif", RGB, 64, open_source(str(tmp_path / "in.tif"))), RGB)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.pages[0].compression == made
        np.testing.assert_array_equal(file.asarray(), RGB)


def test_without_imagecodecs_tiff_is_deflated_all_the_same(tmp_path, source, monkeypatch):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    target = begun(tmp_path / "out.tif", RGB, 64, source)
    monkeypatch.undo()
    fill(target, RGB)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.pages[0].compression == 8
        np.testing.assert_array_equal(file.asarray(), RGB)


def test_a_tiff_has_no_name_before_it_is_whole(tmp_path, source):
    before = set(os.listdir(tmp_path))
    target = begun(tmp_path / "out.tif", RGB, 64, source)
    target.write(target.missing()[0], RGB[:64, :64])
    assert not (tmp_path / "out.tif").exists()
    with pytest.raises(FileError, match=r"out\.tif: 8 tiles are missing"):
        target.finish()
    target.abandon()
    assert set(os.listdir(tmp_path)) == before


@posix
def test_a_tiff_that_is_replaced_stays_until_the_new_one_is_whole(tmp_path, source):
    old = tmp_path / "out.tif"
    old.write_bytes(b"the old file")
    old.chmod(0o640)
    with pytest.raises(FileError, match=r"out\.tif: exists already; --force replaces it"):
        begun(old, RGB, 64, source)
    begun(old, RGB, 64, source, force=True).abandon()
    assert old.read_bytes() == b"the old file"
    fill(begun(old, RGB, 64, source, force=True), RGB)
    np.testing.assert_array_equal(tifffile.imread(old), RGB)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["out.png", "out", "out.zip"])
def test_other_formats_are_not_written_in_tiles(tmp_path, source, name):
    with pytest.raises(FileError, match=rf"{name}: cannot write .* in tiles: it must be \.zarr, \.tif, \.tiff"):
        begun(tmp_path / name, RGB, 64, source)


def test_a_tiff_is_not_resumed(tmp_path, source):
    with pytest.raises(FileError, match=r"out\.tif: only Zarr results can be resumed"):
        begun(tmp_path / "out.tif", RGB, 64, source, resume=True)


@pytest.mark.parametrize("tile", [32, (48, 64), (100, 190), 2048])
@pytest.mark.parametrize("name", RESULTS)
def test_zarr_comes_back_as_it_was_written(tmp_path, source, name, tile):
    pixels = RESULTS[name]
    fill(begun(tmp_path / "out.zarr", pixels, tile, source), pixels)
    array = zarr.open_array(str(tmp_path / "out.zarr"), mode="r")
    assert array.metadata.dimension_names == ("y", "x", "c")[:pixels.ndim] and array.metadata.zarr_format == 3
    np.testing.assert_array_equal(array[:], pixels)
    np.testing.assert_array_equal(open_source(str(tmp_path / "out.zarr")).read(WHOLE), pixels)
    left = [name for _, _, names in os.walk(tmp_path / "out.zarr") for name in names if name != "zarr.json"]
    assert sorted(os.listdir(tmp_path)) == ["first.tif", "out.zarr"] and all(map(str.isdigit, left))


def test_zarr_keeps_what_is_said_beside_the_pixels(tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", RGBA, photometric="rgb", extrasamples=(2,), resolution=(300, 300))
    first = open_source(str(tmp_path / "in.tif"))
    fill(begun(tmp_path / "out.zarr", RGBA, 64, first), RGBA)
    middle = open_source(str(tmp_path / "out.zarr"))
    assert first.info.pop("stored") == (150, 190, 4, 1, 1, False)
    assert (middle.info, middle.alpha, middle.colors) == (first.info, True, 3)
    fill(begun(tmp_path / "out.tif", RGBA, 64, middle), RGBA)
    last = open_source(str(tmp_path / "out.tif"))
    assert last.info.pop("stored") == (150, 190, 4, 1, 8, False)
    assert (last.info, last.alpha, last.colors) == (first.info, True, 3)


@pytest.mark.parametrize(("version", "channels"), [(2, True), (3, True), (3, False)])
def test_ome_zarr_makes_ome_zarr(tmp_path, version, channels):
    pixels = RGB if channels else GRAY
    like = open_source(ome(tmp_path / "in.zarr", version, channels=channels, pixels=pixels))
    half = pixels[::2, ::3]
    target = begun(tmp_path / "out.zarr", half, 32, like)
    fill(target, half)
    words = zarr.open_group(str(tmp_path / "out.zarr"), mode="r").attrs["ome"]
    picture = words["multiscales"][0]
    spare = 3 if channels else 1
    assert words["version"] == "0.5" and picture["name"] == "cells" and len(picture["datasets"]) == 1
    assert [axis["name"] for axis in picture["axes"]] == list("tczyx" if channels else "zyx")
    assert picture["datasets"][0]["coordinateTransformations"] == [
        {"type": "scale", "scale": [1.0] * spare + [1.0, 0.75]},
        {"type": "translation", "translation": [0.0] * spare + [7.0, 8.0]}]
    assert ("omero" in words) == channels
    again = open_source(str(tmp_path / "out.zarr"))
    np.testing.assert_array_equal(again.read(Block(0, 75, 0, 64)), half)
    assert again.colors == like.colors


def test_ome_zarr_places_blocks_that_became_pixels(tmp_path):
    """The middle of the first block of 4 x 3 pixels lies 1.5 and 1 pixels from that of the first pixel."""
    like = open_source(ome(tmp_path / "in.zarr", 3, channels=False, pixels=GRAY))
    begun(tmp_path / "out.zarr", GRAY[::4, ::3], 32, like, stride=(4, 3), offset=(1.5, 1.0))
    (found,) = (tmp_path / "out.zarr").parent.glob("*out.zarr*/zarr.json")
    words = json.loads(found.read_text())["attributes"]["ome"]
    assert words["multiscales"][0]["datasets"][0]["coordinateTransformations"] == [
        {"type": "scale", "scale": [1.0, 2.0, 0.75]}, {"type": "translation", "translation": [0.0, 7.75, 8.25]}]


def test_ome_zarr_of_gray_gets_an_axis_for_channels_and_keeps_it_for_gray(tmp_path):
    like = open_source(ome(tmp_path / "gray.zarr", 3, channels=False, pixels=GRAY))
    fill(begun(tmp_path / "out.zarr", RGB, 64, like), RGB)
    assert zarr.open_group(str(tmp_path / "out.zarr"), mode="r")["0"].shape == (3, 1, 150, 190)
    like = open_source(ome(tmp_path / "colors.zarr", 3))
    fill(begun(tmp_path / "made.zarr", GRAY, 64, like), GRAY)
    assert zarr.open_group(str(tmp_path / "made.zarr"), mode="r")["0"].shape == (1, 1, 1, 150, 190)


def started(path, source, done=3, **how):
    target = begun(path, RGB, 64, source, **how)
    for block in target.missing()[:done]:
        target.write(block, RGB[block.rows, block.columns])
    return target


def test_an_unfinished_zarr_has_another_name_and_is_finished_later(tmp_path, source):
    path = tmp_path / "out.zarr"
    started(path, source).abandon()
    assert not path.exists() and (tmp_path / "out.zarr.partial").is_dir()
    with pytest.raises(FileError, match=r"out\.zarr\.partial: .*: --resume continues it, --force discards it"):
        begun(path, RGB, 64, source)
    target = begun(path, RGB, 64, source, resume=True)
    assert target.missing() == target.blocks()[3:]
    with pytest.raises(FileError, match=r"out\.zarr: 6 tiles are missing"):
        target.finish()
    assert not path.exists()
    fill(target, RGB)
    np.testing.assert_array_equal(zarr.open_array(str(path), mode="r")[:], RGB)
    assert not (tmp_path / "out.zarr.partial").exists()
    with pytest.raises(FileError, match=r"out\.zarr: exists already, and there is nothing to resume"):
        begun(path, RGB, 64, source, resume=True)


@pytest.mark.parametrize(("change", "named"), [
    ({"provenance": {"recipe": "y"}}, "another recipe: it must be x, got y"),
    ({"provenance": {}}, "another recipe: it must be x, got None"),
    ({"tile": 32}, r"another tile: it must be \[64, 64\], got \[32, 32\]"),
    ({"pixels": WIDE}, "another (shape|dtype)")])
def test_a_zarr_that_was_begun_otherwise_is_not_gone_on_with(tmp_path, source, change, named):
    started(tmp_path / "out.zarr", source).abandon()
    pixels, tile = change.pop("pixels", RGB), change.pop("tile", 64)
    with pytest.raises(FileError, match=rf"out\.zarr\.partial: was begun with {named}"):
        begun(tmp_path / "out.zarr", pixels, tile, source, resume=True, **change)
    target = begun(tmp_path / "out.zarr", pixels, tile, source, force=True, **change)
    assert target.missing() == target.blocks()
    target.abandon()


def test_a_run_that_has_done_nothing_leaves_nothing(tmp_path, source):
    before = set(os.listdir(tmp_path))
    started(tmp_path / "out.zarr", source, done=0).abandon()
    assert set(os.listdir(tmp_path)) == before


def test_the_beginnings_of_chunks_are_swept_away(tmp_path, source):
    target = started(tmp_path / "out.zarr", source)
    (tmp_path / "out.zarr.partial" / "c" / "0" / "0" / "0.5f3a.partial").write_bytes(b"half")
    fill(target, RGB)
    assert os.listdir(tmp_path / "out.zarr" / "c" / "0" / "0") == ["0"]


def test_a_chunk_that_is_gone_is_done_again(tmp_path, source):
    started(tmp_path / "out.zarr", source).abandon()
    shutil.rmtree(tmp_path / "out.zarr.partial" / "c" / "0" / "1")
    target = begun(tmp_path / "out.zarr", RGB, 64, source, resume=True)
    assert target.missing() == [target.blocks()[1], *target.blocks()[3:]]
    fill(target, RGB)
    np.testing.assert_array_equal(zarr.open_array(str(tmp_path / "out.zarr"), mode="r")[:], RGB)


@posix
def test_two_runs_do_not_work_on_one_store(tmp_path, source):
    target = started(tmp_path / "out.zarr", source)
    for how in ({"resume": True}, {"force": True}):
        with pytest.raises(FileError, match=r"out\.zarr\.partial: another run is writing it"):
            begun(tmp_path / "out.zarr", RGB, 64, source, **how)
    fill(target, RGB)


def test_a_zarr_that_cannot_be_finished_is_not_locked(tmp_path, source):
    target = begun(tmp_path / "out.zarr", RGB, 64, source)
    with pytest.raises(FileError, match="9 tiles are missing"):
        target.finish()
    resumed = begun(tmp_path / "out.zarr", RGB, 64, source, resume=True)    # while the first one is kept
    fill(resumed, RGB)
    assert not (tmp_path / "out.zarr.partial").exists()


def test_a_store_that_is_replaced_stays_until_the_new_one_is_whole(tmp_path, source):
    path = tmp_path / "out.zarr"
    fill(begun(path, GRAY, 64, source), GRAY)
    with pytest.raises(FileError, match=r"out\.zarr: exists already; --force replaces it"):
        begun(path, RGB, 64, source)
    target = started(path, source, force=True)
    np.testing.assert_array_equal(zarr.open_array(str(path), mode="r")[:], GRAY)
    fill(target, RGB)
    np.testing.assert_array_equal(zarr.open_array(str(path), mode="r")[:], RGB)
    assert sorted(os.listdir(tmp_path)) == ["first.tif", "out.zarr"]


def test_a_store_that_cannot_be_replaced_stays_and_the_new_one_is_finished_later(tmp_path, source, monkeypatch):
    path, own = tmp_path / "out.zarr", os.rename
    fill(begun(path, GRAY, 64, source), GRAY)

    def reject(old, new):
        if str(old).endswith(".partial"):
            raise OSError(13, "Permission denied")
        own(old, new)

    target = begun(path, RGB, 64, source, force=True)
    monkeypatch.setattr("imfilter.tiled.zarr.target.os.rename", reject)
    with pytest.raises(FileError, match=r"out\.zarr: Permission denied"):
        fill(target, RGB)
    monkeypatch.undo()
    target.abandon()
    assert sorted(os.listdir(tmp_path)) == ["first.tif", "out.zarr", "out.zarr.partial"]
    np.testing.assert_array_equal(zarr.open_array(str(path), mode="r")[:], GRAY)
    again = begun(path, RGB, 64, source, resume=True, force=True)
    assert again.missing() == []
    again.finish()
    np.testing.assert_array_equal(zarr.open_array(str(path), mode="r")[:], RGB)
    assert sorted(os.listdir(tmp_path)) == ["first.tif", "out.zarr"]


@pytest.mark.parametrize("name", ["out.zarr", "out.zarr.partial"])
@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_that_is_no_store_is_never_replaced(tmp_path, source, name, resume):
    (tmp_path / name).mkdir()
    (tmp_path / name / "letters.txt").write_text("dear to someone")
    with pytest.raises(FileError, match=rf"{name}: is (a folder that is not a Zarr store|in the way)"):
        begun(tmp_path / "out.zarr", RGB, 64, source, force=True, resume=resume)
    assert (tmp_path / name / "letters.txt").read_text() == "dear to someone"


def test_names_that_are_taken_or_have_no_folder_are_rejected(tmp_path, source):
    (tmp_path / "file.zarr").write_text("")
    with pytest.raises(FileError, match=r"file\.zarr: is not a folder, and never replaced by one"):
        begun(tmp_path / "file.zarr", RGB, 64, source, force=True)
    with pytest.raises(FileError, match=r"out\.zarr: there is no folder .*nowhere"):
        begun(tmp_path / "nowhere" / "out.zarr", RGB, 64, source)


WRITER = """if True:
    import pickle, signal, sys
    import numpy as np
    target, pixels = pickle.load(sys.stdin.buffer)
    for block in target.missing()[:8]:
        target.write(block, pixels[block.rows, block.columns])
    signal.pause()
"""


@posix
@pytest.mark.slow
def test_a_killed_writer_leaves_no_half_tile_that_counts(tmp_path, source):
    pixels = np.random.default_rng(3).integers(0, 256, (2000, 2100, 3), dtype=np.uint8)
    path, chance, rounds = tmp_path / "out.zarr", random.Random(2), 0
    while True:
        rounds += 1
        target = begun(path, pixels, 300, source, resume=True)
        left = target.missing()
        chunk = tmp_path / "out.zarr.partial" / "c" / "0" / "0" / "0"
        moment = chunk.stat().st_mtime_ns if left[0] != target.blocks()[0] else None
        for block in set(target.blocks()) - set(left):
            array = zarr.open_array(str(tmp_path / "out.zarr.partial"), mode="r")
            np.testing.assert_array_equal(array[block.rows, block.columns], pixels[block.rows, block.columns])
        if rounds > 4:
            break
        target._lock.release()
        writer = start([sys.executable, "-c", WRITER], stdin=subprocess.PIPE, stdout=None, stderr=None)
        writer.stdin.write(pickle.dumps((target, pixels)))
        writer.stdin.close()
        wait_until(lambda target=target, left=left: len(target.missing()) <= len(left) - 2, "two more tiles are done")
        time.sleep(chance.uniform(0, 0.02))  # any moment of a tile
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        assert moment is None or chunk.stat().st_mtime_ns == moment
    assert 0 < len(left) < len(target.blocks()) - 4 and not path.exists()
    fill(target, pixels)
    np.testing.assert_array_equal(zarr.open_array(str(path), mode="r")[:], pixels)
    assert not [name for _, _, names in os.walk(path) for name in names if "partial" in name]


@pytest.fixture
def small(tmp_path):
    """A disk of 200 kB, where one can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount(folder, "200k")
    yield folder
    complete(["umount", str(folder)]).check_returncode()


@pytest.mark.parametrize("name", ["out.tif", "out.zarr"])
def test_a_full_disk_is_named_and_harms_nothing(small, source, name):
    pixels = np.random.default_rng(3).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    target = begun(small / name, pixels, 64, source)
    with pytest.raises(FileError, match=rf"{name}: No space left on device"):
        fill(target, pixels)
    if name == "out.tif":
        target.abandon()
        assert os.listdir(small) == []
        return
    left = len(target.missing())
    target.abandon()
    assert os.listdir(small) == ["out.zarr.partial"] and 0 < left < len(target.blocks())
    complete(["mount", "-o", "remount,size=5m", str(small)]).check_returncode()
    again = begun(small / name, pixels, 64, source, resume=True)
    assert len(again.missing()) == left
    fill(again, pixels)
    np.testing.assert_array_equal(zarr.open_array(str(small / name), mode="r")[:], pixels)


@pytest.mark.parametrize("name", ["out.tif", "out.zarr"])
def test_a_disk_without_room_at_all_or_that_is_read_only_is_named(small, source, name):
    (small / "filler").write_bytes(bytes(4096 * 49))

    def run():
        target = begun(small / name, RGB, 64, source)
        try:
            fill(target, RGB)
        finally:
            target.abandon()

    with pytest.raises(FileError, match=rf"{name}: No space left on device"):
        run()
    assert os.listdir(small) == ["filler"]
    complete(["mount", "-o", "remount,ro", str(small)]).check_returncode()
    with pytest.raises(FileError, match=rf"{name}: Read-only file system"):
        begun(small / name, RGB, 64, source)
    assert os.listdir(small) == ["filler"]
