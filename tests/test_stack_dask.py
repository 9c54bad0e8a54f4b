"""Stacks reject images that are not in memory, as pools and transposed convolutions do."""
import pytest

from imfilter import DtypeError, Stack


@pytest.mark.parametrize("method", ["run", "apply"])
def test_dask_arrays_are_rejected(method):
    dask_array = pytest.importorskip("dask.array")
    with pytest.raises(DtypeError, match="a stack needs an image in memory, got a dask array: call it for each block"):
        getattr(Stack.parse("relu"), method)(dask_array.ones((8, 8, 3)))
