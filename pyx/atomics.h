/* Numbers and pointers that threads share without a lock (all operations are sequentially consistent), a short pause, and
 * the processor that a thread runs on. */
#ifndef IMFILTER_ATOMICS_H
#define IMFILTER_ATOMICS_H

#if !defined(_MSC_VER) || defined(__clang__)
#define load_number(place) __atomic_load_n(place, __ATOMIC_SEQ_CST)
#define store_number(place, number) __atomic_store_n(place, number, __ATOMIC_SEQ_CST)
#define swap_number(place, number) __atomic_exchange_n(place, number, __ATOMIC_SEQ_CST)
#define swap_pointer(place, pointer) __atomic_exchange_n(place, pointer, __ATOMIC_SEQ_CST)
#define load_pointer(place) __atomic_load_n(place, __ATOMIC_SEQ_CST)
#define add_number(place, number) __atomic_fetch_add(place, number, __ATOMIC_SEQ_CST)
#define add_size(place, number) __atomic_fetch_add(place, number, __ATOMIC_SEQ_CST)
static inline int replace_number(int *place, int from, int to) {
    return __atomic_compare_exchange_n(place, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline int replace_pointer(void **place, void *from, void *to) {
    return __atomic_compare_exchange_n(place, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
#if defined(__x86_64__) || defined(__i386__)
#define relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define relax() __asm__ volatile("isb")
#else
#define relax() ((void)0)
#endif
#else
#include <intrin.h>
#include <windows.h>
#define load_number(place) _InterlockedOr((volatile long *)(place), 0)
#define store_number(place, number) ((void)_InterlockedExchange((volatile long *)(place), number))
#define swap_number(place, number) _InterlockedExchange((volatile long *)(place), number)
#define swap_pointer(place, pointer) _InterlockedExchangePointer((void *volatile *)(place), pointer)
#define load_pointer(place) _InterlockedCompareExchangePointer((void *volatile *)(place), NULL, NULL)
#define add_number(place, number) ((int)_InterlockedExchangeAdd((volatile long *)(place), number))
#define add_size(place, number) ((Py_ssize_t)InterlockedExchangeAddSizeT((volatile SIZE_T *)(place), number))
#define replace_number(place, from, to) (_InterlockedCompareExchange((volatile long *)(place), to, from) == (from))
#define replace_pointer(place, from, to) \
    (_InterlockedCompareExchangePointer((void *volatile *)(place), to, from) == (from))
#define relax() YieldProcessor()
#endif

/* The processor that this thread runs on, or -1 where the system does not say; and have it run on another one, if it may.
 * Linux leaves a thread that it wakes on the caller's processor while all others are busy, even with less important work. */
#if defined(__linux__)
#include <sched.h>
#define current_processor() sched_getcpu()
static inline void leave_processor(int processor) {
    cpu_set_t before, others;
    if (processor < 0 || processor >= CPU_SETSIZE || sched_getaffinity(0, sizeof before, &before))
        return;
    others = before;
    CPU_CLR(processor, &others);
    if (CPU_COUNT(&others) && !sched_setaffinity(0, sizeof others, &others))
        sched_setaffinity(0, sizeof before, &before);
}
#else
#define current_processor() (-1)
#define leave_processor(processor) ((void)0)
#endif

#endif
