# RecentCalls: the calls that a function was given last, which the core repeats by itself.
#
# A call is known by its arguments, the shape and the samples' dtype of its image. Nothing of it is kept but numbers,
# names and types, and copies of lists and of small arrays: kernels, biases and tables, which are compared by value. The
# functions of Python answer all calls that are not repeated here.

cdef enum:
    MOST_CALLS = 8
    MOST_BYTES = 32_768         # of an array that is copied, to be compared
    MOST_AXES = 4
    MOST_ITEMS = 16             # of a list
    MOST_WORKERS = 1000         # more threads than that are not counted

_environ = os.environ
_variables = getattr(_environ, "_data", None)       # what a look-up in os.environ takes half a microsecond for
_workers = _environ.encodekey(_VARIABLE)
cdef Py_ssize_t _processors = _count_processors()


cdef Py_ssize_t count_workers(workers) except -1:
    """Return how many threads were asked for, or 0 where that takes longer to see, or may be wrong."""
    cdef Py_ssize_t k, number = 0
    if workers is not None:
        return min(max(<object>workers, 0), MOST_WORKERS) if type(workers) is int else 0
    if type(_variables) is not dict or os.environ is not _environ:
        return 0
    value = (<dict>_variables).get(_workers)
    if value is None:
        return _processors
    if type(value) is not bytes:
        return 0
    for k in range(len(<bytes>value)):
        if not b"0" <= (<bytes>value)[k] <= b"9":
            return 0
        number = min(10 * number + (<bytes>value)[k] - 48, MOST_WORKERS)
    return number


cdef bint all_none(tuple variables) except -1:
    """Return whether context variables are None."""
    cdef Py_ssize_t k
    for k in range(len(variables)):
        if get_value(variables[k], None) is not None:
            return False
    return True


cdef bint is_unchanging(value) except -1:
    """Return whether an argument is a number, a name or a type, or a tuple of them."""
    if type(value) is tuple:
        for item in <tuple>value:
            if not is_unchanging(item):
                return False
        return True
    return (value is None or type(value) is int or type(value) is float or type(value) is str
            or isinstance(value, (bool, type, np.dtype, Enum)))


cdef list copied_list(list given, bint nested):
    """Return a copy of a short list, or a nested one of such lists; None if an item may change otherwise."""
    copies = []
    if len(given) > MOST_ITEMS:
        return None
    for value in tuple(given):
        if nested and type(value) is list:
            value = copied_list(value, False)
            if value is None:
                return None
        elif not is_unchanging(value):
            return None
        copies.append(value)
    return copies


cdef tuple copied_arguments(tuple arguments):
    """Return the arguments with copies of lists and small arrays, or None if one of them may change otherwise."""
    copies = []
    for value in arguments:
        if PyArray_CheckExact(value):
            if value.dtype.kind not in "biuf" or not value.dtype.isnative or value.nbytes > MOST_BYTES:
                return None
            value = np.array(value, order="C")
        elif type(value) is list:
            value = copied_list(value, True)
            if value is None:
                return None
        elif not is_unchanging(value):
            return None
        copies.append(value)
    return tuple(copies)


cdef bint has_shape(ndarray array, int axes, const npy_intp *shape) noexcept:
    cdef int k
    if PyArray_NDIM(array) != axes:
        return False
    for k in range(axes):
        if PyArray_DIMS(array)[k] != shape[k]:
            return False
    return True


cdef bint equals_array(ndarray given, ndarray kept) noexcept:
    """Return whether an array has the shape, dtype and bytes of a copy."""
    return (PyArray_TYPE(given) == PyArray_TYPE(kept) and PyArray_ISNOTSWAPPED(given)
            and PyArray_IS_C_CONTIGUOUS(given) and has_shape(given, PyArray_NDIM(kept), PyArray_DIMS(kept))
            and memcmp(PyArray_BYTES(given), PyArray_BYTES(kept), PyArray_NBYTES(kept)) == 0)


cdef bint same_argument(given, kept) except -1:
    """Return whether an argument means what one does that was kept. Equal arguments of other types may not."""
    cdef Py_ssize_t k
    cdef double number, other
    if given is kept:
        return True
    if type(given) is not type(kept):
        return False
    if type(kept) is float:
        number, other = given, kept
        return memcmp(&number, &other, sizeof(double)) == 0     # -0.0 is not 0.0
    if type(kept) is int or type(kept) is str:
        return given == kept
    if type(kept) is tuple:
        if len(<tuple>given) != len(<tuple>kept):
            return False
        for k in range(len(<tuple>kept)):
            if not same_argument((<tuple>given)[k], (<tuple>kept)[k]):
                return False
        return True
    if type(kept) is list:
        return same_argument(tuple(given), tuple(kept))
    return PyArray_CheckExact(kept) and equals_array(given, kept)


cdef int store_shape(npy_intp *into, shape) except -1:
    """Store the sizes of up to MOST_AXES axes; return how many there are."""
    cdef int k, axes = len(shape)
    for k in range(axes):
        into[k] = shape[k]
    return axes


