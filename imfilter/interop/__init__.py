"""Other libraries' filters, computed here: drop-in twins of scikit-image's, and objects for Pillow's Image.filter."""
