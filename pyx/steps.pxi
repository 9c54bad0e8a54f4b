# Two extremes, one of the other's results (opening, closing), or both of the image (gradient), and differences.
#
# A strip is computed band by band, in tiles of columns: the first step's results go to a buffer that stays in the
# second-level cache, which is padded as the image is; the second step reads it. The rows that the next band needs, too,
# stay in the buffer. So nothing of the image's size is kept between both steps.
#
# The second step sees the border of the first step's results: rows and columns outside are copies of these, or the
# constant. Where the image is a tile, results outside are those of the first step there, which are the same.
#
# Small windows compute whole rows (small_windows.pxi) and read columns outside themselves; the buffer then has none.

cdef struct StepsScratch:
    char *buffer
    char *samples           # a row of the image beside results
    char *differences       # a row of them, because loops are slow where they write what they read
    char *loops             # scratch of either step
    Py_ssize_t size


cdef bint is_small_window(const Window *job) noexcept nogil:
    return is_small(job)


cdef StepsScratch find_steps_scratch(const Steps *job, char *memory) noexcept nogil:
    cdef StepsScratch scratch
    cdef Py_ssize_t taken = 0
    cdef const Raster *image = &job.first.source
    scratch.buffer = carve(memory, &taken, job.rows * job.pitch)
    scratch.samples = carve(memory, &taken, rounded_up((job.tile + job.second.width) * image.channels * image.size))
    scratch.differences = carve(memory, &taken, rounded_up((job.tile + job.second.width) * image.channels * image.size))
    scratch.loops = carve(memory, &taken, max(window_scratch(&job.first), window_scratch(&job.second)))
    scratch.size = taken
    return scratch


cdef Py_ssize_t steps_scratch(const Steps *job) noexcept nogil:
    return find_steps_scratch(job, NULL).size


cdef struct Patch:
    # The part of image n that a tile and a band of results need from the first step, in pixels of the image.
    Py_ssize_t n
    Py_ssize_t x, pixels            # columns of results, at stride 1
    Py_ssize_t left, right          # columns of the buffer: left to right - 1
    Py_ssize_t top, bottom          # rows of the buffer
    char *buffer


cdef inline char *patch_row(const Steps *job, const Patch *patch, Py_ssize_t y) noexcept nogil:
    return patch.buffer + (y - patch.top) * job.pitch


cdef void use_buffer(Raster *raster, const Steps *job, char *first, Py_ssize_t height, Py_ssize_t width) noexcept nogil:
    """Let a raster be a part of the buffer."""
    cdef Py_ssize_t size = job.first.source.size, channels = job.first.source.channels
    raster.data, raster.height, raster.width, raster.channels = first, height, width, channels
    raster.step_n, raster.step_y, raster.step_x, raster.step_c = 0, job.pitch, size * channels, size
    raster.kind, raster.size, raster.packed, raster.swapped = job.first.source.kind, size, True, False


cdef inline void run_part(Steps *job, Window *part, Py_ssize_t n, Py_ssize_t rows, char *memory,
                          Poll poll) noexcept nogil:
    """Compute a part of a step. Where that is interrupted, all strips end."""
    window_strip(part, n, 0, rows, memory, poll)
    if flag_is_set(&part.stopped):
        set_flag(&job.stopped)


cdef void compute_patch(Steps *job, const Patch *patch, Py_ssize_t y, Py_ssize_t end, char *memory,
                        Poll poll) noexcept nogil:
    """Compute rows y to end - 1 of the first step's results, which may be outside the image."""
    cdef Window part = job.first
    cdef Py_ssize_t first = patch.left, last = patch.right, width = part.source.width
    if part.border != WRAP or patch.right - patch.left > width:     # of a whole row, wrapped columns are copied
        first, last = max(first, 0), min(last, width)
    part.top -= y
    part.left -= first
    part.columns = last - first
    part.streamed = False
    use_buffer(&part.target, job, patch_row(job, patch, y) + (first - patch.left) * part.source.channels
               * part.source.size, end - y, last - first)
    run_part(job, &part, patch.n, end - y, memory, poll)


cdef void pad_row(const Steps *job, const Patch *patch, char *row) noexcept nogil:
    """Fill the columns outside the image of a row of the buffer."""
    cdef Py_ssize_t size = job.first.source.channels * job.first.source.size, width = job.first.source.width, x, at, c
    if job.first.border == WRAP and patch.right - patch.left <= width:
        return
    x = patch.left
    while x < patch.right:
        if 0 <= x < width:
            x = width
            continue
        at = place(x, width, job.second.border)
        if at >= 0:
            memcpy(row + (x - patch.left) * size, row + (at - patch.left) * size, size)
        else:
            for c in range(job.first.source.channels):
                memcpy(row + (x - patch.left) * size + c * job.first.source.size, job.second.outside,
                       job.first.source.size)
        x += 1


