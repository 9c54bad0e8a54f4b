"""Pipelines of filters, filters with parameters, kernel files, and recipes for photos."""
