"""The differential sweep itself: it passes where all is right, and finds, minimizes and prints a planted fault."""
import numpy as np
import pytest
import sweep
import sweep_cases
from sweep_cases import Case, draw_case

import imfilter
from imfilter.engine import _core, joined, normalized_blocks
from imfilter.filters import FILTERS


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Undo what a case sets for the whole process."""
    for module, name in ((joined, "BLOCK"), (normalized_blocks, "BLOCK")):
        monkeypatch.setattr(module, name, getattr(module, name))
    before = _core.use_variant(_core.simd_variants()[-1])
    yield
    _core.use_variant(before)


def test_every_parameter_of_a_filter_has_values():
    for declaration in FILTERS.values():
        for one in declaration.parameters:
            assert any(sweep_cases.allows(one, value) for value in sweep_cases.VALUES[one.name]), one


def test_cases_that_are_right_pass():
    rng = np.random.default_rng(8)
    for _ in range(40):
        case = draw_case(rng, _core.simd_variants())
        assert sweep.check_case(case) == "", case


@pytest.mark.parametrize(("function", "options"), [
    ("laplace", {"mode": "wrap"}), ("median", {"size": 5}), ("correlate", {"stride": 2}),
])
@pytest.mark.parametrize("wrong", [
    lambda result: result + 1, lambda result: result.repeat(2, 0), lambda result: 1 / 0,
])
def test_a_planted_fault_is_found_and_minimized(monkeypatch, function, options, wrong):
    right = getattr(imfilter, function)

    def planted(image, *args, **given):
        result = right(image, *args, **given)
        return wrong(result) if set(options.items()) <= set(given.items()) else result

    monkeypatch.setattr(imfilter, function, planted)
    case = Case(function, "f4", (9, 13, 2), "spikes", 5, "spaced", (3, 3), "symmetric", "", {**options, "dtype": "f4"},
                workers=3, blocks=True, out="new")
    assert sweep.check_case(case)
    small = sweep.minimize(case)
    assert sweep.check_case(small)
    assert (small.shape, small.kernel, small.options) == ((1, 1, 1), (1, 1), options)
    assert (small.dtype, small.content, small.layout, small.workers, small.out) == ("f4", "noise", "plain", 1, "")
    said = sweep.describe(small, sweep.check_case(small))
    assert said.startswith("FAILED: ") and f"print(imfilter.{function}(image" in said
    assert f'--case "Case(function={function!r}, dtype=\'f4\', shape=(1, 1, 1)' in said


def test_layouts_that_give_other_bits_are_found(monkeypatch):
    right = imfilter.sobel

    def planted(image, **given):
        return right(image, **given) + (not image.flags.c_contiguous)

    monkeypatch.setattr(imfilter, "sobel", planted)
    assert "layout Fortran, 2 workers has" in sweep.check_case(Case("sobel", "f4", (5, 6), layout="Fortran", workers=2))


def test_a_case_can_be_repeated():
    case = Case("correlate", "u2", (3, 4), "small", 7, kernel=(2, 2), options={"mode": "constant", "cval": 0.5})
    assert eval(repr(case), {"Case": Case}) == case