cdef void fill_outside_row(Steps *job, const Patch *patch, Py_ssize_t y, char *memory,
                           Poll poll) noexcept nogil:
    """Fill row y of the buffer, which is outside the image."""
    cdef Py_ssize_t at = place(y, job.first.source.height, job.second.border), size = job.first.source.size, k
    cdef char *row = patch_row(job, patch, y)
    cdef Patch single = patch[0]
    if at < 0:
        for k in range((patch.right - patch.left) * job.first.source.channels):
            memcpy(row + k * size, job.second.outside, size)
    elif patch.top <= at < patch.bottom:
        memcpy(row, patch_row(job, patch, at), (patch.right - patch.left) * job.first.source.channels * size)
    else:
        single.buffer, single.top, single.bottom = row, at, at + 1
        compute_patch(job, &single, at, at + 1, memory, poll)
        pad_row(job, patch, row)


cdef void fill_patch(Steps *job, const Patch *patch, Py_ssize_t known, char *memory, Poll poll) noexcept nogil:
    """Fill rows `known` to the last of the buffer; those above are there."""
    cdef Py_ssize_t height = job.first.source.height, first = known, last = patch.bottom, y
    if job.first.border != WRAP:
        first, last = max(first, 0), min(last, height)
    if first < last:
        compute_patch(job, patch, first, last, memory, poll)
        for y in range(first, last):
            pad_row(job, patch, patch_row(job, patch, y))
    if job.first.border == WRAP:
        return
    for y in range(known, patch.bottom):
        if y < 0 or y >= height:
            fill_outside_row(job, patch, y, memory, poll)


cdef void take_second(Steps *job, const Patch *patch, Py_ssize_t y, Py_ssize_t end, char *memory,
                      Poll poll) noexcept nogil:
    """Compute rows y to end - 1 of the second step's results, of the tile of a patch."""
    cdef Window part = job.second
    cdef Py_ssize_t n = patch.n, size = part.target.size * part.target.channels
    part.target.data += n * part.target.step_n + y * part.target.step_y + patch.x // part.stride_x * size
    part.target.step_n = 0
    part.target.height = end - y
    part.columns = patch.pixels
    if job.chained:
        n = 0
        part.top = 0
        use_buffer(&part.source, job, patch.buffer, patch.bottom - patch.top, patch.right - patch.left)
        if not job.small:
            part.left = 0
    else:
        part.source.data += n * part.source.step_n
        part.source.step_n = 0
        part.top -= y * part.stride_y
        part.left -= patch.x
    run_part(job, &part, 0, end - y, memory, poll)


