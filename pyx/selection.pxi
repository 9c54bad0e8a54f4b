# The sample of a rank among those of a window, bit by bit: a bit is set if at most `rank` samples are below the key
# that results. All results of a tile at once; a count is as wide as a sample, so that both fill vectors alike.

cdef struct Selection:
    # For each result of a tile
    char *limit             # the key that is tried
    char *below             # how many samples of a block are below it
    uint32_t *counts        # and how many of the blocks before


cdef Selection selection_at(const Window *job, char *memory, Py_ssize_t *taken) noexcept nogil:
    cdef Selection selection
    selection.limit = carve(memory, taken, rounded_up(job.tile * job.source.size))
    selection.below = carve(memory, taken, rounded_up(job.tile * job.source.size))
    selection.counts = <uint32_t *>carve(memory, taken, rounded_up(job.tile * sizeof(uint32_t)))
    return selection


cdef void count_below(const key *samples, const key *limit, key *below, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(count):
        below[k] = <key>(below[k] + (samples[k] < limit[k]))


cdef void move_below(key *below, uint32_t *counts, Py_ssize_t count) noexcept nogil:
    """Add the counts of a block to those before, and begin another block."""
    cdef Py_ssize_t k
    for k in range(count):
        if key is uint8_t:
            counts[k] += below[k]
        elif key is uint16_t or key is int16_t:
            counts[k] += <uint16_t>below[k]
        else:
            counts[k] += <uint32_t>below[k]
    memset(below, 0, count * sizeof(key))


cdef void take_limits(const key *limit, const uint32_t *counts, uint32_t rank, key *into,
                      Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t k
    cdef key taken
    for k in range(count):
        taken = limit[k]
        into[k] = taken if counts[k] <= rank else into[k]


cdef void select(key *like, const Window *job, const char **rows, Py_ssize_t x, Py_ssize_t count, key *into,
                 const Selection *selection) noexcept nogil:
    """Find results x to x + count - 1."""
    cdef key *limit = <key *>selection.limit
    cdef key *below = <key *>selection.below
    cdef Py_ssize_t c, j, k, bit, most = <Py_ssize_t>largest_below(8 * min(sizeof(key), 3)), room
    cdef key lowest = 0, half
    cdef const Chord *chord
    if key is int16_t or key is int32_t or key is int64_t:
        lowest = <key>(<uint64_t>1 << (8 * sizeof(key) - 1))
    for k in range(count):
        into[k] = lowest
    memset(below, 0, count * sizeof(key))
    for bit in range(8 * sizeof(key) - 1, -1, -1):
        half = <key>(<uint64_t>1 << bit)        # the first flips the sign of the lowest key
        for k in range(count):
            limit[k] = <key>(into[k] ^ half)
        memset(selection.counts, 0, count * sizeof(uint32_t))
        room = most
        for c in range(job.chord_count):
            chord = &job.chords[c]
            for j in range(chord.first, chord.first + chord.length):
                count_below(<const key *>rows[chord.row] + x + j * job.source.channels, limit, below, count)
                room -= 1
                if not room:
                    move_below(below, selection.counts, count)
                    room = most
        move_below(below, selection.counts, count)
        take_limits(limit, selection.counts, <uint32_t>job.rank, into, count)
