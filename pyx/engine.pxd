"""What the core passes to the loops: a Job describes one convolution completely.

The core (core.pyx) fills a Job, the loops (loops.pxi, compiled once for each instruction set) read it.
Lengths are in samples, pixels or rows as named; steps and offsets into memory are in bytes.
"""
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t


ctypedef fused sample:      # the types of image samples
    uint8_t
    uint16_t
    int16_t
    int32_t
    float
    double

ctypedef fused lane:        # the types that the loops compute in
    int16_t
    float
    double

ctypedef fused real:        # the types of numbers that are not integers
    float
    double

cdef enum Sample:
    UINT8, UINT16, INT16, INT32, FLOAT32, FLOAT64

cdef enum Border:           # as imfilter.engine.borders.Border
    REFLECT, MIRROR, NEAREST, CONSTANT, WRAP

cdef enum:
    MOST_ROWS = 6           # output rows that a variant of the channel-wise loop computes at once, at most
    GROUP = 4               # output rows that the loops of 3 x 3, separable and depthwise kernels compute at once
    BOX_ROWS = 16           # output rows of a box over floats that are computed at once

cdef enum:                  # taps of a 3 x 3 kernel: bit 3 i + j
    SQUARE = 0o777
    CROSS = 0o272
    UPPER_LOWER = 0o707
    LEFT_RIGHT = 0o555


cdef extern from *:
    """
    #ifndef IMFILTER_POISON
    #define IMFILTER_POISON 0
    #endif
    #if defined(__GNUC__)
    #define flag_is_set(flag) __atomic_load_n(flag, __ATOMIC_RELAXED)
    #define set_flag(flag) __atomic_store_n(flag, 1, __ATOMIC_RELAXED)
    #else
    #define flag_is_set(flag) (*(flag))
    #define set_flag(flag) (*(flag) = 1)
    #endif
    """
    const bint POISONED "IMFILTER_POISON"       # scratch begins as NaN and large integers: see docs/testing.md
    bint flag_is_set(volatile int *flag) noexcept nogil     # flags that threads share
    void set_flag(volatile int *flag) noexcept nogil


cdef struct Raster:
    char *data
    Py_ssize_t height, width, channels
    Py_ssize_t step_n, step_y, step_x, step_c
    Sample kind
    Py_ssize_t size         # of a sample
    bint packed             # a row is width * channels native samples without gaps
    bint swapped            # the samples are in the other byte order


cdef struct Segment:
    # A piece of a ring row: for a tile of n output pixels, scale * (n - 1) + 1 + extra columns, which are
    # start, start + step, ..., counted in the padded image from the tile's first column.
    Py_ssize_t start, step, scale, extra
    Py_ssize_t offset       # of its first sample in the ring row, for the widest tile


cdef struct Tap:
    # One column of the kernel over one input row.
    Py_ssize_t row, column, offset
    int mask                # bit q: output row q of the group has a weight other than 0 here
    Py_ssize_t run_end      # the next tap with another mask, or the end of the run of sums
    Py_ssize_t partial      # depthwise: which mask of lanes the tap is for; or 0: for all


cdef struct Run:
    # Consecutive taps (channel-wise) after which partial sums go to memory, or terms (bank) at one distance each.
    Py_ssize_t row, offset, count
    int flush               # bit q: the sum of output row q is added to what memory holds


cdef struct Stage:
    # Sums of shifted rows: what one pass over a group's rows computes.
    Run *runs
    Py_ssize_t run_count
    Tap *taps               # channel-wise only
    Py_ssize_t tap_count
    char *weights           # over a group [tap][MOST_ROWS]; over a row [tap]; bank [block][term][lanes of a block]
    Py_ssize_t lead         # depthwise: bytes of an image row before its first cache line, whose weights come first
    bint by_columns         # depthwise: all pixels of a chunk for the channels of a block before those of the next
    int shape               # of a 3 x 3 kernel that square.pxi computes: its taps; or 0
    double square[9]        # its weights, as lanes side by side


cdef inline char *aligned_weights(const Stage *stage) noexcept nogil:
    """Return where the weights of a bank start: at a cache line, for which there is room."""
    return <char *>((<size_t>stage.weights + 63) & ~<size_t>63)


cdef struct Band:
    Py_ssize_t top, height  # rows of the kernel


ctypedef bint (*Poll)() noexcept nogil     # whether the caller was interrupted


cdef struct Geometry:
    # Where results read: output pixel (y, x) and tap (i, j) meet pixel (y stride_y + i dilation_y - top, ...).
    Border border
    double cval
    Py_ssize_t kernel_height, kernel_width
    Py_ssize_t stride_y, stride_x, dilation_y, dilation_x, top, left


