# PackedWindow and WindowTask: the Python side of the loops over the samples of a window, as Packed and Task.

cdef enum:
    SLOT_BYTES = 24_576         # the slots of a network stay within the first-level cache
    WIDE_SLOT_BYTES = 524_288   # or, of wide windows, within the second-level cache
    COLUMN_BYTES = 524_288      # the histograms of a tile's columns stay within the second-level cache
    LEVEL_BYTES = 262_144       # and so do the levels of a footprint's rows
    EXTREME_BYTES = 524_288     # and the rows of a block of extremes
    PASS_BYTES = 8_192          # a tile's row of sums with heights, which stays within the first-level cache
    SUM_BYTES = 393_216         # sums of a tile's columns, and running totals of them
    MERGE_BYTES = 1_048_576     # means and squares of a block of rows

_METHODS = {
    "extreme": EXTREME, "chords": CHORDS, "heights": HEIGHTS, "network": NETWORK, "histogram": HISTOGRAM,
    "counting": COUNTING, "selection": SELECTION, "bilateral": BILATERAL, "statistics": STATISTICS, "entropy": ENTROPY,
}
_STATISTICS = {
    "mean": MEAN, "variance": VARIANCE, "deviation": DEVIATION, "standard": STANDARD, "above": ABOVE,
    "above_scaled": ABOVE_SCALED, "extent": EXTENT,
}


