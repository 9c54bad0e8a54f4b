"""Images larger than memory: sources that are read window by window, and targets that are written tile by tile."""
