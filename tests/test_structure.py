"""What a kernel's numbers allow, the plan made of that, and that every method gives the same numbers."""
import numpy as np
import pytest
import vectorized_reference as vectorized
from promise import assert_promised
from reference import margins

import imfilter
from imfilter.engine.kernel_structure import (
    Separable,
    absolute_sum,
    find_runs,
    has_negative,
    integer_scale,
    power_of_two_sums,
    separable_factors,
    sum_of,
    to_dense,
)
from imfilter.engine.planner import Samples, choose_bank_dtype, choose_plan
from imfilter.errors import ImfilterError

DISK = (np.hypot(*np.mgrid[-7:8, -7:8]) <= 7.2).astype(float)
BELL = np.exp(-np.arange(-4, 5) ** 2 / 4)
KERNELS = {
    "sobel": np.outer([1, 0, -1], [1, 2, 1]) / 4, "box": np.full((5, 9), 1 / 45), "disk": DISK / DISK.sum(),
    "motion": np.eye(9) / 9, "gaussian": np.outer(BELL, BELL) / 12, "column": np.ones((9, 1)),
    "steps": np.repeat([[1, -2, 3]], 6, 1) / 7, "any": np.random.default_rng(3).normal(size=(4, 6)),
    "zero": np.zeros((3, 5)),
}


@pytest.mark.parametrize(("kernel", "numbers", "scale"), [
    ([[1, 2], [3, 4]], [[1, 2], [3, 4]], 1), ([[0.25, 0, -0.5]], [[1, 0, -2]], 0.25),
    ([[3 / 16, 10 / 16]], [[3, 10]], 1 / 16), (np.full((3, 3), 1 / 9), np.ones((3, 3)), 1 / 9),
    ([[0.1, 0.10001]], [[0.1, 0.10001]], 1), ([[1.5, 1.5 + 1.5 / 12]], [[12, 13]], 1 / 8),
    ([[1.5, 1.5 + 1.5 / 13]], [[1.5, 1.5 + 1.5 / 13]], 1), ([[1.5, -15000]], [[1, -10000]], 1.5),
    ([[1.5, 15001.5]], [[1.5, 15001.5]], 1), ([[2e-30, 0]], [[1, 0]], 2e-30), ([[9e-31, 0]], [[9e-31, 0]], 1),
    ([[0.0, 0]], [[0, 0]], 1),
])
def test_integers_are_found_behind_a_scale(kernel, numbers, scale):
    found, factor = integer_scale(np.array(kernel, float))
    np.testing.assert_array_equal(found, numbers)
    assert factor == pytest.approx(scale, rel=1e-15)


def test_products_of_a_column_and_a_row_are_taken_apart():
    column, row = np.array([1, 2.5, -1]), np.array([0.3, 0, 7, 1])
    found = separable_factors(np.outer(column, row))
    np.testing.assert_allclose(found.column[:, None] * found.row, np.outer(column, row), rtol=1e-15)
    assert all(separable_factors(kernel) is None for kernel in (np.eye(3), np.zeros((3, 3)), row[None]))


def test_runs_are_summed_by_doubling():
    assert find_runs(np.array([0, 0, 0, 0, 2, 2, 2, 2, 2, 1, 1])) == [(4, 9)]
    assert find_runs(np.array([1, 1, 1, 2, 2, 2, 2, 5, 5, 5, 5])) == [(3, 7), (7, 11)]
    assert power_of_two_sums(np.array([[1.0, 1, 1, 3]]))[1] == 0
    spread, levels = power_of_two_sums(np.array([[2.0] * 7 + [1, 0, 3]]))
    assert levels == 2
    plain, pairs, fours = spread.reshape(3, -1)
    assert plain.tolist() == [0] * 6 + [2, 1, 0, 3]
    assert pairs.tolist() == [0] * 4 + [2] + [0] * 5
    assert fours.tolist() == [2] + [0] * 9


