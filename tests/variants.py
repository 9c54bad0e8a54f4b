"""The variants of the loops, used for a while."""
import contextlib

from imfilter.engine import _core


@contextlib.contextmanager
def loops_of(variant):
    """Use the loops of an instruction set within the block."""
    before = _core.use_variant(variant)
    try:
        yield
    finally:
        _core.use_variant(before)
