# Sums of separable kernels with a stride: down the columns of the image, and across those sums.

cdef enum:
    MOST_AHEAD = 4          # rows that are prefetched at once

ctypedef fused summand:
    uint16_t
    float


cdef inline void prefetch_block(const char **rows, Py_ssize_t count, Py_ssize_t at, Py_ssize_t size) noexcept nogil:
    """Prefetch the same bytes of several rows."""
    cdef Py_ssize_t r
    for r in range(count):
        prefetch_samples(rows[r], at, at + size)


cdef void sum_few_down(const narrow *like, summand *sums, const Stage *stage, const char **rows, Py_ssize_t count
                       ) noexcept nogil:
    """Sum fewer columns than fill a block, or the same in a loop over taps."""
    cdef Py_ssize_t x, e
    cdef const narrow *row
    cdef summand weight
    for x in range(count):
        sums[x] = 0
    for e in range(stage.tap_count):
        row, weight = <const narrow *>rows[e], (<const summand *>stage.weights)[e]
        for x in range(count):
            sums[x] += weight * <summand>row[x]


cdef void sum_floats_down(const narrow *like, float *sums, const Stage *stage, const char **rows, Py_ssize_t count,
                          const char **ahead, Py_ssize_t ahead_count) noexcept nogil:
    """Sum the samples of `count` columns, one weight for each row."""
    cdef Py_ssize_t lanes = sizeof(lanes_float) // sizeof(float), block = 4 * lanes, last = count - block, x = 0, e
    cdef const float *weights = <const float *>stage.weights
    cdef const narrow *at
    cdef lanes_float a, b, c, d
    if last < 0:
        sum_few_down(like, sums, stage, rows, count)
        return
    while True:
        prefetch_block(ahead, ahead_count, x * sizeof(narrow), block * sizeof(narrow))
        a = lane_zero(a)
        b = c = d = a
        for e in range(stage.tap_count):
            at = <const narrow *>rows[e] + x
            a += lane_splat(weights + e, a) * load_floats(at)
            b += lane_splat(weights + e, a) * load_floats(at + lanes)
            c += lane_splat(weights + e, a) * load_floats(at + 2 * lanes)
            d += lane_splat(weights + e, a) * load_floats(at + 3 * lanes)
        lane_store(sums + x, a)
        lane_store(sums + x + lanes, b)
        lane_store(sums + x + 2 * lanes, c)
        lane_store(sums + x + 3 * lanes, d)
        if x >= last:
            return
        x = min(x + block, last)


cdef void sum_bytes_down(uint16_t *sums, const Stage *stage, const char **rows, Py_ssize_t count, const char **ahead,
                         Py_ssize_t ahead_count) noexcept nogil:
    """Sum the bytes of `count` columns as 16-bit integers."""
    cdef Py_ssize_t lanes = sizeof(lanes_short) // sizeof(uint16_t), block = 4 * lanes, last = count - block, x = 0, e
    cdef const uint16_t *weights = <const uint16_t *>stage.weights
    cdef const char *at
    cdef lanes_short a, b, c, d
    if last < 0:
        sum_few_down(<const uint8_t *>NULL, sums, stage, rows, count)
        return
    while True:
        prefetch_block(ahead, ahead_count, x, block)
        a = lane_zero(a)
        b = c = d = a
        for e in range(stage.tap_count):
            at = rows[e] + x
            a += lane_splat(weights + e, a) * lanes_widen(at)
            b += lane_splat(weights + e, a) * lanes_widen(at + lanes)
            c += lane_splat(weights + e, a) * lanes_widen(at + 2 * lanes)
            d += lane_splat(weights + e, a) * lanes_widen(at + 3 * lanes)
        lane_store(sums + x, a)
        lane_store(sums + x + lanes, b)
        lane_store(sums + x + 2 * lanes, c)
        lane_store(sums + x + 3 * lanes, d)
        if x >= last:
            return
        x = min(x + block, last)


