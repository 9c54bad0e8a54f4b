# The worker's side: wait for a ticket, do the work, and say so.

cdef void serve(void *argument) noexcept nogil:
    """Take tickets for ever."""
    cdef Worker *worker = <Worker *>argument
    cdef Ticket *ticket
    cdef PyThread_type_lock lock
    cdef bint helps = False
    while True:
        ticket = await_ticket(worker, helps)
        if not is_elsewhere(ticket.work.processor):
            leave_processor(ticket.work.processor)
        helps = not ticket.work.brief or is_elsewhere(ticket.work.processor)
        if helps:
            ticket.work.part(ticket.work.argument, False)
        if swap_number(&ticket.state, ENDED if helps else REFUSED) == AWAITED:
            lock = ticket.ended
            store_number(&ticket.state, ENDED if helps else REFUSED)    # so sanitizers see that it was read before
            PyThread_release_lock(lock)


cdef inline bint is_elsewhere(int processor) noexcept nogil:
    """Return whether this thread runs on another processor, as far as the system says."""
    return processor < 0 or processor != current_processor()


cdef Ticket *await_ticket(Worker *worker, bint awake) noexcept nogil:
    """Take the next ticket out of a worker's slot, and sleep until there is one. awake: not at once."""
    cdef Ticket *ticket
    cdef int looks
    while True:
        store_number(&worker.state, AWAKE)
        looks = 0
        while looks < (pauses * (EXPECTANT if load_number(&expecting) else 1) if awake else 1):
            ticket = take_ticket(worker)
            if ticket != NULL:
                store_number(&worker.state, BUSY)
                return ticket
            relax()
            looks += 1
        store_number(&worker.state, ASLEEP)
        ticket = take_ticket(worker)        # which came before the caller could know that it must wake this worker
        if ticket == NULL or not replace_number(&worker.state, ASLEEP, BUSY):
            PyThread_acquire_lock(worker.bed, 1)
            awake = is_elsewhere(load_number(&worker.waker))
        if ticket != NULL:
            store_number(&worker.state, BUSY)
            return ticket


cdef inline Ticket *take_ticket(Worker *worker) noexcept nogil:
    return <Ticket *>swap_pointer(&worker.slot, NULL) if load_pointer(&worker.slot) != NULL else NULL
