"""Pixels times their weights, and weighted sums divided by the sums of weights: both ends of work in blocks of rows.

Rows lie without gaps, samples are the machine's own; shapes are (pixels, channels) or (rows, columns, channels).
Weights have one channel for all or as many as the pixels. imfilter.normalized sees to that; nothing is checked here.
"""
from libc.stdint cimport int32_t, uint8_t

from engine cimport real, sample

ctypedef fused number:
    uint8_t
    float
    double

cdef enum:
    CHUNK = 1536        # lanes whose weights are spread over the channels at a time; a multiple of 3


cdef inline const number *spread(const number *weights, number *room, Py_ssize_t first, Py_ssize_t count,
                                 Py_ssize_t channels) noexcept nogil:
    """Return the weights of samples first to first + count - 1, where each weight serves `channels` channels."""
    cdef Py_ssize_t k, x = first // channels, c = first % channels
    if channels == 1:
        return weights + first
    if channels == 3 and c == 0:
        for k in range((count + 2) // 3):
            room[3 * k] = room[3 * k + 1] = room[3 * k + 2] = weights[x + k]
        return room
    for k in range(count):
        room[k] = weights[x]
        c += 1
        if c == channels:
            c = 0
            x += 1
    return room


cdef void keep_some(const sample *pixels, const uint8_t *counts, sample *into, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t k
    cdef sample value       # read in any case, or the loop is not vectorized; likewise below
    for k in range(count):
        value = pixels[k]
        into[k] = value if counts[k] else <sample>0


cdef void weigh_some(const sample *pixels, const real *weights, real *into, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t k
    cdef real product
    for k in range(count):
        product = <real>pixels[k] * weights[k]
        into[k] = product if weights[k] != 0 else <real>0       # a pixel that does not count may be NaN or infinite


def keep(const sample[:, ::1] pixels, const uint8_t[:, ::1] counts, sample[:, ::1] kept):
    """Copy the pixels that count, and 0 for the others."""
    cdef Py_ssize_t piece, k, count, each = pixels.shape[1] // counts.shape[1]
    cdef Py_ssize_t samples = pixels.shape[0] * pixels.shape[1]
    cdef uint8_t room[CHUNK]
    with nogil:
        for piece in range((samples + CHUNK - 1) // CHUNK):
            k = piece * CHUNK
            count = min(CHUNK, samples - k)
            keep_some(&pixels[0, 0] + k, spread(&counts[0, 0], room, k, count, each), &kept[0, 0] + k, count)


def weigh(const sample[:, ::1] pixels, const real[:, ::1] weights, real[:, ::1] products):
    """Multiply pixels by their weights."""
    cdef Py_ssize_t piece, k, count, each = pixels.shape[1] // weights.shape[1]
    cdef Py_ssize_t samples = pixels.shape[0] * pixels.shape[1]
    cdef real room[CHUNK]
    with nogil:
        for piece in range((samples + CHUNK - 1) // CHUNK):
            k = piece * CHUNK
            count = min(CHUNK, samples - k)
            weigh_some(&pixels[0, 0] + k, spread(&weights[0, 0], room, k, count, each), &products[0, 0] + k, count)


cdef inline sample stored(sample *like, real value) noexcept nogil:
    """Round to the nearest, ties to even, and saturate; NaN becomes 0. Floats stay as they are."""
    # Adding and taking away 1.5 * 2**23 or 2**52 rounds by the processor's own rule.
    cdef real low = 0, high = 255, middle = 12582912.0 if real is float else 6755399441055744.0
    cdef double wide
    if sample is float or sample is double:
        return <sample>value
    elif sample is int32_t:
        wide = value if value == value else 0
        wide = wide if wide > -2147483648.0 else -2147483648.0
        wide = wide if wide < 2147483647.0 else 2147483647.0
        return <sample>((wide + 6755399441055744.0) - 6755399441055744.0)
    else:
        if sizeof(sample) == 2:
            high = 65535 if <sample>-1 > 0 else 32767
            low = 0 if <sample>-1 > 0 else -32768
        value = value if value == value else 0
        value = value if value > low else low
        value = value if value < high else high
        return <sample><int>((value + middle) - middle)


cdef void share_some(const real *sums, const real *weights, real total, real *shares, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t k
    cdef real value, nothing = <real>(0.0 / 0.0)
    for k in range(count):
        value = sums[k] * (total / weights[k])
        shares[k] = value if weights[k] != 0 else nothing


cdef void store_some(const real *values, sample *results, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(count):
        results[k] = stored(results, values[k])


def share(const real[:, :, ::1] sums, const real[:, :, ::1] weights, real total, sample[:, :, :] results):
    """Divide sums by the sums of their weights, times the total weight; NaN where the latter are 0."""
    cdef Py_ssize_t y, piece, k, count, each = sums.shape[2] // weights.shape[2]
    cdef Py_ssize_t lanes = results.shape[1] * results.shape[2]
    cdef real room[CHUNK]
    cdef real shares[CHUNK]
    with nogil:
        for y in range(results.shape[0]):
            for piece in range((lanes + CHUNK - 1) // CHUNK):
                k = piece * CHUNK
                count = min(CHUNK, lanes - k)
                share_some(&sums[y, 0, 0] + k, spread(&weights[y, 0, 0], room, k, count, each), total, shares, count)
                store_some(shares, &results[y, 0, 0] + k, count)


def store(const real[:, :, :] values, sample[:, :, :] results):
    """Convert values to samples: integers are rounded and saturated. The rows of both lie without gaps."""
    cdef Py_ssize_t y
    with nogil:
        for y in range(results.shape[0]):
            store_some(&values[y, 0, 0], &results[y, 0, 0], results.shape[1] * results.shape[2])
