"""Images of any kind as NumPy arrays: dtypes, layout, conversion in and out."""
