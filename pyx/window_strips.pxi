# A strip of a filter that looks at windows: some consecutive output rows of one image, computed by one thread.

cdef Py_ssize_t window_scratch(const Window *job) noexcept nogil:
    if job.method == EXTREME and not is_small(job):
        return (job.height + 3) * extreme_row_size(job)
    if job.method == CHORDS:
        return chord_scratch(job, NULL).size
    if job.method == HEIGHTS:
        return height_scratch(job, NULL).size
    if job.method == HISTOGRAM:
        return histogram_scratch(job)
    if job.method == BILATERAL:
        return bilateral_scratch(job, NULL, sizeof(double)).size
    if job.method == STATISTICS:
        return sums_scratch(job, NULL).size if sums_are_exact(job) else merge_scratch(job, NULL).size
    if job.method == ENTROPY:
        return entropy_scratch(job, NULL).size
    return rank_scratch(job, NULL).size


cdef void rank_strip(key *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                     Poll poll) noexcept nogil:
    if job.method == EXTREME and not is_small(job):
        extremes(like, job, n, first, last, memory, poll)
    elif job.method == CHORDS:
        chord_extremes(like, job, n, first, last, memory, poll)
    else:
        ranks(like, job, n, first, last, memory, poll)


cdef void window_strip(Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                       Poll poll) noexcept nogil:
    """Compute output rows first to last - 1 of image n. The memory is window_scratch(job) bytes."""
    cdef Sample kind = job.source.kind
    if job.method == HISTOGRAM:
        histograms(job, n, first, last, memory, poll)
    elif job.method == HEIGHTS:
        if kind == FLOAT32:
            raised_extremes(<float *>NULL, job, n, first, last, memory, poll)
        else:
            raised_extremes(<double *>NULL, job, n, first, last, memory, poll)
    elif job.method == BILATERAL:
        if kind == FLOAT64 or kind == INT32 or job.target.kind == FLOAT64 or job.target.kind == INT32:
            bilateral(<lanes_double *>NULL, job, n, first, last, memory, poll)
        else:
            bilateral(<lanes_float *>NULL, job, n, first, last, memory, poll)
    elif job.method == ENTROPY:
        entropies(job, n, first, last, memory, poll)
    elif job.method == STATISTICS and not sums_are_exact(job):
        merged_statistics(job, n, first, last, memory, poll)
    elif job.method == STATISTICS and sums_fit_32_bits(job):
        statistics(<uint32_t *>NULL, job, n, first, last, memory, poll)
    elif job.method == STATISTICS:
        statistics(<uint64_t *>NULL, job, n, first, last, memory, poll)
    elif kind == UINT8:
        rank_strip(<uint8_t *>NULL, job, n, first, last, memory, poll)
    elif kind == UINT16:
        rank_strip(<uint16_t *>NULL, job, n, first, last, memory, poll)
    elif kind == INT16:
        rank_strip(<int16_t *>NULL, job, n, first, last, memory, poll)
    elif kind == INT32 or kind == FLOAT32:
        rank_strip(<int32_t *>NULL, job, n, first, last, memory, poll)
    else:
        rank_strip(<int64_t *>NULL, job, n, first, last, memory, poll)
