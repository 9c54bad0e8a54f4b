"""Layers and stacks of them: texts, sizes, receptive fields, running trained weights; learning a kernel."""
