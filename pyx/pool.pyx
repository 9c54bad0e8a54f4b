"""The threads of this process that help callers. They belong to no interpreter, so loops on them need no lock.

A caller puts a ticket into the slot of a worker and begins. The worker takes the ticket out of the slot, if it comes in
time; when the caller has done all there is to do, it takes the tickets back that are still there, so it waits only for
workers that have begun. Tickets lie on the caller's stack: nobody touches one that is back or has ended.

After work, or when it was woken too late, a worker stays awake for some 40 microseconds, and for 2 milliseconds while a
caller says that more work follows (the layers of a network). To hand it more costs a fifth
of a microsecond; to wake one that sleeps costs the caller 4 to 9, and 20 pass until it begins (measured in a virtual
machine, AMD EPYC). A worker that finds itself on the caller's processor would only take its time: it moves to another
one, or refuses short work. While workers refuse or come too late, they are woken for few of the short calls.
"""
import os
import time

from imfilter.runtime.threads import count_processors

cimport cython
from cpython.pycapsule cimport PyCapsule_New

from sharing cimport *

cdef extern from "pythread.h" nogil:
    ctypedef void *PyThread_type_lock
    ctypedef enum PyLockStatus:
        PY_LOCK_ACQUIRED
    const unsigned long PYTHREAD_INVALID_THREAD_ID
    PyThread_type_lock PyThread_allocate_lock()
    void PyThread_free_lock(PyThread_type_lock lock)
    int PyThread_acquire_lock(PyThread_type_lock lock, int waits)
    PyLockStatus PyThread_acquire_lock_timed(PyThread_type_lock lock, long long microseconds, int interrupted)
    void PyThread_release_lock(PyThread_type_lock lock)
    unsigned long PyThread_start_new_thread(void (*function)(void *) noexcept nogil, void *argument)

cdef extern from "Python.h":
    int PyErr_CheckSignals() except -1

cdef enum:
    MOST_WORKERS = 256
    AWAKE_MICROSECONDS = 40     # for which a worker waits for more work before it sleeps
    EXPECTANT = 50              # times as long as this it waits while more work is expected
    POLL_MICROSECONDS = 10_000

cdef enum WorkerState:
    AWAKE, ASLEEP, BUSY

cdef enum TicketState:
    VALID, AWAITED, ENDED, REFUSED      # AWAITED: the caller sleeps until it has ended

cdef struct Work:
    Part part
    void *argument
    int processor               # that the caller runs on
    bint brief                  # ends before the system would move a worker to another processor

cdef struct Ticket:
    Work *work
    Worker *worker
    int state
    PyThread_type_lock ended

cdef struct Worker:
    void *slot                  # a Ticket that is offered, or NULL
    int state
    int waker                   # the processor of the caller that woke it
    PyThread_type_lock bed      # released once to wake it
    char apart[104]             # workers do not share cache lines

cdef double _hand_over = 10e-6      # seconds of work from which a worker that is awake gets some of it
cdef double _wake = 40e-6           # seconds of work from which workers are woken for it
cdef double _brief = 1e-3           # seconds of work that a worker refuses on the caller's processor

cdef enum:
    MOST_SKIPPED = 16           # calls for which workers are not woken after several were refused in a row

cdef Worker workers[MOST_WORKERS]
cdef int worker_count = 0, started = 0
cdef int most_workers = min(max(count_processors(), 2), MOST_WORKERS)
cdef int refused = 0, skipped = 0   # calls in a row; calls since
cdef int pauses = 0                 # in the time for which workers stay awake
cdef int expecting = 0              # callers that have said that more work follows


cdef void measure_pause():
    """Count the pauses in AWAKE_MICROSECONDS; the fastest of three attempts is without an interruption."""
    global pauses
    cdef int _k
    for _ in range(3):
        start = time.perf_counter()
        for _k in range(100):
            relax()
        pauses = max(pauses, int(AWAKE_MICROSECONDS * 1e-4 / max(time.perf_counter() - start, 1e-7)))


measure_pause()


include "pool_worker.pxi"


cdef void start() noexcept nogil:
    """Start the workers, or as many as the system has threads for."""
    global worker_count
    cdef Worker *worker
    cdef int k
    if not replace_number(&started, 0, 1):
        return
    for k in range(most_workers):
        worker = &workers[k]
        worker.slot, worker.state, worker.bed = NULL, AWAKE, PyThread_allocate_lock()
        if worker.bed == NULL:
            return
        PyThread_acquire_lock(worker.bed, 1)
        if PyThread_start_new_thread(serve, worker) == PYTHREAD_INVALID_THREAD_ID:
            return
        store_number(&worker_count, k + 1)


cdef Py_ssize_t count(Py_ssize_t threads, double seconds) noexcept nogil:
    if threads == 1 or seconds < _hand_over:
        return 1
    threads = min(threads, 2 + <Py_ssize_t>(min(seconds, 1.) / max(_hand_over, 1e-9)))
    return threads if has_awake_worker() or wakes_workers(seconds) else 1


