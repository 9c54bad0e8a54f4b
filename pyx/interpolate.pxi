# Interpolate samples of a coarse grid: every result is a weighted mean of NEIGHBORS x NEIGHBORS of them.
#
#     result[k step + p] = sum over m of weights[p, m] * coarse[k + m]        across, then down
#
# Loop order: tile of coarse columns > result row > vector. The coarse rows that a result row lies between are expanded
# to the tile's columns once, into a ring of NEIGHBORS rows that stays in the first-level cache. Across, the results of
# one phase p have their coarse samples side by side, so both directions are weighted sums of rows.


cdef inline void blend_rows(const float **rows, const float *weights, float *into, Py_ssize_t count) noexcept nogil:
    """Compute the weighted sum of NEIGHBORS rows, in whole vectors: up to one vector is read and written beyond."""
    cdef lanes_float *like = NULL
    cdef lanes_float total
    cdef Py_ssize_t x = 0, step = sizeof(lanes_float) // sizeof(float)
    while x < count:
        total = lane_splat(weights, like[0]) * lane_load(rows[0] + x, like[0])
        total += lane_splat(weights + 1, like[0]) * lane_load(rows[1] + x, like[0])
        total += lane_splat(weights + 2, like[0]) * lane_load(rows[2] + x, like[0])
        total += lane_splat(weights + 3, like[0]) * lane_load(rows[3] + x, like[0])
        total += lane_splat(weights + 4, like[0]) * lane_load(rows[4] + x, like[0])
        total += lane_splat(weights + 5, like[0]) * lane_load(rows[5] + x, like[0])
        total += lane_splat(weights + 6, like[0]) * lane_load(rows[6] + x, like[0])
        total += lane_splat(weights + 7, like[0]) * lane_load(rows[7] + x, like[0])
        lane_store(into + x, total)
        x += step


cdef Py_ssize_t ring_pitch(const InterpolationJob *job) noexcept nogil:
    """Return how many samples a row of the ring has room for: an expanded tile, and a vector more."""
    return (job.tile * job.step_x * job.channels + 31) // 16 * 16


cdef Py_ssize_t interpolation_scratch(const InterpolationJob *job) noexcept nogil:
    return (NEIGHBORS + 2) * ring_pitch(job) * sizeof(float)


cdef void expand_row(const InterpolationJob *job, const float *coarse, Py_ssize_t cells, float *into,
                     float *phase) noexcept nogil:
    """Interpolate a coarse row across: each of its cells gives step_x pixels."""
    cdef const float *rows[NEIGHBORS]
    cdef Py_ssize_t p, c, k, m, channels = job.channels, step = job.step_x * channels
    for m in range(NEIGHBORS):
        rows[m] = coarse + m * channels
    for p in range(job.step_x):
        blend_rows(rows, job.across + p * NEIGHBORS, phase, cells * channels)
        for c in range(channels):
            for k in range(cells):
                into[k * step + p * channels + c] = phase[k * channels + c]


cdef void interpolate(InterpolationJob *job, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
    """Compute result rows first to last - 1. The memory is interpolation_scratch(job) bytes."""
    cdef Py_ssize_t channels = job.target.channels, pitch = ring_pitch(job), cell = 0, end, left, right, skip
    cdef Py_ssize_t cells = (job.phase_x + job.target.width - 1) // job.step_x + 1
    cdef Py_ssize_t y, k, m, row, expanded
    cdef float *ring = <float *>memory
    cdef float *sums = ring + NEIGHBORS * pitch
    cdef float *phase = sums + pitch
    cdef const float *rows[NEIGHBORS]
    cdef double work = 0
    memset(memory, 0, interpolation_scratch(job))
    while cell < cells:
        end = min(cell + job.tile, cells)
        left = max(cell * job.step_x - job.phase_x, 0)
        right = min(end * job.step_x - job.phase_x, job.target.width)
        skip = (left + job.phase_x - cell * job.step_x) * channels
        expanded = (job.phase_y + first) // job.step_y
        for y in range(first, last):
            row = (job.phase_y + y) // job.step_y
            while expanded < row + NEIGHBORS:
                expand_row(job, job.coarse + expanded * job.row_samples + cell * channels, end - cell,
                           ring + expanded % NEIGHBORS * pitch, phase)
                expanded += 1
            for m in range(NEIGHBORS):
                rows[m] = ring + (row + m) % NEIGHBORS * pitch + skip
            k = (job.phase_y + y) % job.step_y
            blend_rows(rows, job.down + k * NEIGHBORS, sums, (right - left) * channels)
            store(sums, job.target.data + y * job.target.step_y + left * job.target.step_x, job.target.kind,
                  (right - left) * channels, True)
            if should_stop(&job.stopped, &work, 16. * (right - left) * channels, poll):
                return
        cell = end
