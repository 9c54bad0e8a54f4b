"""Results are arrays of the library that the image is of: every filter, and every function that takes an image."""
import inspect
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from containers import WRAPPERS, MinimalArray, pixels_of
from declared import needed

import imfilter
from imfilter import DtypeError, ImfilterError
from imfilter.arrays.conversion import to_input_type
from imfilter.filters import FILTERS

KERNEL = np.array([[1.0, 2, 0], [0, 1, 3], [1, 1, 1]])
BANK = np.arange(54.0).reshape(2, 3, 3, 3)

# Functions by name; of an image (12, 10, 3) of floats.
FUNCTIONS = {
    "correlate": lambda image: imfilter.correlate(image, KERNEL),
    "strided": lambda image: imfilter.correlate(image, KERNEL, padding="valid", stride=(2, 3)),
    "convolve": lambda image: imfilter.convolve(image, KERNEL, padding="full"),
    "masked": lambda image: imfilter.correlate(image, KERNEL, mask="nan"),
    "select": lambda image: imfilter.correlate(image, [KERNEL, KERNEL.T], select=np.eye(12, 10, dtype=int)),
    "conv2d": lambda image: imfilter.conv2d(image, BANK, [1, 2], padding=1, stride=2),
    "conv_transpose2d": lambda image: imfilter.conv_transpose2d(image, BANK.reshape(3, 2, 3, 3), stride=2),
    "max_pool2d": lambda image: imfilter.max_pool2d(image, 3, stride=2, padding=1),
    "avg_pool2d": lambda image: imfilter.avg_pool2d(image, 2),
    "unfold": lambda image: imfilter.unfold(image, 3),
    "fold": lambda image: imfilter.fold(imfilter.unfold(image, 2), (12, 10), 2),
    "run": lambda image: imfilter.Stack.parse("3x2 p1, max2").with_weights([BANK]).run(image),
    "generic": lambda image: imfilter.generic(image, np.ptp, 3, stride=2),
    "windows": lambda image: imfilter.windows(image, (2, 3), stride=2),
    "windows of the image": lambda image: imfilter.windows(image, 3, padding="valid"),
    "pyramid": lambda image: imfilter.pyramid(image),
    "laplacian": lambda image: imfilter.pyramid(image, 3, "laplacian"),
    "reduce": lambda image: imfilter.pyramid_reduce(image),
    "expand": lambda image: imfilter.pyramid_expand(image, (23, 20)),
    "reconstruct": lambda image: imfilter.pyramid_reconstruct(imfilter.pyramid(image, 3, "laplacian")),
    "blend": lambda image: imfilter.blend(image, imfilter.contour(image), "0,0,50%,100%", feather=2),
    "pipeline": lambda image: imfilter.Pipeline("gaussian:stride=2", "sobel")(image),
    "kernel in a pipeline": lambda image: imfilter.Pipeline(KERNEL, "grayscale")(image),
    "stack": lambda image: imfilter.Stack.parse("3x2 p1, 1x1").apply(image, [BANK, np.ones((1, 2, 1, 1))]),
    "dtype": lambda image: imfilter.gaussian(image, dtype="uint8"),
    "mask": lambda image: imfilter.median(image, mask=image),
    "restore": lambda image: imfilter.restore(image, KERNEL, iterations=2, stride=2),
    "linear": lambda image: imfilter.gaussian(image, linear=True),
    "guide": lambda image: imfilter.guided(image, guide=image),
    "as a keyword": lambda image: imfilter.windows(image=image, size=1),
}


NOT_OF_IMAGES = {"plan", "show"}  # functions of an image whose results are no images


@pytest.fixture(params=["minimal", "copying", *(pytest.param(name, marks=pytest.mark.more) for name in (
    "torch", "array_api_strict", "xarray"))])
def wrap(request):
    """Make an array of a library out of one of NumPy."""
    if request.param in ("torch", "array_api_strict", "xarray"):
        pytest.importorskip(request.param)
    return WRAPPERS[request.param]


@pytest.fixture
def image():
    return np.random.default_rng(3).random((12, 10, 3), np.float32)


def check_kind(results, expected, kind):
    """Check that results are of a type, and the samples those of arrays of NumPy."""
    assert len(results) == len(expected)
    for result, array in zip(results, expected, strict=True):
        assert type(result) is kind
        assert pixels_of(result).dtype == array.dtype
        np.testing.assert_array_equal(pixels_of(result), array)


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_keeps_the_kind(name, wrap, image):
    given = wrap(image.copy())
    result = FILTERS[name].function(given, **needed(name))
    check_kind([result], [FILTERS[name].function(image, **needed(name))], type(given))
    np.testing.assert_array_equal(pixels_of(given), image)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_keeps_the_kind(name, wrap, image):
    given, function = wrap(image.copy()), FUNCTIONS[name]
    expected, result = function(image), function(given)
    if not isinstance(expected, list):
        expected, result = [expected], [result]
    check_kind(result, expected, type(given))


def test_every_function_of_an_image_is_here():
    """A function that is not: decorate it with keep_kind, and add a call to FUNCTIONS."""
    functions = {name: value for name, value in ((name, getattr(imfilter, name)) for name in dir(imfilter))
                 if inspect.isfunction(value) and "image" in inspect.signature(value).parameters}
    calls = Path(__file__).read_text(encoding="utf-8")
    missing = {name for name in functions if name not in FILTERS and f"imfilter.{name}(" not in calls}
    assert missing <= NOT_OF_IMAGES


