# The sample of a rank among those of each window of uint8, by histograms: as long for every size of window.
#
# Each column of the padded image has the histogram of its samples within the window's rows, which moves down with the
# window: one sample enters, one leaves. The window's own histogram moves across: a column is added, one is taken away.
# Counts are cumulative, how many samples lie at or below a level, so the wanted sample is the number of levels that at
# most rank samples lie at or below. First this is done with 16 levels of 16 values, and then with the 16 values of
# the one level, whose counts are only brought up to date then.
#
# S. Perreault and P. Hebert, "Median filtering in constant time", IEEE Transactions on Image Processing 16, 2007.

cdef enum:
    LEVELS = 16
    COUNTS = 17 * LEVELS    # of a column: the levels', and those within each level


cdef extern from "counts.h" nogil:
    void counts_enter(uint16_t *into, int level)
    void counts_leave(uint16_t *into, int level)
    void counts_add(uint16_t *into, const uint16_t *enters)
    void counts_move(uint16_t *into, const uint16_t *enters, const uint16_t *leaves)
    int counts_within(const uint16_t *counts, uint16_t rank)

ctypedef fused counter:     # of a window's samples
    uint16_t
    uint32_t


cdef inline void enter(uint16_t *column, uint8_t value) noexcept nogil:
    counts_enter(column, value >> 4)
    counts_enter(column + LEVELS + (value & 0xf0), value & 15)


cdef inline void leave(uint16_t *column, uint8_t value) noexcept nogil:
    counts_leave(column, value >> 4)
    counts_leave(column + LEVELS + (value & 0xf0), value & 15)


cdef inline void add_counts(counter *window, const uint16_t *enters) noexcept nogil:
    cdef int k
    if counter is uint16_t:
        counts_add(window, enters)
    else:
        for k in range(LEVELS):
            window[k] += enters[k]


cdef inline void move_counts(counter *window, const uint16_t *enters, const uint16_t *leaves) noexcept nogil:
    cdef int k
    if counter is uint16_t:
        counts_move(window, enters, leaves)
    else:
        for k in range(LEVELS):
            window[k] += <uint32_t>enters[k] - leaves[k]


cdef inline int levels_below(const counter *window, counter rank) noexcept nogil:
    """Count the levels that at most rank samples lie at or below."""
    cdef int k, found = 0
    if counter is uint16_t:
        return counts_within(window, rank)
    else:
        for k in range(LEVELS):
            found += window[k] <= rank
        return found


cdef void rank_across(counter *like, const Window *job, const uint16_t *columns, Py_ssize_t step, Py_ssize_t count,
                      uint8_t *into) noexcept nogil:
    """Write count results of one channel. step: from a column of the channel to the next, in columns."""
    cdef counter levels[LEVELS]
    cdef counter inner[COUNTS]
    cdef Py_ssize_t at[LEVELS]          # the first column that each level's inner counts hold
    cdef Py_ssize_t x, k, moved, width = job.width, pitch = step * COUNTS
    cdef const uint16_t *column
    cdef counter *own
    cdef counter rank = <counter>job.rank
    cdef int level
    memset(levels, 0, sizeof(levels))
    for k in range(LEVELS):
        at[k] = -width
    for k in range(width - 1):
        add_counts(levels, columns + k * pitch)
    for x in range(count):
        if x:
            move_counts(levels, columns + (x + width - 1) * pitch, columns + (x - 1) * pitch)
        else:
            add_counts(levels, columns + (width - 1) * pitch)
        level = levels_below(levels, rank)
        own = inner + level * LEVELS
        column = columns + LEVELS + level * LEVELS
        if 2 * (x - at[level]) >= width:        # fewer columns to add than have come and gone
            memset(own, 0, LEVELS * sizeof(counter))
            for k in range(x, x + width):
                add_counts(own, column + k * pitch)
        else:
            for k in range(at[level], x):
                move_counts(own, column + (k + width) * pitch, column + k * pitch)
        at[level] = x
        into[x * step] = <uint8_t>(
            LEVELS * level + levels_below(own, <counter>(rank - (levels[level - 1] if level else 0))))


cdef Py_ssize_t histogram_scratch(const Window *job) noexcept nogil:
    return 3 * rounded_up(job.row_lanes) + job.source.channels * (job.tile + job.width - 1) * COUNTS * sizeof(uint16_t)


cdef void histograms(Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                     Poll poll) noexcept nogil:
    cdef Py_ssize_t channels = job.source.channels, row_size = rounded_up(job.row_lanes), pixels, lanes
    cdef Py_ssize_t x = 0, y, k, c, t
    cdef uint8_t *enters = <uint8_t *>memory
    cdef uint8_t *leaves = enters + row_size
    cdef uint8_t *result = leaves + row_size
    cdef uint16_t *columns = <uint16_t *>(result + row_size)
    cdef char *into
    cdef double work = 0
    while x < job.source.width:
        pixels = min(job.tile, job.source.width - x)
        lanes = (pixels + job.width - 1) * channels
        memset(columns, 0, lanes * COUNTS * sizeof(uint16_t))
        t = first * job.stride_y            # padded rows from here on to the window's end are counted
        for k in range(job.height - 1):
            fill_padded(job, n, t + k - job.top, <char *>enters)
            for c in range(lanes):
                enter(columns + c * COUNTS, enters[x * channels + c])
            if should_stop(&job.stopped, &work, job.work, poll):
                return
        for y in range(first * job.stride_y, (last - 1) * job.stride_y + 1):
            fill_padded(job, n, y + job.height - 1 - job.top, <char *>enters)
            if y > t:
                fill_padded(job, n, y - 1 - job.top, <char *>leaves)
            for c in range(lanes):
                if y > t:
                    leave(columns + c * COUNTS, leaves[x * channels + c])
                enter(columns + c * COUNTS, enters[x * channels + c])
            if y % job.stride_y == 0:
                for c in range(channels):
                    if job.height * job.width < 65536:
                        rank_across(<uint16_t *>NULL, job, columns + c * COUNTS, channels, pixels, result + c)
                    else:
                        rank_across(<uint32_t *>NULL, job, columns + c * COUNTS, channels, pixels, result + c)
                into = job.target.data + n * job.target.step_n + y // job.stride_y * job.target.step_y
                for k in range((x + job.stride_x - 1) // job.stride_x,
                               (x + pixels + job.stride_x - 1) // job.stride_x):
                    memcpy(into + k * channels, result + (k * job.stride_x - x) * channels, channels)
            if should_stop(&job.stopped, &work, job.work, poll):
                return
        x += pixels