def test_parts_of_a_product():
    product = Separable(np.array([1.0, 0, -2]), np.array([3.0, 4]))
    assert (product.shape, product.size, product.taps) == ((3, 2), 5, 4)
    assert to_dense(product).tolist() == [[3, 4], [0, 0], [-6, -8]]
    assert (sum_of(product), absolute_sum(product)) == (-7, 21)
    assert has_negative(product) and not has_negative(np.array([[0, 1]]))
    zeros = Separable.from_factors(np.array([1.0, 2]), np.zeros(4))
    assert (zeros.column.tolist(), zeros.row.tolist()) == ([0, 0], [0, 0, 1, 0])


@pytest.mark.parametrize(("kernel", "found"), [
    ([[1, 1], [1, 1 + 1e-16]], True), ([[1, 1], [1, 1 + 1e-14]], False), ([[1, 0], [0, 0]], True),
    ([[1, 0], [1e-20, 1e-20]], False), ([[0, 2], [0, 3]], True), ([[1], [2]], False),
])
def test_what_is_a_product_within_rounding(kernel, found):
    assert (separable_factors(np.array(kernel, float)) is not None) == found


@pytest.mark.parametrize(("name", "method", "dtype"), [
    ("sobel", "direct", "int16"), ("gaussian", "separable", "float32"), ("disk", "runs", "float32"),
    ("motion", "direct", "int16"),
    ("column", "runs", "int16"), ("any", "direct", "float32"),
])
def test_the_plan_follows_from_the_numbers(name, method, dtype):
    plan = imfilter.plan(np.zeros((50, 60, 3), np.uint8), KERNELS[name])
    assert (plan.method, plan.compute_dtype) == (method, dtype)
    said = str(plan)
    assert said.startswith(method) and f"{plan.taps} multiplications" in said and f"{plan.scratch:,} bytes" in said
    assert 0 < plan.scratch < 4 * 2**20


def plan_of(dtype, *kernels, target=None, cval=0.0, stride=(1, 1), dilation=(1, 1), width=500):
    """Return the plan of some kernels."""
    samples = Samples(np.dtype(dtype), np.dtype(target or dtype), cval)
    kernels = tuple(np.array(kernel, float) for kernel in kernels)
    return choose_plan(kernels, samples, stride=stride, dilation=dilation, width=width)


@pytest.mark.parametrize(("dtype", "weights", "computed"), [
    ("u1", [127, 1], "int16"), ("u1", [128, 1], "float32"), ("u1", [-127, 1], "int16"), ("u1", [0.5, 0.3], "int16"),
    ("u1", [65793, 1], "float64"), ("u1", [65792, 1], "float32"), ("u1", [0.1, 0.10001], "float32"),
    ("u2", [255, 1], "float32"), ("u2", [256, 1], "float64"), ("i2", [510, 1], "float32"), ("i2", [511, 1], "float64"),
    ("u2", [128, 128.5], "float32"), ("i4", [1, 2], "float64"), ("f4", [1, 2], "float32"), ("f8", [1, 2], "float64"),
    ("f4", [1e30, 1], "float64"), ("f4", [1e-30, 0], "float64"), ("f4", [1e29, 1], "float32"),
    ("f4", [1, -1], "float32"), ("f4", [3, -3], "float64"), ("f4", [3, -2], "float32"),
])
def test_sums_are_computed_in_what_holds_them(dtype, weights, computed):
    assert plan_of(dtype, [weights]).compute_dtype == computed


@pytest.mark.parametrize(("dtype", "weight", "bounded"), [
    ("u1", 15686.2, True), ("u1", 15686.4, False), ("u2", 61.0360, True), ("u2", 61.0362, False),
    ("i2", 122.0703, True), ("i2", 122.0704, False), ("i4", 0.0018626, True), ("i4", 0.0018627, False),
    ("f4", 1e-9, False), ("f8", 1e-9, False),
])
def test_results_below_4_million_are_rounded_without_checks(dtype, weight, bounded):
    assert plan_of(dtype, [[weight]]).bounded == bounded
    bank = np.array([[[[weight / 2]], [[-weight / 2]]]])
    assert choose_bank_dtype(bank, None, np.dtype(dtype), np.dtype(dtype))[1] == bounded


