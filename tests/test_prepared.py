"""The phases of the engine: kernel sets, prepared computations in the cache, and plans with the layout of the loops."""
import numpy as np
import pytest
from called import functions_called

import imfilter
from imfilter.engine import _core, bank, channelwise
from imfilter.engine.channelwise import KernelSet, filter_channelwise
from imfilter.engine.request import BankRequest

KERNEL = np.array([[1.0, 2, 0], [0, -1, 0], [0, 0, 3]])
BANK = np.ones((8, 3, 3, 3))


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (20, 30, 3)).astype(np.uint8)


def test_kernel_sets_of_equal_weights_are_equal():
    for make in (lambda: KernelSet.from_kernel(KERNEL.copy(), flip=True),
                 lambda: KernelSet.magnitude(KERNEL, -KERNEL, flip=True),
                 lambda: KernelSet.separable(KERNEL[0], KERNEL[2])):
        assert make() == make() and hash(make()) == hash(make())
    assert KernelSet.from_kernel(KERNEL, flip=True) != KernelSet.from_kernel(KERNEL, flip=False)
    assert KernelSet.from_kernel(KERNEL, flip=False) != KernelSet.from_kernel(KERNEL[:, :2], flip=False)
    assert KernelSet.from_kernel([[0.0]], flip=False) != KernelSet.from_kernel([[-0.0]], flip=False)


def test_a_kernel_set_does_not_change_with_the_array(image):
    given = KERNEL.copy()
    sets = [KernelSet.from_kernel(given, flip=False), KernelSet.from_kernel(given.astype(">f8"), flip=False)]
    before = imfilter.correlate(image, KERNEL)
    given[...] = 0
    for kernels in sets:
        np.testing.assert_array_equal(filter_channelwise(image, kernels), before)


@pytest.mark.parametrize("flip", [False, True])
def test_kernel_sets_compute_what_their_kernel_does(flip, image):
    function = imfilter.convolve if flip else imfilter.correlate
    column, row = np.array([1.0, 2]), np.array([3.0, -1, 2, 1])
    options = {"mode": "wrap", "stride": (2, 1), "dtype": np.int32}
    np.testing.assert_array_equal(
        filter_channelwise(image, KernelSet.separable(column, row, flip=flip), **options),
        function(image, np.outer(column, row), **options))
    floats = image.astype(np.float64)
    first, second = function(floats, KERNEL), function(floats, KERNEL.T)
    np.testing.assert_allclose(
        filter_channelwise(floats, KernelSet.magnitude(KERNEL, KERNEL.T, flip=flip)),
        np.sqrt((first**2 + second**2) / 2))


def test_a_computation_is_prepared_once(image):
    channelwise._prepare_cached.cache_clear()
    bank._prepare_cached.cache_clear()
    weights = np.ones((2, 3, 3, 3))
    for _ in range(3):
        imfilter.correlate(image.copy(), KERNEL.tolist(), stride=[2, 1])
        imfilter.conv2d(image.copy(), weights.tolist(), [1, 2], stride=[2, 1])
    assert channelwise._prepare_cached.cache_info()[:2] == bank._prepare_cached.cache_info()[:2] == (2, 1)


@pytest.mark.parametrize(("right", "wrong"), [
    ({"groups": 1}, {"groups": True}), ({"groups": 1}, {"groups": 1.0}), ({"padding": 1}, {"padding": True}),
    ({"padding": ((0, 1), 1)}, {"padding": ((0, True), 1)}), ({"stride": 1}, {"stride": True}),
    ({"stride": (1, 1)}, {"stride": (1, True)}), ({"padding_mode": "zeros"}, {"padding_mode": ["zeros"]}),
])
def test_a_bank_looks_up_no_wrong_argument_as_a_right_one(right, wrong, image):
    weights = np.ones((2, 3, 3, 3))
    imfilter.conv2d(image, weights, **right)
    with pytest.raises(imfilter.ImfilterError):
        imfilter.conv2d(image, weights, **wrong)


def test_a_bank_with_another_bias_is_another_computation(image):
    weights = np.ones((2, 3, 1, 1))
    plain = imfilter.conv2d(image, weights, dtype="f4")
    for bias in ([1, 2], [2, 1], [0, 0]):
        np.testing.assert_array_equal(imfilter.conv2d(image, weights, bias, dtype="f4"), plain + np.float32(bias))


