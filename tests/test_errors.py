"""Wrong arguments: one sentence that has what must hold and what came, before anything is computed."""
import datetime
import re

import numpy as np
import pytest

from imfilter import DtypeError, ImfilterError, conv2d, convolve, correlate

KERNEL = np.ones((3, 3))
BANK = np.ones((4, 3, 3, 3))

# What both functions are given, and words of the message. The other arguments are right.
BOTH = [
    ({"stride": 0}, "stride must be an integer of at least 1, got 0"),
    ({"stride": -2}, "stride must be an integer of at least 1, got -2"),
    ({"stride": 2.0}, "stride must be an integer of at least 1, got 2.0"),
    ({"stride": True}, "stride must be an integer of at least 1, got True"),
    ({"stride": (1, 0)}, "stride must be an integer of at least 1, got 0"),
    ({"stride": (1, 2, 3)}, "stride must be an integer or a pair (vertical, horizontal), got (1, 2, 3)"),
    ({"stride": "2"}, "stride must be an integer of at least 1, got '2'"),
    ({"stride": None}, "stride must be an integer of at least 1, got None"),
    ({"stride": 2**70}, "2**62"),
    ({"dilation": 0}, "dilation must be an integer of at least 1, got 0"),
    ({"dilation": (1, 1.5)}, "dilation must be an integer of at least 1, got 1.5"),
    ({"dilation": np.True_}, "dilation must be an integer of at least 1, got "),
    ({"dilation": np.nan}, "dilation must be an integer of at least 1, got nan"),
    ({"dilation": 2**62, "padding": "same"}, "2**62"),
    ({"dilation": 2**63}, "2**62"),
    ({"padding": -1}, "padding must be an integer of at least 0, got -1"),
    ({"padding": ((0, 0), (0, -3))}, "padding must be an integer of at least 0, got -3"),
    ({"padding": 1.0}, "padding must be an integer of at least 0, got 1.0"),
    ({"padding": False}, "padding must be an integer of at least 0, got False"),
    ({"padding": (1, 2, 3)}, "p, (vertical, horizontal) or ((top, bottom), (left, right)), got (1, 2, 3)"),
    ({"padding": ((1, 2, 3), 0)}, "padding of an axis must be p or (before, after), got (1, 2, 3)"),
    ({"padding": "SAME"}, "'valid', 'full', an integer or a pair of them, got 'SAME'"),
    ({"padding": None}, "padding must be an integer of at least 0, got None"),
    ({"padding": 2**62}, "2**62"),
    ({"padding": "valid", "dilation": 2**40}, "the kernel must fit into the padded image"),
    ({"channel_axis": 3}, "channel_axis must be from -3 to 2 for shape"),
    ({"channel_axis": -4}, "channel_axis must be an integer of at least -3, got -4"),
    ({"channel_axis": 1.0}, "channel_axis must be an integer of at least -3, got 1.0"),
    ({"dtype": complex}, "dtype must be one of real numbers of at most 64 bits, got complex128"),
    ({"dtype": "M8[s]"}, "dtype must be one of real numbers of at most 64 bits, got datetime64[s]"),
    ({"dtype": object}, "dtype must be one of real numbers of at most 64 bits, got object"),
    ({"dtype": "uint7"}, "dtype must be a NumPy dtype, got 'uint7'"),
    ({"out": [[0]]}, "out must be a NumPy array, got list"),
    ({"out": np.empty((2, 2, 3))}, "out must have shape "),
    ({"workers": 0}, "workers must be an integer of at least 1, got 0"),
    ({"workers": 1.5}, "workers must be an integer of at least 1, got 1.5"),
    ({"workers": True}, "workers must be an integer of at least 1, got True"),
]
CHANNELWISE = [
    ({"kernel": np.ones((0, 3))}, "kernel must have the shape (kh, kw) and not be empty, got (0, 3)"),
    ({"kernel": [1, 2, 3]}, "kernel must have the shape (kh, kw) and not be empty, got (3,)"),
    ({"kernel": np.ones((3, 3, 3))}, "kernel must have the shape (kh, kw) and not be empty, got (3, 3, 3)"),
    ({"kernel": 3}, "kernel must have the shape (kh, kw) and not be empty, got ()"),
    ({"kernel": [[1, np.nan]]}, "kernel must be finite, got NaN or infinity in it"),
    ({"kernel": [[-np.inf]]}, "kernel must be finite, got NaN or infinity in it"),
    ({"kernel": [[1j]]}, "kernel must hold real numbers, got dtype complex128"),
    ({"kernel": [["a"]]}, "kernel must hold real numbers, got dtype <U1"),
    ({"kernel": None}, "kernel must be an array"),
    ({"kernel": [[1, 2], [3]]}, "kernel must be an array"),
    ({"mode": "edge"}, "got 'edge': NumPy's 'edge' is 'nearest' here"),
    ({"mode": "symmetric"}, "got 'symmetric': NumPy's 'symmetric' is 'reflect' here"),
    ({"mode": "replicate"}, "got 'replicate': OpenCV's and PyTorch's 'replicate' is 'nearest' here"),
    ({"mode": "circular"}, "got 'circular': PyTorch's 'circular' is 'wrap' here"),
    ({"mode": "zeros"}, "got 'zeros': PyTorch's 'zeros' is 'constant' here"),
    ({"mode": "Reflect"}, "mode must be 'reflect', 'mirror', 'nearest', 'constant' or 'wrap', got 'Reflect'"),
    ({"mode": None}, "mode must be 'reflect', 'mirror', 'nearest', 'constant' or 'wrap', got None"),
    ({"mode": 0}, "mode must be 'reflect', 'mirror', 'nearest', 'constant' or 'wrap', got 0"),
    ({"mode": "constant", "cval": "black"}, "cval must be a real number, got 'black'"),
    ({"mode": "constant", "cval": "3"}, "cval must be a real number, got '3'"),
    ({"mode": "constant", "cval": None}, "cval must be a real number, got None"),
    ({"mode": "constant", "cval": 1j}, "cval must be a real number, got 1j"),
    ({"mode": "constant", "cval": np.nan}, "cval must be finite for uint8 images, got nan"),
]
LAYERS = [
    ({"weight": np.ones((4, 3, 0, 3))}, "(C_out, C_in / groups, kh, kw) and not be empty, got (4, 3, 0, 3)"),
    ({"weight": np.ones((3, 3))}, "weight must have the shape (C_out, C_in / groups, kh, kw)"),
    ({"weight": np.full((4, 3, 1, 1), np.inf)}, "weight must be finite, got NaN or infinity in it"),
    ({"weight": np.ones((4, 3, 1, 1), complex)}, "weight must hold real numbers, got dtype complex128"),
    ({"weight": None}, "weight must be an array"),
    ({"weight": np.ones((4, 5, 3, 3))}, "axis 2 was taken for the channels"),
    ({"weight": np.ones((4, 5, 3, 3)), "channel_axis": 0}, "axis 0 was taken for the channels"),
    ({"weight": np.ones((4, 5, 3, 3))}, "an image of 5 channels, got 3"),
    ({"groups": 0}, "groups must be an integer of at least 1, got 0"),
    ({"groups": 2}, "groups must divide the 3 channels of the image and the 4 of the result, got 2"),
    ({"groups": 3}, "groups must divide the 3 channels of the image and the 4 of the result, got 3"),
    ({"groups": 1.0}, "groups must be an integer of at least 1, got 1.0"),
    ({"bias": [1, 2, 3]}, "bias must have one number for each of the 4 output channels, got shape (3,)"),
    ({"bias": 0}, "bias must have one number for each of the 4 output channels, got shape ()"),
    ({"bias": [0, 0, np.nan, 0]}, "bias must be finite, got NaN or infinity in it"),
    ({"bias": [0, 0, 0, 1j]}, "bias must hold real numbers, got dtype complex128"),
    ({"padding_mode": "constant"}, "got 'constant': NumPy's and SciPy's 'constant' is 'zeros' here"),
    ({"padding_mode": "mirror"}, "got 'mirror': SciPy's 'mirror' is 'reflect' here"),
    ({"padding_mode": "nearest"}, "got 'nearest': SciPy's 'nearest' is 'replicate' here"),
    ({"padding_mode": "wrap"}, "got 'wrap': NumPy's and SciPy's 'wrap' is 'circular' here"),
    ({"padding_mode": "edge"}, "got 'edge': NumPy's 'edge' is 'replicate' here"),
    ({"padding_mode": "valid"}, "padding_mode must be 'zeros', 'reflect', 'replicate' or 'circular', got 'valid'"),
]


