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


cdef class RowBuffers:
    """The memory of rows that are read, of the row above the first, and of rows that are written, while it is used."""
    cdef Py_buffer read, last, written
    cdef int count

    def __init__(self, read, last, written):
        PyObject_GetBuffer(read, &self.read, PyBUF_SIMPLE)
        self.count = 1
        PyObject_GetBuffer(last, &self.last, PyBUF_SIMPLE)
        self.count = 2
        PyObject_GetBuffer(written, &self.written, PyBUF_WRITABLE)
        self.count = 3

    def __dealloc__(self):
        if self.count > 0:
            PyBuffer_Release(&self.read)
        if self.count > 1:
            PyBuffer_Release(&self.last)
        if self.count > 2:
            PyBuffer_Release(&self.written)


def filter_rows(rows, above, Py_ssize_t step, int kind, filtered):
    """Write each row, after the number of the filter, as the filter leaves it. above: the row before the first."""
    cdef RowBuffers buffers = RowBuffers(rows, above, filtered)
    cdef Py_ssize_t width = buffers.last.len, _n
    cdef const uint8_t *row = <const uint8_t *>buffers.read.buf
    cdef const uint8_t *last = <const uint8_t *>buffers.last.buf
    cdef uint8_t *into = <uint8_t *>buffers.written.buf
    with nogil:
        for _n in range(buffers.read.len // width):
            into[0] = kind
            filter_row(row, last, into + 1, width, step, kind)
            last, row, into = row, row + width, into + width + 1


def unfilter_rows(data, above, Py_ssize_t step, rows):
    """Undo the filters of rows, each after the number of its filter. Return whether all numbers are known ones."""
    cdef RowBuffers buffers = RowBuffers(data, above, rows)
    cdef Py_ssize_t width = buffers.last.len, _n
    cdef const uint8_t *filtered = <const uint8_t *>buffers.read.buf
    cdef const uint8_t *last = <const uint8_t *>buffers.last.buf
    cdef uint8_t *row = <uint8_t *>buffers.written.buf
    cdef bint known = True
    with nogil:
        for _n in range(buffers.written.len // width):
            known &= filtered[0] <= PAETH
            unfilter_row(filtered + 1, last, row, width, step, filtered[0])
            last, row, filtered = row, row + width, filtered + width + 1
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
