"""The promise about numbers, as an assertion: how far a result of each dtype may be from the exact one."""
import numpy as np
import reference

EXACT = 2.0**53  # sums of integers below this are exact in float64


def allowance(weights, peak, unit=1e-7):
    """Return E = unit (4 + sqrt(taps)) sum|w| max|p|, of the heaviest kernel when there are several."""
    taps = np.asarray(weights).size // (len(weights) if np.ndim(weights) == 4 else 1)
    return unit * (4 + taps ** 0.5) * largest_sum(weights, peak)


def largest_sum(weights, peak):
    """Return sum|w| max|p|, of the heaviest kernel when there are several."""
    kernels = np.abs(np.asarray(weights, float))
    return kernels.reshape(len(kernels) if kernels.ndim == 4 else 1, -1).sum(1).max() * peak


def assert_promised(result, exact, weights, peak, whole=False):
    """Hold a result against the exact values.

    peak: the largest |pixel|, and |bias| / sum|w| for what a bias adds. whole: kernel and image are integers,
    so the result is exact as long as no sum can reach 2^53.
    """
    assert result.shape == exact.shape
    dtype = result.dtype
    if whole and largest_sum(weights, peak) < EXACT:
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(result, reference.rounded(exact, dtype))
        return
    exact = exact.astype(float)  # Python's own integers, where they are large
    if dtype.kind == "f":
        assert_near(result, exact, allowance(weights, peak, 1e-15 if dtype == np.float64 else 1e-7))
    else:
        low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        wanted = np.where(np.isnan(exact), 0, np.clip(exact, low, high))
        np.testing.assert_allclose(result.astype(float), wanted, rtol=0, atol=0.52 + allowance(weights, peak))


def assert_near(result, exact, error):
    """Hold floats against the exact values: NaN where they are, infinite where they are, else within the error."""
    finite = np.isfinite(exact)
    np.testing.assert_array_equal(result[~finite], exact[~finite])
    got, wanted = result[finite], exact[finite]
    low, high = wanted - error, wanted + error
    if result.dtype == np.float16:  # the cast comes on top, and keeps the order of numbers
        with np.errstate(over="ignore"):
            low, high = low.astype(np.float16), high.astype(np.float16)
    assert ((low <= got) & (got <= high)).all(), np.abs(got - wanted).max() / error
