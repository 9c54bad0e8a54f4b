"""Sums along rows and columns with SciPy's arithmetic: doubles in its order, cast as C does after each pass.

Samples become doubles, so one body serves all dtypes. A strip of rows is computed at a time: its band of source rows,
continued beyond the borders, lies in the second-level cache; the sums of a first pass do too when the second begins.
The results of a strip are given as a view of their own.

Arrays come as bytes (rows, bytes of a row), with the place of their dtype in CODES of imfilter/engine/line_sums.py.
Maps say which row or column of the source continues it: index before + y belongs to row y, and -1 is the constant. The
caller checks everything.
"""
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc

cdef extern from "line_sums.h" nogil:
    void sum_line(const double *p, const Py_ssize_t *first, const Py_ssize_t *second, const double *weights,
                  Py_ssize_t count, double *out, Py_ssize_t length, int kind)
    int32_t truncate_to_32(double value)
    int64_t truncate_to_64(double value)
    uint64_t truncate_unsigned(double value)

ctypedef fused sample:
    uint8_t
    int8_t
    uint16_t
    int16_t
    uint32_t
    int32_t
    uint64_t
    int64_t
    float
    double

cdef enum:
    BAND = 32768            # doubles of a band, about
    NARROWEST = 64          # columns of a band
    NEAR = 4096             # doubles, about, that the rows of a window hold in the first-level cache
    BLOCK = 32              # columns whose sums stay in registers
    LINE = 8                # doubles of a cache line; rows are an odd number of them, so as not to share its places
    DOUBLE = 9              # place in DTYPES
    ROWS = 4                # whose running sums go on side by side, because each waits for the sum before