def assert_rejected(words, function, *arguments, **keywords):
    """Hold that a call raises one sentence with the words in it."""
    with pytest.raises(ImfilterError) as raised:
        function(*arguments, **keywords)
    message = str(raised.value)
    assert words in message
    assert "\n" not in message
    assert not re.search(r"[.!\s]$", message)


@pytest.fixture
def vast():
    """An image far too large to be filtered, which takes no memory: whoever starts to work on it fails."""
    return np.broadcast_to(np.array([1, 2, 3], np.uint8), (2**22, 2**22, 3))


@pytest.mark.parametrize(("wrong", "words"), BOTH)
def test_both_reject(wrong, words, vast):
    assert_rejected(words, correlate, **{"image": vast, "kernel": KERNEL, **wrong})
    assert_rejected(words, conv2d, **{"image": vast, "weight": BANK, **wrong})


@pytest.mark.parametrize(("wrong", "words"), CHANNELWISE)
def test_correlate_and_convolve_reject(wrong, words, vast):
    assert_rejected(words, correlate, **{"image": vast, "kernel": KERNEL, **wrong})
    assert_rejected(words, convolve, **{"image": vast, "kernel": KERNEL, **wrong})


@pytest.mark.parametrize(("wrong", "words"), LAYERS)
def test_conv2d_rejects(wrong, words, vast):
    assert_rejected(words, conv2d, **{"image": vast, "weight": BANK, **wrong})


