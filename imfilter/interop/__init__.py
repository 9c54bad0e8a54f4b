"""Other libraries: drop-in replacements for scikit-image, filters for Pillow, and implementations for dask arrays."""
