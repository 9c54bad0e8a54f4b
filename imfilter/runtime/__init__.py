"""Services for the rest: threads, signals and optional libraries."""
