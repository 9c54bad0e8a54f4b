# Bands of broad separable kernels: how many rows and columns of results share the memory of a thread; see bands.pxi.

cdef enum:
    LARGEST_RING = 655_360      # bytes of rows as wide as a tile from which bands are as fast
    PIECE_BYTES = 425_984       # of the narrow rows of a band: they stay within the second-level cache
    WIDEST_PIECE = 1024         # bytes of one of them, about
    BAND_BYTES = 917_504        # of the middle rows of a band
    FILLING = 12                # what reading and widening a sample takes, in multiplications
    HIGHEST_BAND = 128

cdef bint takes_bands(Packed packed, Py_ssize_t width):
    """Return whether the rows that a tile of this width reads are too many for the cache, and bands can be used."""
    cdef const Job *job = &packed.job
    cdef const Geometry *geometry = &job.geometry
    cdef Py_ssize_t columns = width - 1 + (geometry.kernel_width - 1) * geometry.dilation_x + 1
    if (not job.kernel.separable or packed.apart or geometry.stride_y > 1 or geometry.stride_x > 1
            or geometry.dilation_y > 1):
        return False
    return job.ring.rows * columns * job.source.channels * lane_bytes(packed) > LARGEST_RING


cdef int plan_bands(Packed packed) except -1:
    """Choose how many rows a band has, how wide a tile is, and how many columns of it are read at a time."""
    cdef Job *job = &packed.job
    cdef Py_ssize_t pixel = job.source.channels * lane_bytes(packed), block = packed.loops.vectors
    cdef Py_ssize_t margin = (job.geometry.kernel_width - 1) * job.geometry.dilation_x, height = job.ring.rows
    cdef Py_ssize_t kept = (job.ring.doublings + 1) * job.kernel.count * pixel, width, rows, tiles, size
    cdef double cost, least = 0
    block *= vector_size(packed)
    size = min(max(PIECE_BYTES // height // block * block, block), WIDEST_PIECE)
    job.tiling.piece = max(size // pixel, 1)
    for rows in range(GROUP, min(HIGHEST_BAND, job.target.height + GROUP - 1) + 1, GROUP):
        width = min(max(BAND_BYTES // (rows * kept) - margin, NARROWEST_TILE), job.target.width)
        tiles = (job.target.width + width - 1) // width
        width = (job.target.width + tiles - 1) // tiles
        if rows * kept * (width + margin) > BAND_BYTES and rows > GROUP:
            break
        cost = (height + FILLING * (height + rows) / <double>rows) * (width + margin) / width
        if least == 0 or cost < least:
            least, job.tiling.band, job.tiling.width = cost, rows, width
    return 0
