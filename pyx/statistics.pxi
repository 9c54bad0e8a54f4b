# Variances of rectangles of small integers, and thresholds made of means and deviations, from exact sums.
#
#     d = n p - sum q             n times the difference of the pixel p from the mean of the n samples q of its window
#     v = n sum q^2 - (sum q)^2   n^2 times their variance
#
# Each column keeps the sum of its samples in the window's rows, and of their squares. From one row to the next, the row
# that enters is added and the row that leaves is taken away, which integers do exactly. A window's sum is the
# difference of two running totals of the columns' sums. Totals may overflow: the difference is exact if it fits.
#
# Sums of bytes have 32 bits, if the window is not larger than some 180 x 180. Others have 64; they are moved by a whole
# number near the mean before they become doubles, which then hold d and v exactly.
#
# Comparisons are arranged such that no rounded product is added to anything: with and without fused multiply-add, a
# threshold gives the same results.

cdef enum:
    STATISTIC_CHUNK = 512       # results that are computed before the next


ctypedef fused summed:      # a sum of samples or of squares
    uint32_t
    uint64_t


cdef inline double window_samples(const Window *job) noexcept nogil:
    return <double>job.height * job.width


cdef inline double sample_bias(const Window *job) noexcept nogil:
    """Return what is added to samples so that none is below 0."""
    return 32768 if job.source.kind == INT16 else 0


cdef struct SumsScratch:
    char *raw               # samples of a row before they are widened
    char *enters            # rows of samples
    char *leaves
    char *center
    char *sums              # of each column
    char *squares
    char *totals            # of the columns to the left of each
    char *square_totals
    double *numbers         # a chunk
    double *most            # for each column: the largest variance, times n^2, and the smallest sample
    double *least
    uint8_t *marks          # a row: where a threshold is exceeded
    char *results           # a row
    Py_ssize_t size


cdef SumsScratch sums_scratch(const Window *job, char *memory) noexcept nogil:
    cdef SumsScratch scratch
    cdef Py_ssize_t lanes = (job.tile + job.width - 1) * job.source.channels, own = job.tile * job.source.channels
    cdef Py_ssize_t samples = rounded_up(2 * lanes), row, taken = 0
    row = rounded_up((lanes + job.source.channels) * (4 if sums_fit_32_bits(job) else 8)) + LANES_BYTES
    scratch.raw = carve(memory, &taken, samples)
    scratch.enters = carve(memory, &taken, samples)
    scratch.leaves = carve(memory, &taken, samples)
    scratch.center = carve(memory, &taken, samples)
    scratch.sums = carve(memory, &taken, row)
    scratch.squares = carve(memory, &taken, row)
    scratch.totals = carve(memory, &taken, row)
    scratch.square_totals = carve(memory, &taken, row)
    scratch.numbers = <double *>carve(memory, &taken, STATISTIC_CHUNK * sizeof(double))
    scratch.most = scratch.least = NULL
    if job.statistic == EXTENT:
        scratch.most = <double *>carve(memory, &taken, rounded_up(own * sizeof(double)))
        scratch.least = <double *>carve(memory, &taken, rounded_up(own * sizeof(double)))
    scratch.marks = <uint8_t *>carve(memory, &taken, rounded_up(own))
    scratch.results = carve(memory, &taken, rounded_up(own * job.target.size))
    scratch.size = taken
    return scratch


cdef void read_samples(summed *like, const Window *job, const SumsScratch *scratch, Py_ssize_t n, Py_ssize_t y,
                       Py_ssize_t x, Py_ssize_t columns, char *into) noexcept nogil:
    """Read columns x to x + columns - 1 of the padded image, of row y counted from the image's first.

    They become bytes for sums of 32 bits, else 16 bits without a sign.
    """
    cdef Py_ssize_t k, count = columns * job.source.channels
    if summed is uint32_t:
        fill_part(job, n, y, x, columns, into)
    else:
        fill_part(job, n, y, x, columns, scratch.raw)
        if job.source.kind == UINT8:
            for k in range(count):
                (<uint16_t *>into)[k] = (<const uint8_t *>scratch.raw)[k]
        elif job.source.kind == UINT16:
            memcpy(into, scratch.raw, 2 * count)
        else:
            for k in range(count):
                (<uint16_t *>into)[k] = (<const uint16_t *>scratch.raw)[k] ^ 0x8000


cdef void move_sums(summed *like, const SumsScratch *scratch, Py_ssize_t count, bint squares) noexcept nogil:
    """Add the row that enters and take away the one that leaves."""
    if summed is uint32_t:
        move_rows(<uint32_t *>scratch.sums, <uint32_t *>scratch.squares, <const uint8_t *>scratch.enters,
                  <const uint8_t *>scratch.leaves, count, squares)
    else:
        move_rows(<uint64_t *>scratch.sums, <uint64_t *>scratch.squares, <const uint16_t *>scratch.enters,
                  <const uint16_t *>scratch.leaves, count, squares)


