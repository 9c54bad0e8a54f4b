# With how many bytes of a vector a module computes. Its header has vector_bytes().

cdef int vector = vector_bytes()


def use_vectors(int most):
    """Compute with vectors of at most this many bytes from now on; return how many were used before. For tests."""
    global vector
    before = vector
    vector = min(most, vector_bytes())
    return before
