"""Convolution layers: sizes, receptive fields, trained weights, learning a kernel."""
