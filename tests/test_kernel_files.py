"""imfilter learn, and the files it writes, which are filters."""
import json
import os
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from program import pixels

import imfilter
from imfilter import FileError, Pipeline, learn
from imfilter.pipeline import kernel_files

KERNEL = np.array([[0, -1, 0], [-1, 5, -1], [0, -1.5, 0]])


@pytest.fixture
def look(tmp_path, monkeypatch):
    """Change to a folder with look.json; return it."""
    monkeypatch.chdir(tmp_path)

    def write(kernel=KERNEL, bias=0.0, name="look.json"):
        (tmp_path / name).write_bytes(kernel_files.format_kernel(np.asarray(kernel, float), bias))
        return name
    write()
    return write


@pytest.mark.parametrize("mode", ["reflect", "mirror", "nearest", "wrap"])
def test_a_kernel_file_is_a_filter(look, rng, mode):
    image = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    pipeline = Pipeline(f"look.json:border={mode}")
    np.testing.assert_array_equal(pipeline(image), imfilter.correlate(image, KERNEL, mode=mode))
    both = Pipeline("gaussian", "look.json:stride=2")
    wanted = imfilter.correlate(imfilter.gaussian(image, dtype=np.float32), KERNEL, stride=2, dtype=np.uint8)
    np.testing.assert_array_equal(both(image), wanted)
    assert Pipeline.parse(str(both)) == both == pickle.loads(pickle.dumps(both)) and both.reach.up == 5


def test_a_bias_and_a_bank_are_kept(look, rng):
    image = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    look(bias=12.25)
    wanted = imfilter.correlate(image, KERNEL, dtype=np.float64) + 12.25
    np.testing.assert_array_equal(Pipeline("look.json")(image), np.rint(wanted.clip(0, 255)))
    bank, bias = rng.normal(size=(2, 3, 3, 3)), np.array([3.0, -4.0])
    look(bank, bias)
    for mode, padding in (("wrap", "circular"), ("mirror", "reflect"), ("nearest", "replicate")):
        np.testing.assert_array_equal(
            Pipeline(f"look.json:border={mode}")(image),
            imfilter.conv2d(image, bank, bias, padding="same", padding_mode=padding))
    around = np.pad(image, ((1, 1), (1, 1), (0, 0)), "symmetric")
    np.testing.assert_array_equal(Pipeline("look.json")(image), imfilter.conv2d(around, bank, bias))


def test_what_was_learned_is_saved_and_read(look, rng):
    image = rng.random((30, 40, 3))
    learned = learn(image, imfilter.correlate(image, KERNEL), size=3, bias=True)
    learned.save("saved.json")
    kernel, bias = kernel_files.read_kernel("saved.json")
    np.testing.assert_array_equal(kernel, learned.kernel)
    assert bias == learned.bias
    np.testing.assert_array_equal(Pipeline("saved.json")(image), learned(image))
    with pytest.raises(FileError, match=r"saved\.json: exists already"):
        learned.save("saved.json")


@pytest.mark.parametrize(("data", "words"), [
    (b"", "not a kernel file, or damaged"), (b"{}", "not a kernel file: imfilter learn writes them"),
    (b"[" * 100_000, "not a kernel file, or damaged"), (b"\xff\xfe", "not a kernel file, or damaged"),
    (b'{"file": "imfilter kernel"}', "damaged"),
    (b'{"file": "imfilter kernel", "kernel": [[1]], "bias": [1, 2]}', "contains no kernel of finite numbers"),
    (b'{"file": "imfilter kernel", "kernel": [[NaN]], "bias": 0}', "contains no kernel of finite numbers"),
    (b'{"file": "imfilter kernel", "kernel": [[1], [1, 2]], "bias": 0}', "damaged"),
    (b'{"file": "imfilter kernel", "kernel": [["a"]], "bias": 0}', "damaged"),
    (b'{"file": "imfilter kernel", "kernel": [], "bias": 0}', "contains no kernel"),
    (b'{"file": "imfilter kernel", "kernel": [[1%s]], "bias": 0}' % (b"0" * 400), "no kernel of finite numbers"),
    (b'{"file": "imfilter kernel", "kernel": [[1]], "bias": 1%s}' % (b"0" * 5000), "no kernel of finite numbers"),
    (b'{"file": "imfilter kernel", "kernel": [[1e999]], "bias": 0}', "no kernel of finite numbers"),
    (b'{"file": "imfilter kernel", "kernel": [["1", "2"]], "bias": 0}', "kernel must be numbers, in lists of equal"),
    (b'{"file": "imfilter kernel", "kernel": [[1, true]], "bias": 0}', "kernel must be numbers, in lists of equal"),
    (b'{"file": "imfilter kernel", "kernel": [[null]], "bias": 0}', "kernel must be numbers, in lists of equal"),
    (b'{"file": "imfilter kernel", "kernel": [[1]], "bias": false}', "bias must be numbers, in lists of equal"),
    (b'{"file": "imfilter kernel", "kernel": %s, "bias": 0}' % (b"[" * 900 + b"1" + b"]" * 900), "must be numbers"),
    (b'{"file": "imfilter kernel", "kernel": [[1]], "kernel": [[2]], "bias": 0}', "it has two entries 'kernel'"),
    (b'{"a":' * 100_000, "not a kernel file, or damaged"),
    (b" " * (kernel_files.LARGEST + 1), "must have at most 67,108,864 bytes to be a kernel file"),
])
def test_files_that_are_none_are_rejected(look, data, words):
    with open("bad.json", "wb") as stream:
        stream.write(data)
    with pytest.raises(FileError, match=f"^bad.json: .*{words}"):
        Pipeline("bad.json")
    with pytest.raises(FileError, match=r"none\.json: there is no such file"):
        Pipeline("none.json")


