"""Draw whole networks: diagrams, tables, and the feature maps of a photo."""
