# Colors: every pixel's red, green and blue mixed by a matrix, to three colors or to gray.
#
#     result[y, x, d] = bias[d] + sum over c of weight[d, c] * image[y, x, c]
#
# There is nothing outside a pixel, so rows go from the image to the target without a ring, a vector of pixels at a
# time. Sums are those of bank.pxi, which computes images with gaps, bit for bit.

ctypedef fused color:       # the samples of an image
    uint8_t
    uint16_t
    float

ctypedef fused mixture:     # the samples of a result
    uint8_t
    uint16_t
    float

cdef enum:
    # Bytes of the image: the next is on its way while this is computed. A multiple of a page took up to twice the time
    # where the image is in the cache.
    FETCH_AHEAD = 6592
    MOST_PIXELS = 32        # pixels that are mixed at once, at most
    JOINED_PIXELS = 65_536  # rows without gaps are mixed as one, which pays where they are short


cdef inline void load_colors(const color *image, lanes_float *red, lanes_float *green, lanes_float *blue,
                             const bint kept) noexcept nogil:
    """Load as many pixels as a vector has lanes. kept: see KEEP_LOADED in colors.h."""
    if color is uint8_t:
        rgb_load_bytes(image, red, green, blue)
    elif color is uint16_t:
        rgb_load_shorts(image, red, green, blue)
    else:
        rgb_load_floats(image, red, green, blue, kept)


cdef inline void store_gray(mixture *into, lanes_float gray) noexcept nogil:
    if mixture is uint8_t:
        gray_store_bytes(into, gray)
    elif mixture is uint16_t:
        gray_store_shorts(into, gray)
    else:
        lane_store(into, gray)


cdef inline void stream_gray(mixture *into, lanes_float gray) noexcept nogil:
    """Store past the caches, to a multiple of the size of what is stored, other samples than bytes."""
    if mixture is uint16_t:
        gray_stream_shorts(into, gray)
    elif mixture is float:
        lanes_stream(into, gray)


cdef inline void store_colors(mixture *into, lanes_float red, lanes_float green, lanes_float blue,
                              const bint streamed) noexcept nogil:
    if mixture is uint8_t:
        rgb_store_bytes(into, red, green, blue)
    elif mixture is uint16_t:
        rgb_store_shorts(into, red, green, blue)
    elif streamed:
        rgb_stream_floats(into, red, green, blue)
    else:
        rgb_store_floats(into, red, green, blue)


cdef inline void mix_pixels(const lanes_float *weights, const lanes_float *bias, const color *image, mixture *into,
                            const int outputs, const bint streamed) noexcept nogil:
    """Mix as many pixels as a vector has lanes."""
    cdef lanes_float red, green, blue, a, b, c
    load_colors(image, &red, &green, &blue, outputs == 1)
    a = bias[0] + red * weights[0] + green * weights[1] + blue * weights[2]
    if outputs == 1:
        if streamed:
            stream_gray(into, a)
        else:
            store_gray(into, a)
        return
    b = bias[1] + red * weights[3] + green * weights[4] + blue * weights[5]
    c = bias[2] + red * weights[6] + green * weights[7] + blue * weights[8]
    store_colors(into, a, b, c, streamed)


cdef inline void mix_pairs(const lanes_float *weights, const lanes_float *bias, const void *image, void *into,
                           const bint streamed) noexcept nogil:
    """Mix twice as many pixels as a vector has lanes, from 16 bits to three colors of 16 bits."""
    cdef lanes_float red[2]
    cdef lanes_float green[2]
    cdef lanes_float blue[2]
    cdef lanes_float a[2]
    cdef lanes_float b[2]
    cdef lanes_float c[2]
    rgb_load_pairs(image, red, green, blue)
    a[0] = bias[0] + red[0] * weights[0] + green[0] * weights[1] + blue[0] * weights[2]
    a[1] = bias[0] + red[1] * weights[0] + green[1] * weights[1] + blue[1] * weights[2]
    b[0] = bias[1] + red[0] * weights[3] + green[0] * weights[4] + blue[0] * weights[5]
    b[1] = bias[1] + red[1] * weights[3] + green[1] * weights[4] + blue[1] * weights[5]
    c[0] = bias[2] + red[0] * weights[6] + green[0] * weights[7] + blue[0] * weights[8]
    c[1] = bias[2] + red[1] * weights[6] + green[1] * weights[7] + blue[1] * weights[8]
    rgb_store_pairs(into, a, b, c, streamed)


cdef inline bint in_pairs(const color *like, const mixture *result_like, const int outputs) noexcept nogil:
    """Return whether two vectors of pixels are mixed at once: those of 16 bits take half the permutes."""
    if color is uint16_t and mixture is uint16_t:
        return outputs == 3
    return False


cdef inline void mix_block(const lanes_float *weights, const lanes_float *bias, const color *image, mixture *into,
                           const int outputs, const bint streamed) noexcept nogil:
    if in_pairs(image, into, outputs):
        mix_pairs(weights, bias, image, into, streamed)
    else:
        mix_pixels(weights, bias, image, into, outputs, streamed)


