"""Weights as plain numbers: along one axis, and of kernels that take more than a line to compute."""
