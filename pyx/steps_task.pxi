# PackedSteps and StepsTask: the Python side of two extremes of windows and their difference, as Packed and Task.

cdef enum:
    BUFFER_BYTES = 524_288      # results of the first step, which stay within the second-level cache
    FEWEST_ROWS = 16            # results of a band, for which the first step begins anew

_DIFFERENCES = {
    "none": NO_DIFFERENCE, "from image": FROM_IMAGE, "of image": OF_IMAGE, "of extremes": OF_EXTREMES,
}


cdef class PackedSteps:
    """How two extremes are taken of images of one shape and dtype. It never changes.

    first, second: PackedWindows of the image; the target of the second is that of both. chained: whether the second
    is taken of the results of the first, which has no stride then. difference: a key of _DIFFERENCES.
    """
    cdef Steps job
    cdef PackedWindow first, second     # which keep what the job points to
    cdef Py_ssize_t scratch

    def __init__(self, PackedWindow first, PackedWindow second, bint chained, difference):
        cdef Steps *job = &self.job
        self.first, self.second = first, second
        job.first, job.second, job.chained = first.job, second.job, chained
        job.difference = <Difference><int>_DIFFERENCES[difference]
        if job.difference != NO_DIFFERENCE:
            job.second.streamed = False     # differences read results again
        job.small = first.loops.is_small(&job.first) and first.loops.is_small(&job.second)
        self.plan_tiles()
        self.scratch = first.loops.steps_scratch(job)

    cdef int plan_tiles(self) except -1:
        """Cut the image into tiles and bands whose part of the first step's results stays in the cache."""
        cdef Steps *job = &self.job
        cdef Py_ssize_t size = job.first.source.channels * job.first.source.size, width = job.first.source.width
        cdef Py_ssize_t tallest = max(job.first.height, job.second.height), reach = job.second.width
        cdef Py_ssize_t rows = max(2 * tallest, FEWEST_ROWS), step = job.second.stride_x
        job.tile = width
        if not job.small:
            if BUFFER_BYTES // ((rows + tallest) * size) < 2 * reach:
                rows = max(tallest, FEWEST_ROWS)
            job.tile = max(BUFFER_BYTES // ((rows + tallest) * size) - reach, reach, 64)
            job.tile = (job.tile + step - 1) // step * step
            job.tile = min(job.tile, width)
        job.band = max(rows // job.second.stride_y, 1)
        job.rows = (job.band - 1) * job.second.stride_y + job.second.height if job.chained else job.band
        job.pitch = (min(job.tile + reach, width) + reach) * size
        job.pitch = (job.pitch + 127) // 64 * 64     # whole vectors are written
        return 0

    def task(self, source, target):
        """Return the work on source into target, or None for arrays that this was not planned for."""
        cdef StepsTask task = StepsTask.__new__(StepsTask)
        cdef Steps *job = &task.job
        cdef Py_ssize_t images
        job[0] = self.job
        locate(&job.first.source, source)
        locate(&job.second.source, source)
        images = locate(&job.second.target, target)
        task.rows, task.scratch, task.align = self.second.rows, self.scratch, 1
        task.height, task.stopped = job.second.target.height, &job.stopped
        task.packed, task.source, task.target = self, source, target
        task.overlap = (job.first.height + job.second.height - 2) // job.second.stride_y
        return task if self.second.is_for(&job.second, images) else None


cdef class StepsTask(Strips):
    """Two extremes of windows of a stack of images."""
    cdef Steps job                      # its pointers are into what packed keeps
    cdef PackedSteps packed
    cdef object source, target

    cdef void strip(self, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
        self.packed.first.loops.steps_strip(&self.job, n, first, last, memory, poll)
