"""The gate between Python and the loops: Task, one convolution ready to run.

Whoever makes a Task has checked everything (imfilter.convolution does): shapes fit, arrays are four-dimensional
and of the kinds in engine.pxd, margins are right. Nothing is checked here, and nothing here is public.
"""
import os

from cpython.buffer cimport (
    PyBUF_STRIDED, PyBUF_STRIDED_RO, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int16_t
from libc.stdlib cimport calloc, free, malloc

from engine cimport *

cdef extern from *:
    """
    #if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    static int cpu_level(void) {
        __builtin_cpu_init();
        if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
              && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))) return 0;
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
               && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") ? 2 : 1;
    }
    #else
    static int cpu_level(void) { return 0; }
    #endif
    """
    int cpu_level()

cdef extern from "Python.h":
    int PyErr_CheckSignals() noexcept
    void *PyErr_Occurred() noexcept
    const Py_ssize_t PY_SSIZE_T_MAX

cdef enum:
    RING_BYTES = 24576        # the ring of a tile stays within the second-level cache
    LONGEST_SUM = 32            # taps summed in registers before the sum goes to memory
    NARROWEST_TILE = 128

_KINDS = {
    ("u", 1): UINT8, ("u", 2): UINT16, ("i", 2): INT16, ("i", 4): INT32, ("f", 4): FLOAT32, ("f", 8): FLOAT64,
}
_LEVELS = ("baseline", "v3", "v4")

cdef const Loops *loops = NULL
_using = None


def levels():
    """Names of the instruction-set variants that this build has and this processor runs, best last."""
    names = []
    for level in _LEVELS[:cpu_level() + 1]:
        try:
            __import__(f"imfilter._loops_{level}")
        except ImportError:
            continue
        names.append(level)
    return names


def use(level):
    """Take the loops of an instruction-set variant from now on; return the one used before."""
    global loops, _using
    before = _using
    module = __import__(f"imfilter._loops_{level}", fromlist=["table"])
    loops = <const Loops *>PyCapsule_GetPointer(module.table, "imfilter.loops")
    _using = level
    return before


def _choose():
    wanted = os.environ.get("IMFILTER_SIMD")
    if not wanted:
        for level in reversed(_LEVELS[:cpu_level() + 1]):
            try:
                return use(level)
            except ImportError:
                continue
        raise ImportError("the loops of imfilter are missing: install it again")
    if wanted not in levels():
        raise ImportError(f"IMFILTER_SIMD must be one of {', '.join(levels())} here, got {wanted!r}")
    use(wanted)


_choose()


cdef bint interrupted() noexcept with gil:
    return PyErr_CheckSignals() != 0


cdef int raise_pending() except -1:
    return -1 if PyErr_Occurred() != NULL else 0


cdef Py_ssize_t gcd(Py_ssize_t a, Py_ssize_t b):
    while b:
        a, b = b, a % b
    return a


cdef void describe(Raster *raster, Py_buffer *view, dtype):
    """Take the layout of a four-dimensional array (image, row, column, channel)."""
    raster.kind = _KINDS[dtype.kind, dtype.itemsize]
    raster.swapped = not dtype.isnative
    raster.data = <char *>view.buf
    raster.height, raster.width, raster.channels = view.shape[1], view.shape[2], view.shape[3]
    raster.step_n, raster.step_y = view.strides[0], view.strides[1]
    raster.step_x, raster.step_c = view.strides[2], view.strides[3]
    raster.size = view.itemsize
    raster.packed = (
        not raster.swapped
        and (raster.step_c == raster.size or raster.channels == 1)
        and (raster.step_x == raster.size * raster.channels or raster.width == 1)
        and (<size_t>raster.data | <size_t>raster.step_y | <size_t>raster.step_n) % raster.size == 0
    )


cdef class Task:
    """One convolution of a stack of images, ready to be run strip by strip.

    source, target: arrays (images, rows, columns, channels). weights: float64, (kh, kw) channel-wise or
    (C_out, C_in / groups, kh, kw) for a bank. lane: "h", "f" or "d", what is computed in.
    """
    cdef Job job
    cdef const Loops *loops
    cdef Py_buffer source, target
    cdef bint apart                     # taps lie so far apart that each has a segment of its own
    cdef readonly Py_ssize_t rows       # output rows of all images together
    cdef readonly Py_ssize_t scratch    # bytes that each call of run takes
    cdef readonly Py_ssize_t align      # strips had better start at a multiple of this many rows

    def __init__(self, source, target, weights, stride, dilation, before, int border, double cval, str lane,
                 bint bounded, bias=None, Py_ssize_t groups=1):
        cdef Job *job = &self.job
        self.loops = loops
        PyObject_GetBuffer(source, &self.source, PyBUF_STRIDED_RO)
        PyObject_GetBuffer(target, &self.target, PyBUF_STRIDED)
        describe(&job.source, &self.source, source.dtype)
        describe(&job.target, &self.target, target.dtype)
        job.bank = weights.ndim == 4
        job.border, job.cval, job.bounded, job.groups = <Border>border, cval, bounded, groups
        job.lane = INT16 if lane == "h" else FLOAT32 if lane == "f" else FLOAT64
        job.kernel_height, job.kernel_width = weights.shape[weights.ndim - 2], weights.shape[weights.ndim - 1]
        job.stride_y, job.stride_x = stride
        job.dilation_y, job.dilation_x = dilation
        job.top, job.left = before
        self.plan_rows()
        self.plan_columns()
        cdef Py_buffer view
        PyObject_GetBuffer(weights, &view, PyBUF_STRIDED_RO)
        try:
            if job.bank:
                self.pack_bank(<const double *>view.buf, bias)
            else:
                self.pack_kernel(<const double *>view.buf)
        finally:
            PyBuffer_Release(&view)
        self.rows = self.target.shape[0] * job.target.height
        self.scratch = self.loops.scratch_size(job)
        self.align = job.group * job.row_step if job.row_step <= self.rows else 1

    def __dealloc__(self):
        free(self.job.segments)
        free(self.job.runs)
        free(self.job.taps)
        free(self.job.weights)
        free(self.job.bias)
        PyBuffer_Release(&self.source)
        PyBuffer_Release(&self.target)

    cdef void *take(self, size_t count, size_t size) except NULL:
        cdef void *memory = calloc(count if count > 0 else 1, size)
        if memory == NULL:
            raise MemoryError
        return memory

    cdef Py_ssize_t lane_bytes(self):
        return 2 if self.job.lane == INT16 else 4 if self.job.lane == FLOAT32 else 8

    cdef int plan_rows(self) except -1:
        cdef Job *job = &self.job
        if job.kernel_height == 1:
            job.dilation_y = 1
        cdef Py_ssize_t common = gcd(job.stride_y, job.dilation_y)
        job.row_step = job.dilation_y // common
        job.row_advance = job.stride_y // common
        # Rows computed together share input rows, unless the stride steps over the whole kernel.
        job.group = 1 if job.bank or job.row_advance > job.kernel_height else GROUP
        job.ring_rows = (job.group - 1) * job.row_advance + job.kernel_height
        return 0

    cdef int plan_columns(self) except -1:
        """Lay out a ring row, and choose how wide a tile may be for the ring to stay in the cache."""
        cdef Job *job = &self.job
        if job.kernel_width == 1:
            job.dilation_x = 1
        cdef Py_ssize_t width = job.target.width, channels = job.source.channels, k, last, columns = 0
        cdef Py_ssize_t span = (job.kernel_width - 1) * job.dilation_x, margin, per_pixel
        cdef Segment *segment
        self.apart = (
            span > job.kernel_width * min(width, 1024)                  # mostly columns between the taps
            or (job.bank and job.stride_x > job.kernel_width)           # mostly columns stepped over
        )
        if self.apart:
            job.segment_count = job.kernel_width
        else:
            job.segment_count = 1 if job.bank else min(
                job.kernel_width, job.stride_x // gcd(job.stride_x, job.dilation_x))
        job.segments = <Segment *>self.take(job.segment_count, sizeof(Segment))
        margin = per_pixel = 0
        for k in range(job.segment_count):
            segment = &job.segments[k]
            segment.scale, segment.step = 1, job.stride_x
            if self.apart:
                segment.start = k * job.dilation_x
            elif job.bank:
                segment.scale, segment.step = job.stride_x, 1
                segment.extra = span
            else:
                # taps k, k + segment_count, ... have one remainder; the last of them reaches furthest
                segment.start = k * job.dilation_x % job.stride_x
                last = k + (job.kernel_width - 1 - k) // job.segment_count * job.segment_count
                segment.extra = last * job.dilation_x // job.stride_x
            margin += segment.extra + 1
            per_pixel += segment.scale

        cdef Py_ssize_t block = 3 * self.loops.lanes_bytes // self.lane_bytes()
        cdef Py_ssize_t unit = block // gcd(block, channels)            # so many pixels fill whole blocks
        cdef Py_ssize_t fits = RING_BYTES // (job.ring_rows * channels * self.lane_bytes())
        fits = max((fits - margin) // per_pixel, NARROWEST_TILE, margin // per_pixel)
        job.tile = min(width, (fits + unit - 1) // unit * unit)
        for k in range(job.segment_count):
            segment = &job.segments[k]
            segment.offset = columns * channels
            columns += segment.scale * (job.tile - 1) + 1 + segment.extra
        job.ring_lanes = columns * channels + block
        job.pixel_step = channels if self.apart else job.stride_x * channels
        job.pixel_lanes = job.target.channels
        job.tile_lanes = job.tile * job.target.channels + block
        job.direct_from = PY_SSIZE_T_MAX
        if job.target.packed and job.target.kind == job.lane:
            job.direct_from = (block + job.target.channels - 1) // job.target.channels
        job.work = <double>job.group * job.tile * job.target.channels * job.kernel_height * job.kernel_width
        return 0

    cdef Py_ssize_t tap_offset(self, Py_ssize_t j):
        """Samples from the start of a ring row to the first sample that column j of the kernel meets."""
        cdef Job *job = &self.job
        cdef Py_ssize_t k = j if self.apart else 0 if job.bank else j % job.segment_count
        cdef Segment *segment = &job.segments[k]
        return segment.offset + (j * job.dilation_x - segment.start) // segment.step * job.source.channels

    cdef int pack_kernel(self, const double *kernel) except -1:
        """List the taps other than 0, and where their sums go to memory."""
        cdef Job *job = &self.job
        cdef Py_ssize_t kh = job.kernel_height, kw = job.kernel_width, size = self.lane_bytes()
        cdef Py_ssize_t chunks = (kw + LONGEST_SUM - 1) // LONGEST_SUM
        cdef Py_ssize_t u, i, j, q, chunk, first
        cdef double weight
        cdef Tap *tap
        cdef Run *run
        job.taps = <Tap *>self.take(job.ring_rows * kw, sizeof(Tap))
        job.weights = <char *>self.take(job.ring_rows * kw * GROUP, size)
        job.runs = <Run *>self.take(job.ring_rows * chunks, sizeof(Run))
        for u in range(job.ring_rows):
            for chunk in range(chunks):
                run = &job.runs[job.run_count]
                job.run_count += 1
                run.row = u
                first = job.tap_count
                for j in range(chunk * LONGEST_SUM, min(kw, (chunk + 1) * LONGEST_SUM)):
                    tap = &job.taps[job.tap_count]
                    for q in range(job.group):
                        i = u - q * job.row_advance
                        weight = kernel[i * kw + j] if 0 <= i < kh else 0
                        if weight != 0:
                            tap.mask |= 1 << q
                            self.put(job.weights, job.tap_count * GROUP + q, weight)
                    if tap.mask:
                        tap.row = u
                        tap.offset = self.tap_offset(j)
                        job.tap_count += 1
                run.count = job.tap_count - first
                for q in range(job.group):
                    i = u - q * job.row_advance
                    if 0 <= i < kh:
                        run.live |= 1 << q
                        # As many whole kernel rows as LONGEST_SUM has room for are summed in registers.
                        if chunks > 1 or i == kh - 1 or (i + 1) % (LONGEST_SUM // kw) == 0:
                            run.flush |= 1 << q
        return 0

    cdef int put(self, char *lanes, Py_ssize_t k, double value) except? -1:
        if self.job.lane == INT16:
            (<int16_t *>lanes)[k] = <int16_t>value
        elif self.job.lane == FLOAT32:
            (<float *>lanes)[k] = <float>value
        else:
            (<double *>lanes)[k] = value
        return 0

    cdef int pack_bank(self, const double *weights, bias) except -1:
        """Lay the weights out in the order they are read, output channels padded to whole blocks."""
        cdef Job *job = &self.job
        cdef Py_ssize_t kh = job.kernel_height, kw = job.kernel_width, size = self.lane_bytes()
        cdef Py_ssize_t inputs = job.source.channels // job.groups, outputs = job.target.channels // job.groups
        cdef Py_ssize_t lanes = self.loops.lanes_bytes // size
        cdef Py_ssize_t terms = kh * kw * inputs, g, d, i, j, c, k, block, at
        job.half = job.lane == FLOAT32 and outputs <= lanes and lanes > 1
        job.block_lanes = lanes if job.half else 2 * lanes
        job.group_blocks = (outputs + job.block_lanes - 1) // job.block_lanes
        job.pixel_lanes = job.groups * job.group_blocks * job.block_lanes
        job.tile_lanes = (job.tile + 5) * job.pixel_lanes
        if job.direct_from != PY_SSIZE_T_MAX:
            job.direct_from = 6 if job.pixel_lanes == job.target.channels else PY_SSIZE_T_MAX
        job.weights = <char *>self.take(job.groups * job.group_blocks * terms * job.block_lanes, size)
        job.bias = <char *>self.take(job.pixel_lanes, size)
        for d in range(job.target.channels):
            g, k = d // outputs, d % outputs
            block = g * job.group_blocks + k // job.block_lanes
            k %= job.block_lanes
            if bias is not None:
                self.put(job.bias, block * job.block_lanes + k, bias[d])
            for i in range(kh):
                for j in range(kw):
                    for c in range(inputs):
                        at = block * terms + (i * kw + j) * inputs + c
                        self.put(job.weights, at * job.block_lanes + k, weights[((d * inputs + c) * kh + i) * kw + j])
        self.list_terms(inputs)
        job.work *= inputs
        return 0

    cdef int list_terms(self, Py_ssize_t inputs) except -1:
        """List the runs of terms: of a kernel row where they lie side by side, else of one tap."""
        cdef Job *job = &self.job
        cdef Py_ssize_t i, j, taken, length = inputs, pieces = job.kernel_width, since = 0
        cdef Run *run
        if job.groups == 1 and job.dilation_x == 1 and job.segment_count == 1:
            length, pieces = inputs * job.kernel_width, 1
        job.runs = <Run *>self.take(
            job.kernel_height * pieces * ((length + LONGEST_SUM - 1) // LONGEST_SUM), sizeof(Run))
        for i in range(job.kernel_height):
            for j in range(pieces):
                for taken in range(0, length, LONGEST_SUM):
                    run = &job.runs[job.run_count]
                    job.run_count += 1
                    run.row, run.live = i, 1
                    run.offset = self.tap_offset(j) + taken
                    run.count = min(LONGEST_SUM, length - taken)
                    since += run.count
                    if since + run.count > LONGEST_SUM:
                        run.flush = 1
                        since = 0
        job.runs[job.run_count - 1].flush = 1
        return 0

    def run(self, Py_ssize_t first, Py_ssize_t last, bint caller=True):
        """Compute output rows first to last - 1, counted through all images.

        The caller's own thread looks for signals now and then; once it was interrupted, all strips end.
        """
        cdef Py_ssize_t height = self.job.target.height, n, end
        cdef char *memory = <char *>malloc(self.scratch + 64)
        cdef char *start
        cdef Poll poll = NULL
        if caller:
            poll = interrupted
        if memory == NULL:
            raise MemoryError
        start = <char *>((<size_t>memory + 63) & ~<size_t>63)
        with nogil:
            while first < last and not self.job.stopped:
                n = first // height
                end = min(last, (n + 1) * height)
                self.loops.strip(&self.job, n, first - n * height, end - n * height, start, poll)
                first = end
        free(memory)
        raise_pending()

    def stop(self):
        """Have every strip end early."""
        self.job.stopped = True
