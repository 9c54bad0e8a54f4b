# Minimum and maximum of tall windows, on keys (window.pxi).
#
# They may count a sample twice. So across, a window of 4, 16, ... columns combines four of a quarter of the width, and
# any other width combines some that overlap (small_windows.pxi). Down, rows are grouped into blocks as high as the
# window, and each window is the end of one block and the start of the next: three comparisons per sample for any
# height.
#
# M. van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels",
# Pattern Recognition Letters 13, 1992.

cdef struct TallTile:
    char *slots             # [height] rows of extremes across, each `pitch` bytes
    char *result
    char *raw               # a row of the padded image
    char *spare             # two rows between it and its extremes
    Py_ssize_t pitch
    Py_ssize_t n, x, pixels     # image, first column and columns of the results


cdef TallTile tall_tile(const Window *job, Py_ssize_t n, char *memory) noexcept nogil:
    cdef TallTile tile
    # Of a row, and room for the end of a vector.
    tile.pitch = rounded_up(((job.tile + job.width - 1) * job.source.channels + 128) * job.source.size)
    tile.slots = memory
    tile.result = memory + job.height * tile.pitch
    tile.raw = tile.result + tile.pitch
    tile.spare = tile.raw + tile.pitch
    tile.n, tile.x, tile.pixels = n, 0, 0
    return tile


cdef Py_ssize_t tall_scratch(const Window *job) noexcept nogil:
    return (job.height + 4) * tall_tile(job, 0, NULL).pitch


cdef inline void fill_slot(bint largest, ordered *like, const Window *job, const TallTile *tile, Py_ssize_t y,
                           Py_ssize_t slot) noexcept nogil:
    """Fill a slot with the extremes of windows one row high, of row y of the padded image."""
    cdef Py_ssize_t channels = job.source.channels, columns = tile.pixels + job.width - 1
    cdef Py_ssize_t step = channels * job.source.size
    fill_part(job, tile.n, y - job.top, tile.x, columns, tile.raw)
    make_keys(job, tile.raw, columns * channels, not largest)
    extremes_across(largest, like, tile.raw, step, job.width, tile.spare, tile.pitch,
                    tile.slots + slot * tile.pitch, tile.pixels * step)


cdef inline void finish_block(bint largest, ordered *like, const Window *job, const TallTile *tile) noexcept nogil:
    """Turn each slot into the extremes of it and of all that follow."""
    cdef Py_ssize_t k, size = tile.pixels * job.source.channels * job.source.size
    for k in range(job.height - 2, -1, -1):
        extremes_of_few(largest, like, tile.slots + k * tile.pitch, 2, 0, tile.pitch, tile.slots + k * tile.pitch, size)


cdef inline void take_row(bint largest, ordered *like, char *begun, const char *row, const char *rest, char *result,
                          Py_ssize_t size) noexcept nogil:
    """Add a row to the block that has begun, and write the extremes of that block and of the rest of the one before."""
    cdef Py_ssize_t x = 0
    cdef ordered most
    while x < size:
        most = extreme(largest, vector_at(like, begun + x), vector_at(like, row + x))
        lane_store(begun + x, most)
        lane_store(result + x, extreme(largest, most, vector_at(like, rest + x)))
        x += sizeof(ordered)


cdef inline void extremes_of_part(bint largest, ordered *like, Window *job, TallTile *tile, Py_ssize_t first,
                                  Py_ssize_t last, double *work, Poll poll) noexcept nogil:
    """Compute the results of some neighboring columns."""
    cdef Py_ssize_t size = tile.pixels * job.source.channels * job.source.size, height = job.height
    cdef Py_ssize_t y = first * job.stride_y, end = (last - 1) * job.stride_y, k
    cdef char *result
    for k in range(height - 1):
        fill_slot(largest, like, job, tile, y + k, k)
    while y <= end:
        # Slot k holds row y + k of a block, slot 0 the extremes of all of them: to count a row twice does no harm.
        fill_slot(largest, like, job, tile, y + height - 1, height - 1)
        finish_block(largest, like, job, tile)
        for k in range(height):
            result = tile.slots
            if k:       # the new row goes into a slot that is no longer needed
                fill_slot(largest, like, job, tile, y + height - 1, k - 1)
                result = tile.result
                take_row(largest, like, tile.slots, tile.slots + (k - 1) * tile.pitch, tile.slots + k * tile.pitch,
                         result, size)
            if y % job.stride_y == 0:
                write_part(job, tile.n, y // job.stride_y, result, tile.x, tile.pixels, False)
            if should_stop(&job.stopped, work, job.work, poll):
                return
            y += 1
            if y > end:
                return


cdef void tall_extremes(ordered *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                        Poll poll) noexcept nogil:
    cdef TallTile tile = tall_tile(job, n, memory)
    cdef double work = 0
    while tile.x < job.columns and not flag_is_set(&job.stopped):
        tile.pixels = min(job.tile, job.columns - tile.x)
        if job.rank:
            extremes_of_part(True, like, job, &tile, first, last, &work, poll)
        else:
            extremes_of_part(False, like, job, &tile, first, last, &work, poll)
        tile.x += tile.pixels
    stream_end()
