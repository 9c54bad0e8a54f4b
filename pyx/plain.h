/* Included before all else by the build `plain` (docs/testing.md): what MSVC does not define is not defined here. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#undef __GNUC__
#undef __SSE__
#undef __SSE2__
#undef __x86_64__
