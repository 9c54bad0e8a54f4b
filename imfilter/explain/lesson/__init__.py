"""Lessons in pictures: output sizes, channels, receptive fields, and the arithmetic of one pixel."""
