# Sums of small separable kernels: columns from samples of the image, rows into samples of the target.

ctypedef fused small:       # what is computed in
    lanes_float
    lanes_short

cdef enum:
    SMALL_BLOCK = 4         # vectors of a row's results that are rounded together


cdef inline void load_samples(small *lanes, const color *samples) noexcept nogil:
    """Load a vector of samples as lanes. Shorts are for bytes alone."""
    if small is lanes_short:
        lanes[0] = lanes_widen(samples)
    else:
        lanes[0] = load_floats(samples)


cdef inline void load_block(small *like, const color *samples, small *v0, small *v1, small *v2,
                            small *v3) noexcept nogil:
    """Load as many vectors as a group has."""
    cdef Py_ssize_t lanes = sizeof(small) // lane_size(like[0])
    load_samples(v0, samples)
    load_samples(v1, samples + lanes)
    load_samples(v2, samples + 2 * lanes)
    if GROUP_VECTORS == 4:
        load_samples(v3, samples + 3 * lanes)


cdef inline void store_block(char *into, small *sums) noexcept nogil:
    lane_store(into, sums[0])
    lane_store(into + sizeof(small), sums[1])
    lane_store(into + 2 * sizeof(small), sums[2])
    if GROUP_VECTORS == 4:
        lane_store(into + 3 * sizeof(small), sums[3])


cdef void sum_small_columns(small *like, const color *samples, const char *column, Py_ssize_t taps, const char **rows,
                            char **middle, Py_ssize_t first, Py_ssize_t end, const char **ahead) noexcept nogil:
    """Sum lanes first to end of four middle rows from taps + 3 rows of the image; at least a block and three taps.

    column: the weights. ahead: see prefetch_rows.
    """
    cdef Py_ssize_t lanes = sizeof(small) // lane_size(like[0]), size = lane_size(like[0])
    cdef Py_ssize_t block = GROUP_VECTORS * lanes, last = end - block, x = first, u, k
    cdef const char *w
    cdef small sums[4 * GROUP_VECTORS]
    cdef small v0, v1, v2, v3
    v3 = lane_zero(like[0])
    while True:
        for k in range(0, block * <Py_ssize_t>sizeof(color), 64):
            prefetch_rows(ahead, x * <Py_ssize_t>sizeof(color) + k)
        for k in range(4 * GROUP_VECTORS):
            sums[k] = lane_zero(like[0])
        load_block(like, <const color *>rows[0] + x, &v0, &v1, &v2, &v3)
        add_products(sums, column, v0, v1, v2, v3)
        load_block(like, <const color *>rows[1] + x, &v0, &v1, &v2, &v3)
        add_products(sums, column + size, v0, v1, v2, v3)
        add_products(sums + GROUP_VECTORS, column, v0, v1, v2, v3)
        load_block(like, <const color *>rows[2] + x, &v0, &v1, &v2, &v3)
        add_products(sums, column + 2 * size, v0, v1, v2, v3)
        add_products(sums + GROUP_VECTORS, column + size, v0, v1, v2, v3)
        add_products(sums + 2 * GROUP_VECTORS, column, v0, v1, v2, v3)
        w = column
        for u in range(3, taps):
            load_block(like, <const color *>rows[u] + x, &v0, &v1, &v2, &v3)
            add_products(sums, w + 3 * size, v0, v1, v2, v3)
            add_products(sums + GROUP_VECTORS, w + 2 * size, v0, v1, v2, v3)
            add_products(sums + 2 * GROUP_VECTORS, w + size, v0, v1, v2, v3)
            add_products(sums + 3 * GROUP_VECTORS, w, v0, v1, v2, v3)
            w += size
        load_block(like, <const color *>rows[taps] + x, &v0, &v1, &v2, &v3)
        add_products(sums + GROUP_VECTORS, w + 2 * size, v0, v1, v2, v3)
        add_products(sums + 2 * GROUP_VECTORS, w + size, v0, v1, v2, v3)
        add_products(sums + 3 * GROUP_VECTORS, w, v0, v1, v2, v3)
        load_block(like, <const color *>rows[taps + 1] + x, &v0, &v1, &v2, &v3)
        add_products(sums + 2 * GROUP_VECTORS, w + 2 * size, v0, v1, v2, v3)
        add_products(sums + 3 * GROUP_VECTORS, w + size, v0, v1, v2, v3)
        load_block(like, <const color *>rows[taps + 2] + x, &v0, &v1, &v2, &v3)
        add_products(sums + 3 * GROUP_VECTORS, w + 2 * size, v0, v1, v2, v3)
        store_block(middle[0] + x * size, sums)
        store_block(middle[1] + x * size, sums + GROUP_VECTORS)
        store_block(middle[2] + x * size, sums + 2 * GROUP_VECTORS)
        store_block(middle[3] + x * size, sums + 3 * GROUP_VECTORS)
        if x >= last:
            return
        x = min(x + block, last)