def test_a_plan_describes_the_loops(variant):
    image = np.zeros((1080, 1920, 3), np.float32)
    plan = imfilter.plan(image, np.random.default_rng(0).random((5, 5)), stride=(1, 2))
    layout = plan.layout
    rows = 6 if variant in ("v4", "neon") else 4
    assert (layout.variant, layout.rows, layout.segments) == (variant, rows, 2)
    assert 0 < layout.tile <= 960 and layout.chunk > 0 and layout.block is None and layout.threads >= 1
    for words in (f"{variant} loops", f"tiles of {layout.tile} pixels", f"{rows} rows at once", "2 segments", "thread"):
        assert words in str(plan)


def test_a_plan_names_the_threads_that_work_is_worth(monkeypatch):
    monkeypatch.setenv("IMFILTER_WORKERS", "3")
    threads = [imfilter.plan(np.zeros((size, size), np.float32), KERNEL).layout.threads for size in (8, 4000)]
    assert threads == [1, 3]


def test_a_packed_bank_describes_its_blocks(image):
    request = BankRequest(
        image.shape, image.dtype, channelwise.open_image(image, -1).layout, np.ones((40, 3, 3, 3)), None)
    prepared = bank.PreparedBank(request)
    task = prepared._make_task(image[None], np.empty((1, 18, 28, 40), np.uint8))
    pixels, outputs = task.layout()["block"]
    assert pixels >= 6 and outputs > 1 and task.layout()["variant"] in _core.simd_variants()


@pytest.mark.parametrize(("rows", "threads", "shares"), [(100, 2, 4), (1000, 2, 6), (1000, 1, 13), (4000, 2, 16)])
def test_long_work_of_a_bank_is_cut_into_more_strips(rows, threads, shares):
    image = np.broadcast_to(np.float32(0), (rows, 1000, 3))
    request = BankRequest(
        image.shape, image.dtype, channelwise.open_image(image, -1).layout, np.ones((32, 3, 3, 3)), None)
    assert bank.PreparedBank(request)._count_shares(threads) == shares


@pytest.mark.parametrize("call", [
    lambda image: imfilter.correlate(image, KERNEL), lambda image: imfilter.convolve(image, KERNEL, stride=2),
    imfilter.sobel, imfilter.median, imfilter.unsharp_mask, lambda image: imfilter.minimum(image, (3, 5)),
    lambda image: imfilter.gaussian(image, (1, 2)), imfilter.grayscale, imfilter.bilateral, imfilter.laplace,
    lambda image: imfilter.conv2d(image, BANK),
])
def test_a_repeated_call_on_a_small_image_runs_few_functions(call, image):
    call(image)
    names = functions_called(lambda: call(image))
    assert len(names) <= 20 and not {"prepare", "_open_arrays", "allocate_output", "check_kernel"} & {*names}, names


def test_what_is_prepared_serves_arrays_that_lie_otherwise(image):
    """The look-up knows shapes and dtypes; rows with gaps, or in the other byte order, are found out at the run."""
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, ::2] = image
    flipped = np.asarray(image[::-1])
    for function in (imfilter.sobel, imfilter.median, imfilter.box, lambda image: imfilter.correlate(image, KERNEL),
                     lambda image: imfilter.conv2d(image, np.ones((2, 3, 3, 3)) / 9, padding=1)):
        wanted = function(image)
        for given in (wide[:, ::2], flipped[::-1], np.asfortranarray(image), image):
            np.testing.assert_array_equal(function(given), wanted)
    floats = image.astype(np.float32)
    np.testing.assert_array_equal(imfilter.sobel(floats.astype(">f4")), imfilter.sobel(floats))


@pytest.mark.parametrize(("name", "right", "wrong"), [
    ("median", {"size": 3}, {"size": 3.0}), ("median", {"size": 1}, {"size": True}),
    ("median", {"size": (1, 1)}, {"size": (1, True)}), ("sobel", {"axis": 1}, {"axis": True}),
    ("sobel", {"stride": 1}, {"stride": True}), ("sobel", {"stride": (1, 1)}, {"stride": (1, True)}),
    ("sobel", {"exact": False}, {"exact": 0}), ("sobel", {"mode": "wrap"}, {"mode": ["wrap"]}),
    ("sobel", {"workers": 1}, {"workers": 0}), ("median", {"workers": 1}, {"workers": True}),
])
def test_a_filter_looks_up_no_wrong_argument_as_a_right_one(name, right, wrong, image):
    function = getattr(imfilter, name)
    function(image, **right)
    with pytest.raises(imfilter.ImfilterError):
        function(image, **wrong)


def test_a_wrong_number_of_threads_in_the_environment_is_refused_by_small_calls(image, monkeypatch):
    imfilter.sobel(image)
    monkeypatch.setenv("IMFILTER_WORKERS", "none")
    with pytest.raises(imfilter.ImfilterError, match="IMFILTER_WORKERS must be an integer of at least 1, got 'none'"):
        imfilter.sobel(image)
