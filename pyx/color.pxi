# Colors: every pixel's red, green and blue mixed by a matrix, from uint8 to uint8.
#
#     result[y, x, d] = bias[d] + sum over c of weight[d, c] * image[y, x, c]
#
# There is nothing outside a pixel, so rows go from the image to the target without a ring, a vector of pixels at a
# time.

cdef enum:
    FETCH_AHEAD = 4096      # bytes of the image: the next is on its way while this is computed


cdef inline void mix_pixels(const lanes_float *weights, const lanes_float *bias, const uint8_t *image, uint8_t *into,
                            const int outputs) noexcept nogil:
    """Mix as many pixels as a vector has lanes."""
    cdef lanes_float red, green, blue, a, b, c
    rgb_load(image, &red, &green, &blue)
    a = bias[0] + red * weights[0] + green * weights[1] + blue * weights[2]
    if outputs == 1:
        gray_store(into, a)
        return
    b = bias[1] + red * weights[3] + green * weights[4] + blue * weights[5]
    c = bias[2] + red * weights[6] + green * weights[7] + blue * weights[8]
    rgb_store(into, a, b, c)


cdef inline void mix_row(const float *matrix, const float *offsets, const uint8_t *image, uint8_t *into,
                         Py_ssize_t pixels, const int outputs) noexcept nogil:
    """Mix a row; the last vector ends where it does."""
    cdef Py_ssize_t block = sizeof(lanes_float) // sizeof(float), last = pixels - block, x = 0
    cdef lanes_float weights[9]
    cdef lanes_float bias[3]
    cdef lanes_float zero
    cdef uint8_t few[3 * 16]        # a row shorter than a vector
    zero = lane_zero(weights[0])
    for x in range(3 * outputs):
        weights[x] = zero + matrix[x]
    for x in range(outputs):
        bias[x] = zero + offsets[x]
    if last < 0:
        memcpy(few, image, 3 * pixels)
        mix_pixels(weights, bias, few, few, outputs)
        memcpy(into, few, outputs * pixels)
        return
    x = 0
    while True:
        prefetch(image + 3 * x + FETCH_AHEAD)
        mix_pixels(weights, bias, image + 3 * x, into + outputs * x, outputs)
        if x >= last:
            return
        x = min(x + block, last)


cdef void mix_rows(Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Mix rows first to last - 1 of image n; there is no need to look for signals at this speed."""
    cdef const float *matrix = <const float *>job.kernel.stages[0].weights
    cdef const float *offsets = <const float *>job.bank.bias
    cdef const uint8_t *image
    cdef uint8_t *into
    cdef Py_ssize_t y
    for y in range(first, last):
        image = <const uint8_t *>(job.source.data + n * job.source.step_n + y * job.source.step_y)
        into = <uint8_t *>(job.target.data + n * job.target.step_n + y * job.target.step_y)
        if job.target.channels == 3:
            mix_row(matrix, offsets, image, into, job.target.width, 3)
        else:
            mix_row(matrix, offsets, image, into, job.target.width, 1)