cdef struct Inner:
    # Output columns whose taps all lie inside the image. A tile that has at least `least` of them reads the image's
    # rows where they are, and the ring's only for its other columns.
    Py_ssize_t first, last, least
    bint bytes              # these rows are read as uint8, by 3 x 3 kernels in int16


cdef struct Tiling:
    # The order of the work: a tile of columns, a group of output rows, a chunk of their results.
    Py_ssize_t width        # output pixels computed at a time along a row
    Py_ssize_t chunk        # lanes of a row's results that are computed and stored before the next
    Py_ssize_t group        # output rows computed at a time
    Py_ssize_t row_step     # output rows from one of a group to the next
    Py_ssize_t row_advance  # ring rows from one of a group to the next
    double work             # multiplications that a group of rows takes
    Py_ssize_t band         # broad separable kernels: output rows whose middle rows are kept; else 0; see bands.pxi
    Py_ssize_t piece        # columns of the ring, which holds part of the rows that a band reads


cdef struct RingLayout:
    # The input rows that a group reads, widened to lanes, and how samples lie in each.
    Py_ssize_t rows         # input rows that a group reads
    Py_ssize_t lanes        # room for one of them, with its doublings
    int *live               # for each of them, bit q: output row q of a group reads it
    Py_ssize_t row_lanes    # lanes of a row, from its start to that of its first doubling, and so on
    Py_ssize_t doublings    # sums of 2, 4, ... 2**doublings neighboring taps that follow each row
    Py_ssize_t tap_lanes    # lanes from one tap to the next, where there are doublings
    Py_ssize_t reach        # lanes from where a result lies in a row to the last one it reads
    Segment *segments
    Py_ssize_t segment_count
    bint split              # rows are one piece; the middle rows of a separable kernel are split into the segments
    Segment whole           # that piece
    int source_shift        # bytes of lanes >> source_shift are bytes of the image's samples


cdef struct Output:
    # How sums become samples of the target.
    bint bounded            # no result is NaN, infinite or over 2**22 in size
    double scale            # what sums are multiplied by
    int halvings            # int16 sums: from 1 on, the scale is 2**-halvings, and half of that many overflow no sum
    Py_ssize_t tile_lanes   # room for the results of one row of a tile
    Py_ssize_t pixel_lanes  # lanes from one result pixel to the next
    Py_ssize_t direct_from  # pixels from which a tile's results go straight into the target
    bint streamed           # results go past the caches
    bint rectified          # negative sums of a bank become 0; sums and results are the same floats
    bint gradient           # the kernels are an UPPER_LOWER and a LEFT_RIGHT one, in int16, and results uint8
    bint narrow             # square.pxi writes uint8 results from int16 itself, scaled


cdef enum Finish:
    NOTHING
    DIFFERENCE              # center + amount * (center - response), where these differ by the threshold or more
    LEVEL                   # response + amount
    EXCEEDING               # the threshold where center - response is above amount, else 0


cdef struct Epilogue:
    # What is computed from each response and its own place in the image before it becomes a sample of the target.
    Finish finish
    Sample kind             # FLOAT32 or FLOAT64: what it is computed in
    double amount, threshold
    Py_ssize_t row, offset  # ring row, for the first output row of a group, and lane in it of a result's own place


cdef struct Kernels:
    # Channel-wise: stage 2 k computes kernel k, or its column when it is separable; stage 2 k + 1 its row.
    Stage stages[4]
    int count               # 2: the result is the root mean square of their responses
    bint separable
    bint small              # separable, of few taps: small_separable.pxi computes it; weights of the column [tap]
    bint differences        # float32: square.pxi takes differences of pixels first
    Py_ssize_t stretch      # depthwise: lanes of a tap's weights, [row][column][stretch], bias, masks; else 0
    Py_ssize_t spread       # small groups: how many lanes from a pixel's own place its taps reach to either side


cdef struct Strided:
    # Separable kernels at every second to fourth column, with sums of 16 bits (INT16 lanes, unsigned) or floats.
    bint used
    bint direct             # sums across are written as samples of the target at once
    Py_ssize_t part_size    # bytes of the sums of one remainder
    Py_ssize_t picked       # pixels that one permutation of vectors gives, or 0: they are moved one by one
    uint32_t order[16]      # which lanes it takes, of 16 or 32 bits


cdef struct Box:
    # Solid kernels: ones, in one piece in each column. Bands are the different pieces; stage 0 lists which of their
    # sums, or of the doublings of the only one, make up the kernel.
    Band *bands
    Py_ssize_t band_count
    uint16_t area, magic    # sum of a box -> its mean as uint8: (sum + area // 2) * magic >> 16 + magic_shift; or 0
    int magic_shift
    bint totaled            # of 16-bit samples: windows are differences of running totals
    Py_ssize_t part_height, part_width  # of a box over floats: neighbors that are summed first; else 0
    double down, across                 # the weights of its rows and columns


