# Rank filters of uint8 by histograms, at a cost that does not depend on the size of the window.
#
# Each column of the padded image keeps the histogram of its samples in the window's rows. Moving down, one sample
# enters it and one leaves. The window's histogram is the sum of those of its columns; moving across, one is added and
# one subtracted. Counts are cumulative: how many samples are at or below a level. The result is the number of levels
# whose count is at most the rank. It is searched for in 16 coarse levels of 16 values, then in the 16 values of the
# coarse level found. The counts of the values are updated only for that level.
#
# S. Perreault and P. Hebert, "Median filtering in constant time", IEEE Transactions on Image Processing 16, 2007.

cdef enum:
    LEVELS = 16
    COUNTS = 17 * LEVELS    # of a column: 16 coarse ones, and 16 fine ones for each coarse level


cdef extern from "counts.h" nogil:
    void counts_enter(uint16_t *into, int level)
    void counts_leave(uint16_t *into, int level)
    void counts_add(uint16_t *into, const uint16_t *enters)
    void counts_move(uint16_t *into, const uint16_t *enters, const uint16_t *leaves)
    int counts_within(const uint16_t *counts, uint16_t rank)

ctypedef fused counter:     # as wide as the number of samples in a window needs
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
    """Return how many levels have at most rank samples at or below them."""
    cdef int k, found = 0
    if counter is uint16_t:
        return counts_within(window, rank)
    else:
        for k in range(LEVELS):
            found += window[k] <= rank
        return found


cdef void rank_across(counter *like, const Window *job, const uint16_t *columns, Py_ssize_t step, Py_ssize_t count,
                      uint8_t *into) noexcept nogil:
    """Write count results of one channel. step: columns from one of the channel to the next."""
    cdef counter levels[LEVELS]
    cdef counter inner[COUNTS]
    cdef Py_ssize_t at[LEVELS]          # for each coarse level, the first column that its fine counts include
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
        if 2 * (x - at[level]) >= width:        # summing the window anew takes fewer columns than following its moves
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
        t = first * job.stride_y            # the first padded row that the columns count
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
