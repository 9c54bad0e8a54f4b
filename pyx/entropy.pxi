# Entropy of the bytes of a window, in bits, by one histogram that moves along a row, as in counting.pxi.
#
#     log2 n - (sum over levels of c log2 c) / n        n samples, c of them at a level
#
# Each term c log2 c is a whole number of units of 2**-36. So the sum stays exact however long it moves, and has the
# same bits wherever it began. The entropy of equal samples is exactly 0.

cdef struct EntropyScratch:
    Ring ring
    const char **rows
    double *entropies       # a row
    char *results
    Py_ssize_t size


cdef EntropyScratch entropy_scratch(const Window *job, char *memory) noexcept nogil:
    cdef EntropyScratch scratch
    cdef Py_ssize_t taken = 0, lanes = job.source.width * job.source.channels
    scratch.ring = ring_at(job, memory, &taken, job.height)
    scratch.rows = <const char **>carve(memory, &taken, rounded_up(job.height * sizeof(void *)))
    scratch.entropies = <double *>carve(memory, &taken, rounded_up(lanes * sizeof(double)))
    scratch.results = carve(memory, &taken, rounded_up(lanes * job.target.size))
    scratch.size = taken
    return scratch


cdef void entropy_row(const Window *job, const char **rows, Py_ssize_t samples, int64_t whole, Py_ssize_t c,
                      double *into) noexcept nogil:
    """Compute a row of results of channel c. whole: samples log2 samples, in units."""
    cdef uint32_t counts[256]
    cdef Py_ssize_t channels = job.source.channels, x, k, t
    cdef const int64_t *growth = job.growth
    cdef const Chord *chord
    cdef const uint8_t *row
    cdef double unit = 1 / (68719476736.0 * samples)
    cdef int64_t total = 0
    cdef int level
    memset(counts, 0, sizeof(counts))
    for t in range(job.chord_count):
        chord = &job.chords[t]
        row = <const uint8_t *>rows[chord.row] + chord.first * channels + c
        for k in range(chord.length):
            level = row[k * channels]
            total += growth[counts[level]]
            counts[level] += 1
    into[c] = <double>(whole - total) * unit
    for x in range(1, job.source.width):
        for t in range(job.chord_count):
            chord = &job.chords[t]
            row = <const uint8_t *>rows[chord.row] + (chord.first + x - 1) * channels + c
            level = row[0]
            counts[level] -= 1
            total -= growth[counts[level]]
            level = row[chord.length * channels]
            total += growth[counts[level]]
            counts[level] += 1
        into[x * channels + c] = <double>(whole - total) * unit


cdef void entropies(Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                    Poll poll) noexcept nogil:
    cdef EntropyScratch scratch = entropy_scratch(job, memory)
    cdef Py_ssize_t y, i, c, samples = 0
    cdef int64_t whole = 0
    cdef double work = 0
    for i in range(job.chord_count):
        samples += job.chords[i].length
    for i in range(samples):
        whole += job.growth[i]
    forget(&scratch.ring)
    for y in range(first, last):
        for i in range(job.height):
            scratch.rows[i] = ring_row(job, &scratch.ring, n, y * job.stride_y + i)
        for c in range(job.source.channels):
            entropy_row(job, scratch.rows, samples, whole, c, scratch.entropies)
            if should_stop(&job.stopped, &work, job.work, poll):
                return
        store(scratch.entropies, scratch.results, job.target.kind, job.source.width * job.source.channels, False)
        write_part(job, n, y, scratch.results, 0, job.source.width, True)
    stream_end()
