"""Patterns of weights: fixed zeros and tied weights."""
import numpy as np
import pytest

from imfilter import ImfilterError, Pattern

SOBEL = Pattern([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
PATTERNS = [SOBEL, Pattern([[5]]), Pattern([[0, 0]]), Pattern.full((2, 3)), Pattern.full((2, 3, 1, 2)),
            Pattern([[[[1, -1]], [[0, 2.5]]]])]


def test_labels_mark_zeros_ties_and_opposite_signs():
    np.testing.assert_array_equal(SOBEL.kernel([3, 7]), [[3, 7, 3], [0, 0, 0], [-3, -7, -3]])
    assert (SOBEL.free, SOBEL.zeros, SOBEL.tied, SOBEL.shape) == (2, 3, 4, (3, 3))
    assert not np.signbit(SOBEL.kernel([3, 7])[1]).any()


@pytest.mark.parametrize("pattern", PATTERNS, ids=repr)
def test_parameters_and_kernel_are_inverse(pattern, rng):
    parameters = rng.normal(size=pattern.free)
    kernel = pattern.kernel(parameters)
    assert kernel.shape == pattern.shape and kernel.dtype == np.float64
    np.testing.assert_allclose(pattern.parameters(kernel), parameters, rtol=1e-14)
    assert pattern.free + pattern.zeros + pattern.tied == kernel.size
    assert eval(repr(pattern), {"Pattern": Pattern}) == pattern


def test_only_equality_of_labels_matters():
    other = Pattern([[10, 11.5, 10], [0, 0, 0], [-10, -11.5, -10]])
    assert other == SOBEL and hash(other) == hash(SOBEL)
    assert Pattern([[1, 2]]) != Pattern([[1, -2]]) and Pattern([[1, 1]]) != Pattern([[1, 2]])
    np.testing.assert_array_equal(Pattern([[7, -1, 0]]).kernel([2, 3]), [[3, -2, 0]])


@pytest.mark.parametrize(("make", "words"), [
    (lambda: Pattern([1, 2]), r"must have the shape \(kh, kw\) or \(C_out, C_in, kh, kw\), got \(2,\)"),
    (lambda: Pattern([[]]), r"got \(1, 0\)"),
    (lambda: Pattern([[1, np.nan]]), "labels of a pattern must be finite"),
    (lambda: Pattern([["a"]]), "a pattern must be a table of numbers"),
    (lambda: Pattern([[1], [1, 2]]), "a pattern must be a table of numbers"),
    (lambda: SOBEL.kernel([1]), r"parameters must be 2 numbers, got an array of shape \(1,\)"),
    (lambda: SOBEL.kernel([1, np.inf]), "parameters must be finite"),
    (lambda: SOBEL.parameters(np.ones((3, 2))), r"kernel must have the pattern's shape \(3, 3\), got \(3, 2\)"),
    (lambda: SOBEL.parameters(np.ones((3, 3))), "kernel must follow the pattern"),
    (lambda: SOBEL.parameters([[1, 2, 1], [0, 1, 0], [-1, -2, -1]]), r"weight 1 at \(1, 1\) must be 0"),
    (lambda: SOBEL.parameters([[1, 2, 4], [0, 0, 0], [-1, -2, -1]]), r"weight 4 at \(0, 2\) differs"),
])
def test_bad_patterns_and_weights_are_rejected(make, words):
    with pytest.raises(ImfilterError, match=words):
        make()


@pytest.mark.parametrize(("apart", "follows"), [(5e-7, True), (1e-5, False)])
def test_tied_weights_may_differ_only_by_rounding(apart, follows):
    pattern, kernel = Pattern([[1, 1]]), [[1.0, 1.0 + apart]]
    if follows:
        assert pattern.parameters(kernel) == pytest.approx([1 + apart / 2], rel=1e-12)
    else:
        with pytest.raises(ImfilterError, match="differs from those it is tied to"):
            pattern.parameters(kernel)