def test_the_constant_outside_counts_in_sums():
    assert plan_of("u1", [[127, 1]], cval=256).compute_dtype == "float32"
    assert plan_of("u1", [[127, 1]], cval=255).compute_dtype == "int16"
    assert plan_of("u1", [[12, 1]], cval=0.5).compute_dtype == "float32"


@pytest.mark.parametrize(("dtype", "weights", "bias", "computed"), [
    ("u1", [1, 2], None, "float32"), ("u2", [255, 1], [0], "float32"), ("u2", [255, 1], [1], "float64"),
    ("u2", [256, 1], None, "float64"), ("u2", [256, -1], [1.5], "float32"), ("u2", [256.5, 1], None, "float32"),
    ("i4", [0.5, 0.5], None, "float64"), ("f8", [1, 2], None, "float64"), ("f4", [1, 2], None, "float32"),
    ("f4", [9e29, 2e29], None, "float64"), ("f4", [9e29, 0], [2e29], "float64"), ("f4", [1e8, 1], [1], "float32"),
    ("f4", [4e-31, 4e-31], None, "float64"),
])
def test_banks_are_computed_in_what_holds_their_sums(dtype, weights, bias, computed):
    bank = np.array(weights, float).reshape(1, -1, 1, 1)
    found = choose_bank_dtype(bank, None if bias is None else np.array(bias, float), np.dtype(dtype), np.dtype("f4"))
    assert found[0] == computed


@pytest.mark.parametrize(("kernel", "solid"), [
    (np.ones((5, 9)), True), (np.ones((257, 9)), True), (np.ones((258, 9)), False), (np.ones((9, 300)), True),
    (np.ones((257, 256)), True), (np.ones((257, 257)), False), (DISK > 0, True), (np.ones((5, 5)) - np.eye(5), False),
    ([[1] * 9, [1] * 8 + [2], [1] * 9], False), (np.repeat([[1], [0], [1]], 9, 1), False), (np.tri(9), True),
])
def test_kernels_of_ones_in_one_piece_slide_down_the_image(kernel, solid):
    plan = plan_of("u1", kernel)
    assert (plan.solid is not None) == solid
    assert plan_of("u1", kernel, kernel).solid is None
    for options in ({"target": "f8"}, {"cval": 256}, {"cval": 0.5}, {"cval": -1}, {"stride": (1, 2)},
                    {"dilation": (2, 1)}):
        assert plan_of("u1", kernel, **options).solid is None


@pytest.mark.parametrize(("kernel", "solid"), [
    (np.full((3, 3), 1 / 9), True), (np.full((31, 31), 1 / 961), True), (np.ones((16, 16)), True),
    (np.ones((16, 17)), False), (np.full((128, 256), 2.0**-15), True), (np.full((129, 256), 2.0**-15), False),
    (DISK > 0, False), ([[1, 2, 1]] * 3, False),
])
def test_boxes_slide_down_images_of_16_bits(kernel, solid):
    assert (plan_of("u2", kernel).solid is not None) == solid
    for options in ({"target": "f8"}, {"cval": 65536}, {"cval": 0.5}, {"stride": (1, 2)}, {"dilation": (2, 1)}):
        assert plan_of("u2", kernel, **options).solid is None


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "f4"])
def test_strides_prefer_a_column_and_a_row(dtype):
    for stride in (2, 3, 4):
        assert plan_of(dtype, np.full((2, 2), 0.25), stride=(stride, stride)).method == "separable"
        assert plan_of(dtype, [[1, 2], [3, 4]], stride=(stride, stride)).method == "direct"
    assert plan_of(dtype, np.full((2, 2), 0.25)).method == "direct"


