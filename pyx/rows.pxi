# Input rows, widened to lanes, with the border filled in.
#
# A ring row holds, segment after segment, the columns of the padded image that one tile needs. The
# samples of a segment are neighbors: with stride s the columns of each remainder modulo s form a
# separate segment, so every tap of the kernel is a plain shift for any stride.

ctypedef fused unit:        # a sample as bytes, to be moved or swapped
    uint8_t
    uint16_t
    uint32_t
    uint64_t


ctypedef fused element:     # what rows consist of while they are computed
    int16_t
    uint16_t
    float
    double


cdef inline Py_ssize_t rounded_up(Py_ssize_t size) noexcept nogil:
    return (size + 63) & ~<Py_ssize_t>63


cdef inline char *carve(char *memory, Py_ssize_t *taken, Py_ssize_t size) noexcept nogil:
    """Return the next `size` bytes of scratch memory. Without memory only count them."""
    cdef char *piece = NULL
    if memory != NULL:
        piece = memory + taken[0]
    taken[0] += size
    return piece


ctypedef fused narrow:      # samples that floats hold exactly
    uint8_t
    uint16_t
    int16_t
    float


cdef inline lanes_float load_floats(const narrow *samples) noexcept nogil:
    """Load a vector of samples as floats."""
    cdef lanes_float like
    if narrow is uint8_t:
        return lanes_byte_floats(samples)
    elif narrow is uint16_t:
        return lanes_floats(samples)
    elif narrow is int16_t:
        return lanes_signed_floats(samples)
    else:
        like = lane_zero(like)
        return lane_load(samples, like)


cdef inline void prefetch_rows(const char **rows, Py_ssize_t at) noexcept nogil:
    """Prefetch a line of each row that the next group adds, from this byte on; rows: NULL, or at least GROUP."""
    if rows != NULL:
        prefetch(rows[0] + at)
        prefetch(rows[1] + at)
        prefetch(rows[2] + at)
        prefetch(rows[3] + at)


