# A strip of a filter that looks at windows: some consecutive output rows of one image, computed by one thread.

cdef inline bint is_tall(const Window *job) noexcept nogil:
    return job.method == EXTREME and not is_small(job)


cdef Py_ssize_t window_scratch(const Window *job) noexcept nogil:
    if is_tall(job):
        return tall_scratch(job)
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


cdef void extreme_strip(ordered *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                        Poll poll) noexcept nogil:
    if job.method == CHORDS:
        chord_extremes(like, job, n, first, last, memory, poll)
    else:
        tall_extremes(like, job, n, first, last, memory, poll)


cdef void rank_strip(key *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                     Poll poll) noexcept nogil:
    if job.method != CHORDS and not is_tall(job):
        ranks(like, job, n, first, last, memory, poll)
    elif key is uint8_t:
        extreme_strip(<lanes_uint8 *>NULL, job, n, first, last, memory, poll)
    elif key is uint16_t:
        extreme_strip(<lanes_uint16 *>NULL, job, n, first, last, memory, poll)
    elif key is int16_t:
        extreme_strip(<lanes_int16 *>NULL, job, n, first, last, memory, poll)
    elif key is int32_t:
        extreme_strip(<lanes_int32 *>NULL, job, n, first, last, memory, poll)
    else:
        extreme_strip(<lanes_int64 *>NULL, job, n, first, last, memory, poll)


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
