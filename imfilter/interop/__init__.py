"""Other libraries: replacements for scikit-image and SciPy, filters for Pillow, implementations for dask arrays."""
