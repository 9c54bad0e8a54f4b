"""The optional libraries, and how to install them."""
INSTALL = "pip install \"imfilter[dask]\""
