"""Rows of PNG files: filtered and deflated to be written, and unfiltered when they are read.

imfilter.files.png has checked everything: buffers are contiguous and as large as they should be. Rows are bytes as in
the file, 16-bit samples with the high byte first. step: bytes from a pixel to the one on its right.

PNG: https://www.w3.org/TR/png-3/ section 9 (filters); deflate: RFC 1951.
"""
from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int16_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

include "huffman.pxi"
include "deflate.pxi"
include "png_filters.pxi"


def filter_rows(rows, above, Py_ssize_t step, int kind, filtered):
    """Write each row, after the number of the filter, as the filter leaves it. above: the row before the first."""
    cdef Py_buffer source, before, target
    cdef Py_ssize_t width, _n
    cdef const uint8_t *row
    cdef const uint8_t *last
    cdef uint8_t *into
    PyObject_GetBuffer(rows, &source, PyBUF_SIMPLE)
    PyObject_GetBuffer(above, &before, PyBUF_SIMPLE)
    PyObject_GetBuffer(filtered, &target, PyBUF_WRITABLE)
    row, last, into = <const uint8_t *>source.buf, <const uint8_t *>before.buf, <uint8_t *>target.buf
    width = before.len
    with nogil:
        for _n in range(source.len // width):
            into[0] = kind
            filter_row(row, last, into + 1, width, step, kind)
            last, row, into = row, row + width, into + width + 1
    PyBuffer_Release(&target)
    PyBuffer_Release(&before)
    PyBuffer_Release(&source)


def unfilter_rows(data, above, Py_ssize_t step, rows):
    """Undo the filters of rows, each after the number of its filter. Return whether all numbers are known ones."""
    cdef Py_buffer source, before, target
    cdef Py_ssize_t width, _n
    cdef const uint8_t *filtered
    cdef const uint8_t *last
    cdef uint8_t *row
    cdef bint known = True
    PyObject_GetBuffer(data, &source, PyBUF_SIMPLE)
    PyObject_GetBuffer(above, &before, PyBUF_SIMPLE)
    PyObject_GetBuffer(rows, &target, PyBUF_WRITABLE)
    filtered, last, row = <const uint8_t *>source.buf, <const uint8_t *>before.buf, <uint8_t *>target.buf
    width = before.len
    with nogil:
        for _n in range(target.len // width):
            known &= filtered[0] <= PAETH
            unfilter_row(filtered + 1, last, row, width, step, filtered[0])
            last, row, filtered = row, row + width, filtered + width + 1
    PyBuffer_Release(&target)
    PyBuffer_Release(&before)
    PyBuffer_Release(&source)
    return known


def deflate_runs(data):
    """Return data deflated to whole bytes, without a last block: runs of one byte, and each other byte by itself."""
    cdef Py_buffer source
    cdef Deflater *deflater
    cdef uint8_t *room
    PyObject_GetBuffer(data, &source, PyBUF_SIMPLE)
    deflater, room = <Deflater *>malloc(sizeof(Deflater)), <uint8_t *>malloc(deflated_bound(source.len))
    try:
        if deflater == NULL or room == NULL:
            raise MemoryError
        with nogil:
            deflate_blocks(deflater, <const uint8_t *>source.buf, source.len, room)
        return PyBytes_FromStringAndSize(<char *>room, deflater.out - room)
    finally:
        PyBuffer_Release(&source)
        free(deflater)
        free(room)
