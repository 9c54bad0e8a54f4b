# Minimum and maximum of the sums of samples and heights over a footprint: gray morphology that is not flat.
#
#     result = extreme over the pixels of the footprint of p + weight
#
# Samples are floats. Chords do not help here, so each pixel of the footprint is a pass over a tile of a row, which
# stays in the first-level cache. NaN spreads to every result whose footprint holds one.

cdef struct HeightScratch:
    char *rows              # a ring of the footprint's rows, each `pitch` bytes
    char *result
    Py_ssize_t pitch, size


cdef HeightScratch height_scratch(const Window *job, char *memory) noexcept nogil:
    cdef HeightScratch scratch
    cdef Py_ssize_t taken = 0
    scratch.pitch = rounded_up((job.tile + job.width - 1) * job.source.channels * job.source.size)
    scratch.rows = carve(memory, &taken, job.height * scratch.pitch)
    scratch.result = carve(memory, &taken, scratch.pitch)
    scratch.size = taken
    return scratch


cdef inline void add_pixel(bint largest, const real *samples, real weight, real *result,
                           Py_ssize_t count) noexcept nogil:
    """Take the extremes of results and of sums of samples and a weight. What is NaN stays NaN."""
    cdef Py_ssize_t x
    cdef real sum, before
    for x in range(count):
        sum, before = samples[x] + weight, result[x]
        if largest:
            result[x] = before if (sum <= before) | (before != before) else sum
        else:
            result[x] = before if (sum >= before) | (before != before) else sum


cdef void combine_heights(real *like, const Window *job, const HeightScratch *scratch, Py_ssize_t top,
                          Py_ssize_t count) noexcept nogil:
    """Compute the results whose footprint begins at row `top` of the padded image."""
    cdef Py_ssize_t c, j, x, k = 0, channels = job.source.channels
    cdef real *result = <real *>scratch.result
    cdef const real *row
    cdef const Chord *chord
    for c in range(job.chord_count):
        chord = &job.chords[c]
        row = <const real *>(scratch.rows + (top + chord.row) % job.height * scratch.pitch) + chord.first * channels
        for j in range(chord.length):
            if k == 0:
                for x in range(count):
                    result[x] = row[x] + <real>job.weights[0]
            elif job.rank:
                add_pixel(True, row, <real>job.weights[k], result, count)
            else:
                add_pixel(False, row, <real>job.weights[k], result, count)
            row += channels
            k += 1


cdef void raised_extremes(real *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                          Poll poll) noexcept nogil:
    cdef HeightScratch scratch = height_scratch(job, memory)
    cdef Py_ssize_t x = 0, y, top, filled, pixels
    cdef double work = 0
    while x < job.columns:
        pixels = min(job.tile, job.columns - x)
        filled = 0
        for y in range(first, last):
            top = y * job.stride_y
            for filled in range(max(filled, top), top + job.height):
                fill_part(job, n, filled - job.top, x, pixels + job.width - 1,
                          scratch.rows + filled % job.height * scratch.pitch)
            filled = top + job.height
            combine_heights(like, job, &scratch, top, pixels * job.source.channels)
            write_part(job, n, y, scratch.result, x, pixels, True)
            if should_stop(&job.stopped, &work, job.work, poll):
                return
        x += pixels
    stream_end()
