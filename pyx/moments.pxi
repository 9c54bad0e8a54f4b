# The normal equations of least squares: weighted sums of the products of shifted rows.
#
#     sums[a, b] += sum over y, x of weights[y, x] * term a[y, x] * term b[y, x]         for blocks with b >= a
#
# A term is a view of the samples, shifted by one tap of the kernel: the views overlap, and nothing is copied. Loop
# order: row > piece of a row, short enough for all its terms to stay in the first-level cache > blocks of 4 x 4 terms >
# vectors along the row. A block takes nine loads for its sixteen products. Its sums go to memory after each piece.

cdef enum:
    PIECE = 512     # columns


cdef inline void add_block(double *sums, Py_ssize_t pitch, const double *w, const double **a, const double **b,
                           Py_ssize_t x, Py_ssize_t end) noexcept nogil:
    """Add the products of four terms and four others over columns x to end - 1."""
    cdef lanes_double *like = NULL
    cdef lanes_double v, u0, u1, u2, u3, zero = lane_zero(like[0])
    cdef lanes_double s00 = zero, s01 = zero, s02 = zero, s03 = zero
    cdef lanes_double s10 = zero, s11 = zero, s12 = zero, s13 = zero
    cdef lanes_double s20 = zero, s21 = zero, s22 = zero, s23 = zero
    cdef lanes_double s30 = zero, s31 = zero, s32 = zero, s33 = zero
    cdef Py_ssize_t i, j, k, step = sizeof(lanes_double) // sizeof(double)
    cdef double parts[4][4][8]    # 8: lanes of the widest vector
    while x + step <= end:
        v = lane_load(w + x, like[0])
        u0 = v * lane_load(a[0] + x, like[0])
        u1 = v * lane_load(a[1] + x, like[0])
        u2 = v * lane_load(a[2] + x, like[0])
        u3 = v * lane_load(a[3] + x, like[0])
        v = lane_load(b[0] + x, like[0])
        s00 += u0 * v
        s10 += u1 * v
        s20 += u2 * v
        s30 += u3 * v
        v = lane_load(b[1] + x, like[0])
        s01 += u0 * v
        s11 += u1 * v
        s21 += u2 * v
        s31 += u3 * v
        v = lane_load(b[2] + x, like[0])
        s02 += u0 * v
        s12 += u1 * v
        s22 += u2 * v
        s32 += u3 * v
        v = lane_load(b[3] + x, like[0])
        s03 += u0 * v
        s13 += u1 * v
        s23 += u2 * v
        s33 += u3 * v
        x += step
    lane_store(parts[0][0], s00)
    lane_store(parts[0][1], s01)
    lane_store(parts[0][2], s02)
    lane_store(parts[0][3], s03)
    lane_store(parts[1][0], s10)
    lane_store(parts[1][1], s11)
    lane_store(parts[1][2], s12)
    lane_store(parts[1][3], s13)
    lane_store(parts[2][0], s20)
    lane_store(parts[2][1], s21)
    lane_store(parts[2][2], s22)
    lane_store(parts[2][3], s23)
    lane_store(parts[3][0], s30)
    lane_store(parts[3][1], s31)
    lane_store(parts[3][2], s32)
    lane_store(parts[3][3], s33)
    for i in range(4):
        for j in range(4):
            for k in range(step):
                sums[i * pitch + j] += parts[i][j][k]
            for k in range(x, end):
                sums[i * pitch + j] += w[k] * a[i][k] * b[j][k]


cdef void moments(const Moments *job) noexcept nogil:
    cdef Py_ssize_t y, x, end, i, j, k
    cdef const double *a[4]
    cdef const double *b[4]
    for y in range(job.rows):
        x = 0
        while x < job.columns:
            end = min(x + PIECE, job.columns)
            for i in range(0, job.terms, 4):
                for k in range(4):
                    a[k] = job.samples + job.starts[i + k] + y * job.steps[i + k]
                for j in range(i, job.terms, 4):
                    for k in range(4):
                        b[k] = job.samples + job.starts[j + k] + y * job.steps[j + k]
                    add_block(job.sums + i * job.terms + j, job.terms, job.weights + y * job.columns, a, b, x, end)
            x = end