def test_repeated_calls_keep_the_kind(wrap, image):
    expected = imfilter.sobel(image)
    for _ in range(3):
        check_kind([imfilter.sobel(wrap(image))], [expected], type(wrap(image)))
    assert type(imfilter.sobel(image)) is np.ndarray


def test_images_without_pixels(wrap):
    empty = np.zeros((0, 4), np.float32)
    check_kind([imfilter.sobel(wrap(empty))], [empty], type(wrap(empty)))


def test_the_first_level_of_a_pyramid_is_the_image(wrap, image):
    given = wrap(image)
    assert imfilter.pyramid(given, 2)[0] is given


def test_out_of_the_same_kind_is_written_and_returned(wrap, image):
    memory = np.full(image.shape, -1, np.float32)
    out = wrap(memory)
    if out.__class__.__name__ == "Array":  # copies at first
        memory = np.from_dlpack(out)
    for function in (imfilter.sobel, lambda given, **options: imfilter.correlate(given, KERNEL, **options),
                     lambda given, **options: imfilter.generic(given, np.ptp, **options)):
        assert function(wrap(image), out=out) is out
        np.testing.assert_array_equal(memory, function(image))
    array = np.empty_like(image)
    assert imfilter.sobel(wrap(image), out=array) is array
    np.testing.assert_array_equal(array, imfilter.sobel(image))


def test_an_out_of_another_kind_is_rejected(wrap, image):
    for out in ([1.0], object(), "text"):
        with pytest.raises(DtypeError, match=rf"^out must be .*, got {type(out).__name__}$"):
            imfilter.sobel(wrap(image), out=out)
    with pytest.raises(ImfilterError, match=r"^out must have shape \(12, 10, 3\) and dtype float32, got \(12, 10\)"):
        imfilter.sobel(wrap(image), out=wrap(np.empty((12, 10), np.float32)))
    with pytest.raises(DtypeError, match=r"^out must be a NumPy array, got "):
        imfilter.sobel(image, out=wrap(image))


def test_an_out_that_only_copies_is_rejected(image):
    class Copies:
        """An array whose memory cannot be shared."""

        shape = image.shape

        def __array_namespace__(self):
            return np

        def __array__(self, dtype=None, copy=None):
            return image.copy()

    assert type(imfilter.sobel(Copies())) is np.ndarray  # the library's
    with pytest.raises(DtypeError, match=r"^out must share its memory with NumPy, got Copies"):
        imfilter.sobel(Copies(), out=Copies())


class SingleArray(MinimalArray):
    """An array of a library that has no float64, and makes it float32, as JAX does."""

    def __array_namespace__(self, api_version=None):
        return SimpleNamespace(from_dlpack=lambda array: SingleArray(
            np.asarray(array).astype("f4" if array.dtype == "f8" else array.dtype)))

    @property
    def dtype(self):
        return self.pixels.dtype


def test_a_dtype_that_the_library_has_not_is_rejected(image):
    assert imfilter.gaussian(SingleArray(image), dtype="uint8").dtype == np.uint8
    with pytest.raises(DtypeError, match=r"^dtype must be one that test_containers has, got float64$"):
        imfilter.gaussian(SingleArray(image), dtype="float64")


@pytest.mark.parametrize("kind", ["minimal", pytest.param("torch", marks=pytest.mark.more)])
def test_results_share_memory(kind, image):
    pytest.importorskip(kind) if kind == "torch" else None
    wrap = WRAPPERS[kind]
    given = wrap(image)
    assert np.shares_memory(pixels_of(to_input_type(given, image)), image)
    assert np.shares_memory(pixels_of(imfilter.windows(given, 3, padding="valid")), image)


@pytest.mark.parametrize("kind", ["minimal", *(pytest.param(name, marks=pytest.mark.more) for name in (
    "torch", "array_api_strict", "xarray"))])
def test_nothing_of_the_size_of_the_image_is_copied(kind):
    pytest.importorskip(kind) if kind != "minimal" else None
    given = WRAPPERS[kind](np.ones((2000, 1000), np.float32))
    out = WRAPPERS[kind](np.ones((2000, 1000), np.float32))
    imfilter.sobel(given)
    tracemalloc.start()
    try:
        result = imfilter.sobel(given)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        imfilter.sobel(given, out=out)
        written = tracemalloc.get_traced_memory()[1] - 8_000_000
    finally:
        tracemalloc.stop()
    assert pixels_of(result).nbytes == 8_000_000
    assert peak < 8_800_000 and written < 800_000


def test_what_stays_an_array_of_numpy(image):
    for given in (image.tolist(), memoryview(image), image.astype(">f4"), np.asfortranarray(image), image[::-1, ::2],
                  image.view(type("Own", (np.ndarray,), {}))):
        assert type(imfilter.sobel(given)) is np.ndarray
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.asmatrix(image[..., 0])
    result = imfilter.sobel(matrix)
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, imfilter.sobel(image[..., 0]))


def test_errors_are_those_of_arrays(wrap, image):
    calls = [lambda given: imfilter.gaussian(given, -1), lambda given: imfilter.correlate(given, [[np.nan]]),
             lambda given: imfilter.windows(given, 0), lambda given: imfilter.conv2d(given, np.ones((1, 2, 1, 1))),
             lambda given: imfilter.sobel(given, channel_axis=7), lambda given: imfilter.sobel(given, dtype="nothing"),
             lambda given: imfilter.sobel(given, stride=0), lambda given: imfilter.pyramid(given, 99)]
    for call in calls:
        with pytest.raises(ImfilterError) as own:
            call(image)
        with pytest.raises(type(own.value)) as other:
            call(wrap(image))
        assert str(other.value) == str(own.value)