ctypedef fused unsigned_sample:
    uint8_t
    uint16_t


cdef inline void move_rows(summed *sums, summed *squares, const unsigned_sample *enters,
                           const unsigned_sample *leaves, Py_ssize_t count, bint with_squares) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        sums[x] += <summed>enters[x] - <summed>leaves[x]
    if with_squares:
        for x in range(count):
            squares[x] += square_of(enters[x])
            squares[x] -= square_of(leaves[x])


cdef inline uint32_t square_of(unsigned_sample sample_) noexcept nogil:
    """Return a square, by as few bits as it fits, which makes vectors longer."""
    if unsigned_sample is uint8_t:
        return <uint16_t>(<uint16_t>sample_ * <uint16_t>sample_)
    else:
        return <uint32_t>sample_ * <uint32_t>sample_


cdef void add_columns(const summed *sums, summed *totals, Py_ssize_t step, Py_ssize_t count) noexcept nogil:
    """Write the running totals of each channel, behind a first pixel of 0."""
    cdef Py_ssize_t x
    if summed is uint32_t:
        add_up(totals, sums, step, count)
    else:
        memset(totals, 0, step * sizeof(summed))
        for x in range(count):
            totals[step + x] = totals[x] + sums[x]


cdef inline double whole_number(summed value) noexcept nogil:
    """Return a number that is not negative as a double."""
    if summed is uint32_t:
        return <double><int32_t>value       # which every instruction set converts
    else:
        return <double><int64_t>value


cdef inline double scaled_variance(summed total, summed squares, double n, double inverse) noexcept nogil:
    """Return n^2 times the variance of n samples with this sum, and this sum of squares."""
    cdef double sum_, own
    cdef uint64_t middle, count = <uint64_t><int64_t>n
    if summed is uint32_t:
        sum_, own = whole_number(total), whole_number(squares)
    else:
        middle = <uint64_t><int64_t>(whole_number(total) * inverse + 0.5)
        own = <double><int64_t>(squares - 2 * middle * total + count * middle * middle)
        sum_ = <double><int64_t>(total - count * middle)
    return n * own - sum_ * sum_


cdef inline double window_total(const summed *totals, Py_ssize_t x, Py_ssize_t span) noexcept nogil:
    """Return the sum of the window that begins in column x."""
    return whole_number(<summed>(totals[x + span] - totals[x]))


cdef inline double window_variance(const summed *totals, const summed *squares, Py_ssize_t x, Py_ssize_t span,
                                   double n, double inverse) noexcept nogil:
    """Return n^2 times the variance of that window."""
    return scaled_variance(<summed>(totals[x + span] - totals[x]), <summed>(squares[x + span] - squares[x]), n,
                           inverse)


cdef inline bint compares_center(const Window *job) noexcept nogil:
    """Return whether a statistic needs the pixel itself."""
    return job.statistic != MEAN and job.statistic != VARIANCE and job.statistic != DEVIATION


cdef inline double sample_of(const summed *like, const char *row, Py_ssize_t x) noexcept nogil:
    if summed is uint32_t:
        return <double>(<const uint8_t *>row)[x]
    else:
        return <double>(<const uint16_t *>row)[x]


cdef inline bint fits_floats(const Window *job) noexcept nogil:
    """Return whether means become integers by way of float32: none that is not halfway between two becomes so."""
    return job.statistic == MEAN and job.source.kind == UINT8 and job.height * job.width <= 1 << 15


cdef inline bint multiplies(const Window *job) noexcept nogil:
    """Return whether a sum of n samples times 1 / n gives the same result as the sum divided by n.

    The product is off by less than 2^-51 of it, which matters only to a quotient halfway between two results, or
    nearly. Halfway between two float32 takes 25 bits: those of a sample, and one for each factor of 2 of n. All other
    quotients differ from halfway by 1 part in n 2^25 at least. Halfway between two integers takes an even n.
    """
    cdef Py_ssize_t n = job.height * job.width
    if job.target.kind == FLOAT32 or fits_floats(job):
        return n <= 1 << 18 and n % 512
    return job.target.kind != FLOAT64 and n % 2