cdef enum BankShape:        # what a block of sums of a bank is
    OVER_PLANES             # four outputs by vectors of pixels
    ONE_VECTOR              # of outputs, by pixels
    TWO_VECTORS
    FOUR_VECTORS = 4


cdef struct Bank:
    # Kernels across channels, all in stage 0.
    bint used
    BankShape shape
    bint colors             # 1 x 1 kernels over red, green and blue: weights [C_out][3], bias [C_out]
    char *bias              # [block][lanes of a block]
    Py_ssize_t groups, group_blocks, block_lanes
    Py_ssize_t terms        # of a group
    Py_ssize_t longest      # how many of them are summed before the sum goes to memory
    Py_ssize_t pixel_step   # lanes of a ring row from the terms of a pixel to those of the next
    Py_ssize_t term_step    # from a term to the next
    Py_ssize_t group_step   # from the terms of a group to those of the next
    Py_ssize_t block_pixels  # pixels computed at once
    Py_ssize_t chunk        # pixels computed before they are stored, unless they go straight into the target
    bint slow_blocks        # rows are read in place, and what each block prefetches for the next comes in time
    bint far_results        # sums go straight into the target, whose lines are not in the cache, and are prefetched
    Py_ssize_t plane, result_plane  # lanes from a plane of the ring row, or of a chunk's results, to the next


cdef struct Job:
    Raster source, target
    Sample lane             # INT16, FLOAT32 or FLOAT64: what is computed in
    Geometry geometry
    Inner inner
    Tiling tiling
    RingLayout ring
    Output output
    Epilogue epilogue
    Kernels kernel
    Strided strided
    Box box
    Bank bank
    volatile int stopped    # the caller was interrupted: every strip ends early


cdef inline bint reads_center(const Job *job) noexcept nogil:
    """Return whether the epilogue reads the pixel in the place of a response."""
    return job.epilogue.finish == DIFFERENCE or job.epilogue.finish == EXCEEDING


cdef inline Py_ssize_t solid_rows(const Job *job) noexcept nogil:
    """Return how many rows of sums a solid kernel keeps."""
    return 2 if job.box.totaled else max(job.ring.doublings + 1, job.box.band_count)


cdef enum Method:           # how the samples of a window are filtered
    EXTREME                 # the smallest or the largest: windows of half the size overlap
    CHORDS                  # the same of a footprint
    HEIGHTS                 # the same of sums of samples and heights
    NETWORK                 # a network of exchanges
    HISTOGRAM               # of uint8
    COUNTING                # the same of a footprint
    SELECTION               # the sample of a rank, bit by bit
    BILATERAL
    STATISTICS              # variances of rectangles, and thresholds made of means and deviations
    ENTROPY                 # of uint8


cdef enum Statistic:        # of the samples q of a window, and of the pixel p
    MEAN                    # m
    VARIANCE
    DEVIATION               # its root s
    STANDARD                # (p - m) / s, or 0 where s is 0
    ABOVE                   # white where p > m + amount s - offset, else 0
    ABOVE_SCALED            # white where p > m + amount (m - low) (s / range - 1), else 0
    EXTENT                  # of all windows of a strip of rows: the largest s, and the smallest p


cdef struct Exchange:
    # A step of a network: the smaller and the larger of two samples, for all pixels of a tile and some beyond it.
    Py_ssize_t first, first_shift       # slot, and how many pixels further on it is read
    Py_ssize_t second, second_shift
    Py_ssize_t least, most              # slots that are written; -1: not needed
    Py_ssize_t beyond


cdef struct Chord:
    # A run of neighbors in a row of a footprint.
    Py_ssize_t row, first, length
    Py_ssize_t level        # 2 ** level is at most the length


cdef struct Window:
    # A filter of the samples in a window, for each channel separately.
    Raster source, target
    Border border
    char outside[8]         # the sample outside the image
    Py_ssize_t height, width            # of the window
    Py_ssize_t top, left                # rows above and columns to the left of the pixel
    Py_ssize_t stride_y, stride_x
    Method method
    Py_ssize_t rank         # of the sample wanted, counted from 0
    Py_ssize_t columns      # results of a row, at stride 1: those of the image, unless it is a part of a row
    Chord *chords           # of a footprint, or the rows of a rectangle
    Py_ssize_t chord_count
    Py_ssize_t levels       # of the longest chord, and one more
    bint ragged             # not all samples of the rectangle belong to the window
    Exchange *exchanges
    Py_ssize_t exchange_count, slots, result
    # Bilateral: for each place of the window the logarithm to base 2 of its weight. Heights: what is added to the
    # samples of the chords, one after the other.
    double *weights
    double strictness       # bilateral: what a difference of samples is multiplied by; its square is subtracted
    Statistic statistic
    bint squares            # it needs sums of squares
    double amount, offset, white
    double *scales          # ABOVE_SCALED: [image][channel][low, range]
    int64_t *growth         # ENTROPY: by how much a count's term grows from each count to the next, in units of 2**-36
    Py_ssize_t row_lanes    # samples of a padded row, and room for the end of a vector
    Py_ssize_t tile         # samples of a row that a network computes at a time; pixels of an extreme
    double work             # comparisons that a row takes, about
    volatile int stopped
    bint streamed           # results of ranks go past the caches