def test_a_look_is_learned_and_given_to_other_photos(here, folder):
    Image.fromarray(np.random.default_rng(3).integers(0, 256, (40, 50, 3), dtype=np.uint8)).save("before.png")
    Image.fromarray(imfilter.sharpen(pixels("before.png"))).save("after.png")
    said = here("learn", "before.png", "after.png", "--size", "3", "-o", "look.json")
    lines = said.out.splitlines()
    assert [line.split() for line in lines[:3]] == [["0", "-1", "0"], ["-1", "5", "-1"], ["0", "-1", "0"]]
    assert lines[-4].startswith("explained  100 % of its variance") and lines[-1] == "wrote look.json"
    assert json.loads(Path("look.json").read_bytes())["file"] == "imfilter kernel"
    here("apply", "look.json", "photo.png")
    np.testing.assert_array_equal(pixels("photo.look.png"), imfilter.sharpen(pixels("photo.png")))
    here("apply", "box", "photo.png", "--then", "look.json")
    assert os.path.exists("photo.box-look.png")
    assert "exists already" in here("learn", "before.png", "after.png", "-o", "look.json", status=1).err
    here("learn", "before.png", "after.png", "-o", "look.json", "--force", "--bias", "--cross-channel")
    assert kernel_files.read_kernel("look.json")[0].shape == (3, 3, 5, 5)


@pytest.mark.parametrize(("arguments", "status", "words"), [
    (["photo.png", "small.png"], 2, "imfilter: photo.png and small.png: before and after must have the same height"),
    (["photo.png", "none.png"], 1, "none.png: there is no such file"),
    (["photo.png", "photo.png", "-o", "look.txt"], 2, "--output must end in .json, got 'look.txt'"),
    (["photo.png", "photo.png", "--size", "0"], 2, "size must be an integer of at least 1, got 0"),
    (["small.png", "small.png"], 2, "as there are parameters"),
    (["photo.png"], 2, "as many photos after as before, got one photo"),
])
def test_what_cannot_be_learned_is_said(here, folder, arguments, status, words):
    Image.new("RGB", (6, 6)).save("small.png")
    assert words in here("learn", *arguments, status=status).err
    assert sorted(os.listdir()) == ["photo.png", "small.png"]


def test_a_flat_photo_is_warned_of(here, folder):
    Image.new("L", (30, 30), 7).save("flat.png")
    said = here("learn", "flat.png", "flat.png").err
    assert "imfilter: flat.png and flat.png: the images do not determine the kernel" in said


def test_a_kernel_file_is_shown_and_explained(here, folder):
    Path("look.json").write_bytes(kernel_files.format_kernel(KERNEL, 2.0))
    Path("sepia.json").write_bytes(kernel_files.format_kernel(np.arange(9.0).reshape(3, 3, 1, 1), np.zeros(3)))
    Path("bank.json").write_bytes(kernel_files.format_kernel(np.ones((1, 3, 1, 2)), np.zeros(1)))
    lines = here("show", "look.json").out.splitlines()
    assert "2.0 is added" in lines[0] and lines[4].split() == ["0", "-3/2", "0"]
    assert here("show", "sepia.json").out.splitlines()[2].split() == ["0", "1", "2"]
    assert "channel 3 to 1:" in here("show", "bank.json").out
    for name, place in (("look.json", (0, 0)), ("look.json", (7, 5)), ("sepia.json", (4, 4))):
        here("apply", name, "photo.png", "--force")
        result = pixels(f"photo.{Path(name).stem}.png")[place[1], place[0]]
        said = here("explain", "pixel", "photo.png", "--at", f"{place[0]},{place[1]}", "--filter", name).out
        assert all(re.search(rf" (to|at|is) {value}\b", said) for value in result)
    words = "has too many products to show"
    assert words in here("explain", "pixel", "photo.png", "--at", "0,0", "--filter", "bank.json", status=2).err


def test_a_large_bias_is_shown_as_it_is(here, folder):
    Path("large.json").write_bytes(kernel_files.format_kernel(KERNEL, 1.25e308))
    assert "1.25e+308 is added" in here("show", "large.json").out
