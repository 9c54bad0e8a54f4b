"""Convolution layers: sizes, receptive fields, running trained weights, and learning a kernel."""
