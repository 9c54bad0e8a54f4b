"""Kernels in numbers, words and drawings: weights, frequency response, and the kernels of a filter."""
