# Convert lanes to samples: rounded to the nearest, ties to even, and saturated; NaN becomes 0. And what comes before.


cdef inline float clamped_float(float value, float low, float high) noexcept nogil:
    value = value if value == value else 0
    value = value if value > low else low
    return value if value < high else high


cdef inline int clamped(int value, int low, int high) noexcept nogil:
    value = value if value > low else low
    return value if value < high else high


cdef extern from "lanes.h" nogil:
    uint32_t float_bits(float value)
    uint64_t double_bits(double value)


cdef void magnitude(lane *like, const lane *first, const lane *second, char *into, Py_ssize_t count,
                    double scale) noexcept nogil:
    """Compute the root mean square of two rows, in float32, or in float64 for float64 lanes.

    Sizes are watched as integers, which takes no time next to the roots.
    """
    cdef Py_ssize_t x
    cdef float half = <float>(scale * scale / 2)
    cdef double wide = scale * scale / 2
    cdef uint32_t bits, least = 0xffffffff, most = 0
    cdef uint64_t long_bits, long_least = 0xffffffffffffffff, long_most = 0
    if lane is float:
        for x in range(count):
            bits = float_bits(fabsf(first[x]) + fabsf(second[x]))
            most = max(most, bits)
            least = min(least, bits - 1)        # without those that are 0
            (<float *>into)[x] = sqrtf((first[x] * first[x] + second[x] * second[x]) * half)
        if least < float_bits(<float>1e-15) or most > float_bits(<float>1e18):
            magnitude_outside(like, first, second, into, count, wide)
    elif lane is double:
        for x in range(count):
            long_bits = double_bits(fabs(first[x]) + fabs(second[x]))
            long_most = max(long_most, long_bits)
            long_least = min(long_least, long_bits - 1)
            (<double *>into)[x] = sqrt((first[x] * first[x] + second[x] * second[x]) * wide)
        if long_least < double_bits(1e-140) or long_most > double_bits(1e150):
            magnitude_outside(like, first, second, into, count, wide)
    else:
        for x in range(count):
            (<float *>into)[x] = sqrtf(
                (<float>first[x] * <float>first[x] + <float>second[x] * <float>second[x]) * half)


cdef void magnitude_outside(lane *like, const lane *first, const lane *second, char *into, Py_ssize_t count,
                            double wide) noexcept nogil:
    """Compute the magnitudes again whose squares leave the range of the lanes, or lose digits at its end.

    hypot of infinity and NaN is infinite, but the root of their squares is NaN.
    """
    cdef Py_ssize_t x
    cdef double a, b
    cdef float size
    for x in range(count):
        a, b = first[x], second[x]
        if lane is float:
            size = fabsf(first[x]) + fabsf(second[x])       # what the row was watched by
            if not <float>1e-15 <= size <= <float>1e18:
                (<float *>into)[x] = <float>sqrt((a * a + b * b) * wide)
        elif lane is double:
            if not 1e-140 <= fabs(a) + fabs(b) <= 1e150:
                (<double *>into)[x] = hypot(a, b) * sqrt(wide) if a == a and b == b else a + b


cdef void scaled(lane *like, const lane *lanes, char *into, Py_ssize_t count, double scale) noexcept nogil:
    """Multiply a row by the scale, in float32, or in float64 for float64 lanes."""
    cdef Py_ssize_t x
    cdef float single = <float>scale
    for x in range(count):
        if lane is double:
            (<double *>into)[x] = lanes[x] * scale
        else:
            (<float *>into)[x] = <float>lanes[x] * single


cdef void add_epilogue(const Epilogue *epilogue, const real *responses, const lane *center, real *products,
                       real *into, Py_ssize_t count) noexcept nogil:
    """Compute a row's epilogue. center: samples of the image at the places of the responses. products: room."""
    cdef Py_ssize_t x
    cdef real amount = <real>epilogue.amount, threshold = <real>epilogue.threshold, difference
    if epilogue.finish == LEVEL:
        for x in range(count):
            into[x] = responses[x] + amount
        return
    if epilogue.finish == EXCEEDING:
        for x in range(count):
            difference = <real>center[x] - responses[x]
            # Sums of equal pixels are rounded, too: what differs by no more is equal.
            into[x] = threshold if difference - amount > abs(<real>center[x]) * <real>9.094947017729282e-13 else <real>0
            into[x] = into[x] if difference == difference else <real>NAN
        return
    for x in range(count):
        difference = <real>center[x] - responses[x]
        difference = <real>0 if abs(difference) < threshold else difference
        products[x] = difference * amount
    # In a loop of its own, so that no variant fuses it with the multiplication: every operation rounds once.
    for x in range(count):
        into[x] = products[x] + <real>center[x]


cdef void store_samples(const lane *lanes, sample *samples, Py_ssize_t count, bint bounded) noexcept nogil:
    # Adding and subtracting 1.5 * 2**23 rounds a float below 2**22 by the processor's own rule, to
    # the nearest and ties to even, on any instruction set; 1.5 * 2**52 does it for a double.
    cdef float float_round = 12582912.0
    cdef double double_round = 6755399441055744.0
    cdef int low = 0, high = 255
    cdef Py_ssize_t x
    cdef float single
    cdef double wide
    if sample is uint16_t:
        high = 65535
    elif sample is int16_t:
        low, high = -32768, 32767
    for x in range(count):
        if sample is float or sample is double:
            samples[x] = <sample>lanes[x]
        elif sample is int32_t:
            if lane is int16_t:
                samples[x] = lanes[x]
            else:
                wide = <double>lanes[x]
                wide = wide if wide == wide else 0
                wide = wide if wide > -2147483648.0 else -2147483648.0
                wide = wide if wide < 2147483647.0 else 2147483647.0
                samples[x] = <sample>((wide + double_round) - double_round)
        elif lane is int16_t:
            samples[x] = <sample>clamped(lanes[x], low, high)
        elif lane is double:
            wide = lanes[x]
            wide = wide if wide == wide else 0
            wide = wide if wide > low else low
            wide = wide if wide < high else high
            samples[x] = <sample>((wide + double_round) - double_round)
        elif bounded:
            samples[x] = <sample>clamped(<int>((lanes[x] + float_round) - float_round), low, high)
        else:
            single = clamped_float(lanes[x], low, high)
            samples[x] = <sample><int>((single + float_round) - float_round)


cdef void store(const lane *lanes, char *samples, Sample kind, Py_ssize_t count, bint bounded) noexcept nogil:
    if kind == UINT8:
        store_samples(lanes, <uint8_t *>samples, count, bounded)
    elif kind == UINT16:
        store_samples(lanes, <uint16_t *>samples, count, bounded)
    elif kind == INT16:
        store_samples(lanes, <int16_t *>samples, count, bounded)
    elif kind == INT32:
        store_samples(lanes, <int32_t *>samples, count, bounded)
    elif kind == FLOAT32:
        store_samples(lanes, <float *>samples, count, bounded)
    else:
        store_samples(lanes, <double *>samples, count, bounded)


cdef void stream(char *into, const char *samples, Py_ssize_t size) noexcept nogil:
    """Copy bytes past the caches, because a large result would evict what is still needed."""
    cdef Py_ssize_t k = min(size, -<Py_ssize_t>into & 63)
    memcpy(into, samples, k)
    while k + 64 <= size:
        stream_line(into + k, samples + k)
        k += 64
    memcpy(into + k, samples + k, size - k)
