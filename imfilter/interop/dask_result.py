"""LazyResult: a dask array that this process computes without the copies that dask makes of other arrays."""
from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import Any

import dask.array
import numpy as np
from dask import config, local, threaded
from dask.base import compute_as_if_collection, get_scheduler
from dask.callbacks import Callback
from dask.highlevelgraph import HighLevelGraph

from ..arrays.dtypes import Array

LOCAL = (local.get_sync, threaded.get)  # schedulers of this process


class LazyResult(dask.array.Array):
    """The lazy result of a filter.

    dask returns the chunks of an array as one by copying them, which may take longer than to filter them. Tasks that
    run in this process, in turn or on threads, can write to that array themselves.

    filter_whole: computes the result on a number of threads, if the image is one array in memory; None: it is not.
    """

    filter_whole: Callable[[int | None], Array] | None = None

    def compute(self, **options: Any) -> Any:
        """Return the result as a NumPy array, as all dask arrays do."""
        find: Any = get_scheduler
        scheduler = find(scheduler=options.get("scheduler"), collections=[self])
        if scheduler not in LOCAL:
            return super().compute(**options)  # type: ignore[no-untyped-call]
        options.pop("optimize_graph", None)
        observed = Callback.active or config.get("pool", None) or options.keys() - {"scheduler", "num_workers"}
        if self.filter_whole and not observed:  # nobody can tell whether there were tasks
            count = options.get("num_workers") or config.get("num_workers", None)
            return self.filter_whole(1 if scheduler is local.get_sync else count)
        result = np.empty(self.shape, self.dtype)
        graph, keys = self._write_to(result)
        compute_as_if_collection(dask.array.Array, graph, keys, **options)  # type: ignore[no-untyped-call]
        return result

    def _write_to(self, result: Array) -> tuple[HighLevelGraph, list[Any]]:
        """Return a graph whose tasks write the chunks to an array, and the keys of these tasks."""
        ranges = [[slice(*ends) for ends in pairwise(accumulate(sizes, initial=0))] for sizes in self.chunks]
        layers, name = dict(self.dask.layers), f"{self.name}-written"
        own, written = dict(layers.pop(self.name)), {}
        for key in list(own):
            if isinstance(key, tuple) and key[0] == self.name:
                compute, *sources = own.pop(key)
                place = tuple(axis[number] for axis, number in zip(ranges, key[1:], strict=True))
                written[name, *key[1:]] = (functools.partial(compute, out=result[place]), *sources)
        dependencies = {**self.dask.dependencies, name: self.dask.dependencies[self.name]}
        del dependencies[self.name]
        return HighLevelGraph({**layers, name: own | written}, dependencies), list(written)
