# Solid kernels as the loops read them: bands of ones, and the sums that make up the kernel.

cdef enum:
    DOUBLED_BOX = 12            # width from which sums of neighbors pay
    TOTALED_BOX = 12             # width from which running totals of 16-bit samples pay
    WIDEST_SUM = 8
    SUMS_LANES = 32768          # of 32 bits: sums and totals of 16-bit samples stay within the second-level cache


cdef int plan_solid(Packed packed, const double[:, ::1] kernel) except -1:
    """List the bands of a solid kernel, and which of their sums make it up."""
    cdef Job *job = &packed.job
    cdef Stage *stage = &job.kernel.stages[0]
    cdef Py_ssize_t channels = job.source.channels, width = job.geometry.kernel_width, j, fits
    list_bands(packed, stage, kernel)
    job.ring.doublings = 0
    if job.source.kind == UINT16:
        job.box.totaled = width >= TOTALED_BOX
    elif job.box.band_count == 1 and stage.tap_count == width >= DOUBLED_BOX:
        fits = min(width, 65535 // (255 * job.box.bands[0].height), WIDEST_SUM)
        while 2 << job.ring.doublings <= fits:
            job.ring.doublings += 1
    fits = (SUMS_LANES if job.source.kind == UINT16 else RING_BYTES // 4) // channels
    fits = fits // solid_rows(job) - width
    job.tiling.width = min(job.target.width, max(fits, NARROWEST_TILE, width))
    job.ring.row_lanes = ((job.tiling.width + width) * channels + packed.loops.lanes_bytes + 63) & ~63
    if job.ring.doublings:
        list_doublings(stage, width, job.ring.doublings)
    for j in range(stage.tap_count):
        stage.taps[j].offset = stage.taps[j].row * job.ring.row_lanes + stage.taps[j].column * channels
    if job.box.band_count == 1 and job.target.kind == UINT8:
        plan_division(packed, job.box.bands[0].height * width)
    return 0


cdef int list_bands(Packed packed, Stage *stage, const double[:, ::1] kernel) except -1:
    """List the different bands of the kernel's columns, and for each column which it is."""
    cdef Job *job = &packed.job
    cdef Py_ssize_t i, j, b, top, height
    job.box.bands = <Band *>take(job.geometry.kernel_width, sizeof(Band))
    stage.taps = <Tap *>take(job.geometry.kernel_width, sizeof(Tap))
    for j in range(job.geometry.kernel_width):
        top = height = 0
        for i in range(job.geometry.kernel_height - 1, -1, -1):
            if kernel[i, j] != 0:
                top = i
                height += 1
        b = 0
        while b < job.box.band_count and (job.box.bands[b].top != top or job.box.bands[b].height != height):
            b += 1
        if height:
            job.box.bands[b].top, job.box.bands[b].height = top, height
            job.box.band_count = max(job.box.band_count, b + 1)
            stage.taps[stage.tap_count].row, stage.taps[stage.tap_count].column = b, j
            stage.tap_count += 1
    return 0


cdef void list_doublings(Stage *stage, Py_ssize_t width, Py_ssize_t doublings):
    """List the sums of 2**doublings, ... 2, 1 neighboring columns that make up a box of this width."""
    cdef Py_ssize_t j = 0, doubling
    stage.tap_count = 0
    for doubling in range(doublings, -1, -1):
        while width - j >= 1 << doubling:
            stage.taps[stage.tap_count].row, stage.taps[stage.tap_count].column = doubling, j
            stage.tap_count += 1
            j += 1 << doubling


cdef void plan_division(Packed packed, Py_ssize_t area):
    """Find a multiplication and a shift that divide the sums of a box by its area, where these fit 16 bits."""
    cdef Job *job = &packed.job
    cdef Py_ssize_t one, magic
    if abs(job.output.scale * area - 1) > 1e-12 or area * 255 + area // 2 > 65535:
        return
    while (65536 << job.box.magic_shift + 1) // area < 65535:
        job.box.magic_shift += 1
    one = 65536 << job.box.magic_shift
    magic = (one + area - 1) // area
    # Exact as long as the excess of the magic number, times the largest sum, stays below one unit.
    if (magic * area - one) * (area * 255 + area // 2) < one:
        job.box.magic, job.box.area = magic, area


cdef int plan_float_box(Packed packed, double weight) except -1:
    """Lay out the sums of a box over floats, which all have one weight: see float_box.pxi."""
    cdef Job *job = &packed.job
    cdef Box *box = &job.box
    cdef Py_ssize_t height = job.geometry.kernel_height, width = job.geometry.kernel_width, rows, fits
    box.part_height, box.part_width = cheapest_part(height), cheapest_part(width)
    box.down, box.across = 1.0 / height, weight * height       # means down, which no image overflows
    job.ring.doublings = 0
    rows = height + 2 * BOX_ROWS + 2        # of the image, parts, and what is made of them
    fits = 2 * RING_BYTES // (4 * rows * job.source.channels) - width
    job.tiling.width = min(job.target.width, max(fits, NARROWEST_TILE, width))
    job.ring.row_lanes = (job.tiling.width + width - 1) * job.source.channels
    job.output.streamed = is_streamed(packed, True) and job.target.kind == FLOAT32 and job.target.packed
    job.tiling.work = BOX_ROWS * 4.0 * job.tiling.width * job.source.channels * (box.part_height + box.part_width)
    return 0


cdef Py_ssize_t cheapest_part(Py_ssize_t length):
    """Return how many neighbors are summed first, so that the sums of these sums take the fewest additions."""
    cdef Py_ssize_t part, cost, best = length, least = length + 1
    for part in range(length, 0, -1):
        cost = part + length // part + length % part
        if cost < least:
            best, least = part, cost
    return best