cdef void take_first(Steps *job, const Patch *patch, Py_ssize_t y, Py_ssize_t end, char *memory,
                     Poll poll) noexcept nogil:
    """Compute rows y to end - 1 of the first step's results into the buffer, of the tile of a patch."""
    cdef Window part = job.first
    part.top -= y * part.stride_y
    part.left -= patch.x
    part.columns = patch.pixels
    part.streamed = False
    use_buffer(&part.target, job, patch.buffer, end - y, (patch.pixels + part.stride_x - 1) // part.stride_x)
    run_part(job, &part, patch.n, end - y, memory, poll)


cdef inline void take_difference(const sample *a, const sample *b, sample *into, Py_ssize_t count) noexcept nogil:
    """Write a - b; differences of integers saturate."""
    cdef Py_ssize_t x
    cdef int32_t small
    cdef int64_t large
    for x in range(count):
        if sample is uint8_t or sample is uint16_t:
            into[x] = <sample>(a[x] - b[x]) if a[x] > b[x] else 0
        elif sample is int16_t:
            small = <int32_t>a[x] - b[x]
            into[x] = <int16_t>(-32768 if small < -32768 else 32767 if small > 32767 else small)
        elif sample is int32_t:
            large = <int64_t>a[x] - b[x]
            large = <int64_t>largest_below(31) if large > <int64_t>largest_below(31) else large
            into[x] = <int32_t>(-<int64_t>largest_below(31) - 1 if large < -<int64_t>largest_below(31) - 1 else large)
        else:
            into[x] = a[x] - b[x]


cdef void subtract_rows(Sample kind, const char *a, const char *b, char *into, Py_ssize_t count) noexcept nogil:
    if kind == UINT8:
        take_difference(<const uint8_t *>a, <const uint8_t *>b, <uint8_t *>into, count)
    elif kind == UINT16:
        take_difference(<const uint16_t *>a, <const uint16_t *>b, <uint16_t *>into, count)
    elif kind == INT16:
        take_difference(<const int16_t *>a, <const int16_t *>b, <int16_t *>into, count)
    elif kind == INT32:
        take_difference(<const int32_t *>a, <const int32_t *>b, <int32_t *>into, count)
    elif kind == FLOAT32:
        take_difference(<const float *>a, <const float *>b, <float *>into, count)
    else:
        take_difference(<const double *>a, <const double *>b, <double *>into, count)


cdef const char *image_row(const Steps *job, const Patch *patch, Py_ssize_t y, char *samples) noexcept nogil:
    """Return the samples of the image at the places of a row of results, gathered where they are not side by side."""
    cdef const Raster *image = &job.first.source
    cdef const char *first = image.data + patch.n * image.step_n + y * job.second.stride_y * image.step_y
    cdef Py_ssize_t size = image.size * image.channels, step = job.second.stride_x, k
    first += patch.x * image.step_x
    if image.packed and step == 1:
        return first
    copy_pixels(samples, first, patch.pixels, image)
    for k in range((patch.pixels + step - 1) // step):
        memmove(samples + k * size, samples + k * step * size, size)
    return samples


cdef void take_differences(const Steps *job, const Patch *patch, Py_ssize_t first, Py_ssize_t last,
                           const StepsScratch *scratch) noexcept nogil:
    """Turn rows of results into differences."""
    cdef const Raster *target = &job.second.target
    cdef Py_ssize_t step = job.second.stride_x, y
    cdef Py_ssize_t count = (patch.pixels + step - 1) // step * target.channels
    cdef char *into = target.data + patch.n * target.step_n + patch.x // step * target.channels * target.size
    cdef char *result
    cdef const char *minuend
    cdef const char *subtrahend
    for y in range(first, last):
        minuend = subtrahend = result = into + y * target.step_y
        if job.difference == FROM_IMAGE:
            minuend = image_row(job, patch, y, scratch.samples)
        elif job.difference == OF_IMAGE:
            subtrahend = image_row(job, patch, y, scratch.samples)
        else:
            subtrahend = patch.buffer + (y - first) * job.pitch
        subtract_rows(target.kind, minuend, subtrahend, scratch.differences, count)
        memcpy(result, scratch.differences, count * target.size)


cdef void take_band(Steps *job, Patch *patch, Py_ssize_t first, Py_ssize_t last, Py_ssize_t *known,
                    char *memory, Poll poll) noexcept nogil:
    """Compute rows of results of a tile. known: the row of the image up to which the buffer is filled, from its top."""
    cdef Py_ssize_t top = first * job.second.stride_y - job.second.top
    if not job.chained:
        take_first(job, patch, first, last, memory, poll)
    else:
        if known[0] > top:
            memmove(patch.buffer, patch_row(job, patch, top), (known[0] - top) * job.pitch)
        else:
            known[0] = top
        patch.top = top
        patch.bottom = (last - 1) * job.second.stride_y - job.second.top + job.second.height
        fill_patch(job, patch, known[0], memory, poll)
        known[0] = patch.bottom
    take_second(job, patch, first, last, memory, poll)


cdef void steps_strip(Steps *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                      Poll poll) noexcept nogil:
    """Compute output rows first to last - 1 of image n. The memory is steps_scratch(job) bytes."""
    cdef StepsScratch scratch = find_steps_scratch(job, memory)
    cdef Py_ssize_t width = job.first.source.width, reach = job.second.width, y, end, known
    cdef Patch patch
    cdef double work = 0
    patch.n, patch.x, patch.buffer = n, 0, scratch.buffer
    while patch.x < width:
        patch.pixels = min(job.tile, width - patch.x)
        if width - patch.x - patch.pixels < reach:      # too few to be a tile that mirrors its own columns
            patch.pixels = width - patch.x
        patch.left, patch.right = patch.x - job.second.left, patch.x + patch.pixels + reach - 1 - job.second.left
        if job.small:
            patch.left, patch.right = 0, width
        y = first
        known = patch.top = first * job.second.stride_y - job.second.top
        while y < last:
            end = min(y + job.band, last)
            take_band(job, &patch, y, end, &known, scratch.loops, poll)
            if job.difference != NO_DIFFERENCE:
                take_differences(job, &patch, y, end, &scratch)
            if should_stop(&job.stopped, &work, (end - y) * (job.first.work + job.second.work), poll):
                return
            y = end
        patch.x += patch.pixels
