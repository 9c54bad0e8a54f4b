"""Samples of Pillow images, read and written by one copy.

Pillow exports images by Arrow's C data interface, which says where their samples are: image.tobytes() copies a large
one twice, sample by sample. Three bands take four bytes per pixel there; the last one is 255.
"""
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int64_t
from libc.string cimport memcpy
from numpy cimport PyArray_BYTES, PyArray_DIMS, PyArray_NBYTES, PyArray_NDIM, import_array, ndarray

cdef struct ArrowArray:         # as the Arrow C data interface has it
    int64_t length, null_count, offset, n_buffers, n_children
    const void **buffers
    ArrowArray **children
    ArrowArray *dictionary
    void (*release)(ArrowArray *) noexcept
    void *private_data

cdef extern from "fourths.h" nogil:
    void drop_fourths(const char *four, char *three, size_t pixels)
    void add_fourths(const char *three, char *four, size_t pixels)

import_array()


cdef char *find_samples(capsule, Py_ssize_t pixels, bint four) except? NULL:
    """Return where the samples of `pixels` pixels are, four of each or one; NULL for any other layout."""
    cdef const ArrowArray *array = <const ArrowArray *>PyCapsule_GetPointer(capsule, "arrow_array")
    if array.length != pixels or array.offset or array.n_children != four:
        return NULL
    if four:
        array = array.children[0]
        if array.length != 4 * pixels or array.offset:
            return NULL
    return <char *>array.buffers[1] if array.n_buffers == 2 else NULL


cdef bint copy_samples(capsule, ndarray pixels, bint padded, bint write) except -1:
    """Copy samples to an array without gaps, or write them; padded: three bands. Return whether it could be done."""
    cdef Py_ssize_t count = PyArray_DIMS(pixels)[0] * PyArray_DIMS(pixels)[1]
    cdef char *ours = PyArray_BYTES(pixels)
    cdef bint bands = PyArray_NDIM(pixels) == 3
    cdef char *theirs = find_samples(capsule, count, bands)
    if theirs == NULL or bands and PyArray_DIMS(pixels)[2] != (3 if padded else 4):
        return False
    with nogil:
        if padded and write:
            add_fourths(ours, theirs, count)
        elif padded:
            drop_fourths(theirs, ours, count)
        elif write:
            memcpy(theirs, ours, PyArray_NBYTES(pixels))
        else:
            memcpy(ours, theirs, PyArray_NBYTES(pixels))
    return True


def read_samples(image, ndarray pixels, bint padded):
    """Copy the samples of an image to an array of its shape and dtype; return whether Pillow says where they are.

    Shapes are (rows, columns), (rows, columns, 4) or, padded, (rows, columns, 3).
    """
    capsule = export(image)
    return capsule is not None and copy_samples(capsule, pixels, padded, False)


def write_samples(image, ndarray pixels, bint padded):
    """Write the samples of a new image, which nothing else knows yet; return whether Pillow says where they are."""
    capsule = export(image)
    return capsule is not None and copy_samples(capsule, pixels, padded, True)


cdef object export(image):
    """Return the capsule with an image's ArrowArray; None before Pillow 11.2.1, and where rows lie apart."""
    try:
        return image.__arrow_c_array__()[1]
    except (AttributeError, ValueError):
        return None
