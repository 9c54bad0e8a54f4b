# Colours: every pixel's red, green and blue mixed by a matrix, from uint8 to uint8.
#
#     result[y, x, d] = bias[d] + sum over c of weight[d, c] * image[y, x, c]
#
# There is nothing outside a pixel, so rows go from the image to the target without a ring. The numbers of channels
# are literals, which lets the compiler take the channels apart and the loop over x to vectors.

cdef inline void mix_row(const float *weights, const float *bias, const uint8_t *image, uint8_t *into,
                         Py_ssize_t pixels, const int outputs) noexcept nogil:
    cdef float to_whole = 12582912.0            # rounds as in store.pxi
    cdef float red, green, blue, a0 = weights[0], a1 = weights[1], a2 = weights[2], a = bias[0]
    cdef float b0 = 0, b1 = 0, b2 = 0, b = 0, c0 = 0, c1 = 0, c2 = 0, c = 0
    cdef Py_ssize_t x
    if outputs == 3:
        b0, b1, b2, b = weights[3], weights[4], weights[5], bias[1]
        c0, c1, c2, c = weights[6], weights[7], weights[8], bias[2]
    for x in range(pixels):
        red, green, blue = image[3 * x], image[3 * x + 1], image[3 * x + 2]
        into[outputs * x] = <uint8_t>clamped(
            <int>((a + red * a0 + green * a1 + blue * a2 + to_whole) - to_whole), 0, 255)
        if outputs == 3:
            into[3 * x + 1] = <uint8_t>clamped(
                <int>((b + red * b0 + green * b1 + blue * b2 + to_whole) - to_whole), 0, 255)
            into[3 * x + 2] = <uint8_t>clamped(
                <int>((c + red * c0 + green * c1 + blue * c2 + to_whole) - to_whole), 0, 255)


cdef void mix_rows(Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Mix rows first to last - 1 of image n; there is no need to look for signals at this speed."""
    cdef const uint8_t *image
    cdef uint8_t *into
    cdef Py_ssize_t y
    for y in range(first, last):
        image = <const uint8_t *>(job.source.data + n * job.source.step_n + y * job.source.step_y)
        into = <uint8_t *>(job.target.data + n * job.target.step_n + y * job.target.step_y)
        if job.target.channels == 3:
            mix_row(<const float *>job.stages[0].weights, <const float *>job.bias, image, into, job.target.width, 3)
        else:
            mix_row(<const float *>job.stages[0].weights, <const float *>job.bias, image, into, job.target.width, 1)
