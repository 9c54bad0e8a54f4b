# Rank filters of uint8 with a footprint, by one histogram that moves along a row.
#
# At each step, a sample leaves every chord and one enters it. The level of the result and how many samples lie below it
# are followed from pixel to pixel, so that few counts are looked at.
#
# T. S. Huang, G. J. Yang and G. Y. Tang, "A fast two-dimensional median filtering algorithm", IEEE Transactions on
# Acoustics, Speech, and Signal Processing 27, 1979.

cdef void count_row(const Window *job, const char **rows, uint8_t *into) noexcept nogil:
    """Compute a row of results. rows: those of the padded image that the footprint contains."""
    cdef uint32_t counts[256]
    cdef Py_ssize_t channels = job.source.channels, rank = job.rank, below, x, c, k, t
    cdef const Chord *chord
    cdef const uint8_t *row
    cdef int level, leaves, enters
    for c in range(channels):
        memset(counts, 0, sizeof(counts))
        level = 0
        below = 0               # how many samples lie below the level
        for t in range(job.chord_count):
            chord = &job.chords[t]
            row = <const uint8_t *>rows[chord.row] + chord.first * channels + c
            for k in range(chord.length):
                counts[row[k * channels]] += 1
        for x in range(job.source.width):
            if x:
                for t in range(job.chord_count):
                    chord = &job.chords[t]
                    row = <const uint8_t *>rows[chord.row] + (chord.first + x - 1) * channels + c
                    leaves, enters = row[0], row[chord.length * channels]
                    counts[leaves] -= 1
                    counts[enters] += 1
                    below += (enters < level) - (leaves < level)
            while below > rank:
                level -= 1
                below -= counts[level]
            while below + counts[level] <= rank:
                below += counts[level]
                level += 1
            into[x * channels + c] = <uint8_t>level
