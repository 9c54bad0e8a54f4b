"""Arguments that take a pair accept a tuple, a list and an array, and mean the same by them."""
import numpy as np
import pytest
from declared import needed, other_value

import imfilter
from imfilter.filters import FILTERS, Parameter
from imfilter.filters.parameters import Integer, Pair, Several

IMAGE = np.random.default_rng(5).random((12, 10, 3)).astype(np.float32)
FORMS = {"list": list, "array": np.array, "numbers": lambda pair: tuple(map(np.asarray(pair).dtype.type, pair))}
KERNEL, BANK = np.arange(12.0).reshape(3, 4), np.arange(54.0).reshape(2, 3, 3, 3)
COLUMNS = imfilter.unfold(IMAGE, (3, 2))
BOTH = {"stride": (2, 1), "dilation": (1, 2), "padding": (1, 2)}
SIDES = {"padding": ((1, 0), (2, 1))}
# Each call takes one of its pairs by name.
CALLS = {
    "correlate": (lambda **pair: imfilter.correlate(IMAGE, KERNEL, **pair), BOTH | {"sides": SIDES}),
    "convolve": (lambda **pair: imfilter.convolve(IMAGE, KERNEL, **pair), BOTH | {"sides": SIDES}),
    "conv2d": (lambda **pair: imfilter.conv2d(IMAGE, BANK, **pair), BOTH | {"sides": SIDES}),
    "conv_transpose2d": (
        lambda **pair: imfilter.conv_transpose2d(IMAGE, BANK.transpose(1, 0, 2, 3), **({"stride": 3} | pair)),
        BOTH | {"output_padding": (1, 2), "sides": SIDES}),
    "max_pool2d": (lambda **pair: imfilter.max_pool2d(IMAGE, **({"size": (4, 4)} | pair)),
                   BOTH | {"size": (2, 3), "sides": SIDES}),
    "avg_pool2d": (lambda **pair: imfilter.avg_pool2d(IMAGE, **({"size": (4, 4)} | pair)),
                   {"stride": (2, 1), "padding": (1, 2), "size": (2, 3), "sides": SIDES}),
    "unfold": (lambda **pair: imfilter.unfold(IMAGE, **({"size": 2} | pair)),
               BOTH | {"size": (2, 3), "sides": SIDES}),
    "fold": (lambda **pair: imfilter.fold(COLUMNS, **({"output_size": (12, 10), "size": (3, 2)} | pair)),
             {"output_size": (12, 10), "size": (3, 2)}),
    "windows": (lambda **pair: imfilter.windows(IMAGE, **pair), BOTH | {"size": (2, 3), "sides": SIDES}),
    "generic": (lambda **pair: imfilter.generic(IMAGE, np.ptp, **pair), {"size": (2, 3), "stride": (2, 1)}),
    "pyramid_expand": (lambda **pair: imfilter.pyramid_expand(IMAGE, **pair), {"size": (23, 20)}),
    "restore": (lambda **pair: imfilter.restore(IMAGE, np.ones((3, 3)) / 9, iterations=1, **pair), {"stride": (2, 1)}),
    "learn": (lambda **pair: imfilter.learn(IMAGE, IMAGE, **pair).kernel.shape, {"size": (1, 3)}),
    "Layer": (lambda **pair: imfilter.Layer(**({"kernel": 3} | pair)), BOTH | {"kernel": (3, 5), "sides": SIDES}),
    "TransposedLayer": (lambda **pair: imfilter.TransposedLayer(**({"kernel": 3, "stride": 3} | pair)),
                        BOTH | {"kernel": (3, 5), "output_padding": (1, 0)}),
    "Pool": (lambda **pair: imfilter.Pool("max", **({"kernel": 4} | pair)),
             BOTH | {"kernel": (3, 5), "sides": SIDES}),
    "output_size": (lambda **pair: imfilter.output_size(9, 3, **pair), {"padding": (1, 2)}),
    "transposed_output_size": (lambda **pair: imfilter.transposed_output_size(9, 3, **pair), {"padding": (1, 2)}),
    "plan": (lambda **pair: str(imfilter.plan(IMAGE, KERNEL, **pair)), {"stride": (2, 1), "dilation": (1, 2)}),
    "blend": (lambda **pair: imfilter.blend(IMAGE, 2 * IMAGE, **pair), {"region": (1, 2, 5, 6)}),
    "summary": (lambda **pair: str(imfilter.Stack.parse("3 s2").summary(**pair)), {"shape": (32, 24, 3)}),
}
CASES = [(name, argument) for name, (_, pairs) in CALLS.items() for argument in pairs]
OWN = [(name, parameter.name) for name, declaration in FILTERS.items() for parameter in declaration.parameters
       if isinstance(parameter.kind, (Pair, Several))]


def compare(call, argument, pair):
    """Compare what a call returns for all forms of a pair, twice: the second call may be a repeated one."""
    expected = call(**{argument: pair})
    for name, form in FORMS.items():
        for _ in range(2):
            found = call(**{argument: form(pair)})
            if isinstance(expected, np.ndarray):
                np.testing.assert_array_equal(found, expected, name)
            else:
                assert found == expected, name


@pytest.mark.parametrize(("name", "argument"), CASES)
def test_a_pair_may_be_a_list_or_an_array(name, argument):
    call, pairs = CALLS[name]
    pair = pairs[argument]
    if isinstance(pair, dict):
        (argument, pair), = pair.items()
    compare(call, argument, pair)


@pytest.mark.parametrize(("name", "argument"), OWN)
def test_a_pair_of_a_filter_may_be_a_list_or_an_array(name, argument):
    parameter: Parameter = next(one for one in FILTERS[name].parameters if one.name == argument)
    pair = other_value(parameter)
    if name == "gaussian" and argument == "order":
        pair = (1, 2)
    if isinstance(parameter.kind, Pair) and isinstance(parameter.kind.each, Integer) and name != "gaussian":
        pair = (3, 5) if parameter.kind.each.least <= 3 else pair
    given = {} if name == "shrink" else needed(name)
    compare(lambda **chosen: FILTERS[name].function(IMAGE, **given, **chosen), argument, pair)
    compare(lambda **chosen: str(imfilter.Pipeline("sharpen").then(name, **given, **chosen)), argument, pair)


@pytest.mark.parametrize("name", FILTERS)
def test_the_stride_of_a_filter_may_be_a_list_or_an_array(name):
    compare(lambda **stride: FILTERS[name].function(IMAGE, **needed(name), **stride), "stride", (2, 3))


@pytest.mark.parametrize("wrong", [[1, 2, 3], np.array([1, 2, 3]), np.array([[1, 2]]), np.array([1.5, 2]), [True, 1],
                                   np.array([True, True]), "22", [None, 1], np.zeros((2, 2, 2), int), {1, 2}])
def test_what_is_no_pair_is_rejected(wrong):
    for call in (lambda: imfilter.box(IMAGE, wrong), lambda: imfilter.correlate(IMAGE, KERNEL, stride=wrong),
                 lambda: imfilter.max_pool2d(IMAGE, wrong), lambda: imfilter.Layer(wrong)):
        with pytest.raises(imfilter.ImfilterError):
            call()
