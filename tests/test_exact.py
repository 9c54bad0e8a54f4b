"""exact=True: the same bits on every instruction set; and weights of kernels, which have them anyway."""
import decimal
import math

import declared
import numpy as np
import pytest
from variants import loops_of

import imfilter
from imfilter.engine import _core
from imfilter.filters import FILTERS
from imfilter.weights.elementary import cosine_and_sine_of, exponential

DTYPES = ["u1", "i2", "i4", "f4", "f8"]


def compute_everywhere(compute):
    """Return the bytes of a result on every instruction set."""
    results = set()
    for variant in _core.simd_variants():
        with loops_of(variant):
            results.add(compute().tobytes())
    return results


def make_image(rng, dtype):
    image = rng.random((37, 83, 3))
    return (image * 200).astype(dtype) if dtype[0] != "f" else image.astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FILTERS)
def test_filters(name, dtype, rng):
    image = make_image(rng, dtype)
    values = declared.needed(name)
    assert len(compute_everywhere(lambda: FILTERS[name].function(image, **values, exact=True))) == 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", ["direct", "separable", "runs", "fft"])
@pytest.mark.parametrize("masked", [False, True])
def test_correlate(masked, method, dtype, rng):
    image, kernel = make_image(rng, dtype), np.outer(rng.standard_normal(9), rng.random(5))
    mask = rng.random(image.shape[:2]) if masked else None
    results = compute_everywhere(lambda: imfilter.correlate(
        image, kernel, mask=mask, method=method, dtype="f8", mode="constant", cval=0.3, exact=True))
    assert len(results) == 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("groups", [1, 3])
def test_conv2d(groups, dtype, rng):
    image, bank = make_image(rng, dtype), rng.standard_normal((6, 3 // groups, 3, 3))
    results = compute_everywhere(
        lambda: imfilter.conv2d(image, bank, np.arange(6) / 7, groups=groups, stride=2, dtype="f4", exact=True))
    assert len(results) == 1


def test_the_loops_of_the_baseline_are_used_and_the_others_afterwards(rng):
    image, kernel = rng.random((9, 40)).astype("f4"), rng.standard_normal((3, 3))
    best = _core.simd_variants()[-1]
    assert imfilter.plan(image, kernel).layout.variant == best
    assert imfilter.plan(image, kernel, exact=True).layout.variant == "baseline"
    with loops_of("baseline"):
        slow = imfilter.correlate(image, kernel)
    np.testing.assert_array_equal(imfilter.correlate(image, kernel, exact=True), slow)
    assert imfilter.plan(image, kernel).layout.variant == best


def test_a_chain_and_its_text():
    chain = imfilter.Pipeline("gaussian:sigma=2:exact,sobel")
    assert str(chain) == "gaussian:sigma=2:exact,sobel"
    image = np.arange(60.0, dtype="f4").reshape(6, 10)
    wanted = imfilter.sobel(imfilter.gaussian(image, 2, exact=True))
    np.testing.assert_allclose(chain(image), wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("call", [
    lambda image: imfilter.correlate(image, [[1]], exact=1),
    lambda image: imfilter.conv2d(image, np.ones((1, 1, 1, 1)), exact=1),
    lambda image: imfilter.sobel(image, exact=1),
    lambda image: imfilter.median(image, exact=1),
])
def test_other_values_are_rejected(call):
    image = np.zeros((4, 4))
    with pytest.raises(imfilter.ImfilterError, match=r"^exact must be True or False, got 1$"):
        call(image)


def test_exponentials_are_right_to_the_last_place(rng):
    exponents = np.concatenate([-30 * rng.random(300), 700 * rng.random(20), [0.0, -0.5, -1e-300, -745.0]])
    with decimal.localcontext() as context:
        context.prec = 50
        for exponent, power in zip(exponents.tolist(), exponential(exponents).tolist(), strict=True):
            wanted = decimal.Decimal(exponent).exp()
            assert abs(decimal.Decimal(power) - wanted) <= decimal.Decimal(math.ulp(power)), exponent
    assert exponential(np.array([-1e9, 0.0])).tolist() == [0.0, 1.0]


def test_cosines_and_sines(rng):
    angles = np.concatenate([rng.uniform(-30, 30, 300), rng.uniform(-1e6, 1e6, 300)])
    cosines, sines = cosine_and_sine_of(angles)
    np.testing.assert_allclose(cosines, np.cos(angles), rtol=0, atol=3e-16)
    np.testing.assert_allclose(sines, np.sin(angles), rtol=0, atol=3e-16)
    assert [float(values[()]) for values in cosine_and_sine_of(np.float64(0))] == [1.0, 0.0]


def test_blocks_of_a_dask_array(rng):
    lazy = pytest.importorskip("dask.array")
    image, bank = rng.random((9, 40, 3)).astype("f4"), rng.standard_normal((20, 3, 3, 3))
    kernel = rng.standard_normal((3, 3))
    for compute in (lambda image: imfilter.conv2d(image, bank, exact=True),
                    lambda image: imfilter.correlate(image, kernel, exact=True),
                    lambda image: imfilter.unsharp_mask(image, 2, exact=True)):
        chunked = compute(lazy.from_array(image, chunks=(4, 17, 3)))
        np.testing.assert_array_equal(chunked.compute(scheduler="synchronous"), compute(image))
