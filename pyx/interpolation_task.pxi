# Interpolation: the Python side of the loop that interpolates samples of a coarse grid.

cdef enum:
    TILE_SAMPLES = 1024     # of a result row: ten such rows of floats stay within the first-level cache

cdef class Interpolation(Strips):
    """The interpolation of an image from a coarse grid, ready to be run strip by strip on any number of threads.

    coarse: float32 (rows, columns, channels), contiguous, with room for 16 samples behind it in its memory. target:
    (rows, columns, channels), of integers in rows without gaps. steps: rows and columns of results from one coarse
    sample to the next. phases: those from the first coarse sample that the first result reads, less NEIGHBORS / 2 - 1
    steps, to that result. down, across: float64 (step, NEIGHBORS), the weights for each phase. exact: see Computation.
    """
    cdef InterpolationJob job
    cdef const Loops *loops
    cdef object coarse, target

    def __init__(self, const float[:, :, ::1] coarse, target, steps, phases, const double[:, ::1] down,
                 const double[:, ::1] across, bint exact):
        cdef InterpolationJob *job = &self.job
        cdef Py_ssize_t k
        self.loops, self.coarse, self.target = find_loops(exact), coarse, target
        describe(&job.target, target)
        locate(&job.target, target)
        job.coarse, job.row_samples, job.channels = &coarse[0, 0, 0], coarse.shape[1] * coarse.shape[2], coarse.shape[2]
        (job.step_y, job.step_x), (job.phase_y, job.phase_x) = steps, phases
        job.tile = max(TILE_SAMPLES // (job.step_x * job.channels), 1)
        job.down = <float *>take(job.step_y * NEIGHBORS, sizeof(float))
        job.across = <float *>take(job.step_x * NEIGHBORS, sizeof(float))
        for k in range(job.step_y * NEIGHBORS):
            job.down[k] = <float>down[k // NEIGHBORS, k % NEIGHBORS]
        for k in range(job.step_x * NEIGHBORS):
            job.across[k] = <float>across[k // NEIGHBORS, k % NEIGHBORS]
        self.rows = self.height = job.target.height
        self.scratch, self.align, self.stopped = self.loops.interpolation_scratch(job), job.step_y, &job.stopped

    def __dealloc__(self):
        free(self.job.down)
        free(self.job.across)

    cdef void strip(self, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
        self.loops.interpolate(&self.job, first, last, memory, poll)