cdef void read_samples(const sample *pixels, double *line, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        line[x] = <double>pixels[x]


cdef void read_line(const uint8_t *row, int dtype, Py_ssize_t first, double *line, Py_ssize_t count) noexcept nogil:
    if dtype == 0:
        read_samples(row + first, line, count)
    elif dtype == 1:
        read_samples(<const int8_t *>row + first, line, count)
    elif dtype == 2:
        read_samples(<const uint16_t *>row + first, line, count)
    elif dtype == 3:
        read_samples(<const int16_t *>row + first, line, count)
    elif dtype == 4:
        read_samples(<const uint32_t *>row + first, line, count)
    elif dtype == 5:
        read_samples(<const int32_t *>row + first, line, count)
    elif dtype == 6:
        read_samples(<const uint64_t *>row + first, line, count)
    elif dtype == 7:
        read_samples(<const int64_t *>row + first, line, count)
    elif dtype == 8:
        read_samples(<const float *>row + first, line, count)
    else:
        read_samples(<const double *>row + first, line, count)


cdef void write_samples(const double *line, sample *results, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        if sample is float or sample is double:
            results[x] = <sample>line[x]
        elif sample is uint64_t:
            results[x] = truncate_unsigned(line[x])
        elif sample is int64_t or sample is uint32_t:
            results[x] = <sample>truncate_to_64(line[x])
        else:
            results[x] = <sample>truncate_to_32(line[x])


cdef void write_line(const double *line, uint8_t *row, int dtype, Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    if dtype == 0:
        write_samples(line, row + first, count)
    elif dtype == 1:
        write_samples(line, <int8_t *>row + first, count)
    elif dtype == 2:
        write_samples(line, <uint16_t *>row + first, count)
    elif dtype == 3:
        write_samples(line, <int16_t *>row + first, count)
    elif dtype == 4:
        write_samples(line, <uint32_t *>row + first, count)
    elif dtype == 5:
        write_samples(line, <int32_t *>row + first, count)
    elif dtype == 6:
        write_samples(line, <uint64_t *>row + first, count)
    elif dtype == 7:
        write_samples(line, <int64_t *>row + first, count)
    elif dtype == 8:
        write_samples(line, <float *>row + first, count)
    else:
        write_samples(line, <double *>row + first, count)


cdef void fill(double *line, double value, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        line[x] = value


cdef struct Source:
    const uint8_t *pixels
    Py_ssize_t stride           # bytes from one row to the next
    int dtype
    Py_ssize_t width            # samples of a row
    const Py_ssize_t *rows
    const Py_ssize_t *columns
    Py_ssize_t before           # columns that the map has before the first one
    double cval


cdef void read_extended(const Source *source, Py_ssize_t y, Py_ssize_t first, double *line,
                        Py_ssize_t count) noexcept nogil:
    """Read places first to first + count - 1 of the map of columns, from the row in place y of the map of rows."""
    cdef Py_ssize_t x, row = source.rows[y], begin, end
    if row < 0:
        fill(line, source.cval, count)
        return
    begin = min(max(source.before - first, 0), count)
    end = min(max(source.before + source.width - first, begin), count)
    cdef const uint8_t *samples = source.pixels + row * source.stride
    for x in range(begin):
        read_place(source, samples, first + x, line + x)
    if end > begin:
        read_line(samples, source.dtype, first + begin - source.before, line + begin, end - begin)
    for x in range(end, count):
        read_place(source, samples, first + x, line + x)


cdef inline void read_place(const Source *source, const uint8_t *row, Py_ssize_t x, double *value) noexcept nogil:
    if source.columns[x] < 0:
        value[0] = source.cval
    else:
        read_line(row, source.dtype, source.columns[x], value, 1)


cdef class Terms:
    """The terms of a sum in the order in which they are added.

    kind: 0 the samples are weighed, 1 each but the first is added to that on the other side of the window, -1 that one
    is subtracted, 2 as 0 with a sum that begins with 0.0. size: rows and columns of the window. places: rows and
    columns of the terms. rows, columns: maps of the image that the sum is taken of, with the columns before.
    """

    cdef int kind
    cdef Py_ssize_t height, width, before, count
    cdef const double[::1] weights
    cdef const Py_ssize_t[:, ::1] places
    cdef const Py_ssize_t[::1] rows, columns

    def __init__(self, int kind, size, const double[::1] weights, const Py_ssize_t[:, ::1] places,
                 const Py_ssize_t[::1] rows, const Py_ssize_t[::1] columns, Py_ssize_t before):
        self.kind, self.weights, self.places, self.rows, self.columns = kind, weights, places, rows, columns
        self.height, self.width = size
        self.before, self.count = before, weights.shape[0]

    cdef void offsets(self, Py_ssize_t stride, Py_ssize_t *into) noexcept nogil:
        """Find where the terms lie in a band with this many columns: all first samples, then all second ones."""
        cdef Py_ssize_t k, y, x
        for k in range(self.count):
            y, x = self.places[k, 0], self.places[k, 1]
            into[k] = y * stride + x
            into[self.count + k] = (self.height - 1 - y) * stride + self.width - 1 - x

    cdef void apply(self, const double *band, const Py_ssize_t *offsets, double *out, Py_ssize_t count) noexcept nogil:
        sum_line(band, offsets, offsets + self.count, &self.weights[0], self.count, out, count, self.kind)


cdef Source source_of(const uint8_t[:, :] pixels, int dtype, Terms terms, double cval, Py_ssize_t width) noexcept nogil:
    cdef Source source
    source.pixels, source.stride, source.dtype, source.width = &pixels[0, 0], pixels.strides[0], dtype, width
    source.rows, source.columns = &terms.rows[0], &terms.columns[0]
    source.before, source.cval = terms.before, cval
    return source


cdef void *allocate(Py_ssize_t size) except NULL:
    cdef void *memory = malloc(size)
    if memory == NULL:
        raise MemoryError
    return memory


def sum_window(const uint8_t[:, :] pixels, int reads, uint8_t[:, :] results, int writes, Py_ssize_t width,
               Terms terms, Terms across, double cval, Py_ssize_t first, Py_ssize_t last):
    """Sum windows for rows first to last - 1, and then, if `across` is given, the rows of these sums once more.

    The second pass reads the sums after they were cast to the dtype of the results.
    """
    cdef Py_ssize_t height = last - first, more = 0 if across is None else across.width - 1
    cdef Py_ssize_t lead = 0 if across is None else across.before, row = width + more
    cdef Py_ssize_t rows = height + terms.height - 1
    cdef Py_ssize_t tile = min(max(BAND // rows - terms.width + 1, NARROWEST) // NARROWEST * NARROWEST, width)
    cdef Py_ssize_t stride = ((tile + terms.width + LINE - 2) // LINE | 1) * LINE
    cdef Py_ssize_t piece = max(NEAR // terms.height // BLOCK * BLOCK, BLOCK)
    cdef Source source = source_of(pixels, reads, terms, cval, width)
    cdef Py_ssize_t count = terms.count + (0 if across is None else across.count)
    cdef void *room = allocate(
        (rows * stride + height * row + width + LINE) * sizeof(double) + 2 * count * sizeof(Py_ssize_t))
    cdef double *band = <double *>(<size_t>room + 63 & ~<size_t>63)
    cdef double *sums = band + rows * stride
    cdef double *line = sums + height * row
    cdef Py_ssize_t *offsets = <Py_ssize_t *>(line + width)
    cdef Py_ssize_t y, x, left, some
    with nogil:
        terms.offsets(stride, offsets)
        left = 0
        while left < width:
            some = min(tile, width - left)
            for y in range(rows):
                read_extended(&source, first + y, left, band + y * stride, some + terms.width - 1)
            x = 0
            while x < some:
                for y in range(height):
                    terms.apply(
                        band + y * stride + x, offsets, sums + y * row + lead + left + x, min(piece, some - x))
                x += piece
            left += tile
        for y in range(height):
            if across is not None:
                cast(sums + y * row + lead, line, writes, width)
                extend(sums + y * row, across, width, cval)
                if y == 0:
                    across.offsets(row, offsets)
                across.apply(sums + y * row, offsets, line, width)
                write_line(line, &results[y, 0], writes, 0, width)
            else:
                write_line(sums + y * row, &results[y, 0], writes, 0, width)
    free(room)


def sum_rows_first(const uint8_t[:, :] pixels, int reads, uint8_t[:, :] results, int writes, Py_ssize_t width,
                   Terms terms, Terms down, double cval, Py_ssize_t first, Py_ssize_t last):
    """Sum along rows, and then these sums, cast to the dtype of the results, along columns."""
    cdef Py_ssize_t rows = last - first + down.height - 1, stride = width + terms.width - 1
    cdef Source source = source_of(pixels, reads, terms, cval, width)
    cdef double *room = <double *>allocate(
        (rows * width + stride + width) * sizeof(double) + 2 * (terms.count + down.count) * sizeof(Py_ssize_t))
    cdef double *band = room
    cdef double *line = band + rows * width
    cdef double *out = line + stride
    cdef Py_ssize_t *offsets = <Py_ssize_t *>(out + width)
    cdef Py_ssize_t *below = offsets + 2 * terms.count
    cdef Py_ssize_t y
    with nogil:
        terms.offsets(stride, offsets)
        down.offsets(width, below)
        for y in range(rows):
            if down.rows[first + y] < 0:
                fill(band + y * width, cval, width)
            else:
                read_extended(&source, down.rows[first + y], 0, line, stride)
                terms.apply(line, offsets, band + y * width, width)
                cast(band + y * width, out, writes, width)
        for y in range(last - first):
            down.apply(band + y * width, below, out, width)
            write_line(out, &results[y, 0], writes, 0, width)
    free(room)


cdef void cast(double *line, double *room, int dtype, Py_ssize_t count) noexcept nogil:
    """Round doubles to what another dtype holds."""
    if dtype != DOUBLE:
        write_line(line, <uint8_t *>room, dtype, 0, count)
        read_line(<uint8_t *>room, dtype, 0, line, count)


cdef void extend(double *line, Terms terms, Py_ssize_t width, double cval) noexcept nogil:
    """Continue a line beyond its borders; its samples begin at terms.before."""
    cdef Py_ssize_t x, source
    for x in range(width + terms.width - 1):
        if x < terms.before or x >= terms.before + width:
            source = terms.columns[x]
            line[x] = cval if source < 0 else line[terms.before + source]


def slide_down(const uint8_t[:, :] pixels, int reads, uint8_t[:, :] results, int writes,
               const Py_ssize_t[::1] rows, Py_ssize_t size, double cval, Py_ssize_t first, Py_ssize_t last):
    """Compute means of `size` rows by running sums, in columns first to last - 1."""
    cdef Py_ssize_t width = last - first, y, x, height = rows.shape[0] - size + 1
    cdef Source source
    source.pixels, source.stride, source.dtype, source.width = &pixels[0, 0], pixels.strides[0], reads, last
    source.rows, source.columns, source.before, source.cval = &rows[0], NULL, 0, cval
    cdef double *sums = <double *>allocate(4 * width * sizeof(double))
    cdef double *new = sums + width
    cdef double *old = new + width
    cdef double *out = old + width
    with nogil:
        fill(sums, 0.0, width)
        for y in range(size):
            read_extended(&source, y, first, new, width)
            for x in range(width):
                sums[x] += new[x]
        for y in range(height):
            if y:
                read_extended(&source, y + size - 1, first, new, width)
                read_extended(&source, y - 1, first, old, width)
                for x in range(width):
                    sums[x] += new[x] - old[x]
            for x in range(width):
                out[x] = sums[x] / <double>size
            write_line(out, &results[y, 0], writes, first, width)
    free(sums)


def slide_across(const uint8_t[:, :] pixels, int reads, uint8_t[:, :] results, int writes,
                 const Py_ssize_t[::1] columns, Py_ssize_t before, Py_ssize_t size, double cval, Py_ssize_t first,
                 Py_ssize_t last):
    """Compute means of `size` columns by running sums, in rows first to last - 1. The results may be the image."""
    cdef Py_ssize_t width = columns.shape[0] - size + 1, row = columns.shape[0], y, k, x, some
    cdef Py_ssize_t own = 0
    cdef Source source
    source.pixels, source.stride, source.dtype, source.width = &pixels[0, 0], pixels.strides[0], reads, width
    source.rows, source.columns, source.before, source.cval = &own, &columns[0], before, cval
    cdef double *lines = <double *>allocate(ROWS * (row + width) * sizeof(double))
    cdef double *sums = lines + ROWS * row
    with nogil:
        y = first
        while y < last:
            some = min(ROWS, last - y)
            for k in range(some):
                own = y + k
                read_extended(&source, 0, 0, lines + k * row, row)
            if some == ROWS:
                run_sums(lines, sums, row, width, size, ROWS)
            else:
                run_sums(lines, sums, row, width, size, some)
            for k in range(some):
                write_line(sums + k * width, &results[y + k, 0], writes, 0, width)
            y += ROWS
    free(lines)


cdef inline void run_sums(const double *lines, double *means, Py_ssize_t row, Py_ssize_t width, Py_ssize_t size,
                          const Py_ssize_t rows) noexcept nogil:
    """Compute the means of all windows of some lines."""
    cdef double sums[ROWS]
    cdef Py_ssize_t k, x
    for k in range(rows):
        sums[k] = 0.0
        for x in range(size):
            sums[k] += lines[k * row + x]
        for x in range(1, width):
            means[k * width + x] = lines[k * row + x + size - 1] - lines[k * row + x - 1]
    for k in range(rows):
        means[k * width] = sums[k]
    for x in range(1, width):
        for k in range(rows):
            sums[k] += means[k * width + x]
            means[k * width + x] = sums[k]
    for x in range(rows * width):
        means[x] = means[x] / <double>size
