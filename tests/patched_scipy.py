"""Run SciPy's own tests on the replacements for its image filters: a plugin, pytest -p patched_scipy.

docs/testing.md has the commands. SciPy's other functions use the replacements as well.
"""
from scipy import ndimage
from scipy._lib import _array_api

from imfilter.interop import ndimage as replacements

PATCH = replacements.patch()


def pytest_configure():
    # SciPy's tests look up what a function can do by the function itself.
    table = getattr(_array_api, "xp_capabilities_table", {})
    for name in replacements.__all__:
        own = getattr(ndimage, name, None)
        if own in table:
            table[getattr(replacements, name)] = table[own]
    PATCH.__enter__()  # for all of this process


def pytest_sessionstart():
    assert ndimage.gaussian_filter is replacements.gaussian_filter
