"""Filter an image block by block: which source pixels each block of the result needs."""