cdef bint has_awake_worker() noexcept nogil:
    cdef int k
    for k in range(load_number(&worker_count)):
        if load_number(&workers[k].state) == AWAKE:
            return True
    return False


cdef bint wakes_workers(double seconds) noexcept nogil:
    """Return whether workers are woken for work that takes one thread this long."""
    cdef int calls = load_number(&refused)
    if calls == 0 or seconds >= _brief or seconds < _wake:
        return seconds >= _wake
    calls = min(1 << calls, MOST_SKIPPED)
    store_number(&skipped, (load_number(&skipped) + 1) % MOST_SKIPPED)      # which all numbers of calls divide
    return load_number(&skipped) % calls == 0


cdef void share(Part part, Wait wait, void *argument, Py_ssize_t threads, double seconds) noexcept nogil:
    cdef Work work
    cdef Ticket tickets[MOST_WORKERS]
    cdef Py_ssize_t k, offered
    cdef bint helped = False
    work.part, work.argument, work.brief = part, argument, seconds < _brief
    work.processor = current_processor()
    start()
    offered = offer_tickets(tickets, &work, min(threads - 1, MOST_WORKERS), seconds >= _wake)
    part(argument, True)
    for k in range(offered):
        if replace_pointer(&tickets[k].worker.slot, &tickets[k], NULL):
            tickets[k].state = REFUSED
    for k in range(offered):
        await_end(&tickets[k], wait, argument)
        helped |= load_number(&tickets[k].state) == ENDED
    if work.brief:
        store_number(&refused, 0 if helped else min(load_number(&refused) + 1, MOST_SKIPPED))


cdef Py_ssize_t offer_tickets(Ticket *tickets, Work *work, Py_ssize_t most, bint wakes) noexcept nogil:
    """Offer tickets to `most` workers at most: first to awake ones, then to sleeping ones, then to busy ones."""
    cdef int states[3]
    cdef Py_ssize_t offered = 0
    cdef int s, k
    cdef Worker *worker
    cdef Ticket *ticket
    states[0], states[1], states[2] = AWAKE, ASLEEP, BUSY
    for s in range(3 if wakes else 1):
        for k in range(load_number(&worker_count)):
            if offered == most:
                return offered
            worker, ticket = &workers[k], &tickets[offered]
            ticket.work, ticket.worker, ticket.state = work, worker, VALID
            if load_number(&worker.state) == states[s] and replace_pointer(&worker.slot, NULL, ticket):
                offered += 1
                if states[s] == ASLEEP:
                    wake(worker, work.processor)
    return offered


cdef inline void wake(Worker *worker, int processor) noexcept nogil:
    store_number(&worker.waker, processor)
    if replace_number(&worker.state, ASLEEP, AWAKE):
        PyThread_release_lock(worker.bed)


cdef void await_end(Ticket *ticket, Wait wait, void *argument) noexcept nogil:
    """Wait until the worker that took a ticket has ended: awake for a while, then asleep."""
    cdef int _k
    for _k in range(pauses):
        if load_number(&ticket.state) >= ENDED:
            return
        relax()
    ticket.ended = PyThread_allocate_lock()
    if ticket.ended == NULL:
        while load_number(&ticket.state) < ENDED:
            relax()
        return
    PyThread_acquire_lock(ticket.ended, 1)
    if replace_number(&ticket.state, VALID, AWAITED):
        while PyThread_acquire_lock_timed(ticket.ended, POLL_MICROSECONDS, 0) != PY_LOCK_ACQUIRED:
            wait(argument)
    PyThread_free_lock(ticket.ended)


cdef Pool pool
pool.count, pool.share = count, share
capsule = PyCapsule_New(&pool, "imfilter.pool", NULL)


def count_threads(Py_ssize_t threads, double seconds):
    """Return how many of these threads are worth using for work that takes one of them this many seconds."""
    return threads if seconds >= _wake else 1


def set_costs(double hand_over, double wake):
    """Set the seconds of work that are worth handing over, and worth waking a thread; return those before."""
    global _hand_over, _wake
    before = _hand_over, _wake
    _hand_over, _wake = hand_over, wake
    return before


def expect_work(Py_ssize_t threads):
    """Wake the workers for so many threads, and have them stay awake longer until `expect_none` is called as often."""
    cdef int k
    add_number(&expecting, 1)
    for k in range(min(load_number(&worker_count), threads - 1)):
        if load_number(&workers[k].state) == ASLEEP:
            wake(&workers[k], current_processor())


def expect_none():
    """Undo one `expect_work`."""
    add_number(&expecting, -1)


def count_workers():
    """Return how many workers this process has started."""
    return load_number(&worker_count)


def forget_workers():
    """Start other workers next time: this process is a child, which has none of its parent's threads."""
    global worker_count, started, expecting
    worker_count = started = expecting = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_workers)


include "pool_calls.pxi"
