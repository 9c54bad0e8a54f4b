# Minimum and maximum of footprints, on keys (window.pxi).
#
# A footprint is a list of chords: runs of neighbors in a row. Each row of the image is turned into the extremes of
# windows of 1, 2, 4, 8, ... neighbors, its levels, once. A chord of any length combines two windows of the largest
# level that fits into it. So a result takes two comparisons per chord, whatever the chords' lengths: about as many as
# the footprint has rows. Tiles of columns keep the levels of all rows of a footprint within the second-level cache.
#
# M. van Droogenbroeck and M. Buckley, "Morphological erosions and openings: fast algorithms based on anchors", Journal
# of Mathematical Imaging and Vision 22, 2005, compares algorithms of this kind.

cdef struct ChordScratch:
    char *rows              # [height][levels] rows of samples, each `pitch` bytes
    char *result
    const char **firsts     # of each chord: where its first and its last window begin
    const char **lasts
    Py_ssize_t pitch, size


cdef ChordScratch chord_scratch(const Window *job, char *memory) noexcept nogil:
    cdef ChordScratch scratch
    cdef Py_ssize_t taken = 0
    scratch.pitch = rounded_up((job.tile + job.width - 1) * job.source.channels * job.source.size) + 4 * LANES_BYTES
    scratch.rows = carve(memory, &taken, job.height * job.levels * scratch.pitch)
    scratch.result = carve(memory, &taken, scratch.pitch)
    scratch.firsts = <const char **>carve(memory, &taken, rounded_up(job.chord_count * sizeof(void *)))
    scratch.lasts = <const char **>carve(memory, &taken, rounded_up(job.chord_count * sizeof(void *)))
    scratch.size = taken
    return scratch


cdef void fill_levels(ordered *like, const Window *job, Py_ssize_t n, Py_ssize_t y, Py_ssize_t x, Py_ssize_t pixels,
                      char *row, Py_ssize_t pitch) noexcept nogil:
    """Fill the levels of row y of the padded image, from column x on."""
    cdef Py_ssize_t step = job.source.channels * job.source.size, width = 1, k
    fill_part(job, n, y - job.top, x, pixels, row)
    make_keys(job, row, pixels * job.source.channels, not job.rank)
    for k in range(1, job.levels):
        pixels -= width
        if job.rank:
            extremes_of_few(True, like, row, 2, 0, width * step, row + pitch, pixels * step)
        else:
            extremes_of_few(False, like, row, 2, 0, width * step, row + pitch, pixels * step)
        row += pitch
        width *= 2


cdef void point_to_chords(const Window *job, const ChordScratch *scratch, Py_ssize_t top) noexcept nogil:
    """Point to the windows of each chord, for results whose footprint begins at row `top` of the padded image."""
    cdef Py_ssize_t c, size = job.source.channels * job.source.size
    cdef const Chord *chord
    for c in range(job.chord_count):
        chord = &job.chords[c]
        scratch.firsts[c] = (scratch.rows + ((top + chord.row) % job.height * job.levels + chord.level) * scratch.pitch
                             + chord.first * size)
        scratch.lasts[c] = scratch.firsts[c] + (chord.length - (<Py_ssize_t>1 << chord.level)) * size


cdef inline void combine_chords(bint largest, ordered *like, const ChordScratch *scratch, Py_ssize_t chords,
                                Py_ssize_t size) noexcept nogil:
    """Write the extremes of all chords, in whole groups of four vectors."""
    cdef Py_ssize_t x = 0, c
    cdef const char *first
    cdef const char *last
    cdef ordered a0, a1, a2, a3
    while x < size:
        first = scratch.firsts[0] + x
        a0, a1 = vector_at(like, first), vector_at(like, first + sizeof(ordered))
        a2, a3 = vector_at(like, first + 2 * sizeof(ordered)), vector_at(like, first + 3 * sizeof(ordered))
        for c in range(chords):
            first, last = scratch.firsts[c] + x, scratch.lasts[c] + x
            a0 = extreme(largest, a0, vector_at(like, first))
            a1 = extreme(largest, a1, vector_at(like, first + sizeof(ordered)))
            a2 = extreme(largest, a2, vector_at(like, first + 2 * sizeof(ordered)))
            a3 = extreme(largest, a3, vector_at(like, first + 3 * sizeof(ordered)))
            if last != first:
                a0 = extreme(largest, a0, vector_at(like, last))
                a1 = extreme(largest, a1, vector_at(like, last + sizeof(ordered)))
                a2 = extreme(largest, a2, vector_at(like, last + 2 * sizeof(ordered)))
                a3 = extreme(largest, a3, vector_at(like, last + 3 * sizeof(ordered)))
        lane_store(scratch.result + x, a0)
        lane_store(scratch.result + x + sizeof(ordered), a1)
        lane_store(scratch.result + x + 2 * sizeof(ordered), a2)
        lane_store(scratch.result + x + 3 * sizeof(ordered), a3)
        x += 4 * sizeof(ordered)


cdef inline void combine(ordered *like, const Window *job, const ChordScratch *scratch, Py_ssize_t size) noexcept nogil:
    if job.rank:
        combine_chords(True, like, scratch, job.chord_count, size)
    else:
        combine_chords(False, like, scratch, job.chord_count, size)


cdef void chord_extremes(ordered *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                         Poll poll) noexcept nogil:
    cdef ChordScratch scratch = chord_scratch(job, memory)
    cdef Py_ssize_t x = 0, y, top, filled, pixels, size
    cdef double work = 0
    while x < job.columns:
        pixels = min(job.tile, job.columns - x)
        size = pixels * job.source.channels * job.source.size
        filled = 0
        for y in range(first, last):
            top = y * job.stride_y
            for filled in range(max(filled, top), top + job.height):
                fill_levels(like, job, n, filled, x, pixels + job.width - 1,
                            scratch.rows + filled % job.height * job.levels * scratch.pitch, scratch.pitch)
            filled = top + job.height
            point_to_chords(job, &scratch, top)
            combine(like, job, &scratch, size)
            write_part(job, n, y, scratch.result, x, pixels, False)
            if should_stop(&job.stopped, &work, job.work, poll):
                return
        x += pixels
