"""Zarr stores, tile by tile."""
