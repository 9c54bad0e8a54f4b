"""A script with arrays of other libraries. Type checkers must see that results are of the same kind."""
from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

import imfilter

if TYPE_CHECKING:
    import dask.array
    import torch
    import xarray


def use_arrays(tensor: torch.Tensor, labeled: xarray.DataArray, lazy: dask.array.Array) -> None:
    assert_type(imfilter.gaussian(tensor, 2, channel_axis=1, dtype=torch.float32), torch.Tensor)
    assert_type(imfilter.conv2d(tensor, tensor, tensor, padding="same", out=tensor), torch.Tensor)
    assert_type(imfilter.Pipeline("sobel")(tensor), torch.Tensor)
    assert_type(imfilter.gaussian(labeled, 2, mask=labeled), xarray.DataArray)
    assert_type(imfilter.correlate(labeled, labeled), xarray.DataArray)
    assert_type(imfilter.gaussian(lazy, 2), dask.array.Array)
    assert_type(imfilter.correlate(lazy, [[1, 2, 1]], mode="mirror"), dask.array.Array)
