/* Activations of neural networks, in float and double: functions of each sample, without tables and without branches, so
   that compilers make vectors of them. The bits are the same for all vectors: each operation rounds once. */
#ifndef IMFILTER_ACTIVATIONS_H
#define IMFILTER_ACTIVATIONS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LOG2_E 1.4426950408889634074
#define SQRT_HALF 0.70710678118654752440
#define SQRT_2_PI 0.79788456080286535588

#define FLOAT_float 1
#define FLOAT_double 0
#define FLOAT_OF(real) FLOAT_##real
#define IS_FLOAT(real) FLOAT_OF(real)

#if defined(__GNUC__) && !defined(__clang__)
#define UNROLL _Pragma("GCC unroll 32")
#else
#define UNROLL
#endif

/* erfc(z) = t exp(-z^2 + P) with t = 2 / (2 + z): the Chebyshev coefficients of P in 2 t - 1. W. H. Press et al.,
   "Numerical recipes", 3rd edition, 2007, section 6.2.2. */
#define TERMS 28
static const double CHEBYSHEV[TERMS] = {
    -1.3026537197817094, 6.4196979235649026e-1, 1.9476473204185836e-2, -9.561514786808631e-3, -9.46595344482036e-4,
    3.66839497852761e-4, 4.2523324806907e-5, -2.0278578112534e-5, -1.624290004647e-6, 1.303655835580e-6,
    1.5626441722e-8, -8.5238095914e-8, 6.529054439e-9, 5.059343495e-9, -9.91364156e-10, -2.27365122e-10,
    9.6467911e-11, 2.394038e-12, -6.886027e-12, 8.94487e-13, 3.13092e-13, -1.12708e-13, 3.81e-16, 7.106e-15,
    -1.523e-15, -9.4e-17, 1.21e-16, -2.8e-17};

#define ROWS "activation_rows.h"
#include "each_variant.h"

#define DISPATCHED(real) \
    static void activate_##real(int bytes, int function, const real *from, real *into, ptrdiff_t count, real slope) { \
        switch (function) { \
        case 0: CHOOSE(relu, real, (from, into, count)); break; \
        case 1: CHOOSE(leaky_relu, real, (from, into, count, slope)); break; \
        case 2: CHOOSE(sigmoid, real, (from, into, count)); break; \
        case 3: CHOOSE(hyperbolic, real, (from, into, count)); break; \
        case 4: CHOOSE(silu, real, (from, into, count)); break; \
        case 5: CHOOSE(gelu, real, (from, into, count)); break; \
        case 6: CHOOSE(gelu_tanh, real, (from, into, count)); break; \
        case 7: CHOOSE(relu6, real, (from, into, count)); break; \
        case 8: CHOOSE(hardswish, real, (from, into, count)); break; \
        } \
    }
DISPATCHED(float)
DISPATCHED(double)

#endif