cdef void measure_windows(const summed *totals, const summed *squares, real *into, const Window *job,
                          const char *center,
                          Py_ssize_t count) noexcept nogil:
    """Write means, variances, deviations or standard scores. totals, squares: from the first result's window on."""
    cdef Py_ssize_t x, span = job.width * job.source.channels
    cdef double n = window_samples(job), inverse = 1 / n, own = n * n, bias = n * sample_bias(job), number, root
    if job.statistic == MEAN and multiplies(job):
        for x in range(count):
            into[x] = <real>((window_total(totals, x, span) - bias) * inverse)
    elif job.statistic == MEAN:
        for x in range(count):
            into[x] = <real>((window_total(totals, x, span) - bias) / n)
    elif job.statistic == VARIANCE:
        for x in range(count):
            into[x] = <real>(window_variance(totals, squares, x, span, n, inverse) / own)
    elif job.statistic == DEVIATION:
        for x in range(count):
            number = window_variance(totals, squares, x, span, n, inverse) / own
            if real is float:
                into[x] = sqrtf(<float>number)
            else:
                into[x] = sqrt(number)
    else:
        for x in range(count):
            root = sqrt(window_variance(totals, squares, x, span, n, inverse))
            number = n * sample_of(totals, center, x) - window_total(totals, x, span)
            into[x] = <real>(number / (root if root > 0 else 1))


cdef void mark_windows(const summed *totals, const summed *squares, uint8_t *marks, const Window *job,
                       const char *center,
                       const double *scales, double *roots, Py_ssize_t count) noexcept nogil:
    """Write 1 where a threshold is exceeded, else 0. scales: of the first result's channel; roots: room for a chunk."""
    cdef Py_ssize_t x, c, channels = job.source.channels, span = job.width * channels
    cdef double n = window_samples(job), inverse = 1 / n, amount = job.amount, limit = -n * job.offset, low, scale
    cdef double number
    if not job.squares:
        for x in range(count):
            number = n * sample_of(totals, center, x) - window_total(totals, x, span)
            marks[x] = number > limit
        return
    for x in range(count):
        roots[x] = sqrt(window_variance(totals, squares, x, span, n, inverse))
    if job.statistic == ABOVE:
        for x in range(count):
            number = n * sample_of(totals, center, x) - window_total(totals, x, span)
            marks[x] = number > amount * roots[x]
        return
    if scales[0] == scales[2 * (channels - 1)] and scales[1] == scales[2 * channels - 1]:
        mark_scaled(totals, marks, job, center, scales, roots, 0, 1, count)
    else:
        for c in range(channels):
            mark_scaled(totals, marks, job, center, scales + 2 * c, roots, c, channels, count)


cdef void mark_scaled(const summed *totals, uint8_t *marks, const Window *job, const char *center, const double *scales,
                      const double *roots, Py_ssize_t first, Py_ssize_t step, Py_ssize_t count) noexcept nogil:
    """Do so for every step-th result, with the scales of one channel."""
    cdef Py_ssize_t x = first, span = job.width * job.source.channels
    cdef double n = window_samples(job), low = n * (scales[0] + sample_bias(job)), scale = scales[1], number, total
    if step == 1:
        for x in range(count):
            total = window_total(totals, x, span)
            number = n * sample_of(totals, center, x) - total
            marks[x] = number > (job.amount * (total - low)) * (roots[x] / scale - 1)
        return
    while x < count:
        total = window_total(totals, x, span)
        number = n * sample_of(totals, center, x) - total
        marks[x] = number > (job.amount * (total - low)) * (roots[x] / scale - 1)
        x += step


cdef void watch_windows(const summed *totals, const summed *squares, const Window *job, const char *center,
                        double *most,
                        double *least, Py_ssize_t count) noexcept nogil:
    """Keep the largest variance and the smallest sample of each column."""
    cdef Py_ssize_t x, span = job.width * job.source.channels
    cdef double n = window_samples(job), inverse = 1 / n, number
    for x in range(count):
        number = window_variance(totals, squares, x, span, n, inverse)
        most[x] = number if number > most[x] else most[x]
        number = sample_of(totals, center, x)
        least[x] = number if number < least[x] else least[x]


cdef void write_marks(const Window *job, const uint8_t *marks, double *numbers, char *into,
                      Py_ssize_t count) noexcept nogil:
    """Write white where there are marks, and 0 elsewhere, as samples of the target."""
    cdef Py_ssize_t x, at = 0, some
    cdef uint8_t white = <uint8_t>(job.white if job.white < 255 else 255)
    if job.target.kind == UINT8:
        for x in range(count):
            into[x] = <char>(marks[x] * white)
        return
    while at < count:
        some = min(STATISTIC_CHUNK, count - at)
        for x in range(some):
            numbers[x] = job.white if marks[at + x] else 0
        store(numbers, into + at * job.target.size, job.target.kind, some, False)
        at += some


