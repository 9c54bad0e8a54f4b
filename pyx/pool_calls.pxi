# Work in Python, for which each thread takes the lock of the interpreter.

@cython.final
cdef class _SharedCalls:
    """Strips of a task of Python's, each given to the thread that asks next."""
    cdef object task, error
    cdef Py_ssize_t next, height, rows

    def __init__(self, task, Py_ssize_t rows, Py_ssize_t height):
        self.task, self.rows, self.height = task, rows, height

    cdef int stop(self, error) except -1:
        """Have all strips end early; what is raised then is the first error."""
        with cython.critical_section(self):
            if self.error is None:
                self.error = error
        self.task.stop()
        return 0

    cdef int run(self, bint caller) except -1:
        cdef Py_ssize_t first = 0
        while self.error is None:
            first = add_size(&self.next, self.height)
            if first >= self.rows:
                break
            self.task.run(first, min(first + self.height, self.rows), caller)
        return 0


cdef void run_calls(_SharedCalls calls, bint caller) noexcept with gil:
    try:
        calls.run(caller)
    except BaseException as error:
        calls.stop(error)


cdef void check_signals(_SharedCalls calls) noexcept with gil:
    try:
        PyErr_CheckSignals()
    except BaseException as error:
        calls.stop(error)


def share_calls(task, Py_ssize_t threads, Py_ssize_t rows, Py_ssize_t height):
    """Call task.run(first, last, caller) for strips of rows on several threads; see imfilter.runtime.threads."""
    cdef _SharedCalls calls = _SharedCalls(task, rows, height)
    cdef void *argument = <void *>calls
    with nogil:
        share(<Part>run_calls, <Wait>check_signals, argument, threads, 1)
    if calls.error is not None:
        raise calls.error
