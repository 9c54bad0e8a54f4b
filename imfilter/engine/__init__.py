"""The convolution engine: checks, planning, and the calls into the compiled loops."""
from importlib.util import find_spec

if find_spec("imfilter.engine._core") is None:
    raise ImportError(
        "the compiled core of imfilter is missing: in a checkout run 'pip install -e .', "
        "or leave its folder to use the installed package")