cdef void compute_windows(summed *like, const Window *job, const SumsScratch *scratch, Py_ssize_t n,
                          Py_ssize_t count) noexcept nogil:
    """Compute a row of results from the totals of its columns."""
    cdef Py_ssize_t at = 0, some, step = STATISTIC_CHUNK // job.source.channels * job.source.channels
    cdef const summed *totals
    cdef const summed *squares
    cdef const char *center
    cdef char *into
    step = max(step, job.source.channels) if job.source.channels <= STATISTIC_CHUNK else STATISTIC_CHUNK
    while at < count:
        some = min(step, count - at)
        totals, squares = <const summed *>scratch.totals + at, <const summed *>scratch.square_totals + at
        center = scratch.center + at * (1 if summed is uint32_t else 2)
        into = scratch.results + at * job.target.size
        if job.statistic == EXTENT:
            watch_windows(totals, squares, job, center, scratch.most + at, scratch.least + at, some)
        elif job.statistic == ABOVE or job.statistic == ABOVE_SCALED:
            mark_windows(totals, squares, scratch.marks + at, job, center,
                         job.scales + 2 * job.source.channels * n, scratch.numbers, some)
        elif job.target.kind == FLOAT32:
            measure_windows(totals, squares, <float *>into, job, center, some)
        elif job.target.kind == FLOAT64:
            measure_windows(totals, squares, <double *>into, job, center, some)
        elif fits_floats(job):
            measure_windows(totals, squares, <float *>scratch.numbers, job, center, some)
            store(<float *>scratch.numbers, into, job.target.kind, some, False)
        else:
            measure_windows(totals, squares, scratch.numbers, job, center, some)
            store(scratch.numbers, into, job.target.kind, some, False)
        at += some
    if job.statistic == ABOVE or job.statistic == ABOVE_SCALED:
        write_marks(job, scratch.marks, scratch.numbers, scratch.results, count)


cdef void begin_extent(const Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Have the target's rows (2, channels) say that nothing was seen."""
    cdef Py_ssize_t y, c
    cdef double *row
    for y in range(first, last):
        row = <double *>(job.target.data + n * job.target.step_n + y * job.target.step_y)
        for c in range(job.source.channels):
            row[c], row[job.source.channels + c] = 0, INFINITY


cdef void end_extent(const Window *job, Py_ssize_t n, Py_ssize_t y, const double *most, const double *least,
                     double bias, Py_ssize_t count) noexcept nogil:
    """Join what was seen in each column, in the target's row y. most: squares."""
    cdef Py_ssize_t x, c = 0, channels = job.source.channels
    cdef double *row = <double *>(job.target.data + n * job.target.step_n + y * job.target.step_y)
    for x in range(count):
        row[c] = max(row[c], sqrt(most[x]))
        row[channels + c] = min(row[channels + c], least[x] - bias)
        c = c + 1 if c + 1 < channels else 0


cdef void statistics(summed *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                     Poll poll) noexcept nogil:
    cdef SumsScratch scratch = sums_scratch(job, memory)
    cdef Py_ssize_t channels = job.source.channels, x = 0, y, k, pixels, columns, begun, filled
    cdef double work = 0
    if job.statistic == EXTENT:
        begin_extent(job, n, first, last)
    while x < job.source.width:
        pixels = min(job.tile, job.source.width - x)
        columns = pixels + job.width - 1
        memset(scratch.sums, 0, columns * channels * sizeof(summed))
        memset(scratch.squares, 0, columns * channels * sizeof(summed))
        memset(scratch.leaves, 0, columns * channels * 2)
        if job.statistic == EXTENT:
            for k in range(pixels * channels):
                scratch.most[k], scratch.least[k] = 0, INFINITY
        begun = filled = first * job.stride_y       # rows of the padded image
        for y in range(first, last):
            while filled < y * job.stride_y + job.height:
                read_samples(like, job, &scratch, n, filled - job.top, x, columns, scratch.enters)
                if filled - job.height >= begun:
                    read_samples(like, job, &scratch, n, filled - job.height - job.top, x, columns, scratch.leaves)
                move_sums(like, &scratch, columns * channels, job.squares)
                filled += 1
                if should_stop(&job.stopped, &work, job.work, poll):
                    return
            add_columns(<const summed *>scratch.sums, <summed *>scratch.totals, channels, columns * channels)
            if job.squares:
                add_columns(<const summed *>scratch.squares, <summed *>scratch.square_totals, channels,
                            columns * channels)
            if compares_center(job):
                read_samples(like, job, &scratch, n, y * job.stride_y, x + job.left, pixels, scratch.center)
            compute_windows(like, job, &scratch, n, pixels * channels)
            if job.statistic != EXTENT:
                write_part(job, n, y, scratch.results, x, pixels, True)
        if job.statistic == EXTENT:
            end_extent(job, n, first, scratch.most, scratch.least, sample_bias(job), pixels * channels)
        x += pixels
    stream_end()