@cython.final
cdef class ReadyCall:
    """What computes images of one shape and dtype by the core alone. It never changes.

    packed: a Packed or PackedWindow. shape, dtype: of the image; result_shape, result_dtype: of the result. They are as
    the loops read and write them: (images, rows, columns, channels), (rows, columns, channels) or (rows, columns).
    seconds: about how long it takes on one thread.
    """
    cdef object packed
    cdef double seconds
    cdef int axes, kind, result_axes, result_kind       # kinds are NumPy's numbers of dtypes
    cdef npy_intp shape[MOST_AXES]
    cdef npy_intp result_shape[MOST_AXES]

    def __init__(self, packed, shape, dtype, result_shape, result_dtype, double seconds):
        self.packed, self.kind, self.result_kind = packed, dtype.num, result_dtype.num
        self.axes, self.result_axes = store_shape(self.shape, shape), store_shape(self.result_shape, result_shape)
        self.seconds = seconds

    def without_last_axis(self):
        """Return what computes the same, and leaves out the result's last axis, whose size is 1; None of batches."""
        cdef ReadyCall ready = ReadyCall.__new__(ReadyCall)
        if self.result_axes != 3:
            return None
        ready.packed, ready.axes, ready.kind, ready.result_kind = self.packed, self.axes, self.kind, self.result_kind
        ready.shape, ready.result_shape, ready.result_axes = self.shape, self.result_shape, 2
        ready.seconds = self.seconds
        return ready

    def repeat(self, image, out, Py_ssize_t threads):
        """Return the result, in `out` if there is one, or None for arrays that take more than the loops.

        threads: that may share the work, if it takes long enough.
        """
        if not PyArray_CheckExact(image) or not self.is_for(image):
            return None
        if out is None:
            out = PyArray_EMPTY(self.result_axes, self.result_shape, self.result_kind, 0)
        elif not self.may_write(image, out):
            return None
        threads = pool.count(threads, self.seconds)
        if threads == 1:
            return out if run_whole(self.packed, image, out) else None
        return out if share_whole(self.packed, image, out, threads, self.seconds) else None

    cdef bint is_for(self, ndarray image) noexcept:
        return (PyArray_TYPE(image) == self.kind and PyArray_ISNOTSWAPPED(image)
                and has_shape(image, self.axes, self.shape))

    cdef bint is_like(self, ReadyCall other) noexcept:
        """Return whether both are for images of one shape and dtype."""
        return (self.kind == other.kind and self.axes == other.axes
                and memcmp(self.shape, other.shape, self.axes * sizeof(npy_intp)) == 0)

    cdef bint may_write(self, ndarray image, out):
        """Return whether the loops can write the result to `out`, which does not overlap the image."""
        return (PyArray_CheckExact(out) and PyArray_TYPE(out) == self.result_kind and PyArray_ISWRITEABLE(out)
                and PyArray_ISNOTSWAPPED(out) and has_shape(out, self.result_axes, self.result_shape)
                and not may_overlap(image, out))


@cython.final
cdef class RecentCalls:
    """The calls that a function was given last, to be repeated.

    watched: context variables; while one of them is not None, calls mean something else.
    """
    cdef tuple calls                    # arguments and ReadyCall by turns
    cdef tuple watched

    def __init__(self, *watched):
        self.calls, self.watched = (), watched

    def repeat(self, image, mask, out, workers, tuple arguments):
        """Return the result if the core can compute it as in a recent call; else None."""
        cdef Py_ssize_t k, threads
        cdef tuple calls
        if mask is not None or not PyArray_CheckExact(image):
            return None
        with cython.critical_section(self):
            calls = self.calls
        for k in range(0, len(calls), 2):
            if (<ReadyCall>calls[k + 1]).is_for(image) and same_argument(arguments, calls[k]):
                threads = count_workers(workers)
                if threads > 0 and all_none(self.watched):
                    return (<ReadyCall>calls[k + 1]).repeat(image, out, threads)
                return None
        return None

    def keep(self, tuple arguments, ReadyCall ready not None):
        """Keep a call, unless its arguments may change."""
        cdef Py_ssize_t k
        cdef tuple copies = copied_arguments(arguments)
        cdef tuple calls
        cdef list kept
        if copies is None or not all_none(self.watched):
            return
        with cython.critical_section(self):
            calls = self.calls
        kept = [copies, ready]
        for k in range(0, len(calls), 2):
            if len(kept) < 2 * MOST_CALLS and not (same_argument(copies, calls[k]) and ready.is_like(calls[k + 1])):
                kept += calls[k:k + 2]
        with cython.critical_section(self):
            self.calls = tuple(kept)


cdef bint run_whole(packed, ndarray source, ndarray target) except -1:
    """Compute a whole result on this thread; return whether a Packed or PackedWindow was planned for these arrays."""
    if type(packed) is Packed:
        return (<Packed>packed).run_whole(source, target)
    return (<PackedWindow>packed).run_whole(source, target)


cdef bint share_whole(packed, source, target, Py_ssize_t threads, double seconds) except -1:
    """Compute a whole result on several threads; return whether it was planned for arrays like these."""
    cdef Strips strips = packed.task(source, target)
    if strips is None:
        return False
    strips.share_strips(threads, SHARES, seconds)
    return True