cdef inline void prefetch_samples(const char *row, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    """Prefetch bytes first to end - 1 of a row of the image, unless it is NULL."""
    if row != NULL:
        for first in range(first, end, 64):
            prefetch(row + first)


cdef inline Py_ssize_t place(Py_ssize_t i, Py_ssize_t n, Border border) noexcept nogil:
    """Return the index within 0..n-1 of the pixel at i, which may be outside, or -1 for the constant."""
    if 0 <= i < n:
        return i
    if border == CONSTANT:
        return -1
    if border == NEAREST or n == 1:
        return 0 if i < 0 else n - 1
    cdef Py_ssize_t period = n
    if border == REFLECT:
        period = 2 * n
    elif border == MIRROR:
        period = 2 * n - 2
    i %= period
    if i < 0:
        i += period
    if i < n:
        return i
    return period - i - (1 if border == REFLECT else 0)


cdef inline unit swap_bytes(unit value) noexcept nogil:
    """Return the value with its bytes in the other order."""
    cdef unit result = 0
    cdef size_t i
    for i in range(sizeof(unit)):
        result = <unit>((result << 8) | (value & 0xff)) if sizeof(unit) > 1 else value
        value = value >> 8 if sizeof(unit) > 1 else value
    return result


cdef inline void gather_pixels(unit *like, char *into, const char *first, Py_ssize_t pixels, Py_ssize_t step,
                               const Py_ssize_t channels) noexcept nogil:
    """Copy whole pixels; a literal number of channels makes each a move or two."""
    cdef Py_ssize_t x, size = channels * sizeof(unit)
    for x in range(pixels):
        memcpy(into + x * size, first + x * step, size)


cdef void gather_units(unit *like, char *into, const char *first, Py_ssize_t pixels, Py_ssize_t step,
                       const Raster *image) noexcept nogil:
    cdef Py_ssize_t x, c
    cdef unit value
    if not image.swapped and image.channels == 1:
        gather_pixels(like, into, first, pixels, step, 1)
        return
    if not image.swapped and image.channels == 3 and image.step_c == sizeof(unit):
        gather_pixels(like, into, first, pixels, step, 3)
        return
    for x in range(pixels):
        for c in range(image.channels):
            memcpy(&value, first + x * step + c * image.step_c, sizeof(unit))
            if image.swapped:
                value = swap_bytes(value)
            memcpy(into, &value, sizeof(unit))
            into += sizeof(unit)


cdef void gather(char *into, const char *first, Py_ssize_t pixels, Py_ssize_t step,
                 const Raster *image) noexcept nogil:
    """Copy every step-th pixel from first on, aligned and in native byte order."""
    if image.size == 1:
        gather_units(<uint8_t *>NULL, into, first, pixels, step, image)
    elif image.size == 2:
        gather_units(<uint16_t *>NULL, into, first, pixels, step, image)
    elif image.size == 4:
        gather_units(<uint32_t *>NULL, into, first, pixels, step, image)
    else:
        gather_units(<uint64_t *>NULL, into, first, pixels, step, image)


cdef void widen_samples(const sample *samples, lane *lanes, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        lanes[x] = <lane>samples[x]


cdef void widen(const char *samples, Sample kind, lane *lanes, Py_ssize_t count) noexcept nogil:
    if kind == UINT8:
        widen_samples(<const uint8_t *>samples, lanes, count)
    elif kind == UINT16:
        widen_samples(<const uint16_t *>samples, lanes, count)
    elif kind == INT16:
        widen_samples(<const int16_t *>samples, lanes, count)
    elif kind == INT32:
        widen_samples(<const int32_t *>samples, lanes, count)
    elif kind == FLOAT32:
        widen_samples(<const float *>samples, lanes, count)
    else:
        widen_samples(<const double *>samples, lanes, count)


cdef inline void widen_pixels(const Job *job, const char *row, Py_ssize_t x, Py_ssize_t step,
                              Py_ssize_t pixels, lane *lanes, char *raw) noexcept nogil:
    """Widen the pixels x, x + step, ... of an image row; all lie inside the image."""
    cdef const Raster *image = &job.source
    cdef const char *first = row + x * image.step_x
    if not image.packed or (step != 1 and pixels > 1):
        gather(raw, first, pixels, step * image.step_x if pixels > 1 else 0, image)
        first = raw
    widen(first, image.kind, lanes, pixels * image.channels)


cdef inline void repeat_pixel(const lane *lanes, lane *into, Py_ssize_t channels) noexcept nogil:
    """Copy a widened pixel to another place of its row: one of the few at a border, so no loop for many is needed."""
    if channels == 1:
        into[0] = lanes[0]
    elif channels == 3:
        into[0], into[1], into[2] = lanes[0], lanes[1], lanes[2]
    else:
        memcpy(into, lanes, channels * sizeof(lane))


cdef inline Py_ssize_t steps_to(Py_ssize_t distance, Py_ssize_t step, Py_ssize_t most) noexcept nogil:
    """Return the number of steps that reach the distance, at most `most`."""
    if distance <= 0:
        return 0
    return min(most, (distance + step - 1) // step)


cdef void fill_segment(const Job *job, const char *row, Py_ssize_t x, Py_ssize_t step, Py_ssize_t count,
                       lane *lanes, char *raw) noexcept nogil:
    """Widen count columns x, x + step, ... of an image row, inside the image or outside."""
    cdef Py_ssize_t width = job.source.width, channels = job.source.channels
    cdef Py_ssize_t inside = steps_to(-x, step, count)              # first column within the image
    cdef Py_ssize_t beyond = max(inside, steps_to(width - x, step, count))
    cdef Py_ssize_t k, at, c
    if inside < beyond:
        widen_pixels(job, row, x + inside * step, step, beyond - inside, lanes + inside * channels, raw)
    k = 0
    while k < count:
        if k == inside:
            k = beyond
            if k >= count:
                break
        at = place(x + k * step, width, job.geometry.border)
        if at < 0:
            for c in range(channels):
                lanes[k * channels + c] = <lane>job.geometry.cval
        elif step == 1 and inside <= at - x < beyond:
            repeat_pixel(lanes + (at - x) * channels, lanes + k * channels, channels)
        else:
            widen_pixels(job, row, at, 1, 1, lanes + k * channels, raw)
        k += 1


cdef void fill_constant(const Job *job, char *row, Py_ssize_t count) noexcept nogil:
    """Fill a row with the constant outside the image, which is a sample."""
    cdef Py_ssize_t k
    for k in range(count):
        if job.source.kind == UINT8:
            (<uint8_t *>row)[k] = <uint8_t>job.geometry.cval
        elif job.source.kind == UINT16:
            (<uint16_t *>row)[k] = <uint16_t>job.geometry.cval
        elif job.source.kind == INT16:
            (<int16_t *>row)[k] = <int16_t>job.geometry.cval
        else:
            (<float *>row)[k] = <float>job.geometry.cval


cdef void add_doublings(const Job *job, lane *lanes) noexcept nogil:
    """Append to a row the sums of each 2, 4, ... neighboring taps, each doubling made from the one before.

    Floating lanes hold the means, which cannot overflow; halving is exact.
    """
    cdef Py_ssize_t doubling, x, shift = job.ring.tap_lanes
    cdef lane *sums
    for doubling in range(job.ring.doublings):
        sums = lanes + job.ring.row_lanes
        for x in range(job.ring.row_lanes - shift):
            if lane is int16_t:
                sums[x] = lanes[x] + lanes[x + shift]
            else:
                sums[x] = <lane>0.5 * lanes[x] + <lane>0.5 * lanes[x + shift]
        lanes = sums
        shift *= 2


cdef inline Py_ssize_t count_columns(const Segment *segment, Py_ssize_t pixels) noexcept nogil:
    """Return how many columns of a segment this number of output pixels reads."""
    return segment.scale * (pixels - 1) + 1 + segment.extra


cdef inline void move_pixels(const element *pixels, element *into, Py_ssize_t count, Py_ssize_t step,
                             Py_ssize_t channels) noexcept nogil:
    """Copy `count` pixels, `step` lanes apart, next to each other; there must be room for one more lane."""
    cdef Py_ssize_t x, c
    if channels == 3:
        for x in range(count):
            memcpy(into + 3 * x, pixels + step * x, 4 * sizeof(element))    # one move; the next covers the fourth lane
    else:
        for x in range(count):
            for c in range(channels):
                into[channels * x + c] = pixels[step * x + c]


cdef void split_row(const Job *job, const lane *row, lane *lanes, Py_ssize_t pixels) noexcept nogil:
    """Copy a row in one piece into its segments."""
    cdef Py_ssize_t k, step, channels = job.source.channels
    cdef const Segment *segment
    cdef const lane *at
    cdef lane *into
    for k in range(job.ring.segment_count):
        segment = &job.ring.segments[k]
        at, into, step = row + segment.start * channels, lanes + segment.offset, segment.step * channels
        move_pixels(at, into, count_columns(segment, pixels), step, channels)


cdef void fill_row(const Job *job, Py_ssize_t n, Py_ssize_t y, Py_ssize_t x, Py_ssize_t pixels,
                   lane *lanes, char *raw) noexcept nogil:
    """Fill a ring row with image row y, from which output columns x to x + pixels are computed."""
    cdef Py_ssize_t k, i, count, channels = job.source.channels
    cdef const Segment *segment
    cdef const char *row
    y = place(y, job.source.height, job.geometry.border)
    row = job.source.data + n * job.source.step_n + max(y, 0) * job.source.step_y
    for k in range(1 if job.ring.split else job.ring.segment_count):
        segment = &job.ring.whole if job.ring.split else &job.ring.segments[k]
        count = count_columns(segment, pixels)
        if y < 0:
            for i in range(count * channels):
                lanes[segment.offset + i] = <lane>job.geometry.cval
        else:
            fill_segment(job, row, x * job.geometry.stride_x + segment.start - job.geometry.left, segment.step, count,
                         lanes + segment.offset, raw)
    if not job.kernel.separable:
        add_doublings(job, lanes)
