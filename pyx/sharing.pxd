"""What the pool of threads (pool.pyx) and the core share: how work is handed to threads."""

cdef extern from "atomics.h" nogil:
    int load_number(int *place)
    void store_number(int *place, int number)
    int swap_number(int *place, int number)
    void *load_pointer(void **place)
    void *swap_pointer(void **place, void *pointer)
    bint replace_number(int *place, int old, int new)           # whether it was old
    bint replace_pointer(void **place, void *old, void *new)
    int add_number(int *place, int number)                      # the number before
    Py_ssize_t add_size(Py_ssize_t *place, Py_ssize_t number)   # the size before
    void relax()
    int current_processor()
    void leave_processor(int processor)

# Takes pieces of the work until none is left; called once on each thread. caller: on the one that waits for the others.
ctypedef void (*Part)(void *work, bint caller) noexcept nogil

# Called every 10 ms while the caller waits: checks for signals, and has all parts end early after one.
ctypedef void (*Wait)(void *work) noexcept nogil


cdef struct Pool:
    # How many of these threads are worth using for work that takes one of them this many seconds.
    Py_ssize_t (*count)(Py_ssize_t threads, double seconds) noexcept nogil
    # Run parts of some work on this thread and up to threads - 1 others; return when all have ended.
    void (*share)(Part part, Wait wait, void *work, Py_ssize_t threads, double seconds) noexcept nogil