cdef class PackedWindow:
    """How the samples in a window are filtered, in images of one shape and dtype. It never changes.

    source, target: the first such arrays (images, rows, columns, channels). plan: a WindowPlan of imfilter.engine.rank;
    its network has the exchanges (n, 7), the number of slots and the slot of the result. outside: array with the sample
    outside the image, in the image's dtype.
    """
    cdef Window job
    cdef const Loops *loops
    cdef bint exact                     # of the baseline, whatever is in use
    cdef Py_ssize_t rows, scratch       # as in Task

    def __init__(self, source, target, plan, stride, int border, outside):
        cdef Window *job = &self.job
        cdef bytes sample = outside.tobytes()
        cdef const char *first = sample
        cdef Py_ssize_t k, count
        self.exact, self.loops = plan.exact, find_loops(plan.exact)
        describe(&job.source, source)
        self.rows = describe(&job.target, target) * job.target.height
        for k in range(min(len(sample), 8)):
            job.outside[k] = first[k]
        job.border, job.method, job.rank = <Border>border, <Method><int>_METHODS[plan.method], plan.rank
        (job.height, job.width), (job.top, job.left), (job.stride_y, job.stride_x) = plan.size, plan.before, stride
        job.row_lanes = (job.source.width + job.width - 1) * job.source.channels + 128
        job.streamed = self.rows * job.target.width * job.target.channels * job.target.size > STREAM_BYTES
        count = job.source.width * job.source.channels
        job.columns = job.source.width
        job.tile, job.work = count, count * 32.
        if plan.chords is not None:
            self.pack_chords(plan.chords)
        if job.method == NETWORK:
            self.pack_network(plan.network)
            job.work = <double>count * job.exchange_count * job.source.size
        elif job.method == SELECTION:
            job.tile = 512
            job.work = job.tile * <double>job.height * job.width * job.source.size * 2
        elif job.method == CHORDS:
            count = job.source.channels * job.source.size
            job.tile = max(LEVEL_BYTES // (job.height * job.levels * count) - job.width, job.width, 1024 // count)
            job.tile = min(job.tile, job.source.width)
            job.work = job.tile * job.source.channels * 4. * (job.chord_count + job.levels)
        elif job.method == EXTREME:
            count = job.source.channels * job.source.size
            job.tile = max(EXTREME_BYTES // ((job.height + 4) * count) - job.width, job.width, 1024 // count)
            job.tile = min(job.tile, job.source.width)
        elif job.method == HEIGHTS:
            count = job.source.channels * job.source.size
            job.tile = min(max(PASS_BYTES // count, job.width, 64), job.source.width)
            job.work = job.tile * job.source.channels * 4. * len(plan.weights)
            self.pack_weights(plan.weights)
        elif job.method == COUNTING:
            job.work = count * 4. * job.chord_count
        elif job.method == HISTOGRAM:
            job.tile = max(COLUMN_BYTES // (544 * job.source.channels) - job.width, job.width, 64)
            job.tile = min(job.tile, job.source.width)
            job.work = (job.tile + job.width) * job.source.channels * 400.      # of all columns that the windows read
        elif job.method == BILATERAL:
            job.tile = 1024
            job.strictness = plan.strictness
            job.work = job.tile * 8. * job.height * job.width
            self.pack_weights(plan.weights)
        elif job.method == STATISTICS:
            self.pack_statistic(plan)
        elif job.method == ENTROPY:
            job.work = count * 8. * job.chord_count
            job.growth = <int64_t *>take(len(plan.weights), sizeof(int64_t))
            for k in range(len(plan.weights)):
                job.growth[k] = plan.weights.item(k)
        self.scratch = self.loops.window_scratch(job)

    def __dealloc__(self):
        free(self.job.chords)
        free(self.job.exchanges)
        free(self.job.weights)
        free(self.job.scales)
        free(self.job.growth)

    cdef int pack_statistic(self, plan) except -1:
        cdef Window *job = &self.job
        cdef Py_ssize_t k, channels = job.source.channels
        job.statistic = <Statistic><int>_STATISTICS[plan.statistic]
        job.amount, job.offset, job.white = plan.amount, plan.offset, plan.white
        job.squares = job.statistic != MEAN and (job.statistic != ABOVE or job.amount != 0)
        if plan.weights is not None:
            job.scales = <double *>take(plan.weights.size, sizeof(double))
            for k in range(plan.weights.size):
                job.scales[k] = plan.weights.item(k)
        if sums_are_exact(job):
            job.tile = max(SUM_BYTES // (sums_size(job) * channels) - job.width, job.width, 64)
            job.work = job.tile * channels * 16.
        else:
            job.tile = max(MERGE_BYTES // (merged_rows(job) * 2 * sizeof(double) * channels), 1024 // channels, 1)
            if merged_rows(job) * 2 * sizeof(double) * job.tile * channels > 2 * MERGE_BYTES:
                job.tile = max(2 * MERGE_BYTES // (merged_rows(job) * 2 * sizeof(double) * channels), 1)
            job.work = (job.tile + job.width) * channels * 64.
        job.tile = min(job.tile, job.source.width)
        return 0

    cdef int pack_weights(self, weights) except -1:
        cdef Py_ssize_t k
        self.job.weights = <double *>take(weights.size, sizeof(double))
        for k in range(weights.size):
            self.job.weights[k] = weights.item(k)
        return 0

    cdef int pack_chords(self, chords) except -1:
        cdef Window *job = &self.job
        cdef Chord *chord
        cdef Py_ssize_t samples = 0
        job.chords = <Chord *>take(len(chords), sizeof(Chord))
        job.levels = 1
        for row, first, length in chords.tolist():
            chord = &job.chords[job.chord_count]
            chord.row, chord.first, chord.length = row, first, length
            chord.level = length.bit_length() - 1
            job.levels = max(job.levels, chord.level + 1)
            job.chord_count += 1
            samples += length
        job.ragged = samples < job.height * job.width
        return 0

    cdef int pack_network(self, network) except -1:
        cdef Window *job = &self.job
        cdef Py_ssize_t k = 0, beyond, tile
        cdef Exchange *step
        steps, job.slots, job.result = network
        job.exchange_count = len(steps)
        job.exchanges = <Exchange *>take(len(steps), sizeof(Exchange))
        for row in steps.tolist():
            step = &job.exchanges[k]
            step.first, step.first_shift, step.second, step.second_shift, step.least, step.most, step.beyond = row
            k += 1
        # A tile is computed with what its windows reach beyond it, so it is not much shorter than that.
        beyond = 2 * (job.width - 1) * job.source.channels * job.source.size
        tile = max(SLOT_BYTES // job.slots, min(beyond, WIDE_SLOT_BYTES // job.slots), 256)
        job.tile = min(tile, max(2048, beyond)) // 64 * 64 // job.source.size
        return 0

    def task(self, source, target):
        """Return the filter of source into target, or None for arrays that this was not planned for."""
        cdef WindowTask task = WindowTask.__new__(WindowTask)
        cdef Window *job = &task.job
        job[0] = self.job
        locate(&job.source, source)
        cdef Py_ssize_t images = locate(&job.target, target)
        task.rows, task.scratch, task.align = self.rows, self.scratch, 1
        task.height, task.stopped = job.target.height, &job.stopped
        task.packed, task.source, task.target = self, source, target
        task.overlap = (job.height - 1) // job.stride_y
        return task if self.is_for(job, images) else None

    cdef bint is_for(self, const Window *job, Py_ssize_t images) except -1:
        """Return whether this was planned for the arrays of a job, which hold this number of images."""
        return (images * job.target.height == self.rows and self.loops == find_loops(self.exact)
                and same_layout(&job.source, &self.job.source) and same_layout(&job.target, &self.job.target))

    cdef bint run_whole(self, ndarray source, ndarray target) except -1:
        """Compute a whole result on this thread; return whether this was planned for arrays like these."""
        cdef Window job = self.job
        cdef Py_ssize_t n, images
        cdef char near[NEAR_BYTES]
        cdef char *memory
        locate(&job.source, source)
        images = locate(&job.target, target)
        if not self.is_for(&job, images):
            return False
        memory = take_scratch(near, self.scratch)
        with nogil:
            for n in range(images):
                if not flag_is_set(&job.stopped):
                    self.loops.window_strip(&job, n, 0, job.target.height, line_after(memory, self.scratch),
                                            interrupted)
        if memory != near:
            free(memory)
        return raise_pending() == 0


cdef class WindowTask(Strips):
    """A filter of the samples in a window of a stack of images."""
    cdef Window job                     # its pointers are into what packed keeps
    cdef PackedWindow packed
    cdef object source, target

    cdef void strip(self, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
        self.packed.loops.window_strip(&self.job, n, first, last, memory, poll)
