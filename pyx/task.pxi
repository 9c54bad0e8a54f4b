# Task: the Python side of a convolution that is ready to be run, strip by strip, on any number of threads.

cdef void poison(char *memory, Py_ssize_t size) noexcept nogil:
    """Fill scratch memory with NaN of either size, which as integers are large."""
    cdef Py_ssize_t k
    for k in range(size // 2):
        (<int16_t *>memory)[k] = 0x7ff5


cdef enum:
    NEAR_BYTES = 16_384         # scratch up to this size, with room to be aligned, lies on the caller's stack


cdef char *take_scratch(char *near, Py_ssize_t size) except NULL:
    """Return memory for scratch of this size, and 64 bytes more: near, if that is large enough, or a new piece."""
    if size + 64 <= NEAR_BYTES:
        return near
    near = <char *>malloc(size + 64)
    if near == NULL:
        raise MemoryError
    return near


cdef inline char *line_after(char *memory, Py_ssize_t size) noexcept nogil:
    """Return where scratch of this size starts, for which there are 64 bytes more: at a cache line."""
    memory += -<size_t>memory & 63
    if POISONED:
        poison(memory, size)
    return memory


cdef class Strips:
    """Work on a stack of images, ready to be run strip by strip."""
    cdef readonly Py_ssize_t rows       # output rows of all images together
    cdef readonly Py_ssize_t scratch    # bytes that each call of run takes
    cdef readonly Py_ssize_t align      # strips should start at a multiple of this many rows
    cdef Py_ssize_t height              # output rows of an image
    cdef volatile int *stopped

    cdef void strip(self, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
        """Compute output rows first to last - 1 of image n."""

    def run(self, Py_ssize_t first, Py_ssize_t last, bint caller=True):
        """Compute output rows first to last - 1, counted through all images.

        The caller's own thread polls for signals now and then; after an interrupt all strips end early.
        """
        cdef Py_ssize_t height = self.height, n, end
        cdef char *memory = <char *>malloc(self.scratch + 64)
        cdef char *start
        cdef Poll poll = NULL
        if caller:
            poll = interrupted
        if memory == NULL:
            raise MemoryError
        start = line_after(memory, self.scratch)
        with nogil:
            while first < last and not flag_is_set(self.stopped):
                n = first // height
                end = min(last, (n + 1) * height)
                self.strip(n, first - n * height, end - n * height, start, poll)
                first = end
        free(memory)
        raise_pending()

    def stop(self):
        """Make every strip end early."""
        set_flag(self.stopped)


cdef class Task(Strips):
    """One convolution of a stack of images."""
    cdef Job job                        # its pointers are into what packed keeps
    cdef Packed packed
    cdef object source, target

    cdef void strip(self, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
        self.packed.loops.strip(&self.job, n, first, last, memory, poll)

    def part(self, Py_ssize_t n, Py_ssize_t top, Py_ssize_t left, block):
        """Return the task of a block of the results of image n, from row top and column left on.

        block: an array (1, rows, columns, channels), not wider than the target that this was planned for. Solid kernels
        are computed in whole rows.
        """
        cdef Task task = Task.__new__(Task)
        cdef Job *job = &task.job
        job[0] = self.job
        job.source.data += n * job.source.step_n
        job.geometry.top -= top * job.geometry.stride_y         # row 0 of the part is row `top` of the image
        job.geometry.left -= left * job.geometry.stride_x
        locate(&job.target, block)
        if job.inner.least != PY_SSIZE_T_MAX:
            find_inner(job)
        task.rows = task.height = job.target.height
        task.scratch, task.align, task.stopped = self.scratch, self.align, &job.stopped
        task.packed, task.source, task.target = self.packed, self.source, block
        return task

    def layout(self):
        """Return how the loops cut up the work; see Packed.layout."""
        return self.packed.layout()
