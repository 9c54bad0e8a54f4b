"""Images sampled otherwise than pixel by pixel: the window of every pixel, and levels of half the size."""
