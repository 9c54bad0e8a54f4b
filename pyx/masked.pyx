"""Ranks and extremes of windows in which some samples do not count, or count less than others.

Samples become keys, unsigned integers of their size in their order, and those that do not count the highest key.
Buffers are bytes; a block in them is rows of keys without gaps, `pitch` keys apart, with PAD more behind it that may be
read. Whoever calls has checked everything (imfilter.engine.masked_rank does).
"""
cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.string cimport memset

cdef extern from "masked.h" nogil:
    struct Window:
        const int64_t *chords
        Py_ssize_t chord_count
        Py_ssize_t samples
        Py_ssize_t channels
        Py_ssize_t pitch
    int vector_bytes()
    int order_keys(int, int, void *, const uint8_t *, uint8_t *, int, int, Py_ssize_t)
    void restore_samples(int, int, void *, int, int, Py_ssize_t)
    void take_lesser(int, int, const void *, const void *, void *, Py_ssize_t)
    void sort_windows(int, int, const void *, const Window *, const uint32_t *, const int32_t *, Py_ssize_t, void *,
                      void *, Py_ssize_t)
    void select_bits(int, int, const void *, const Window *, const uint32_t *, void *, Py_ssize_t)
    void count_keys(int, const uint8_t *, const Window *, uint32_t *, Py_ssize_t)
    void find_ranks(int, const uint32_t *, double, uint32_t *, Py_ssize_t)
    void weigh_bits(int, int, const void *, const void *, const Window *, double, int, void *, uint8_t *, Py_ssize_t)

PAD = 256       # keys behind a block that vectors and tiles may read or write

cdef enum:
    BEYOND = 128        # keys of two vectors, whose ranks are read even if they are no results

include "use_vectors.pxi"


def order(uint8_t[::1] keys, const uint8_t[::1] counts, uint8_t[::1] whole, int rule, bint turned, int size,
          Py_ssize_t count):
    """Turn samples into keys; return whether some that count are NaN, which are 0 in `whole` and others 255.

    rule: 0 for unsigned integers, 1 for signed ones, 2 for floats. turned: whether the order is reversed.
    """
    cdef bint found
    with nogil:
        found = order_keys(vector, size, &keys[0], &counts[0], &whole[0], rule, turned, count)
    return found


def restore(uint8_t[::1] keys, int rule, bint turned, int size, Py_ssize_t count):
    """Turn keys into samples again."""
    with nogil:
        restore_samples(vector, size, &keys[0], rule, turned, count)


