"""Batches of photos: find them, name their results, filter several at once, and report on each.

>>> from imfilter import batch
>>> from imfilter.pipeline.filter import Filter
>>> job = batch.BatchJob(Filter.named("sobel"), batch.Output())
>>> [result.error for result in batch.run_batch(job, ["none.png"])]
['there is no such file']
"""
from .batch import Batch, run_batch
from .job import BatchJob, PhotoFilter, PhotoResult, ProgressCallback, Tiling
from .targets import FIELDS, Output

__all__ = [
    "FIELDS", "Batch", "BatchJob", "Output", "PhotoFilter", "PhotoResult", "ProgressCallback", "Tiling", "run_batch",
]
