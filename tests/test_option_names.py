"""Messages on the command line name options as they are typed, not as Python's parameters."""
import numpy as np
import pytest
from PIL import Image

from imfilter.cli import program
from imfilter.cli.option_names import name_options


@pytest.fixture
def say(tmp_path, monkeypatch, here):
    """Run the program on photos in a folder of its own; return the last line on standard error."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.arange(300, dtype=np.uint16).astype(np.uint8).reshape(10, 10, 3)).save("cross_channel.png")
    Image.fromarray(np.arange(100, dtype=np.uint8).reshape(10, 10)).save("gray.png")
    return lambda *arguments: here(*arguments, status=2).err.splitlines()[-1]


@pytest.mark.parametrize(("arguments", "words"), [
    ("learn cross_channel.png gray.png", "cross_channel.png and gray.png: before and after must have the same channels "
     "unless --cross-channel, got 3 and 1"),
    ("explain transposed --output-padding 2", "--output-padding must be less than stride or dilation, got 2 of 2, 1"),
    ("explain transposed --output-padding -1", "output-padding must be an integer of at least 0, got -1"),
    ("explain pooling --no-count-include-pad", "kind must be 'avg' without --count-include-pad, because padding counts "
     "in means only, got 'max'"),
    ("explain model 3 --until x", "until must come with an .onnx file, got 'x' alone"),
    ("restore gray.png --kernel box --noise 1", "noise must not be given for method 'richardson_lucy', in which"),
    ("apply canny gray.png --low-threshold 3 --high-threshold 2", "--high-threshold must be at least --low-threshold"),
    ("apply canny gray.png --low-threshold -3", "low-threshold must be a number of at least 0 or none, got -3"),
    ("apply sobel gray.png --then canny:low_threshold=3:high_threshold=2", "high_threshold must be at least low_"),
])
def test_messages_name_options(say, arguments, words):
    line = say(*arguments.split())
    assert words in line and "None" not in line


@pytest.mark.parametrize("size", ["arithmetic --size 100", "transposed --size 100"])
def test_advice_for_python_is_left_out(say, size):
    line = say("explain", *size.split())
    assert "to be drawn" in line and "imfilter." not in line


def test_only_whole_words_outside_of_names_are_options():
    for text in ("cross_channel.png", "'cross_channel'", "a/cross_channel", "cross_channel=3", "my_cross_channel",
                 "size"):
        assert name_options(text, program.group, ["learn"]) == text
    assert name_options("unless cross_channel.", program.group, ["learn", "a.png"]) == "unless --cross-channel."
    assert name_options("unless cross_channel", program.group, ["compare"]) == "unless cross_channel"
    assert name_options("unless cross_channel", program.group, ["nothing"]) == "unless cross_channel"