@pytest.mark.parametrize(("kernel", "taps"), [
    (np.ones((5, 9)), 4), (np.ones((5, 16)), 4), (np.ones((5, 7)), 9), (np.tri(9), 27),
    (np.ones((5, 9)) * ([1] * 8 + [0]), 3), (np.ones((20, 9)) * ([1] * 4 + [0] + [1] * 4), 3),
])
def test_sums_that_slide_take_2_taps_for_each_height_of_a_column(kernel, taps):
    """And one for each column; equal columns are summed by doubling, 8 in one."""
    assert plan_of("u1", kernel).taps == taps


DOWN = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
CROSS = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])


@pytest.mark.parametrize(("kernels", "differences"), [
    ([DOWN], True), ([DOWN.T], True), ([DOWN, DOWN.T], True), ([DOWN, np.ones((3, 3))], False), ([CROSS], True),
    ([-CROSS], True), ([CROSS * [1, 1, 2]], False), ([np.ones((3, 3)) - 9 * np.eye(1, 9, 4).reshape(3, 3)], True),
    ([DOWN * [[1], [1], [-1]]], False), ([DOWN[:, :2]], False), ([np.diag([1, 0, -1])], True),
    ([[[1, 2, 3], [0, 0, 0], [-1, -2, -3]]], True), ([[[1, 0, -1], [2, 0, -2], [3, 0, -3]]], True),
    ([[[1, 2, 3], [0, 0, 0], [-3, -2, -1]]], False), ([np.diag([1, 0, 1])], False),
    ([CROSS + np.eye(1, 9, 4).reshape(3, 3)], False),
])
def test_kernels_that_are_differences_of_pixels(kernels, differences):
    assert plan_of("f4", *kernels).differences == differences
    assert not plan_of("u1", *kernels).differences
    assert not plan_of("f8", *kernels).differences
    assert not plan_of("f4", *kernels, stride=(2, 1)).differences
    assert not plan_of("f4", *kernels, dilation=(1, 2)).differences


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f4", "f8"])
def test_every_method_gives_the_same_numbers(name, dtype, rng, variant):
    kernel = KERNELS[name]
    image = (rng.random((23, 61, 3)) * 200).astype(dtype)
    for mode, stride, dilation in (("reflect", 1, 1), ("wrap", 2, 1), ("constant", 1, 3)):
        steps, spread = (stride, stride), (dilation, dilation)
        exact = vectorized.correlate(image, kernel, margins("same", kernel.shape, spread), mode, 0, steps, spread)
        for method in ("auto", "direct", "runs", "separable"):
            if method == "separable" and separable_factors(kernel) is None:
                continue
            result = imfilter.correlate(image, kernel, mode=mode, stride=stride, dilation=dilation, method=method)
            assert_promised(result, exact, kernel, 200)


def test_a_method_that_cannot_be_is_rejected():
    image = np.zeros((5, 5))
    with pytest.raises(ImfilterError, match="needs a kernel that is the product of a column and a row"):
        imfilter.correlate(image, np.eye(3), method="separable")
    with pytest.raises(ImfilterError, match=r"method must be 'auto', 'direct'.*, got 'fast'"):
        imfilter.correlate(image, np.eye(3), method="fast")


def test_edges_of_a_constant_image_of_integers_are_0_to_the_bit():
    for dtype in (np.uint8, np.uint16, np.int16):
        image = np.full((9, 40, 3), 77, dtype)
        for name in ("sobel", "scharr", "prewitt", "roberts"):
            assert not getattr(imfilter, name)(image, dtype=np.float32).any(), (name, dtype)


@pytest.mark.parametrize("kernel", [[[2.0, 2, 1e308, 1e308]], [[1e308, 1e308]] * 2, [[1e200, 1e-200], [1e-200, 1e200]]])
def test_weights_whose_sum_overflows_are_planned_without_a_warning(kernel):
    image = np.zeros((9, 9), np.uint8)
    np.testing.assert_array_equal(imfilter.correlate(image, np.array(kernel)), image)
