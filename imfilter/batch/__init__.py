"""Batches of photos: find them, name their results, filter them in parallel, and report on each."""
from .batch import Batch
from .job import BatchJob, PhotoFilter, PhotoResult, ProgressCallback, Tiling
from .targets import FIELDS, Output

__all__ = ["FIELDS", "Batch", "BatchJob", "Output", "PhotoFilter", "PhotoResult", "ProgressCallback", "Tiling"]