cdef void sum_rows_down(summand *sums, const Job *job, const char **rows, Py_ssize_t count, const char **ahead,
                        Py_ssize_t ahead_count) noexcept nogil:
    """Sum `count` samples down the columns, all inside the image."""
    cdef const Stage *stage = &job.kernel.stages[0]
    if summand is uint16_t:
        sum_bytes_down(sums, stage, rows, count, ahead, ahead_count)
    elif job.source.kind == UINT8:
        sum_floats_down(<const uint8_t *>NULL, sums, stage, rows, count, ahead, ahead_count)
    elif job.source.kind == UINT16:
        sum_floats_down(<const uint16_t *>NULL, sums, stage, rows, count, ahead, ahead_count)
    elif job.source.kind == INT16:
        sum_floats_down(<const int16_t *>NULL, sums, stage, rows, count, ahead, ahead_count)
    else:
        sum_floats_down(<const float *>NULL, sums, stage, rows, count, ahead, ahead_count)


cdef inline void store_floats(char *results, lanes_float sums, Sample kind, float scale) noexcept nogil:
    """Store sums as they are or, after the scale, as bytes or shorts."""
    if kind == FLOAT32:
        lane_store(results, sums)
        return
    sums *= scale
    lane_settle(sums)
    if kind == UINT16:
        gray_store_shorts(results, sums)
    else:
        gray_store_bytes(results, sums)


cdef inline void sum_floats_across(const Stage *stage, const char *parts, char *results, Py_ssize_t count, Sample kind,
                                   Py_ssize_t size, float scale) noexcept nogil:
    """Sum `count` results, samples of this kind and size; there must be room for a block, four vectors."""
    cdef Py_ssize_t lanes = sizeof(lanes_float) // sizeof(float), block = 4 * lanes, last = max(count - block, 0), x = 0
    cdef Py_ssize_t e
    cdef const float *weights = <const float *>stage.weights
    cdef const float *at
    cdef char *into
    cdef lanes_float a, b, c, d
    while True:
        a = lane_zero(a)
        b = c = d = a
        for e in range(stage.tap_count):
            at = <const float *>(parts + stage.taps[e].offset) + x
            a += lane_splat(weights + e, a) * lane_load(at, a)
            b += lane_splat(weights + e, a) * lane_load(at + lanes, a)
            c += lane_splat(weights + e, a) * lane_load(at + 2 * lanes, a)
            d += lane_splat(weights + e, a) * lane_load(at + 3 * lanes, a)
        into = results + x * size
        store_floats(into, a, kind, scale)
        store_floats(into + lanes * size, b, kind, scale)
        store_floats(into + 2 * lanes * size, c, kind, scale)
        store_floats(into + 3 * lanes * size, d, kind, scale)
        if x >= last:
            return
        x = min(x + block, last)


cdef void sum_shorts_across(const Stage *stage, const char *parts, char *results, Py_ssize_t count, bint narrow,
                            float scale) noexcept nogil:
    """Sum `count` results, as shorts, or as bytes after the scale; there must be room for a block, two vectors."""
    cdef Py_ssize_t lanes = sizeof(lanes_short) // sizeof(uint16_t), block = 2 * lanes, last = max(count - block, 0)
    cdef Py_ssize_t x = 0, e
    cdef const uint16_t *weights = <const uint16_t *>stage.weights
    cdef const uint16_t *at
    cdef lanes_short a, b
    while True:
        a = lane_zero(a)
        b = a
        for e in range(stage.tap_count):
            at = <const uint16_t *>(parts + stage.taps[e].offset) + x
            a += lane_splat(weights + e, a) * lane_load(at, a)
            b += lane_splat(weights + e, a) * lane_load(at + lanes, a)
        if narrow:
            lanes_narrow_scaled(results + x, a, scale)
            lanes_narrow_scaled(results + x + lanes, b, scale)
        else:
            lane_store(<uint16_t *>results + x, a)
            lane_store(<uint16_t *>results + x + lanes, b)
        if x >= last:
            return
        x = min(x + block, last)


cdef void sum_parts(summand *like, const Job *job, const char *parts, char *results, Py_ssize_t count) noexcept nogil:
    """Sum `count` results across, as samples of the target; there must be room for a block."""
    cdef const Stage *stage = &job.kernel.stages[1]
    cdef float scale = <float>job.output.scale
    if summand is uint16_t:
        sum_shorts_across(stage, parts, results, count, True, scale)
    elif job.target.kind == UINT8:
        sum_floats_across(stage, parts, results, count, UINT8, 1, scale)
    elif job.target.kind == UINT16:
        sum_floats_across(stage, parts, results, count, UINT16, 2, scale)
    else:
        sum_floats_across(stage, parts, results, count, FLOAT32, 4, scale)