cdef inline void store_sums(mixture *into, small *sums, float scale, int halvings) noexcept nogil:
    """Scale, round and store four vectors of sums. Shorts become bytes alone."""
    cdef Py_ssize_t lanes = sizeof(small) // lane_size(sums[0])
    if small is lanes_short and halvings:
        lanes_narrow_pair(into, lanes_halved(sums[0], halvings), lanes_halved(sums[1], halvings))
        lanes_narrow_pair(into + 2 * lanes, lanes_halved(sums[2], halvings), lanes_halved(sums[3], halvings))
    elif small is lanes_short:
        lanes_scaled(into, sums[0], scale)
        lanes_scaled(into + lanes, sums[1], scale)
        lanes_scaled(into + 2 * lanes, sums[2], scale)
        lanes_scaled(into + 3 * lanes, sums[3], scale)
    elif mixture is uint8_t:
        lanes_store_bytes(into, sums[0] * scale, sums[1] * scale, sums[2] * scale, sums[3] * scale)
    else:
        store_gray(into, sums[0] * scale)
        store_gray(into + lanes, sums[1] * scale)
        store_gray(into + 2 * lanes, sums[2] * scale)
        store_gray(into + 3 * lanes, sums[3] * scale)


cdef inline void sharpen_sums(small *sums, const color *center, const Epilogue *epilogue) noexcept nogil:
    """Replace four vectors of responses by their epilogue. center: their own places in the image. Floats alone."""
    cdef Py_ssize_t lanes = sizeof(small) // lane_size(sums[0]), k
    cdef float amount = <float>epilogue.amount, threshold = <float>epilogue.threshold
    if small is lanes_float:
        for k in range(SMALL_BLOCK):
            sums[k] = lanes_sharpened(load_floats(center + k * lanes), sums[k], amount, threshold)


cdef inline void add_four(small *sums, const char *weight, const char *at) noexcept nogil:
    sums[0] += lane_splat(weight, sums[0]) * lane_load(at, sums[0])
    sums[1] += lane_splat(weight, sums[0]) * lane_load(at + sizeof(small), sums[0])
    sums[2] += lane_splat(weight, sums[0]) * lane_load(at + 2 * sizeof(small), sums[0])
    sums[3] += lane_splat(weight, sums[0]) * lane_load(at + 3 * sizeof(small), sums[0])


cdef inline void sum_row(small *like, mixture *into, const Job *job, const char *middle, Py_ssize_t step,
                         const color *center, Py_ssize_t count, const bint pair) noexcept nogil:
    """Compute results side by side, at least a block; pair: a block is twice as long.

    middle: what the first tap of the first result reads. step: bytes of the middle row from tap to tap. center: for an
    epilogue, the first result's own place in the image; else NULL.
    """
    cdef const Stage *stage = &job.kernel.stages[1]
    cdef float scale = <float>job.output.scale
    cdef int halvings = job.output.halvings
    cdef Py_ssize_t lanes = sizeof(small) // lane_size(like[0]), size = lane_size(like[0])
    cdef Py_ssize_t block = (2 if pair else 1) * SMALL_BLOCK * lanes, last = count - block, x = 0, j, k
    cdef const char *at
    cdef const char *w
    cdef small sums[2 * SMALL_BLOCK]
    while True:
        at = middle + x * size
        w = stage.weights
        for k in range(2 * SMALL_BLOCK):
            sums[k] = lane_zero(like[0])
        for j in range(stage.tap_count):
            add_four(sums, w, at)
            if pair:
                add_four(sums + SMALL_BLOCK, w, at + SMALL_BLOCK * sizeof(small))
            at += step
            w += size
        if center != NULL:
            sharpen_sums(sums, center + x, &job.epilogue)
            if pair:
                sharpen_sums(sums + SMALL_BLOCK, center + x + SMALL_BLOCK * lanes, &job.epilogue)
        store_sums(into + x, sums, scale, halvings)
        if pair:
            store_sums(into + x + SMALL_BLOCK * lanes, sums + SMALL_BLOCK, scale, halvings)
        if x >= last:
            return
        x = min(x + block, last)
