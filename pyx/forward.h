/* Before a loop: nothing that it reads was written by an iteration before, though it may compute rows in place. */
#ifndef IMFILTER_FORWARD_H
#define IMFILTER_FORWARD_H

#if defined(__clang__)
#define FORWARD _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define FORWARD _Pragma("GCC ivdep")
#else
#define FORWARD
#endif

#endif
