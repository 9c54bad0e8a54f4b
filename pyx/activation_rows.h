/* The loops of activations.h for one type and one instruction set. Exponentials have a whole power of 2 taken out, so
   that short polynomials do for the rest. */

#if IS_FLOAT(REAL)
#define BITS uint32_t
#define MANTISSA 23
#define ONE_BITS 0x3f800000u
#define HIGH_BITS 0xfffff000u
#define MAGIC 12582912.0f
#define LN2_HIGH 0.693359375f
#define LN2_LOW -2.12194440e-4f
#define LARGEST_POWER 88
#define LARGEST 14.3f
#define MAGNITUDE fabsf
#define WITH_SIGN copysignf
#else
#define BITS uint64_t
#define MANTISSA 52
#define ONE_BITS 0x3ff0000000000000ull
#define HIGH_BITS 0xfffffffff8000000ull
#define MAGIC 6755399441055744.0
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define LARGEST_POWER 746
#define LARGEST 40
#define MAGNITUDE fabs
#define WITH_SIGN copysign
#endif

/* The nearest integer: MAGIC is 1.5 * 2^MANTISSA, so that a number added to it has no fraction. */
TARGET static inline REAL NAMED(nearest)(REAL x) { return (x + MAGIC) - MAGIC; }

/* 2^n, for integers whose power is a normal number; 0 for the next below. */
TARGET static inline REAL NAMED(scale)(REAL n) {
    BITS bits;
    REAL shifted = n + MAGIC; /* its lowest bits are those of n */
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << MANTISSA) + ONE_BITS;
    memcpy(&shifted, &bits, sizeof bits);
    return shifted;
}

/* A number with the upper half of its bits, whose square is exact. */
TARGET static inline REAL NAMED(upper)(REAL x) {
    BITS bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= HIGH_BITS;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

/* exp(r) - 1 for |r| <= log(2) / 2, by its series. */
TARGET static inline REAL NAMED(series)(REAL r) {
    REAL sum = (REAL)(1.0 / 5040);
#if !IS_FLOAT(REAL)
    REAL far = MULTIPLY_ADD(1.0 / 6227020800.0, r, 1.0 / 479001600);
    far = MULTIPLY_ADD(far, r, 1.0 / 39916800);
    far = MULTIPLY_ADD(far, r, 1.0 / 3628800);
    far = MULTIPLY_ADD(far, r, 1.0 / 362880);
    far = MULTIPLY_ADD(far, r, 1.0 / 40320);
    sum = MULTIPLY_ADD(far, r, sum);
#endif
    sum = MULTIPLY_ADD(sum, r, (REAL)(1.0 / 720));
    sum = MULTIPLY_ADD(sum, r, (REAL)(1.0 / 120));
    sum = MULTIPLY_ADD(sum, r, (REAL)(1.0 / 24));
    sum = MULTIPLY_ADD(sum, r, (REAL)(1.0 / 6));
    sum = MULTIPLY_ADD(sum, r, (REAL)0.5);
    return MULTIPLY_ADD(r * r, sum, r);
}

/* The smaller of two numbers that are not negative, by their bits; the second for NaN. */
TARGET static inline REAL NAMED(at_most)(REAL size, REAL largest) {
    BITS bits, most;
    memcpy(&bits, &size, sizeof bits);
    memcpy(&most, &largest, sizeof most);
    bits = bits < most ? bits : most;
    memcpy(&size, &bits, sizeof bits);
    return size;
}

/* exp(low - size) for size >= 0 and small numbers low; 0 where it would be too small, and for NaN. */
TARGET static inline REAL NAMED(power)(REAL size, REAL low) {
    REAL x = -NAMED(at_most)(size, LARGEST_POWER);
    REAL n = NAMED(nearest)((x + low) * (REAL)LOG2_E);
    REAL value = 1 + NAMED(series)(MULTIPLY_ADD(-n, LN2_LOW, MULTIPLY_ADD(-n, LN2_HIGH, x)) + low);
#if IS_FLOAT(REAL)
    return value * NAMED(scale)(n);
#else
    REAL half = NAMED(nearest)(n * 0.5); /* in two steps, for results below the smallest normal number */
    return value * NAMED(scale)(half) * NAMED(scale)(n - half);
#endif
}

TARGET static inline REAL NAMED(logistic)(REAL x) {
    REAL power = NAMED(power)(MAGNITUDE(x), (REAL)-0.0);
    return (x >= 0 ? 1 : power) / (1 + power);
}

/* The normal distribution function of -size, erfc(z) / 2 with z = size / sqrt(2). */
TARGET static inline REAL NAMED(tail)(REAL size) {
    size = NAMED(at_most)(size, LARGEST);
    const REAL high = NAMED(upper)(size); /* the square of the size is high^2 + rest, almost without error */
    const REAL square = (REAL)0.5 * high * high, rest = (REAL)-0.5 * (size - high) * (size + high);
#if IS_FLOAT(REAL)
    /* erfc(z) exp(z^2) = t sum(s): interpolated at 11 Chebyshev points for z up to 10.1, with an error below 4e-9. */
    const REAL t = 2.5f / (2.5f + size * (REAL)SQRT_HALF), s = MULTIPLY_ADD(2.49504950f, t, -1.49504950f);
    /* Even and odd powers by themselves: neither waits for the other. */
    const REAL s2 = s * s;
    REAL even = -1.703434838e-6f, odd = -8.645415528e-6f;
    even = MULTIPLY_ADD(even, s2, 2.961520787e-5f);
    odd = MULTIPLY_ADD(odd, s2, 1.143948656e-4f);
    even = MULTIPLY_ADD(even, s2, -3.719364349e-4f);
    odd = MULTIPLY_ADD(odd, s2, -1.782996019e-3f);
    even = MULTIPLY_ADD(even, s2, 2.870572313e-3f);
    odd = MULTIPLY_ADD(odd, s2, 3.909005267e-2f);
    even = MULTIPLY_ADD(even, s2, 0.1443881959f);
    odd = MULTIPLY_ADD(odd, s2, 0.3224991657f);
    even = MULTIPLY_ADD(even, s2, 0.4931732836f);
    const REAL sum = MULTIPLY_ADD(odd, s, even);
    return 0.5f * t * sum * NAMED(power)(square, rest);
#else
    const REAL t = 2 / (2 + size * SQRT_HALF), twice = 4 * t - 2;
    REAL sum = 0, before = 0;
    UNROLL
    for (int k = TERMS - 1; k > 0; k--) {
        const REAL next = MULTIPLY_ADD(twice, sum, CHEBYSHEV[k] - before);
        before = sum;
        sum = next;
    }
    return 0.5 * t * NAMED(power)(square, 0.5 * (CHEBYSHEV[0] + twice * sum) - before + rest);
#endif
}

TARGET static void NAMED(relu)(const REAL *from, REAL *into, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) into[x] = from[x] < 0 ? 0 : from[x];
}

