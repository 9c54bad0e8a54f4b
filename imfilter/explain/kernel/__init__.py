"""What a kernel is: its weights, its frequency response, how a filter is made of kernels."""
