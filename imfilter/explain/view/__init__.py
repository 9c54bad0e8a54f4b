"""Views of images: in the terminal, on contact sheets, and compared with each other."""
