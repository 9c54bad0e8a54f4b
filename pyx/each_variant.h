/* Include the rows named by ROWS once for each type, float and double, and for each instruction set: with TARGET before
   functions and NAMED() around their names. The bits are the same for all vectors: each operation rounds once, but for
   MULTIPLY_ADD(a, b, c), which is a b + c, rounded once on processors with AVX2. */
#ifndef IMFILTER_EACH_VARIANT_H
#define IMFILTER_EACH_VARIANT_H

#include "forward.h"

#define JOINED(name, real, variant) name##_##real##_##variant
#define NAMED_FOR(name, real, variant) JOINED(name, real, variant)
#define NAMED(name) NAMED_FOR(name, REAL, VARIANT)

#define TARGET
#define VARIANT plain
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#define REAL float
#include ROWS
#undef REAL
#define REAL double
#include ROWS
#undef REAL
#undef VARIANT
#undef TARGET
#undef MULTIPLY_ADD

#if defined(__GNUC__) && defined(__x86_64__)
#define MULTIPLY_ADD(a, b, c) (sizeof(REAL) == sizeof(float) ? (REAL)__builtin_fmaf(a, b, c) : (REAL)__builtin_fma(a, b, c))
#define TARGET __attribute__((target("avx2,fma")))
#define VARIANT v3
#define REAL float
#include ROWS
#undef REAL
#define REAL double
#include ROWS
#undef REAL
#undef VARIANT
#undef TARGET

#if defined(__clang__)
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#else
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")))
#endif
#define VARIANT v4
#define REAL float
#include ROWS
#undef REAL
#define REAL double
#include ROWS
#undef REAL
#undef VARIANT
#undef TARGET

/* How many bytes the vectors have that the processor computes with. */
static int vector_bytes(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 16;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
               ? 64 : 32;
}

#define CHOOSE(name, real, arguments) \
    if (bytes >= 64) name##_##real##_v4 arguments; \
    else if (bytes >= 32) name##_##real##_v3 arguments; \
    else name##_##real##_plain arguments
#else
static int vector_bytes(void) { return 16; }
#define CHOOSE(name, real, arguments) name##_##real##_plain arguments
#endif

#endif
