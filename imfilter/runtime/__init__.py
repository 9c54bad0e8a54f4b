"""What runs the work: threads, signals, decoding ahead, optional libraries."""
