"""Pixels times their weights, and weighted sums divided by the sums of weights: both ends of normalised convolution.

Rows lie without gaps, samples are the machine's own; shapes are (pixels, channels) or (rows, columns, channels). Weights
have one channel for all or as many as the pixels. imfilter.normalised has checked that; nothing is checked here.
"""
from libc.stdint cimport int32_t, uint8_t

from engine cimport sample

ctypedef fused real:
    float
    double


cdef inline sample kept(sample value, uint8_t counts) noexcept nogil:
    return value if counts else <sample>0


cdef inline real weighed(sample value, real weight) noexcept nogil:
    # A pixel that does not count may be NaN or infinite, whose product with 0 is NaN.
    return <real>value * weight if weight != 0 else <real>0


def keep(const sample[:, ::1] pixels, const uint8_t[:, ::1] counts, sample[:, ::1] kept_pixels):
    """Copy the pixels that count, and 0 for the others."""
    cdef Py_ssize_t x, c, channels = pixels.shape[1], count = pixels.shape[0]
    cdef const sample *value = &pixels[0, 0]
    cdef const uint8_t *weight = &counts[0, 0]
    cdef sample *into = &kept_pixels[0, 0]
    with nogil:
        if counts.shape[1] == channels:
            for x in range(count * channels):
                into[x] = kept(value[x], weight[x])
        elif channels == 3:
            for x in range(count):
                into[3 * x] = kept(value[3 * x], weight[x])
                into[3 * x + 1] = kept(value[3 * x + 1], weight[x])
                into[3 * x + 2] = kept(value[3 * x + 2], weight[x])
        else:
            for x in range(count):
                for c in range(channels):
                    into[x * channels + c] = kept(value[x * channels + c], weight[x])


def weigh(const sample[:, ::1] pixels, const real[:, ::1] weights, real[:, ::1] products):
    """Multiply pixels by their weights."""
    cdef Py_ssize_t x, c, channels = pixels.shape[1], count = pixels.shape[0]
    cdef const sample *value = &pixels[0, 0]
    cdef const real *weight = &weights[0, 0]
    cdef real *into = &products[0, 0]
    with nogil:
        if weights.shape[1] == channels:
            for x in range(count * channels):
                into[x] = weighed(value[x], weight[x])
        elif channels == 3:
            for x in range(count):
                into[3 * x] = weighed(value[3 * x], weight[x])
                into[3 * x + 1] = weighed(value[3 * x + 1], weight[x])
                into[3 * x + 2] = weighed(value[3 * x + 2], weight[x])
        else:
            for x in range(count):
                for c in range(channels):
                    into[x * channels + c] = weighed(value[x * channels + c], weight[x])


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


def share(const real[:, :, ::1] sums, const real[:, :, ::1] weights, real total, sample[:, :, :] results):
    """Divide sums by the sums of their weights, times the total weight; NaN where the latter are 0."""
    cdef Py_ssize_t y, x, c, width = results.shape[1], channels = results.shape[2], each = weights.shape[2]
    cdef real ratio, nothing = <real>(0.0 / 0.0)
    cdef const real *value
    cdef const real *weight
    cdef sample *into
    with nogil:
        for y in range(results.shape[0]):
            value, weight, into = &sums[y, 0, 0], &weights[y, 0, 0], &results[y, 0, 0]
            if each == channels:
                for x in range(width * channels):
                    ratio = total / weight[x] if weight[x] != 0 else nothing
                    into[x] = stored(into, value[x] * ratio)
            elif channels == 3:
                for x in range(width):
                    ratio = total / weight[x] if weight[x] != 0 else nothing
                    into[3 * x] = stored(into, value[3 * x] * ratio)
                    into[3 * x + 1] = stored(into, value[3 * x + 1] * ratio)
                    into[3 * x + 2] = stored(into, value[3 * x + 2] * ratio)
            else:
                for x in range(width):
                    ratio = total / weight[x] if weight[x] != 0 else nothing
                    for c in range(channels):
                        into[x * channels + c] = stored(into, value[x * channels + c] * ratio)
