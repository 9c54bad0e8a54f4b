# Variances of rectangles of floats and of 32-bit integers, and thresholds made of means and deviations.
#
# Sums of squares would cancel on a large offset, and running sums would drift. So means and sums of squared differences
# from them are joined, neighbors first, then pairs of neighbors, and so on. For a and b samples with means m and k, and
# with sums M and K of squared differences from these:
#
#     d = k - m,   mean = m + d b / (a + b),   squares = M + K + d^2 a b / (a + b)
#
# Nothing cancels, equal samples have a variance of exactly 0, and only windows that contain a sample depend on it.
# How samples are joined depends on the window's size alone.
#
# T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample
# variances", COMPSTAT 1982.
#
# Loop order: tile of columns > block of output rows. Each row of the image that the block reads is joined across; then
# whole rows are joined down.

cdef struct MergeScratch:
    char *raw               # samples of a row before they are widened
    double *row_means       # of a row of the padded image, as joined so far
    double *row_squares
    double *means           # [merged_rows][pitch] rows joined across, and then down
    double *squares
    double *mean            # the results' windows, a row
    double *square
    double *numbers         # results
    double *most
    double *least
    char *results
    Py_ssize_t pitch, size


cdef MergeScratch merge_scratch(const Window *job, char *memory) noexcept nogil:
    cdef MergeScratch scratch
    cdef Py_ssize_t lanes = (job.tile + job.width - 1) * job.source.channels, taken = 0
    cdef Py_ssize_t row = rounded_up(lanes * sizeof(double)) + 2 * LANES_BYTES, own
    own = rounded_up(job.tile * job.source.channels * sizeof(double)) + LANES_BYTES
    scratch.pitch = own // sizeof(double)
    scratch.raw = carve(memory, &taken, rounded_up(lanes * job.source.size))
    scratch.row_means = <double *>carve(memory, &taken, row)
    scratch.row_squares = <double *>carve(memory, &taken, row)
    scratch.means = <double *>carve(memory, &taken, merged_rows(job) * own)
    scratch.squares = <double *>carve(memory, &taken, merged_rows(job) * own)
    scratch.mean = <double *>carve(memory, &taken, own)
    scratch.square = <double *>carve(memory, &taken, own)
    scratch.numbers = <double *>carve(memory, &taken, own)
    scratch.most = <double *>carve(memory, &taken, own)
    scratch.least = <double *>carve(memory, &taken, own)
    scratch.results = carve(memory, &taken, own)
    scratch.size = taken
    return scratch


cdef inline void join(double *means, double *squares, const double *other_means, const double *other_squares,
                      double a, double b, double *into_means, double *into_squares, Py_ssize_t count) noexcept nogil:
    """Join the windows of a samples of a row with those of b samples of another, in whole vectors."""
    cdef lanes_double like
    cdef lanes_double first, difference, own
    cdef double share = b / (a + b), factor = a * share
    cdef Py_ssize_t x = 0, step = sizeof(lanes_double) // sizeof(double)
    like = lane_zero(like)
    while x < count:
        first = lane_load(means + x, like)
        difference = lane_load(other_means + x, like) - first
        own = lane_load(squares + x, like) + lane_load(other_squares + x, like)
        lane_store(into_means + x, first + difference * lane_splat(&share, like))
        difference *= difference
        lane_store(into_squares + x, own + difference * lane_splat(&factor, like))
        x += step


cdef void join_across(const Window *job, const MergeScratch *scratch, Py_ssize_t pixels, double *means,
                      double *squares) noexcept nogil:
    """Write the windows of a row, one sample high, from the samples in row_means. row_squares: 0."""
    cdef Py_ssize_t channels = job.source.channels, count = pixels * channels, size = 1, done = 0
    cdef Py_ssize_t columns = pixels + job.width - 1
    while True:
        if job.width & size and done:
            join(means, squares, scratch.row_means + done * channels, scratch.row_squares + done * channels, done, size,
                 means, squares, count)
            done += size
        elif job.width & size:
            memcpy(means, scratch.row_means, count * sizeof(double))
            memcpy(squares, scratch.row_squares, count * sizeof(double))
            done = size
        if done == job.width:
            return
        columns -= size
        join(scratch.row_means, scratch.row_squares, scratch.row_means + size * channels,
             scratch.row_squares + size * channels, size, size, scratch.row_means, scratch.row_squares,
             columns * channels)
        size *= 2


cdef void read_row(const Window *job, const MergeScratch *scratch, Py_ssize_t n, Py_ssize_t y, Py_ssize_t x,
                   Py_ssize_t columns, double *into) noexcept nogil:
    """Widen columns of the padded image, of row y counted from the image's first."""
    fill_part(job, n, y, x, columns, scratch.raw)
    widen(scratch.raw, job.source.kind, into, columns * job.source.channels)


cdef void join_rows(const Window *job, const MergeScratch *scratch, Py_ssize_t n, Py_ssize_t y, Py_ssize_t rows,
                    Py_ssize_t x, Py_ssize_t pixels) noexcept nogil:
    """Fill the block with rows joined across, from row y of the padded image on."""
    cdef Py_ssize_t k, columns = pixels + job.width - 1
    for k in range(rows):
        read_row(job, scratch, n, y + k - job.top, x, columns, scratch.row_means)
        memset(scratch.row_squares, 0, columns * job.source.channels * sizeof(double))
        join_across(job, scratch, pixels, scratch.means + k * scratch.pitch, scratch.squares + k * scratch.pitch)


