# Rasters: where the samples of an array are, and of what kind.

cdef Py_ssize_t locate(Raster *raster, array, int flags) except -1:
    """Store where the samples of an array are; return its number of images.

    Its axes are (images, rows, columns, channels), (rows, columns, channels) or (rows, columns).
    """
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, flags)
    cdef Py_ssize_t rows = view.ndim == 4, images = view.shape[0] if rows else 1
    cdef bint channels = view.ndim > 2
    raster.data = <char *>view.buf
    raster.height, raster.width = view.shape[rows], view.shape[rows + 1]
    raster.channels = view.shape[rows + 2] if channels else 1
    # The step of an axis of one element may be any number, and products with it may overflow.
    raster.step_n = view.strides[0] if images > 1 else 0
    raster.step_y = view.strides[rows] if raster.height > 1 else 0
    raster.step_x = view.strides[rows + 1] if raster.width > 1 else 0
    raster.step_c = view.strides[rows + 2] if channels and raster.channels > 1 else 0
    raster.size = view.itemsize
    raster.packed = (
        not raster.swapped
        and (raster.step_c == raster.size or raster.channels == 1)
        and (raster.step_x == raster.size * raster.channels or raster.width == 1)
        and (<size_t>raster.data | <size_t>raster.step_y | <size_t>raster.step_n) % raster.size == 0
    )
    PyBuffer_Release(&view)
    return images


cdef Py_ssize_t describe(Raster *raster, array) except -1:
    """Store what an array's samples are and where; return its number of images."""
    dtype = array.dtype
    raster.kind = _KINDS[dtype.kind, dtype.itemsize]
    raster.swapped = not dtype.isnative
    return locate(raster, array, PyBUF_STRIDED_RO)


def has_packed_rows(array):
    """Return whether the rows of an array (images, rows, columns, channels) are aligned samples without gaps."""
    cdef Raster raster
    raster.swapped = False
    locate(&raster, array, PyBUF_STRIDED_RO)
    return raster.packed


cdef bint same_layout(const Raster *a, const Raster *b):
    """Return whether work planned for one raster can run on the other, which has the same kind of samples."""
    return a.height == b.height and a.width == b.width and a.channels == b.channels and a.packed == b.packed
