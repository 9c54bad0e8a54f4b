# Rasters: where the samples of an array are, and of what kind.

cdef Py_ssize_t locate(Raster *raster, array, int flags) except -1:
    """Store where the samples of an array (images, rows, columns, channels) are; return its number of images."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, flags)
    raster.data = <char *>view.buf
    raster.height, raster.width, raster.channels = view.shape[1], view.shape[2], view.shape[3]
    raster.step_n, raster.step_y = view.strides[0], view.strides[1]
    raster.step_x, raster.step_c = view.strides[2], view.strides[3]
    # The step of an axis of one element may be any number, and products with it may overflow.
    raster.step_n *= view.shape[0] > 1
    raster.step_y *= raster.height > 1
    raster.step_x *= raster.width > 1
    raster.step_c *= raster.channels > 1
    raster.size = view.itemsize
    raster.packed = (
        not raster.swapped
        and (raster.step_c == raster.size or raster.channels == 1)
        and (raster.step_x == raster.size * raster.channels or raster.width == 1)
        and (<size_t>raster.data | <size_t>raster.step_y | <size_t>raster.step_n) % raster.size == 0
    )
    cdef Py_ssize_t images = view.shape[0]
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
