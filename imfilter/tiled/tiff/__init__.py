"""Large TIFF files, tile by tile."""
