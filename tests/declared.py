"""Arguments for any filter, made from its declaration."""
import numpy as np

from imfilter.filters import FILTERS, Parameter
from imfilter.filters.parameters import Choice, Flag, GuideImage, Integer, Number, Pair, Several, Shape, Table

SWAP = [[0, 0, 1], [0, 1, 0], [1, 0, 0]]  # red and blue


def needed(name, matrix=SWAP):
    """Return the parameters that a filter has no defaults for: matrices, and a factor that keeps the size."""
    return {parameter.name: matrix if isinstance(parameter.kind, Table) else (1, 1)
            for parameter in FILTERS[name].parameters if parameter.required}


def as_picture(name, dtype):
    """Return the keywords with which a filter gives for an array what it gives for a picture of these samples.

    Pictures keep their samples where arrays of integers give floats without a sign, such as deviations.
    """
    return {"dtype": dtype} if FILTERS[name].operation(needed(name)).floats else {}


def filter_as_picture(name, pixels, **keywords):
    """Return what a filter gives for a picture of these samples, as an array. Values that are no levels are scaled."""
    function, operation = FILTERS[name].function, FILTERS[name].operation(needed(name))
    keywords = {**needed(name), **as_picture(name, pixels.dtype), **keywords}
    if not operation.floats or operation.full_scale is None or pixels.dtype.kind not in "iu":
        return function(pixels, **keywords)
    keywords["dtype"], most = "f4" if pixels.dtype.itemsize < 4 else "f8", np.iinfo(pixels.dtype).max
    values = function(pixels, **keywords)
    return np.clip(np.rint(values * (most / operation.full_scale)), 0, most).astype(pixels.dtype)


def changed(name, *, linear=True):
    """Return parameters for a filter that all differ from their defaults, but guides. linear: that one, too."""
    values = {parameter.name: other_value(parameter) for parameter in FILTERS[name].parameters
              if (linear or parameter.name != "linear") and not isinstance(parameter.kind, GuideImage)}
    if name == "gaussian" and linear:  # derivatives are not light
        del values["order"]
    if name == "canny":
        values["high_threshold"] = 2
    if name == "shrink":
        del values["to"]  # which is given instead of another one
    if name == "difference_of_gaussians":
        values["high_sigma"] = 7.25
    return values


def other_value(parameter):
    """Return a value that is not the default: not the same for both axes, or a fraction without a short decimal."""
    kind = parameter.kind
    if isinstance(kind, Pair):
        return (2, 5) if isinstance(kind.each, Integer) else (0.1 + 0.2, min(5 / 3, kind.each.most))
    if isinstance(kind, Several):
        return (0.1 + 0.2, 5 / 3)
    if isinstance(kind, Integer):
        return 3
    if isinstance(kind, Number):
        return min(kind.most, 5 * (parameter.default or 1)) / 3
    if isinstance(kind, Choice):
        return next(value for value in kind.values[::-1] if value != parameter.default)
    if isinstance(kind, Shape):
        return "disk:2"
    if isinstance(kind, Table) and kind.optional:  # heights, of the footprint's shape
        return np.add.outer(np.arange(5), [0, -0.25, 1 / 3, 2, 1]).tolist()
    if isinstance(kind, Table):
        return [[0.1, 0.2, 1e-30], [1, -2, 3]] if kind.axes == 2 else [0.25, 0.25, 0.5]
    if isinstance(kind, Shape):
        return "disk:2"
    assert isinstance(kind, Flag)
    return not parameter.default


def as_text(value):
    """Return a value as it is written on a command line."""
    return Parameter.format_value(np.asarray(value) if isinstance(value, list) else value)


def made_of_kernels(name):
    """Return whether a filter is one of kernels, or of a matrix across channels."""
    operation = FILTERS[name].operation(needed(name))
    return operation.composition() is not None or operation.matrix is not None
