"""The gate between Python and the loops: Packed, all of a convolution but the samples, and Task, ready to run.

Whoever makes one has checked everything (imfilter.convolution does): shapes fit, arrays are four-dimensional
and of the kinds in engine.pxd, margins are right. Nothing is checked here, and nothing here is public.
"""
import os

import numpy as np

from cpython.buffer cimport (
    PyBUF_SIMPLE, PyBUF_STRIDED, PyBUF_STRIDED_RO, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport isfinite, ldexp, sqrt
from libc.stdint cimport int16_t
from libc.stdlib cimport calloc, free

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
    RING_BYTES = 262_144        # the ring of a tile stays within the second-level cache
    CHUNK_BYTES = 4096          # the results of a group stay within the first-level cache
    STREAM_BYTES = 16_777_216   # results longer than this, and than the image, leave the caches to the image
    NARROWEST_TILE = 256
    DOUBLED_BOX = 12            # width from which sums of neighbors pay
    WIDEST_SUM = 8
    LEAST_INNER = 1024          # samples of a row for which computing its edges apart pays
    SLOT_BYTES = 24_576         # the slots of a network stay within the first-level cache
    COLUMN_BYTES = 524_288      # the histograms of a tile's columns stay within the second-level cache
    NARROW_EDGES = 16           # edges are computed apart where they are so much narrower than what lies between

_KINDS = {
    ("u", 1): UINT8, ("u", 2): UINT16, ("i", 2): INT16, ("i", 4): INT32, ("f", 4): FLOAT32, ("f", 8): FLOAT64,
}
_LANES = {"int16": INT16, "float32": FLOAT32, "float64": FLOAT64}
_VARIANTS = ("baseline", "v3", "v4")

cdef const Loops *loops = NULL
_using = None


def simd_variants():
    """Return the instruction-set variants that this build has and this processor runs, best last."""
    names = []
    for variant in _VARIANTS[:cpu_level() + 1]:
        try:
            __import__(f"imfilter.engine._loops_{variant}")
        except ImportError:
            continue
        names.append(variant)
    return names


def use_variant(variant):
    """Use the loops of an instruction-set variant from now on; return the one used before."""
    global loops, _using
    before = _using
    module = __import__(f"imfilter.engine._loops_{variant}", fromlist=["table"])
    loops = <const Loops *>PyCapsule_GetPointer(module.table, "imfilter.loops")
    _using = variant
    return before


def _choose_variant():
    wanted = os.environ.get("IMFILTER_SIMD")
    if not wanted:
        for variant in reversed(_VARIANTS[:cpu_level() + 1]):
            try:
                return use_variant(variant)
            except ImportError:
                continue
        raise ImportError("the loops of imfilter are missing: install it again")
    if wanted not in simd_variants():
        raise ImportError(f"IMFILTER_SIMD must be one of {', '.join(simd_variants())} here, got {wanted!r}")
    use_variant(wanted)


_choose_variant()


cdef bint interrupted() noexcept with gil:
    return PyErr_CheckSignals() != 0


cdef int raise_pending() except -1:
    return -1 if PyErr_Occurred() != NULL else 0


cdef Py_ssize_t longest_sum(Py_ssize_t taps):
    """Return how many of so many terms are summed in registers before the sum goes to memory.

    The more terms, the larger the error that is allowed (docs/design.md).
    """
    return max(32, <Py_ssize_t>(3 * (4 + sqrt(<double>taps))))


def all_finite(array):
    """Return whether all samples of a contiguous float64 array are finite: faster than NumPy for a few samples."""
    cdef Py_buffer view
    cdef Py_ssize_t k
    cdef bint wrong = False
    PyObject_GetBuffer(array, &view, PyBUF_SIMPLE)
    for k in range(view.len // <Py_ssize_t>sizeof(double)):
        wrong |= not isfinite((<const double *>view.buf)[k])
    PyBuffer_Release(&view)
    return not wrong


def moments(const double[::1] samples, const Py_ssize_t[::1] starts, const Py_ssize_t[::1] steps,
            const double[:, ::1] weights, double[:, ::1] sums):
    """Add to sums (terms, terms), above the diagonal, the products of terms with each other.

    A term is a window of the samples as large as the weights: its first sample, and how many there are from row to row.
    """
    cdef Moments job
    job.samples, job.starts, job.steps = &samples[0], &starts[0], &steps[0]
    job.terms, job.rows, job.columns = starts.shape[0], weights.shape[0], weights.shape[1]
    job.weights, job.sums = &weights[0, 0], &sums[0, 0]
    with nogil:
        loops.moments(&job)


cdef void *take(size_t count, size_t size) except NULL:
    cdef void *memory = calloc(count if count > 0 else 1, size)
    if memory == NULL:
        raise MemoryError
    return memory


cdef Py_ssize_t gcd(Py_ssize_t a, Py_ssize_t b):
    while b:
        a, b = b, a % b
    return a


cdef Py_ssize_t locate(Raster *raster, array, int flags) except -1:
    """Take where the samples of an array (images, rows, columns, channels) are, and return how many images it has."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, flags)
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
    cdef Py_ssize_t images = view.shape[0]
    PyBuffer_Release(&view)
    return images


cdef Py_ssize_t describe(Raster *raster, array) except -1:
    """Take an array's samples, what they are and where, and return how many images it has."""
    dtype = array.dtype
    raster.kind = _KINDS[dtype.kind, dtype.itemsize]
    raster.swapped = not dtype.isnative
    return locate(raster, array, PyBUF_STRIDED_RO)


def has_packed_rows(array):
    """Return whether the rows of an array (images, rows, columns, channels) are aligned samples without gaps."""
    cdef Raster raster
    raster.swapped = False
    locate(&raster, array, PyBUF_STRIDED_RO)
    return raster.packed


cdef bint alike(const Raster *a, const Raster *b):
    """Whether what was planned for one raster holds for the other, of samples of the same kind."""
    return a.height == b.height and a.width == b.width and a.channels == b.channels and a.packed == b.packed


cdef class Packed:
    """How stacks of images of one shape and dtype are convolved. It does not change any more, so threads may share it.

    source, target: the first such arrays (images, rows, columns, channels). kernels: for channel-wise work a tuple of
    one or two float64 kernels (kh, kw), or of pairs of a column and a row, which are separable kernels; the result of
    two is the root mean square of both responses. Of a depthwise bank, its kernels (channels, kh, kw) in a tuple. Of
    any other bank, its weights (C_out, C_in / groups, kh, kw). geometry, computation: see imfilter.engine.computation;
    a solid kernel is for uint8 images without stride or dilation, and used where rows have no gaps.
    """
    cdef Job job
    cdef const Loops *loops
    cdef object variant                 # the name of the instruction set
    cdef bint apart                     # taps lie so far apart that each has a segment of its own
    cdef Py_ssize_t rows, scratch, align    # as in Task

    def __init__(self, source, target, kernels, geometry, computation):
        cdef Job *job = &self.job
        cdef Py_ssize_t k, levels = computation.window_doublings
        solid, bias = computation.solid, computation.bias
        self.loops, self.variant = loops, _using
        describe(&job.source, source)
        self.rows = describe(&job.target, target) * job.target.height
        job.bank = not isinstance(kernels, tuple)
        job.kernels = 1 if job.bank else len(kernels)
        job.separable = not job.bank and isinstance(kernels[0], tuple)
        job.border, job.cval = <Border><int>geometry.border, geometry.cval
        job.bounded, job.groups = computation.bounded, computation.groups
        job.scale, job.levels = computation.scale, levels   # the width of a kernel is that of all its levels
        job.lane = <Sample><int>_LANES[computation.compute_dtype]
        if job.separable:
            job.kernel_height, job.kernel_width = len(kernels[0][0]), len(kernels[0][1]) // (levels + 1)
        else:
            shape = kernels.shape if job.bank else kernels[0].shape
            job.kernel_height, job.kernel_width = shape[len(shape) - 2], shape[len(shape) - 1] // (levels + 1)
        job.stride_y, job.stride_x = geometry.stride
        job.dilation_y, job.dilation_x = geometry.dilation
        job.top, job.left = geometry.before
        self.plan_rows()
        if job.bank:
            self.plan_block()
        self.plan_columns()
        if solid is not None and job.source.packed:
            self.plan_solid(solid)
        elif self.takes_colors():
            self.pack_colors(kernels, bias)
        elif job.bank:
            self.pack_bank(kernels, bias)
        for k in range(0 if job.bank or job.bands != NULL else job.kernels):
            if kernels[k] is not None and not job.separable and kernels[k].ndim == 3:
                self.pack_depthwise(kernels[k], bias)
            elif job.separable:
                self.pack_kernel(&job.stages[2 * k], kernels[k][0][:, None])
                self.pack_row(&job.stages[2 * k + 1], kernels[k][1])
            else:
                self.pack_kernel(&job.stages[2 * k], kernels[k])
                self.pack_square(&job.stages[2 * k], kernels[k])
        if job.stages[0].shape == 0 or (job.kernels == 2 and job.stages[2].shape == 0):
            job.stages[0].shape = job.stages[2].shape = 0       # both kernels or none
        if job.lane == INT16 and job.target.kind == UINT8 and job.target.packed:
            job.gradient = (
                job.kernels == 2 and job.stages[0].shape == UPPER_LOWER and job.stages[2].shape == LEFT_RIGHT)
            job.narrow = job.gradient or (job.kernels == 1 and job.scale == 1)
        self.scratch = self.loops.scratch_size(job)
        self.align = job.group * job.row_step if job.row_step <= self.rows else 1

    def __dealloc__(self):
        cdef int k
        for k in range(4):
            free(self.job.stages[k].runs)
            free(self.job.stages[k].taps)
            free(self.job.stages[k].weights)
        free(self.job.segments)
        free(self.job.live)
        free(self.job.bands)
        free(self.job.bias)

    def task(self, source, target):
        """Return the convolution of source into target, or None where what was planned here does not hold for them."""
        cdef Task task = Task.__new__(Task)
        cdef Job *job = &task.job
        job[0] = self.job
        locate(&job.source, source, PyBUF_STRIDED_RO)
        cdef Py_ssize_t images = locate(&job.target, target, PyBUF_STRIDED)
        task.rows, task.scratch, task.align = self.rows, self.scratch, self.align
        task.height, task.stopped = job.target.height, &job.stopped
        task.packed, task.source, task.target = self, source, target
        if (images * job.target.height == self.rows and self.loops == loops
                and alike(&job.source, &self.job.source) and alike(&job.target, &self.job.target)):
            return task

    def layout(self):
        """Return how the loops cut up the work: the fields of imfilter.engine.plan.LoopLayout but threads."""
        cdef Job *job = &self.job
        solid = job.bands != NULL
        return {
            "variant": self.variant,
            "tile": job.target.width if job.colors else job.tile,
            "chunk": 0 if job.colors or solid else job.chunk,
            "rows": 1 if job.colors or solid else job.group,
            "segments": 1 if job.colors or solid else job.segment_count,
            "block": (job.block_pixels, job.block_lanes) if job.bank and not job.colors else None,
        }

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
        job.live = <int *>take(job.ring_rows, sizeof(int))
        return 0

    cdef int plan_block(self) except -1:
        """Choose what a bank computes at once: two vectors of output channels, or one of twice as many pixels."""
        cdef Job *job = &self.job
        cdef Py_ssize_t outputs = job.target.channels // job.groups, lanes = self.loops.lanes_bytes // self.lane_bytes()
        job.single = outputs <= lanes
        job.block_lanes = lanes if job.single else 2 * lanes
        job.block_pixels = self.loops.registers * 3 // (4 if job.single else 8)
        job.group_blocks = (outputs + job.block_lanes - 1) // job.block_lanes
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
        job.segments = <Segment *>take(job.segment_count, sizeof(Segment))
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

        cdef Py_ssize_t block = (12 if job.separable else 3) * self.loops.lanes_bytes // self.lane_bytes()
        cdef Py_ssize_t unit = job.block_pixels if job.bank else block // gcd(block, channels)  # pixels of whole blocks
        cdef Py_ssize_t rows = job.ring_rows + (job.group if job.separable else 0)
        cdef Py_ssize_t fits = RING_BYTES // (rows * (job.levels + 1) * channels * self.lane_bytes())
        fits = max((fits - margin) // per_pixel, NARROWEST_TILE, margin // per_pixel)
        job.tile = min(width, (fits + unit - 1) // unit * unit)
        for k in range(job.segment_count):
            segment = &job.segments[k]
            segment.offset = columns * channels
            columns += segment.scale * (job.tile - 1) + 1 + segment.extra
        job.level_lanes = columns * channels
        job.tap_lanes = job.dilation_x * channels
        job.reach = job.level_lanes - job.tile * channels
        job.chunk = CHUNK_BYTES // self.lane_bytes() // block * block
        job.ring_lanes = (job.levels + 1) * job.level_lanes + block
        job.pixel_step = channels if self.apart else job.stride_x * channels
        job.pixel_lanes = job.target.channels
        job.tile_lanes = job.tile * job.target.channels + block
        cdef Py_ssize_t written = self.rows * width * job.target.channels * job.target.size
        job.streamed = not job.bank and job.target.size > job.source.size and written > STREAM_BYTES
        job.direct_from = PY_SSIZE_T_MAX
        plain = job.scale == 1 and job.kernels == 1 and not job.streamed
        if plain and job.target.packed and job.target.kind == job.lane:
            job.direct_from = (block + job.target.channels - 1) // job.target.channels
        self.plan_inner(block)
        job.work = <double>job.group * job.tile * job.target.channels * job.kernel_height * job.kernel_width
        return 0

    cdef void plan_inner(self, Py_ssize_t block):
        """Find the columns for which the image's rows can be read where they are, in blocks of so many lanes."""
        cdef Job *job = &self.job
        cdef Py_ssize_t span = (job.kernel_width - 1) * job.dilation_x
        job.inner_least = PY_SSIZE_T_MAX
        while job.source.size << job.shift < self.lane_bytes():
            job.shift += 1
        job.bytes = (
            job.lane == INT16 and job.source.kind == UINT8 and job.kernel_height == job.kernel_width == 3
            and job.group == GROUP and job.row_advance == 1 and not job.separable
            and job.source.packed and (job.border != CONSTANT or 0 <= job.cval <= 255)
        )
        if (job.bank or self.apart or job.levels or job.stride_x > 1 or not job.source.packed
                or not (job.bytes or job.source.kind == job.lane)):
            return
        job.inner_first = job.left
        job.inner_last = min(job.target.width, job.source.width + job.left - span)
        job.inner_least = (max(block, LEAST_INNER) + job.source.channels - 1) // job.source.channels
        job.inner_least = max(job.inner_least, NARROW_EDGES * span)

    cdef int plan_solid(self, const double[:, ::1] kernel) except -1:
        """List the bands of a solid kernel, and which sums make it up."""
        cdef Job *job = &self.job
        cdef Stage *stage = &job.stages[0]
        cdef Py_ssize_t channels = job.source.channels, i, j, b, top, height, level, fits
        job.bands = <Band *>take(job.kernel_width, sizeof(Band))
        stage.taps = <Tap *>take(job.kernel_width, sizeof(Tap))
        job.levels = 0
        for j in range(job.kernel_width):
            top = height = 0
            for i in range(job.kernel_height - 1, -1, -1):
                if kernel[i, j] != 0:
                    top = i
                    height += 1
            b = 0
            while b < job.band_count and (job.bands[b].top != top or job.bands[b].height != height):
                b += 1
            if height:
                job.bands[b].top, job.bands[b].height = top, height
                job.band_count = max(job.band_count, b + 1)
                stage.taps[stage.tap_count].row, stage.taps[stage.tap_count].column = b, j
                stage.tap_count += 1
        if job.band_count == 1 and stage.tap_count == job.kernel_width >= DOUBLED_BOX:
            fits = min(job.kernel_width, 65535 // (255 * job.bands[0].height), WIDEST_SUM)
            while 2 << job.levels <= fits:
                job.levels += 1
        fits = RING_BYTES // (4 * max(job.levels + 1, job.band_count) * channels) - job.kernel_width
        job.tile = min(job.target.width, max(fits, NARROWEST_TILE, job.kernel_width))
        job.level_lanes = (job.tile + job.kernel_width) * channels + self.loops.lanes_bytes
        if job.levels:
            j = stage.tap_count = 0
            for level in range(job.levels, -1, -1):
                while job.kernel_width - j >= 1 << level:
                    stage.taps[stage.tap_count].row, stage.taps[stage.tap_count].column = level, j
                    stage.tap_count += 1
                    j += 1 << level
        for j in range(stage.tap_count):
            stage.taps[j].offset = stage.taps[j].row * job.level_lanes + stage.taps[j].column * channels
        if job.band_count == 1 and job.target.kind == UINT8:
            self.plan_division(job.bands[0].height * job.kernel_width)
        return 0

    cdef void plan_division(self, Py_ssize_t area):
        """Find how to divide the sums of a box, which fit 16 bits, by its area."""
        cdef Job *job = &self.job
        cdef Py_ssize_t one, magic
        if abs(job.scale * area - 1) > 1e-12 or area * 255 + area // 2 > 65535:
            return
        while (65536 << job.magic_shift + 1) // area < 65535:
            job.magic_shift += 1
        one = 65536 << job.magic_shift
        magic = (one + area - 1) // area
        # Exact as long as the excess of the magic number, times the largest sum, stays below one unit.
        if (magic * area - one) * (area * 255 + area // 2) < one:
            job.magic, job.area = magic, area

    cdef Py_ssize_t tap_offset(self, Py_ssize_t j):
        """Samples from the start of a ring row to the first sample that column j of the kernel meets.

        Columns from the kernel's width on read the row's first level, those from twice the width on its second.
        """
        cdef Job *job = &self.job
        cdef Py_ssize_t level = j // job.kernel_width, k
        j %= job.kernel_width
        k = j if self.apart else 0 if job.bank else j % job.segment_count
        cdef Segment *segment = &job.segments[k]
        return (level * job.level_lanes + segment.offset
                + (j * job.dilation_x - segment.start) // segment.step * job.source.channels)

    cdef int make_room(self, Stage *stage, Py_ssize_t taps, Py_ssize_t runs) except -1:
        stage.taps = <Tap *>take(taps, sizeof(Tap))
        stage.weights = <char *>take(taps * GROUP, self.lane_bytes())
        stage.runs = <Run *>take(runs, sizeof(Run))
        return 0

    cdef int pack_kernel(self, Stage *stage, const double[:, ::1] kernel) except -1:
        """List the taps other than 0 of a kernel, or of a column, and where their sums go to memory."""
        cdef Job *job = &self.job
        cdef Py_ssize_t kh = kernel.shape[0], kw = kernel.shape[1], i, j, u, q, first, taken, most = 1, width = kw
        cdef Py_ssize_t taps = 0, longest
        cdef Tap *tap
        cdef Run *run = NULL
        for i in range(kh):
            taken = 0
            for j in range(kw):
                taken += kernel[i, j] != 0
            most = max(most, taken)
            taps += taken
        longest = longest_sum(taps)
        if most > longest:
            width = longest             # the sum of a kernel row is cut every so many columns
        self.make_room(stage, job.ring_rows * kw, job.ring_rows * ((kw + width - 1) // width))
        for u in range(job.ring_rows):
            for first in range(0, kw, width):
                if run == NULL or run.flush:
                    run = &stage.runs[stage.run_count]
                    stage.run_count += 1
                for j in range(first, min(kw, first + width)):
                    tap = &stage.taps[stage.tap_count]
                    for q in range(job.group):
                        i = u - q * job.row_advance
                        if 0 <= i < kh and kernel[i, j] != 0:
                            tap.mask |= 1 << q
                            self.put(stage.weights, stage.tap_count * GROUP + q, self.level_weight(kernel[i, j], j))
                    if tap.mask:
                        tap.row, tap.column, tap.offset = u, j, self.tap_offset(j)
                        stage.tap_count += 1
                        run.count += 1
                for q in range(job.group):
                    i = u - q * job.row_advance
                    if 0 <= i < kh:
                        job.live[u] |= 1 << q
                        # As many whole kernel rows as there is room for are summed in registers.
                        if width < kw or i == kh - 1 or (i + 1) % (longest // most) == 0:
                            run.flush |= 1 << q
        self.link(stage)
        return 0

    cdef int pack_square(self, Stage *stage, const double[:, ::1] kernel) except -1:
        """Have square.pxi compute a 3 x 3 kernel, if it can."""
        cdef Job *job = &self.job
        cdef bint exact = job.source.kind == FLOAT32 or job.source.kind == FLOAT64
        cdef int shape = 0, k
        if (kernel.shape[0] != 3 or kernel.shape[1] != 3 or job.group != GROUP or job.row_advance != 1
                or job.stride_x != 1 or self.apart):
            return 0
        for k in range(9):
            self.put(<char *>stage.square, k, kernel[k // 3, k % 3])
            shape |= (kernel[k // 3, k % 3] != 0) << k
        for wider in (CROSS, UPPER_LOWER, LEFT_RIGHT, SQUARE):
            # A tap of 0 may be computed where no sample is NaN or infinite.
            if shape == wider or (shape | wider == wider and not exact):
                stage.shape = wider
                return 0
        return 0

    cdef int pack_depthwise(self, const double[:, :, ::1] kernels, bias) except -1:
        """Pack the taps of all channels' kernels as one kernel's, then the weights of every channel."""
        cdef Job *job = &self.job
        cdef Stage *stage = &job.stages[0]
        cdef Py_ssize_t channels = kernels.shape[0], e, q, i, j, k
        cdef char *weights
        self.pack_kernel(stage, np.ascontiguousarray(np.any(kernels, axis=0), np.float64))
        job.stretch = channels + 3 * self.loops.lanes_bytes // self.lane_bytes()
        weights = <char *>take((stage.tap_count * GROUP + 1) * job.stretch, self.lane_bytes())
        free(stage.weights)
        stage.weights = weights
        for e in range(stage.tap_count):
            j = stage.taps[e].column
            for q in range(job.group):
                i = stage.taps[e].row - q * job.row_advance
                if 0 <= i < job.kernel_height:
                    for k in range(job.stretch):
                        self.put(weights, (e * GROUP + q) * job.stretch + k, kernels[k % channels, i, j])
        if bias is not None:
            for k in range(job.stretch):
                self.put(weights, stage.tap_count * GROUP * job.stretch + k, bias[k % channels])
        return 0

    cdef void link(self, Stage *stage):
        """Have each tap know where its run's next with another mask is."""
        cdef Py_ssize_t r, e, end = 0, first
        cdef Tap *tap
        for r in range(stage.run_count):
            first, end = end, end + stage.runs[r].count
            for e in range(end - 1, first - 1, -1):
                tap = &stage.taps[e]
                tap.alike = e + 1
                if e + 1 < end and tap.mask == (tap + 1).mask:
                    tap.alike = (tap + 1).alike

    cdef int pack_row(self, Stage *stage, const double[::1] row) except -1:
        """List the taps other than 0 of a separable kernel's row, and where their sums go to memory."""
        cdef Py_ssize_t j, longest = longest_sum(np.count_nonzero(row))
        self.make_room(stage, len(row), (len(row) + longest - 1) // longest)
        for j in range(len(row)):
            if row[j] != 0:
                if stage.tap_count % longest == 0:
                    stage.run_count += 1
                stage.runs[stage.run_count - 1].count += 1
                stage.taps[stage.tap_count].offset = self.tap_offset(j)
                self.put(stage.weights, stage.tap_count, self.level_weight(row[j], j))
                stage.tap_count += 1
        return 0

    cdef double level_weight(self, double weight, Py_ssize_t j):
        """Return what column j of a kernel and its levels is weighed by: floating levels hold means."""
        return weight if self.job.lane == INT16 else ldexp(weight, <int>(j // self.job.kernel_width))

    cdef int put(self, char *lanes, Py_ssize_t k, double value) except? -1:
        if self.job.lane == INT16:
            (<int16_t *>lanes)[k] = <int16_t>value
        elif self.job.lane == FLOAT32:
            (<float *>lanes)[k] = <float>value
        else:
            (<double *>lanes)[k] = value
        return 0

    cdef bint takes_colors(self):
        cdef Job *job = &self.job
        return (
            job.bank and job.groups == 1 and job.kernel_height == job.kernel_width == 1 and job.lane == FLOAT32
            and job.bounded and job.source.channels == 3 and job.target.channels in (1, 3)
            and job.source.kind == UINT8 and job.target.kind == UINT8 and job.source.packed
            and job.stride_y == job.stride_x == 1 and job.top == job.left == 0
            and job.source.height == job.target.height and job.source.width == job.target.width
        )

    cdef int pack_colors(self, const double[:, :, :, ::1] weights, bias) except -1:
        """Lay a matrix out row by row."""
        cdef Job *job = &self.job
        cdef Py_ssize_t d, c
        job.colors = True
        job.stages[0].weights = <char *>take(9, sizeof(float))
        job.bias = <char *>take(3, sizeof(float))
        for d in range(job.target.channels):
            for c in range(3):
                self.put(job.stages[0].weights, 3 * d + c, weights[d, c, 0, 0])
            if bias is not None:
                self.put(job.bias, d, bias[d])
        return 0

    cdef int pack_bank(self, const double[:, :, :, ::1] weights, bias) except -1:
        """Lay the weights out in the order they are read, output channels padded to whole blocks."""
        cdef Job *job = &self.job
        cdef Py_ssize_t kh = job.kernel_height, kw = job.kernel_width, size = self.lane_bytes()
        cdef Py_ssize_t inputs = job.source.channels // job.groups, outputs = job.target.channels // job.groups
        cdef Py_ssize_t terms = kh * kw * inputs, g, d, i, j, c, k, block, at
        job.pixel_lanes = job.groups * job.group_blocks * job.block_lanes
        job.tile_lanes = (job.tile + job.block_pixels - 1) * job.pixel_lanes
        job.ring_lanes += (job.block_pixels - 1) * job.pixel_step       # a row of one pixel is computed as a block
        if job.direct_from != PY_SSIZE_T_MAX:
            job.direct_from = job.block_pixels if job.pixel_lanes == job.target.channels else PY_SSIZE_T_MAX
        job.stages[0].weights = <char *>take(job.groups * job.group_blocks * terms * job.block_lanes, size)
        job.bias = <char *>take(job.pixel_lanes, size)
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
                        self.put(job.stages[0].weights, at * job.block_lanes + k, weights[d, c, i, j])
        self.list_terms(inputs)
        job.work *= inputs
        return 0

    cdef int list_terms(self, Py_ssize_t inputs) except -1:
        """List the runs of terms: of a kernel row where they lie side by side, else of one tap, cut where sums are."""
        cdef Job *job = &self.job
        cdef Py_ssize_t i, j, taken, length = inputs, pieces = job.kernel_width, since = 0
        cdef Py_ssize_t longest = longest_sum(inputs * job.kernel_height * job.kernel_width)
        cdef Run *run
        if job.groups == 1 and job.dilation_x == 1 and job.segment_count == 1:
            length, pieces = inputs * job.kernel_width, 1
        job.stages[0].runs = <Run *>take(
            job.kernel_height * pieces * (1 + (length + longest - 1) // longest), sizeof(Run))
        for i in range(job.kernel_height):
            for j in range(pieces):
                taken = 0
                while taken < length:
                    run = &job.stages[0].runs[job.stages[0].run_count]
                    job.stages[0].run_count += 1
                    run.row = i
                    run.offset = self.tap_offset(j) + taken
                    run.count = min(longest - since, length - taken)
                    taken += run.count
                    since += run.count
                    if since == longest:
                        run.flush = 1
                        since = 0
            job.live[i] = 1
        job.stages[0].runs[job.stages[0].run_count - 1].flush = 0       # the last sums go to the target
        return 0


cdef class Strips:
    """Work on a stack of images, ready to be run strip by strip."""
    cdef readonly Py_ssize_t rows       # output rows of all images together
    cdef readonly Py_ssize_t scratch    # bytes that each call of run takes
    cdef readonly Py_ssize_t align      # strips had better start at a multiple of this many rows
    cdef Py_ssize_t height              # output rows of an image
    cdef volatile int *stopped

    cdef void strip(self, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
        """Compute output rows first to last - 1 of image n."""

    def run(self, Py_ssize_t first, Py_ssize_t last, bint caller=True):
        """Compute output rows first to last - 1, counted through all images.

        The caller's own thread looks for signals now and then; once it was interrupted, all strips end.
        """
        cdef Py_ssize_t height = self.height, n, end
        # Zeros, because vectors at the end of a row also compute lanes that nothing was written to: garbage there may
        # be denormal numbers, each of which takes the processor some hundred cycles.
        cdef char *memory = <char *>calloc(self.scratch + 64, 1)
        cdef char *start
        cdef Poll poll = NULL
        if caller:
            poll = interrupted
        if memory == NULL:
            raise MemoryError
        start = <char *>((<size_t>memory + 63) & ~<size_t>63)
        with nogil:
            while first < last and not self.stopped[0]:
                n = first // height
                end = min(last, (n + 1) * height)
                self.strip(n, first - n * height, end - n * height, start, poll)
                first = end
        free(memory)
        raise_pending()

    def stop(self):
        """Have every strip end early."""
        self.stopped[0] = True


cdef class Task(Strips):
    """One convolution of a stack of images."""
    cdef Job job                        # its pointers are into what packed keeps
    cdef Packed packed
    cdef object source, target

    cdef void strip(self, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
        self.packed.loops.strip(&self.job, n, first, last, memory, poll)

    def layout(self):
        """Return how the loops cut up the work; see Packed.layout."""
        return self.packed.layout()


include "window_task.pxi"