# Images that cannot be filtered, and what the message says came.
IMAGES = [
    (np.ones((4, 4, 3), complex), "dtype complex128"),
    (np.ones((4, 4, 3), object), "dtype object"),
    (np.full((4, 4, 3), "a"), "dtype <U1"),
    (np.full((4, 4, 3), np.datetime64("2020-01-01")), "dtype datetime64[D]"),
    (np.full((4, 4, 3), np.timedelta64(1, "s")), "dtype timedelta64[s]"),
    (np.zeros((4, 4, 3), "V3"), "dtype |V3"),
    (np.zeros((4, 4, 3), [("r", "u1")]), "dtype [('r', 'u1')]"),
    ([[datetime.date(2020, 1, 1)]], "dtype object"),
    ([[1, 2], [3]], "list"),
    (None, "None"),
    ("photo.png", "'photo.png': open the file first"),
    (b"photo.png", "b'photo.png': open the file first"),
]


@pytest.mark.parametrize(("image", "came"), IMAGES)
def test_an_image_of_no_numbers_is_a_type_error(image, came):
    what = "hold real numbers of at most 64 bits" if "dtype" in came else "be an array or a Pillow image"
    for function, kernel in ((correlate, KERNEL), (convolve, KERNEL), (conv2d, BANK)):
        assert_rejected(f"image must {what}, got {came}", function, image, kernel)
        with pytest.raises(TypeError):
            function(image, kernel)


@pytest.mark.skipif(np.dtype("g").itemsize == 8, reason="no longer float here")
def test_a_longer_float_than_double_is_rejected(vast):
    for wrong in ({"image": np.ones((4, 4, 3), "g")}, {"image": vast, "dtype": "g"}):
        assert_rejected("real numbers of at most 64 bits, got ", correlate, **{"kernel": KERNEL, **wrong})


@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_integers_beyond_2_to_the_53_are_rejected(dtype):
    image = np.zeros((4, 4, 3), dtype)
    image[3, 1, 2] = 2**53 + 1
    words = f"int64 samples must lie within -2**53 and 2**53 to be exact, got 0 to {2**53 + 1}"
    assert_rejected(words, correlate, image=image, kernel=KERNEL)
    assert_rejected(words, conv2d, image=image, weight=BANK)
    image[3, 1, 2] = 2**53
    assert correlate(image, [[1]]).max() == 2**53
    if dtype == "i8":
        image[0, 0, 0] = -2**53 - 1
        assert_rejected(f"got {-2**53 - 1} to {2**53}", correlate, image=image, kernel=KERNEL)


@pytest.mark.parametrize("wrong", [{"dtype": complex}, {"dtype": object}, {"dtype": 3}, {"out": [0]}, {"kernel": None},
                                   {"kernel": [["a"]]}, {"kernel": [[1j]]}, {"kernel": "sobel"}])
def test_what_is_of_a_wrong_kind_is_a_type_error_too(wrong, vast):
    with pytest.raises(DtypeError) as raised:
        correlate(**{"image": vast, "kernel": KERNEL, **wrong})
    assert isinstance(raised.value, TypeError)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize("keywords", [
    {"padding": 2**50}, {"padding": "full", "dilation": 2**50}, {"padding": 2**61 - 9}])
def test_a_result_that_no_memory_holds_is_rejected(keywords):
    image = np.zeros((4, 4, 3), np.uint8)
    assert_rejected("", correlate, image=image, kernel=KERNEL, **keywords)
    assert_rejected("", conv2d, image=image, weight=BANK, **keywords)


def test_out_is_untouched_when_an_argument_is_wrong():
    image, out = np.ones((4, 4)), np.full((4, 4), 7.0)
    for wrong in ({"workers": 0}, {"stride": 0}, {"mode": "edge"}, {"dtype": "u1"}, {"cval": "x", "mode": "constant"}):
        with pytest.raises(ImfilterError):
            correlate(**{"image": image, "kernel": KERNEL, "out": out, **wrong})
    assert (out == 7).all()


def test_a_wrong_argument_is_an_error_for_an_image_without_pixels_too():
    for wrong in ({"workers": 0}, {"stride": 0}, {"mode": "edge"}, {"kernel": [[np.nan]]}, {"padding": -1}):
        with pytest.raises(ImfilterError):
            correlate(**{"image": np.empty((0, 4)), "kernel": KERNEL, **wrong})
