# Task: the Python side of a convolution that is ready to be run, strip by strip, on any number of threads.

cdef void poison(char *memory, Py_ssize_t size) noexcept nogil:
    """Fill scratch memory with NaN of either size, which as integers are large."""
    cdef Py_ssize_t k
    for k in range(size // 2):
        (<int16_t *>memory)[k] = 0x7ff5


cdef enum:
    NEAR_BYTES = 16_384         # scratch up to this size, with room to be aligned, lies on the caller's stack


cdef inline char *find_scratch(char *near, Py_ssize_t size) noexcept nogil:
    """Return memory for scratch of this size, and 64 bytes more: near, if that is large enough, else a new piece.

    NULL: there is no memory.
    """
    return near if size + 64 <= NEAR_BYTES else <char *>malloc(size + 64)


cdef char *take_scratch(char *near, Py_ssize_t size) except NULL:
    """Return memory as find_scratch does, or raise MemoryError."""
    near = find_scratch(near, size)
    if near == NULL:
        raise MemoryError
    return near


cdef inline char *line_after(char *memory, Py_ssize_t size) noexcept nogil:
    """Return where scratch of this size starts, for which there are 64 bytes more: at a cache line."""
    memory += -<size_t>memory & 63
    if POISONED:
        poison(memory, size)
    return memory


cdef enum:
    SHARES = 4                  # strips per thread, so that one slow strip does not delay the rest
    LEAST_OVERLAPS = 4          # how much higher a strip is than what it reads again of the one above


cdef class Strips:
    """Work on a stack of images, ready to be run strip by strip."""
    cdef readonly Py_ssize_t rows       # output rows of all images together
    cdef readonly Py_ssize_t scratch    # bytes that each thread takes
    cdef readonly Py_ssize_t align      # strips should start at a multiple of this many rows
    cdef Py_ssize_t height              # output rows of an image
    cdef Py_ssize_t overlap             # output rows that take as long as what a strip reads again of the one above
    cdef Py_ssize_t next, strip_height  # the first row that no thread has taken, and how many each takes
    cdef volatile int *stopped

    cdef void strip(self, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
        """Compute output rows first to last - 1 of image n."""

    def run(self, Py_ssize_t first, Py_ssize_t last, bint caller=True):
        """Compute output rows first to last - 1, counted through all images.

        The caller's own thread polls for signals now and then; after an interrupt all strips end early.
        """
        cdef char *memory = <char *>malloc(self.scratch + 64)
        if memory == NULL:
            raise MemoryError
        with nogil:
            compute_rows(self, first, last, memory, poll_of(caller))
        free(memory)
        raise_pending()

    def share(self, Py_ssize_t threads, Py_ssize_t shares):
        """Compute all rows on this thread and up to threads - 1 others, in about `shares` strips for each."""
        self.share_strips(threads, shares, 1)

    cdef int share_strips(self, Py_ssize_t threads, Py_ssize_t shares, double seconds) except -1:
        """Compute all rows on threads. seconds: about how long it takes on one."""
        cdef Py_ssize_t height = max((self.rows - 1) // (threads * shares) + 1,
                                     LEAST_OVERLAPS * min(self.overlap, self.rows))
        cdef void *strips = <void *>self
        height = min(height, (self.rows - 1) // threads + 1)
        self.next, self.strip_height = 0, (height + self.align - 1) // self.align * self.align
        with nogil:
            pool.share(<Part>take_strips, <Wait>stop_if_interrupted, strips, threads, seconds)
        raise_pending()
        if self.next < self.rows and not flag_is_set(self.stopped):
            raise MemoryError
        return 0

    def stop(self):
        """Make every strip end early."""
        set_flag(self.stopped)


cdef inline Poll poll_of(bint caller) noexcept nogil:
    """Return how a thread checks for signals: only the caller does."""
    if caller:
        return interrupted
    return NULL


cdef void compute_rows(Strips self, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
    """Compute output rows, counted through all images, with scratch in memory."""
    cdef Py_ssize_t height = self.height, n, end
    memory = line_after(memory, self.scratch)
    while first < last and not flag_is_set(self.stopped):
        n = first // height
        end = min(last, (n + 1) * height)
        self.strip(n, first - n * height, end - n * height, memory, poll)
        first = end


cdef void take_strips(Strips self, bint caller) noexcept nogil:
    """Compute strips until none is left. A thread without memory leaves them to the others."""
    cdef char near[NEAR_BYTES]
    cdef char *memory = find_scratch(near, self.scratch)
    cdef Py_ssize_t first
    if memory == NULL:
        return
    while not flag_is_set(self.stopped):
        first = add_size(&self.next, self.strip_height)
        if first >= self.rows:
            break
        compute_rows(self, first, min(first + self.strip_height, self.rows), memory, poll_of(caller))
    if memory != near:
        free(memory)


cdef void stop_if_interrupted(Strips self) noexcept nogil:
    """Check for signals once more, unless an interrupt has stopped the strips already."""
    if not flag_is_set(self.stopped) and interrupted():
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
        task.scratch, task.align, task.stopped, task.overlap = self.scratch, self.align, &job.stopped, self.overlap
        task.packed, task.source, task.target = self.packed, self.source, block
        return task

    def layout(self):
        """Return how the loops cut up the work; see Packed.layout."""
        return self.packed.layout()
