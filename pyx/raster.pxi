# Rasters: where the samples of an array are, and of what kind.

cdef Py_ssize_t locate(Raster *raster, ndarray array):
    """Store where the samples of an array are; return its number of images.

    Its axes are (images, rows, columns, channels), (rows, columns, channels) or (rows, columns).
    """
    cdef int axes = PyArray_NDIM(array), rows = axes == 4
    cdef const npy_intp *shape = PyArray_DIMS(array)
    cdef const npy_intp *strides = PyArray_STRIDES(array)
    cdef Py_ssize_t images = shape[0] if rows else 1
    cdef bint channels = axes > 2
    raster.data = PyArray_BYTES(array)
    raster.height, raster.width = shape[rows], shape[rows + 1]
    raster.channels = shape[rows + 2] if channels else 1
    # The step of an axis of one element may be any number, and products with it may overflow.
    raster.step_n = strides[0] if images > 1 else 0
    raster.step_y = strides[rows] if raster.height > 1 else 0
    raster.step_x = strides[rows + 1] if raster.width > 1 else 0
    raster.step_c = strides[rows + 2] if channels and raster.channels > 1 else 0
    raster.size = PyArray_ITEMSIZE(array)
    raster.packed = (
        not raster.swapped
        and (raster.step_c == raster.size or raster.channels == 1)
        and (raster.step_x == raster.size * raster.channels or raster.width == 1)
        and (<size_t>raster.data | <size_t>raster.step_y | <size_t>raster.step_n) % raster.size == 0
    )
    return images


cdef Py_ssize_t describe(Raster *raster, ndarray array) except -1:
    """Store what an array's samples are and where; return its number of images."""
    dtype = array.dtype
    raster.kind = _KINDS[dtype.kind, dtype.itemsize]
    raster.swapped = not dtype.isnative
    return locate(raster, array)


def has_packed_rows(ndarray array):
    """Return whether the rows of an array (images, rows, columns, channels) are aligned native samples without gaps."""
    cdef Raster raster
    raster.swapped = not array.dtype.isnative
    locate(&raster, array)
    return raster.packed


cdef bint same_layout(const Raster *a, const Raster *b):
    """Return whether work planned for one raster can run on the other, which has the same kind of samples."""
    return a.height == b.height and a.width == b.width and a.channels == b.channels and a.packed == b.packed


cdef bint may_overlap(ndarray a, ndarray b):
    """Return whether the memory from the first to the last byte of one array overlaps that of the other."""
    cdef size_t first, last, other_first, other_last
    if PyArray_SIZE(a) == 0 or PyArray_SIZE(b) == 0:
        return False
    find_ends(a, &first, &last)
    find_ends(b, &other_first, &other_last)
    return first <= other_last and other_first <= last


cdef void find_ends(ndarray array, size_t *first, size_t *last):
    """Store the addresses of the first and the last byte of an array that is not empty."""
    cdef int k
    cdef size_t span
    first[0] = last[0] = <size_t>PyArray_BYTES(array)
    last[0] += PyArray_ITEMSIZE(array) - 1
    for k in range(PyArray_NDIM(array)):
        span = <size_t>(PyArray_DIMS(array)[k] - 1) * <size_t>PyArray_STRIDES(array)[k]
        if PyArray_STRIDES(array)[k] > 0:
            last[0] += span
        else:
            first[0] += span
