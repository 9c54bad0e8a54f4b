"""Chains of filters, and what a chain does to a photo."""
