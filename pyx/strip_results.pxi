# Results of a strip on their way from sums to the target's rows.

cdef inline bint is_plain(const Job *job) noexcept nogil:
    """Return whether responses are the sums of one kernel as they are."""
    return job.kernel.count == 1 and job.output.scale == 1


cdef void convert_sums(lane *like, const Job *job, const lane *lanes, const lane *other, char *into, Sample kind,
                       Py_ssize_t count, char *wide) noexcept nogil:
    """Convert sums to samples of a kind; other: sums of the second kernel; wide: room for floats or doubles."""
    cdef Sample floating = FLOAT64 if lane is double else FLOAT32
    if is_plain(job):
        store(lanes, into, kind, count, job.output.bounded)
        return
    if kind == floating:
        wide = into
    if job.kernel.count == 2:
        magnitude(like, lanes, other, wide, count, job.output.scale)
    else:
        scaled(like, lanes, wide, count, job.output.scale)
    if wide == into:
        return
    if lane is double:
        store(<const double *>wide, into, kind, count, job.output.bounded)
    else:
        store(<const float *>wide, into, kind, count, job.output.bounded)


cdef inline void finish_results(lane *like, const real *responses, const Job *job, const Scratch *scratch,
                                const lane *lanes, const lane *other, const lane *center, char *into,
                                Py_ssize_t count) noexcept nogil:
    """Convert sums to responses, and store the epilogue of these."""
    cdef real *finished = <real *>(into if job.target.kind == job.epilogue.kind else scratch.wide)
    if (lane is real) and is_plain(job):
        responses = <const real *>lanes
    else:
        responses = <const real *>scratch.responses
        convert_sums(like, job, lanes, other, scratch.responses, job.epilogue.kind, count, scratch.wide)
    add_epilogue(&job.epilogue, responses, center, <real *>scratch.products, finished, count)
    if <char *>finished != into:
        store(finished, into, job.target.kind, count, job.output.bounded)


cdef void store_results(lane *like, const Job *job, const Scratch *scratch, const lane *lanes, const lane *other,
                        const lane *center, char *into, Py_ssize_t count) noexcept nogil:
    """Convert sums to samples of the target, after the epilogue if there is one."""
    if job.epilogue.finish == NOTHING:
        convert_sums(like, job, lanes, other, into, job.target.kind, count, scratch.wide)
    elif job.epilogue.kind == FLOAT32:
        finish_results(like, <const float *>NULL, job, scratch, lanes, other, center, into, count)
    else:
        finish_results(like, <const double *>NULL, job, scratch, lanes, other, center, into, count)


cdef void store_row(lane *like, const Job *job, const Scratch *scratch, Py_ssize_t q, const lane *lanes, char *row,
                    Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    """Store count results of the group's row q, of one kernel or two, in the target's row from result `first` on."""
    cdef Sample kind = FLOAT64 if lane is double else FLOAT32
    cdef bint plain = (lane is not int16_t and job.target.kind == kind and is_plain(job)
                       and job.epilogue.finish == NOTHING)
    cdef const lane *other = <const lane *>(<const char *>lanes + job.tiling.group * scratch.result_size)
    cdef const lane *center = NULL
    if reads_center(job):
        center = <const lane *>scratch.order[q * job.tiling.row_advance + job.epilogue.row]
        center += job.epilogue.offset + first
    row += first * job.target.size
    if job.output.streamed and plain:
        stream(row, <const char *>lanes, count * job.target.size)
    elif job.output.streamed:
        store_results(like, job, scratch, lanes, other, center, scratch.samples, count)
        stream(row, scratch.samples, count * job.target.size)
    else:
        store_results(like, job, scratch, lanes, other, center, row, count)
