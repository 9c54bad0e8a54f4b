# The mean of a window's samples, each weighed by how near it is and how much like the pixel in the middle:
#
#     result = p + sum w (q - p) / sum w,     w = 2 ** (weights[i, j] - (strictness (q - p))**2)
#
# Taking the mean of differences keeps constant images as they are. Weights below 2**-126 are 0, and so is what such a
# sample adds, infinite as it may be. exp2 is a polynomial, the same on every instruction set except for the
# roundings that a fused multiply-add saves.

cdef extern from "lanes.h" nogil:
    float exp2_float(float value)
    double exp2_double(double value)


cdef inline real power(real exponent) noexcept nogil:
    if real is float:
        return exp2_float(exponent)
    else:
        return exp2_double(exponent)


cdef void add_tap(const real *middle, const real *other, real nearness, real strictness, real *sums, real *weights,
                  Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    cdef real difference, exponent, weight, scaled
    for x in range(count):
        difference = other[x] - middle[x] if other[x] != middle[x] else 0   # also of two infinities
        scaled = strictness * difference        # in range where the square of a difference is not
        exponent = nearness - scaled * scaled
        weight = power(exponent)
        difference = 0 if exponent < -126 else difference
        weights[x] += weight
        sums[x] += weight * difference


cdef void finish(const real *middle, real *sums, const real *weights, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        sums[x] = middle[x] + sums[x] / weights[x]


cdef Py_ssize_t bilateral_scratch(const Window *job, Py_ssize_t lane_size) noexcept nogil:
    cdef Py_ssize_t row = rounded_up(job.row_lanes * lane_size)
    return (job.height + 3) * row + rounded_up(job.row_lanes * 8) + rounded_up(job.height * 8)


cdef void bilateral(real *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                    Poll poll) noexcept nogil:
    cdef Py_ssize_t lanes = job.source.width * job.source.channels, channels = job.source.channels
    cdef Py_ssize_t size = rounded_up(job.row_lanes * sizeof(real)), y, x, i, j, t, count
    cdef char *raw = memory + (job.height + 3) * size
    cdef Py_ssize_t *held = <Py_ssize_t *>(raw + rounded_up(job.row_lanes * 8))
    cdef real *sums = <real *>(memory + job.height * size)
    cdef real *weights = <real *>(memory + (job.height + 1) * size)
    cdef const real *middle
    cdef double work = 0
    cdef const double *nearness
    memset(held, 0xff, job.height * sizeof(Py_ssize_t))
    for y in range(first, last):
        for i in range(job.height):
            t = y * job.stride_y + i
            if held[t % job.height] != t:
                held[t % job.height] = t
                fill_padded(job, n, t - job.top, raw)
                widen(raw, job.source.kind, <real *>(memory + t % job.height * size),
                      (job.source.width + job.width - 1) * channels)
        middle = <const real *>(memory + (y * job.stride_y + job.top) % job.height * size) + job.left * channels
        x = 0
        while x < lanes:
            count = min(job.tile, lanes - x)
            if lanes - x - count < 16:
                count = lanes - x       # few lanes take other instructions, which may round otherwise
            for t in range(x, x + count):
                sums[t], weights[t] = 0, 1      # the pixel itself
            nearness = job.weights
            for i in range(job.height):
                for j in range(job.width):
                    if nearness[0] > -126 and (i != job.top or j != job.left):
                        add_tap(middle + x,
                                <const real *>(memory + (y * job.stride_y + i) % job.height * size) + x + j * channels,
                                <real>nearness[0], <real>job.strictness, sums + x, weights + x, count)
                    nearness += 1
            finish(middle + x, sums + x, weights + x, count)
            x += count
            if should_stop(&job.stopped, &work, job.work, poll):
                return
        if job.stride_x > 1:
            for x in range(1, job.target.width):
                memmove(sums + x * channels, sums + x * job.stride_x * channels, channels * sizeof(real))
        store(sums, job.target.data + n * job.target.step_n + y * job.target.step_y, job.target.kind,
              job.target.width * channels, False)