cdef enum Difference:       # what is made of the results of two windows
    NO_DIFFERENCE
    FROM_IMAGE              # the image minus the result
    OF_IMAGE                # the result minus the image
    OF_EXTREMES             # of two windows of the image: the second minus the first


cdef struct Steps:
    # Two windows: the second of the first's results, or each of the image's samples, and a difference.
    Window first, second
    bint chained
    Difference difference
    bint small              # both have loops of their own, for whole rows (small_windows.pxi)
    Py_ssize_t tile         # columns of the image that are computed at a time
    Py_ssize_t band         # and rows of results
    Py_ssize_t rows, pitch  # of the buffer between both steps; bytes of one
    volatile int stopped


cdef enum:
    BLOCK_ROWS = 64         # rows that windows of floats are joined down for at once, at least, and at most four times


cdef inline bint sums_are_exact(const Window *job) noexcept nogil:
    """Return whether statistics are computed from sums of integers."""
    return job.source.kind == UINT8 or job.source.kind == UINT16 or job.source.kind == INT16


cdef inline bint sums_fit_32_bits(const Window *job) noexcept nogil:
    """Return whether the samples of a window, or their squares if these count, sum to less than 2**31."""
    return job.source.kind == UINT8 and job.height * job.width <= (33_025 if job.squares else 8_421_504)


cdef inline Py_ssize_t sums_size(const Window *job) noexcept nogil:
    """Return how many bytes the sums and the totals of a column take."""
    return 16 if sums_fit_32_bits(job) else 32


cdef inline Py_ssize_t merged_results(const Window *job) noexcept nogil:
    """Return how many rows of results of floats are computed at once."""
    return max((min(max(job.height, BLOCK_ROWS), 4 * BLOCK_ROWS) - 1) // job.stride_y + 1, 1)


cdef inline Py_ssize_t merged_rows(const Window *job) noexcept nogil:
    """Return how many rows these take: those of the padded image that they read, and their own."""
    return (merged_results(job) - 1) * job.stride_y + job.height + merged_results(job)


cdef enum:
    NEIGHBORS = 8           # coarse samples along an axis that a result is interpolated from


cdef struct InterpolationJob:
    # The interpolation of an image from samples of a coarse grid.
    const float *coarse
    Py_ssize_t row_samples, channels    # of the coarse grid
    Raster target                       # its first image
    Py_ssize_t step_y, step_x           # results from one coarse sample to the next
    Py_ssize_t phase_y, phase_x         # of the first result: how far it lies behind a coarse sample
    float *down                         # [step_y][NEIGHBORS]
    float *across                       # [step_x][NEIGHBORS]
    Py_ssize_t tile                     # coarse columns whose results are computed at a time
    volatile int stopped


cdef struct Moments:
    # Terms of a least-squares problem: windows of samples, whose products with each other are summed.
    const double *samples
    const Py_ssize_t *starts, *steps    # of each term: its first sample, and how many there are from row to row
    Py_ssize_t terms                    # a multiple of 4
    Py_ssize_t rows, columns
    const double *weights               # [rows][columns]
    double *sums                        # [terms][terms]; the lower half is unused


cdef struct Loops:
    Py_ssize_t lanes_bytes
    Py_ssize_t registers    # for vectors: 16 or 32
    Py_ssize_t rows         # output rows of dense kernels that are computed at once, at most MOST_ROWS
    Py_ssize_t vectors      # of each of these rows
    bint picks              # lanes of several vectors can be picked by one permutation
    Py_ssize_t (*scratch_size)(const Job *job) noexcept nogil
    void (*strip)(Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *scratch,
                  Poll poll) noexcept nogil
    Py_ssize_t (*window_scratch)(const Window *job) noexcept nogil
    void (*window_strip)(Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *scratch,
                         Poll poll) noexcept nogil
    Py_ssize_t (*steps_scratch)(const Steps *job) noexcept nogil
    void (*steps_strip)(Steps *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *scratch,
                        Poll poll) noexcept nogil
    bint (*is_small)(const Window *job) noexcept nogil
    Py_ssize_t (*interpolation_scratch)(const InterpolationJob *job) noexcept nogil
    void (*interpolate)(InterpolationJob *job, Py_ssize_t first, Py_ssize_t last, char *scratch,
                        Poll poll) noexcept nogil
    void (*moments)(const Moments *job) noexcept nogil
