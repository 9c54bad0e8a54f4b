"""What a kernel's numbers allow, the plan made of that, and that every method gives the same numbers."""
import numpy as np
import pytest
import vectorized_reference as vectorized
from promise import assert_promised
from reference import margins

import imfilter
from imfilter.engine.kernel_structure import find_runs, integer_scale, power_of_two_sums, separable_factors
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
    ([[0.1, 0.10001]], [[0.1, 0.10001]], 1),
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
    spread, levels = power_of_two_sums(np.array([[2.0] * 7 + [1, 0, 3]]))
    assert levels == 2
    plain, pairs, fours = spread.reshape(3, -1)
    assert plain.tolist() == [0] * 6 + [2, 1, 0, 3]
    assert pairs.tolist() == [0] * 4 + [2] + [0] * 5
    assert fours.tolist() == [2] + [0] * 9


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
