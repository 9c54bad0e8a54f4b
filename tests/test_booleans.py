"""Booleans are no numbers: parameters reject them. They are samples, so that a constant border may be one."""
import numpy as np
import pytest

import imfilter
from imfilter import ImfilterError
from imfilter.errors import check_finite
from imfilter.filters import FILTERS
from imfilter.filters.parameters import Integer, Number, Pair

BOOLEANS = [True, False, np.True_, np.bool_(0), np.array(True)]
NUMERIC = [(name, parameter.name) for name, declaration in FILTERS.items() for parameter in declaration.parameters
           if isinstance(parameter.kind, (Number, Integer, Pair))]


@pytest.mark.parametrize("value", BOOLEANS, ids=repr)
def test_a_boolean_is_no_finite_number(value):
    with pytest.raises(ImfilterError, match=r"^sigma must be a finite number, got "):
        check_finite("sigma", value)


@pytest.mark.parametrize(("name", "parameter"), NUMERIC)
def test_filters_reject_booleans_for_numbers(name, parameter):
    others = {one.name: 2 for one in FILTERS[name].parameters if one.required}
    with pytest.raises(ImfilterError, match=f"^{parameter} must be .*, got (np.)?True"):
        getattr(imfilter, name)(np.ones((9, 9, 3)), **{**others, parameter: True})


def test_pairs_reject_booleans():
    with pytest.raises(ImfilterError, match=r"^sigma must be a finite number, got True"):
        imfilter.gaussian(np.ones((9, 9)), (1, True))
    with pytest.raises(ImfilterError, match=r"^sigma must be a finite number, got True"):
        imfilter.gaussian(np.ones((9, 9)), np.array([True, True]))


@pytest.mark.more
def test_tensors_of_booleans_are_rejected():
    torch = pytest.importorskip("torch")
    with pytest.raises(ImfilterError, match=r"^sigma must be a finite number, got "):
        imfilter.gaussian(np.ones((9, 9)), torch.tensor(True))


def test_a_boolean_may_be_the_sample_beyond_the_border():
    image = np.ones((3, 3), bool)
    assert imfilter.erode(image, 3, mode="constant", cval=True).all()
    assert imfilter.erode(image, 3, mode="constant", cval=np.False_).sum() == 1
