/* Vectors of lanes, as wide as the instruction set the including file is compiled for.
 *
 * A lane type is a GCC/Clang vector that may sit at any address; C arithmetic on it is done lane by
 * lane. Cython is told that each is a plain number (engine.pxd), so a loop written in Cython compiles
 * to vector instructions for whichever lane type it is specialised to. Other compilers get the plain
 * number itself: slower, and right.
 */
#ifndef IMFILTER_LANES_H
#define IMFILTER_LANES_H

#include <stdint.h>

#if defined(__AVX512F__)
#define LANES_BYTES 64
#elif defined(__AVX__)
#define LANES_BYTES 32
#else
#define LANES_BYTES 16
#endif

#if defined(__GNUC__)
#define LANES(T, bytes) T __attribute__((vector_size(bytes), aligned(sizeof(T)), may_alias))
typedef LANES(float, LANES_BYTES) lanes_float;
typedef LANES(float, LANES_BYTES / 2) lanes_half; /* for few output channels */
typedef LANES(double, LANES_BYTES) lanes_double;
/* Unsigned, because places past a row's end hold anything and may overflow: the bits are the same. */
typedef LANES(uint16_t, LANES_BYTES) lanes_short;
#define lane_splat(p, like) (*(const __typeof__((like)[0]) *)(p))
#define lane_zero(like) ((__typeof__(like)){0})
#define lane_size(like) sizeof((like)[0])
#else
typedef float lanes_float;
typedef float lanes_half;
typedef double lanes_double;
typedef int16_t lanes_short;
#define lane_splat(p, like) (*(const __typeof__(like) *)(p))
#define lane_zero(like) 0
#define lane_size(like) sizeof(like)
#endif

/* `like` is any variable of the lane type meant. splat reads one number, which C then spreads over
 * the lanes it is multiplied with. */
#define lane_load(p, like) (*(const __typeof__(like) *)(p))
#define lane_store(p, value) (*(__typeof__(value) *)(p) = (value))

#endif
