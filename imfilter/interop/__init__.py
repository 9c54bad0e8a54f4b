"""Other libraries, served here: twins of scikit-image's filters, objects for Pillow's Image.filter, and dask arrays."""