@cython.final
cdef class Windows:
    """The windows of a block: their chords, and how its rows lie.

    chords: (n, 3), row, first column and length of each run of pixels. rows: of results, each `step` rows below the one
    before, and `lanes` keys long; read: rows that they look at.
    """
    cdef Window window
    cdef const int64_t[:, ::1] chords
    cdef Py_ssize_t rows, lanes, step, read

    def __init__(self, const int64_t[:, ::1] chords, Py_ssize_t channels, Py_ssize_t pitch, Py_ssize_t rows,
                 Py_ssize_t lanes, Py_ssize_t step, Py_ssize_t read):
        cdef Py_ssize_t c
        self.chords = chords
        self.window = Window(&chords[0, 0], chords.shape[0], 0, channels, pitch)
        for c in range(chords.shape[0]):
            self.window.samples += chords[c, 2]
        self.rows, self.lanes, self.step, self.read = rows, lanes, step, read

    cdef Py_ssize_t runs(self) noexcept nogil:
        """Return in how many runs results are computed: one if each row follows the one before."""
        return 1 if self.step == 1 else self.rows

    cdef Py_ssize_t length(self) noexcept nogil:
        """Return how many keys a run has."""
        return (self.rows - 1) * self.window.pitch + self.lanes if self.step == 1 else self.lanes

    def select(self, const uint8_t[::1] keys, const uint8_t[::1] counts, double percent, const int32_t[:, ::1] pairs,
               uint8_t[::1] tile, uint8_t[::1] into, uint32_t[::1] number, uint32_t[::1] ranks, int size):
        """Take the sample of each window that a percentage of those that count lie below.

        pairs: exchanges that sort a window; without any, it is selected bit by bit. number: how many samples of each
        window count.
        """
        cdef Py_ssize_t y, at, place, pitch = self.window.pitch
        with nogil:
            for y in range(self.runs()):
                at, place = y * pitch, y * self.step * pitch
                count_keys(vector, &counts[place], &self.window, &number[at], self.length() + BEYOND)
                find_ranks(vector, &number[at], percent, &ranks[at], self.length() + BEYOND)
                if pairs.shape[0]:
                    sort_windows(vector, size, &keys[place * size], &self.window, &ranks[at], &pairs[0, 0],
                                 pairs.shape[0], &tile[0], &into[at * size], self.length())
                else:
                    select_bits(vector, size, &keys[place * size], &self.window, &ranks[at], &into[at * size],
                                self.length())

    def weigh(self, const uint8_t[::1] keys, const uint8_t[::1] weights, double percent, int bits, uint8_t[::1] into,
              uint8_t[::1] counted, int size):
        """Take the sample of each window whose cumulative weight first exceeds a percentage of the whole.

        size: of keys and weights: 4 for weights that are uint32, 8 for doubles. bits: of the keys. counted: whether any
        weight is above 0.
        """
        cdef Py_ssize_t y, at, place, pitch = self.window.pitch
        with nogil:
            for y in range(self.runs()):
                at, place = y * pitch, y * self.step * pitch
                weigh_bits(vector, size, &keys[place * size], &weights[place * size], &self.window, percent, bits,
                           &into[at * size], &counted[at], self.length())

    def take_least(self, uint8_t[::1] keys, Py_ssize_t height, uint8_t[::1] room, uint8_t[::1] into, int size):
        """Take the least key of each window. The block is overwritten.

        The chords lie in the order of their lengths. height: rows of a rectangle, whose first row is the only chord; or
        1. room: for a block.
        """
        cdef Py_ssize_t c = 0, y, span, levels = 1, channels = self.window.channels, length
        cdef Py_ssize_t total = self.read * self.window.pitch
        with nogil:
            span = 1
            while span < height:            # windows of 2, 4, ... rows; the last two overlap
                length = min(span, height - span)
                total -= length * self.window.pitch
                self.merge(&keys[0], length * self.window.pitch, &keys[0], total, size)
                span += length
            memset(&into[0], 255, self.rows * self.window.pitch * size)
            while c < self.chords.shape[0]:
                length = self.chords[c, 2]
                while 2 * levels <= length:
                    total -= levels * channels
                    self.merge(&keys[0], levels * channels, &keys[0], total, size)
                    levels *= 2
                span = length - levels      # from the first window of this level in a chord to the last
                if span:
                    self.merge(&keys[0], span * channels, &room[0], total - span * channels, size)
                while c < self.chords.shape[0] and self.chords[c, 2] == length:
                    for y in range(self.runs()):
                        self.lower(&room[0] if span else &keys[0], c, y, &into[0], size)
                    c += 1

    cdef void merge(self, const uint8_t *keys, Py_ssize_t distance, uint8_t *into, Py_ssize_t count,
                    int size) noexcept nogil:
        """Take the lesser of keys and those some distance behind."""
        take_lesser(vector, size, keys, keys + distance * size, into, count)

    cdef void lower(self, const uint8_t *keys, Py_ssize_t c, Py_ssize_t y, uint8_t *into, int size) noexcept nogil:
        """Lower the results of a run to the least keys of a chord."""
        cdef Py_ssize_t at = y * self.window.pitch
        cdef Py_ssize_t place = (at * self.step + self.chords[c, 0] * self.window.pitch
                                 + self.chords[c, 1] * self.window.channels)
        take_lesser(vector, size, into + at * size, keys + place * size, into + at * size, self.length())