TARGET static void NAMED(leaky_relu)(const REAL *from, REAL *into, ptrdiff_t count, REAL slope) {
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) into[x] = from[x] < 0 ? slope * from[x] : from[x];
}

TARGET static void NAMED(sigmoid)(const REAL *from, REAL *into, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) into[x] = from[x] == from[x] ? NAMED(logistic)(from[x]) : from[x];
}

TARGET static void NAMED(hyperbolic)(const REAL *from, REAL *into, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) {
        REAL twice = -2 * MAGNITUDE(from[x]);
        twice = twice < -80 ? -80 : twice;
        const REAL n = NAMED(nearest)(twice * (REAL)LOG2_E), power = NAMED(scale)(n);
        const REAL part = power * NAMED(series)(MULTIPLY_ADD(-n, LN2_LOW, MULTIPLY_ADD(-n, LN2_HIGH, twice)));
        const REAL less = part + (power - 1); /* exp(-2 |x|) - 1, without cancellation */
        into[x] = WITH_SIGN(less / (2 + less), from[x]);
    }
}

TARGET static void NAMED(silu)(const REAL *from, REAL *into, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) into[x] = from[x] * NAMED(logistic)(from[x]);
}

TARGET static void NAMED(gelu)(const REAL *from, REAL *into, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) {
        const REAL tail = NAMED(tail)(MAGNITUDE(from[x]));
        into[x] = from[x] * (from[x] >= 0 ? 1 - tail : tail);
    }
}

TARGET static void NAMED(gelu_tanh)(const REAL *from, REAL *into, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) {
        const REAL value = from[x], cube = (REAL)0.044715 * value * value * value;
        into[x] = value * NAMED(logistic)((REAL)(2 * SQRT_2_PI) * (value + cube));
    }
}

/* min(max(x, 0), 6), and NaN for NaN. */
TARGET static inline REAL NAMED(to_six)(REAL x) {
    x = x < 0 ? 0 : x;
    return x > 6 ? 6 : x;
}

TARGET static void NAMED(relu6)(const REAL *from, REAL *into, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) into[x] = NAMED(to_six)(from[x]);
}

TARGET static void NAMED(hardswish)(const REAL *from, REAL *into, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) into[x] = from[x] * (NAMED(to_six)(from[x] + 3) * (REAL)(1.0 / 6));
}

#undef BITS
#undef MANTISSA
#undef ONE_BITS
#undef HIGH_BITS
#undef MAGIC
#undef LN2_HIGH
#undef LN2_LOW
#undef LARGEST_POWER
#undef LARGEST
#undef MAGNITUDE
#undef WITH_SIGN