cdef void join_block(const Window *job, const MergeScratch *scratch, Py_ssize_t rows, Py_ssize_t results,
                     Py_ssize_t count) noexcept nogil:
    """Join rows down. The windows of result k are left in row k * stride_y."""
    # A window of 13 rows is one row, 4 rows below it, and 8 below these: each is taken when rows are joined so far.
    cdef Py_ssize_t pitch = scratch.pitch, size = 1, done = 0, k, at
    cdef double width = job.width
    cdef double *means
    cdef double *squares
    while True:
        if job.height & size:
            for k in range(results):
                at = k * job.stride_y
                means, squares = result_means(job, scratch, k), result_squares(job, scratch, k)
                if done:
                    join(means, squares, scratch.means + (at + done) * pitch, scratch.squares + (at + done) * pitch,
                         done * width, size * width, means, squares, count)
                else:
                    memcpy(means, scratch.means + at * pitch, count * sizeof(double))
                    memcpy(squares, scratch.squares + at * pitch, count * sizeof(double))
            done += size
        if done == job.height:
            return
        rows -= size
        for k in range(rows):
            join(scratch.means + k * pitch, scratch.squares + k * pitch, scratch.means + (k + size) * pitch,
                 scratch.squares + (k + size) * pitch, size * width, size * width, scratch.means + k * pitch,
                 scratch.squares + k * pitch, count)
        size *= 2


cdef inline double *result_means(const Window *job, const MergeScratch *scratch, Py_ssize_t k) noexcept nogil:
    """Return where the windows of result k are joined: behind the rows that a block reads."""
    return scratch.means + (merged_rows(job) - merged_results(job) + k) * scratch.pitch


cdef inline double *result_squares(const Window *job, const MergeScratch *scratch, Py_ssize_t k) noexcept nogil:
    return scratch.squares + (merged_rows(job) - merged_results(job) + k) * scratch.pitch


cdef inline double chosen(double value, double limit, double white) noexcept nogil:
    """Return white where the value is above the limit, else 0; NaN where either is."""
    cdef double result = white if value > limit else 0
    return result if value == value and limit == limit else NAN


cdef void finish_merged(const Window *job, const MergeScratch *scratch, Py_ssize_t n, const double *means,
                        const double *squares, const double *center, Py_ssize_t count) noexcept nogil:
    """Write a row of results as numbers. center: the pixels."""
    cdef Py_ssize_t x, c = 0, channels = job.source.channels
    cdef double samples = window_samples(job), root, low = 0, scale = 1
    cdef double *into = scratch.numbers
    if job.statistic == MEAN:
        memcpy(into, means, count * sizeof(double))
        return
    for x in range(count):
        into[x] = squares[x] / samples
    if job.statistic == VARIANCE:
        return
    if job.statistic == EXTENT:
        for x in range(count):
            scratch.most[x] = into[x] if into[x] > scratch.most[x] else scratch.most[x]
            scratch.least[x] = center[x] if center[x] < scratch.least[x] else scratch.least[x]
        return
    for x in range(count):
        into[x] = sqrt(into[x])
    if job.statistic == STANDARD:
        for x in range(count):
            root = into[x]
            into[x] = (center[x] - means[x]) / (1 if root == 0 else root)
    elif job.statistic == ABOVE and not job.squares:
        for x in range(count):
            into[x] = chosen(center[x] - means[x], -job.offset, job.white)
    elif job.statistic == ABOVE:
        for x in range(count):
            into[x] = chosen(center[x] - means[x], job.amount * into[x], job.white)
    elif job.statistic == ABOVE_SCALED:
        for x in range(count):
            low, scale = job.scales[2 * (channels * n + c)], job.scales[2 * (channels * n + c) + 1]
            into[x] = chosen(center[x] - means[x], (job.amount * (means[x] - low)) * (into[x] / scale - 1), job.white)
            c = c + 1 if c + 1 < channels else 0


cdef void merged_statistics(Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                            Poll poll) noexcept nogil:
    cdef MergeScratch scratch = merge_scratch(job, memory)
    cdef Py_ssize_t channels = job.source.channels, x = 0, y, k, pixels, count, results, rows
    cdef double work = 0
    if not POISONED:        # vectors read beyond the ends of rows, where denormals would cost time
        memset(memory, 0, scratch.size)
    if job.statistic == EXTENT:
        begin_extent(job, n, first, last)
    while x < job.source.width:
        pixels = min(job.tile, job.source.width - x)
        count = pixels * channels
        for k in range(count):
            scratch.most[k], scratch.least[k] = 0, INFINITY
        y = first
        while y < last:
            results = min(merged_results(job), last - y)
            rows = (results - 1) * job.stride_y + job.height
            join_rows(job, &scratch, n, y * job.stride_y, rows, x, pixels)
            join_block(job, &scratch, rows, results, count)
            for k in range(results):
                read_row(job, &scratch, n, (y + k) * job.stride_y, x + job.left, pixels, scratch.row_means)
                finish_merged(job, &scratch, n, result_means(job, &scratch, k), result_squares(job, &scratch, k),
                              scratch.row_means, count)
                if job.statistic != EXTENT:
                    store(scratch.numbers, scratch.results, job.target.kind, count, False)
                    write_part(job, n, y + k, scratch.results, x, pixels, True)
            y += results
            if should_stop(&job.stopped, &work, job.work * rows, poll):
                return
        if job.statistic == EXTENT:
            end_extent(job, n, first, scratch.most, scratch.least, 0, count)
        x += pixels
    stream_end()
