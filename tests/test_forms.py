"""Forms of filters: every parameter has a field that shows its default, and what is entered is what the filter gets."""
import pytest
from declared import needed

from imfilter import ImfilterError
from imfilter.filters import FILTERS
from imfilter.integrations.forms import list_fields, read_fields

FIELDS = [(name, field) for name, declaration in FILTERS.items() for field in list_fields(declaration)]
IDS = [f"{name}-{field.name}" for name, field in FIELDS]
TYPES = {"number": (int, float), "integer": int, "flag": bool, "text": str, "choice": str, "image": type(None)}


@pytest.mark.parametrize("name", FILTERS)
def test_every_parameter_has_a_field(name):
    names = [field.name for field in list_fields(FILTERS[name])]
    own = [parameter.name for parameter in FILTERS[name].parameters]
    assert names == (own if FILTERS[name].mixes else [*own, "mode"])


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=IDS)
def test_a_field_shows_its_default(name, field):
    assert isinstance(field.default, TYPES[field.form]) and field.help
    assert field.form != "choice" or field.default in field.choices
    if field.form in ("number", "integer"):
        low, high = field.range
        assert low <= field.default <= high and field.step > 0
        assert field.limited == (field.least is not None and field.most is not None)
    value = field.read(field.default)
    if not field.parameter.required:
        kind = field.parameter.kind
        given, wanted = kind.check(field.name, value), kind.check(field.name, field.parameter.default)
        assert str(given) == str(wanted)  # arrays, too


@pytest.mark.parametrize("name", FILTERS)
def test_a_form_that_nobody_touched_makes_the_filter(name):
    keywords = read_fields(name, {field.name: field.default for field in list_fields(FILTERS[name])})
    assert FILTERS[name].operation(keywords)
    assert keywords.keys() >= needed(name).keys()


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=IDS)
def test_the_ends_of_a_range_are_valid(name, field):
    for value in (field.least, field.most):
        if value is not None:
            field.parameter.kind.check(field.name, value)


def test_what_is_entered_is_read():
    assert read_fields("sobel", {"axis": "1", "mode": "wrap"}) == {"axis": 1, "mode": "wrap"}
    assert read_fields("sobel", {"axis": "none"}) == {"axis": None}
    assert read_fields("sato", {"sigmas": "1,2.5", "black_ridges": False}) == {
        "sigmas": (1.0, 2.5), "black_ridges": False}
    assert read_fields("gaussian", {"sigma": 3.5, "order": 1}) == {"sigma": 3.5, "order": 1}
    assert read_fields("radial_blur", {"center": "0.25,0.75"}) == {"center": (0.25, 0.75)}
    for name, entered, words in [
        ("canny", {"low_threshold": "much"}, r"^low_threshold must be a number of at least 0 or none, got 'much'$"),
        ("mix", {"matrix": "1 x"}, "^matrix must be a matrix of finite numbers"),
        ("sobel", {"mode": "edge"}, "^mode must be 'reflect'"),
    ]:
        with pytest.raises(ImfilterError, match=words):
            read_fields(name, entered)