cdef inline Py_ssize_t second_block(const color *image, const mixture *into, Py_ssize_t block,
                                    const int outputs, const bint streamed) noexcept nogil:
    """Return the pixel at which the second block of pixels starts.

    Vectors that cross cache lines take up to twice the time. So floats come from multiples of a vector's size, or go
    there: three colors do both where the image and the target lie alike. Integers go to multiples of what is stored.
    """
    cdef Py_ssize_t x = 1
    if color is float and not streamed:
        while x < block and <size_t>(image + 3 * x) % LANES_BYTES:
            x += 1
    else:
        while x < block and <size_t>(into + outputs * x) % <size_t>(block * sizeof(mixture)):
            x += 1
    return x


cdef inline void mix_row(const float *matrix, const float *offsets, const color *image, mixture *into,
                         Py_ssize_t pixels, const int outputs, const bint streamed) noexcept nogil:
    """Mix a row; the first two blocks of pixels may overlap, and the last ends where the row does."""
    cdef Py_ssize_t block = (2 if in_pairs(image, into, outputs) else 1) * sizeof(lanes_float) // sizeof(float)
    cdef Py_ssize_t last = pixels - block, x, k
    cdef lanes_float weights[9]
    cdef lanes_float bias[3]
    cdef lanes_float zero
    cdef color few[3 * MOST_PIXELS]             # a row shorter than a block
    cdef mixture mixed[3 * MOST_PIXELS]
    zero = lane_zero(weights[0])
    for x in range(3 * outputs):
        weights[x] = zero + matrix[x]
    for x in range(outputs):
        bias[x] = zero + offsets[x]
    if last < 0:
        memset(few, 0, sizeof(few))
        memcpy(few, image, 3 * pixels * sizeof(color))
        mix_block(weights, bias, few, mixed, outputs, False)
        memcpy(into, mixed, outputs * pixels * sizeof(mixture))
        return
    mix_block(weights, bias, image, into, outputs, False)
    x = second_block(image, into, block, outputs, streamed)
    while x <= last:
        if outputs == 1 or color is not float:      # three colors of floats are as fast without
            for k in range(0, 3 * block * <Py_ssize_t>sizeof(color), 64):
                prefetch(<const char *>(image + 3 * x) + FETCH_AHEAD + k)
        mix_block(weights, bias, image + 3 * x, into + outputs * x, outputs, streamed)
        x += block
    if x < pixels:
        mix_block(weights, bias, image + 3 * last, into + outputs * last, outputs, False)


cdef void mix_rows(color *like, mixture *result_like, Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last,
                   Poll poll) noexcept nogil:
    """Mix rows first to last - 1 of image n. The likes tell the samples of the image and of the target."""
    cdef const float *matrix = <const float *>job.kernel.stages[0].weights
    cdef const float *offsets = <const float *>job.bank.bias
    cdef const color *image
    cdef mixture *into
    cdef double work = 0
    cdef Py_ssize_t width = job.target.width, channels = job.target.channels, y = first, joined = 1, rows
    if (job.source.step_y == 3 * width * <Py_ssize_t>sizeof(color)
            and job.target.step_y == channels * width * <Py_ssize_t>sizeof(mixture)):
        joined = max(joined, JOINED_PIXELS // width)
    while y < last:
        rows = min(joined, last - y)
        image = <const color *>(job.source.data + n * job.source.step_n + y * job.source.step_y)
        into = <mixture *>(job.target.data + n * job.target.step_n + y * job.target.step_y)
        if channels == 3 and job.output.streamed:
            mix_row(matrix, offsets, image, into, rows * width, 3, True)
        elif channels == 3:
            mix_row(matrix, offsets, image, into, rows * width, 3, False)
        elif job.output.streamed:
            mix_row(matrix, offsets, image, into, rows * width, 1, True)
        else:
            mix_row(matrix, offsets, image, into, rows * width, 1, False)
        y += rows
        if should_stop(&job.stopped, &work, rows * job.tiling.work, poll):
            return


cdef void mix_into(color *like, Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, Poll poll) noexcept nogil:
    if job.target.kind == UINT8:
        mix_rows(like, <uint8_t *>NULL, job, n, first, last, poll)
    elif job.target.kind == UINT16:
        mix_rows(like, <uint16_t *>NULL, job, n, first, last, poll)
    else:
        mix_rows(like, <float *>NULL, job, n, first, last, poll)


cdef void mix_colors(Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, Poll poll) noexcept nogil:
    """Mix rows first to last - 1 of image n."""
    if job.source.kind == UINT8:
        mix_into(<uint8_t *>NULL, job, n, first, last, poll)
    elif job.source.kind == UINT16:
        mix_into(<uint16_t *>NULL, job, n, first, last, poll)
    else:
        mix_into(<float *>NULL, job, n, first, last, poll)
    if job.output.streamed:
        stream_end()
