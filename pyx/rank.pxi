# Rank filters: the k-th smallest sample of each window, on keys (window.pxi), by networks of exchanges or bit by bit.

cdef void exchange_rows(const key *a, const key *b, key *least, key *most, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        least[x] = a[x] if a[x] < b[x] else b[x]
        most[x] = b[x] if a[x] < b[x] else a[x]


cdef void smaller_row(const key *a, const key *b, key *least, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        least[x] = a[x] if a[x] < b[x] else b[x]


cdef void larger_row(const key *a, const key *b, key *most, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        most[x] = a[x] if a[x] > b[x] else b[x]


cdef void run_network(key *like, const Window *job, const char **rows, char *slots, Py_ssize_t slot_size, Py_ssize_t x,
                      Py_ssize_t count, char *into) noexcept nogil:
    """Compute results x to x + count - 1 of a row. rows: rows of the window; slots: room for intermediate rows."""
    cdef Py_ssize_t k, channels = job.source.channels, many
    cdef const Exchange *step
    cdef const key *a
    cdef const key *b
    cdef key *least
    cdef key *most
    for k in range(job.exchange_count):
        step = &job.exchanges[k]
        many = count        # all others end in whole vectors, for which slots and rows have room
        if k + 1 < job.exchange_count:
            many = rounded_up((count + step.beyond * channels) * sizeof(key)) // <Py_ssize_t>sizeof(key)
        a = <const key *>(slots + step.first * slot_size) + step.first_shift * channels
        if step.first < job.height:
            a = <const key *>rows[step.first] + x + step.first_shift * channels
        b = <const key *>(slots + step.second * slot_size) + step.second_shift * channels
        if step.second < job.height:
            b = <const key *>rows[step.second] + x + step.second_shift * channels
        least = <key *>(slots + step.least * slot_size)
        most = <key *>(slots + step.most * slot_size)
        if step.most < 0:
            smaller_row(a, b, least if k + 1 < job.exchange_count else <key *>into, many)
        elif step.least < 0:
            larger_row(a, b, most if k + 1 < job.exchange_count else <key *>into, many)
        else:
            exchange_rows(a, b, least, most, many)


cdef void find_nan(key *like, const Window *job, const char **rows, const bint *broken, char *found,
                   key nan) noexcept nogil:
    """Mark results whose footprint contains NaN."""
    cdef Py_ssize_t i, j, x, lanes = job.source.width * job.source.channels
    cdef const Chord *chord
    cdef const key *row
    for i in range(job.chord_count):
        chord = &job.chords[i]
        if broken[chord.row]:
            for j in range(chord.first, chord.first + chord.length):
                row = <const key *>rows[chord.row] + j * job.source.channels
                for x in range(lanes):
                    found[x] |= row[x] == nan


cdef void spread_nan(key *like, const Window *job, const char **rows, const bint *broken, char *found,
                     key *into) noexcept nogil:
    """Set results whose window contains NaN, the highest key, to NaN. found: room for a byte per sample of a row."""
    cdef Py_ssize_t lanes = padded_lanes(job), i, x, c, seen = 0
    cdef Py_ssize_t span = job.width * job.source.channels
    cdef key nan = 0
    if key is int32_t or key is int64_t:
        nan = <key>largest_below(8 * sizeof(key) - 1)
    for i in range(job.height):
        seen |= broken[i]
    if not seen:
        return
    memset(found, 0, lanes)
    if job.ragged:
        find_nan(like, job, rows, broken, found, nan)
        for x in range(job.source.width * job.source.channels):
            into[x] = nan if found[x] else into[x]
        return
    for i in range(job.height):
        if broken[i]:
            for x in range(lanes):
                found[x] |= (<const key *>rows[i])[x] == nan
    for c in range(job.source.channels):
        seen = 0
        x = c
        while x < lanes:
            seen += found[x]
            if x >= span:
                seen -= found[x - span]
            if seen and x >= span - job.source.channels:
                into[x - span + job.source.channels] = nan
            x += job.source.channels


cdef struct RankScratch:
    Ring ring
    EdgeRing edges          # of rows that are read in place
    const char **rows
    bint *broken
    char *result
    char *slots             # rows of a network
    Selection selection
    char *found
    Py_ssize_t slot_size, size


cdef RankScratch rank_scratch(const Window *job, char *memory) noexcept nogil:
    cdef RankScratch scratch
    cdef Py_ssize_t taken = 0
    scratch.ring = ring_at(job, memory, &taken, job.height + 1)
    if is_in_place(job):
        scratch.edges = edge_ring_at(job, memory, &taken)
    scratch.rows = <const char **>carve(memory, &taken, rounded_up((job.height + 1) * sizeof(void *)))
    scratch.broken = <bint *>carve(memory, &taken, rounded_up((job.height + 1) * sizeof(bint)))
    scratch.result = carve(memory, &taken, 2 * scratch.ring.size)
    scratch.found = carve(memory, &taken, rounded_up(job.row_lanes))
    scratch.slot_size = rounded_up((job.tile + (job.width - 1) * job.source.channels) * job.source.size) + 64
    if job.method == SELECTION:
        scratch.selection = selection_at(job, memory, &taken)
    else:
        scratch.slots = carve(memory, &taken, max(job.slots * scratch.slot_size, 15 * SPAN + 64))
    scratch.size = taken
    return scratch


cdef void rank_row(key *like, Window *job, const char **rows, RankScratch *scratch, key *result, const char *ahead,
                   double *work, Poll poll) noexcept nogil:
    """Compute a row of results by a network or selection. ahead: a row of the image to prefetch, or NULL."""
    cdef Py_ssize_t x = 0, lanes = job.source.width * job.source.channels, count
    if job.method == COUNTING:
        count_row(job, rows, <uint8_t *>result)
        return
    while x < lanes:
        count = min(job.tile, lanes - x)
        prefetch_samples(ahead, x * sizeof(key), (x + count) * sizeof(key))
        if job.method == NETWORK:
            run_network(like, job, rows, scratch.slots, scratch.slot_size, x, count, <char *>(result + x))
        else:
            select(like, job, rows, x, count, result + x, &scratch.selection)
            if should_stop(&job.stopped, work, job.work, poll):
                return
        x += count


cdef inline void small_rows(key *like, const Window *job, const char **rows, bint plain, char *memory, char **results,
                            int count, const char **ahead) noexcept nogil:
    if key is uint8_t:
        filter_small(<lanes_uint8 *>NULL, job, rows, memory, results, count, ahead)
    elif key is uint16_t:
        filter_small(<lanes_uint16 *>NULL, job, rows, memory, results, count, ahead)
    elif key is int16_t:
        filter_small(<lanes_int16 *>NULL, job, rows, memory, results, count, ahead)
    elif key is int32_t:
        if plain:
            filter_small(<lanes_float *>NULL, job, rows, memory, results, count, ahead)
        else:
            filter_small(<lanes_int32 *>NULL, job, rows, memory, results, count, ahead)
    elif plain:
        filter_small(<lanes_double *>NULL, job, rows, memory, results, count, ahead)
    else:
        filter_small(<lanes_int64 *>NULL, job, rows, memory, results, count, ahead)


cdef void next_rows(const Window *job, Py_ssize_t n, Py_ssize_t y, Py_ssize_t last, const char **ahead) noexcept nogil:
    """Find the rows of the image that results y and y + 1 add, or NULL: for small windows two, for others one."""
    ahead[0] = ahead[1] = NULL
    if y < last:
        ahead[0] = row_ahead(job, n, y * job.stride_y + job.height - 1)
    if y + 1 < last and is_small(job) and job.stride_y == 1:
        ahead[1] = row_ahead(job, n, y + job.height)


cdef void compute_rows(key *like, Window *job, RankScratch *scratch, Py_ssize_t n, Py_ssize_t y, int count,
                       char **results, const char **ahead, double *work, Poll poll) noexcept nogil:
    """Compute and write `count` rows of results from padded copies of the rows."""
    cdef const char **rows = scratch.rows
    cdef int k
    cdef bint plain = bring_window(job, &scratch.ring, n, y * job.stride_y, job.height + count - 1, rows,
                                   scratch.broken)
    rows[job.height] = rows[job.height + count - 2]     # loops for two rows may read it where there is one
    if is_small(job):
        small_rows(like, job, rows, plain, scratch.slots, results, count, ahead)
    else:
        rank_row(like, job, rows, scratch, <key *>results[0], ahead[0], work, poll)
    for k in range(count):
        if job.method != EXTREME:
            spread_nan(like, job, rows + k, scratch.broken + k, scratch.found, <key *>results[k])
        write_keys(job, n, y + k, results[k], plain)


cdef void ranks(key *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                Poll poll) noexcept nogil:
    cdef RankScratch scratch = rank_scratch(job, memory)
    cdef Py_ssize_t y = first
    cdef bint pairs = is_small(job) and job.stride_y == 1
    cdef bint in_place = is_in_place(job) and begin_edges(like, job, &scratch.edges)
    # Small windows write whole vectors.
    cdef bint straight = not job.streamed and job.stride_x == 1 and (
        job.source.width * job.source.channels * job.source.size >= 64)
    cdef const char *ahead[2]
    cdef char *results[2]
    cdef double work = 0
    cdef int k, count
    forget(&scratch.ring)
    while y < last:
        count = 2 if pairs and y + 1 < last else 1
        next_rows(job, n, y + count, last, ahead)
        for k in range(2):
            results[k] = scratch.result + k * scratch.ring.size
            if straight and k < count:
                results[k] = job.target.data + n * job.target.step_n + (y + k) * job.target.step_y
        if in_place and bring_edges(like, job, &scratch.edges, n, y, job.height + count - 1):
            filter_edges(like, job, &scratch.edges, ahead, results)
            for k in range(count):
                write_keys(job, n, y + k, results[k], True)
        else:
            compute_rows(like, job, &scratch, n, y, count, results, ahead, &work, poll)
        y += count
        if should_stop(&job.stopped, &work, count * job.work, poll):
            break
    stream_end()
