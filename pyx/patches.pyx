"""Non-local means of a block of pixels: weighted differences from pixels whose surroundings look alike.

For each offset, the block is passed from top to bottom: squared differences of pixels and those an offset away are
summed down, over a ring of rows, then across, and become weights. The distance of two patches is the same both ways: a
weight serves both pixels, and half of the offsets suffice. A row stays in the first-level cache from its differences to
its weights.

Sums of patches have no running sums, which would drift: rows are added up, of large patches those of 2, 4, ... rows. No
result depends on where its block begins, because each pixel's offsets come in the same order.

Arrays are (planes, rows, columns) of floats or doubles. Whoever calls has checked everything (imfilter.engine.non_local
does).
"""
from engine cimport real

cdef enum:
    MOST = 7        # terms of a sum
    LEVELS = 8      # sums of 1, 2, 4, ... rows; patches have fewer than 128
    LANES = 16      # loops compute multiples of so many numbers; those beyond what is needed are never read

cdef extern from "patches.h" nogil:
    int vector_bytes()
    void square_differences_float(int, int, const float **, const float **, float *, Py_ssize_t)
    void square_differences_double(int, int, const double **, const double **, double *, Py_ssize_t)
    void sum_terms_float(int, int, const float **, float *, Py_ssize_t)
    void sum_terms_double(int, int, const double **, double *, Py_ssize_t)
    void weigh_patches_float(int, int, const float **, float, float, float, int, float *, Py_ssize_t)
    void weigh_patches_double(int, int, const double **, double, double, double, int, double *, Py_ssize_t)
    void add_differences_float(int, int, const float *, const float **, const float **, float **, float **, Py_ssize_t)
    void add_differences_double(int, int, const double *, const double **, const double **, double **, double **,
                                Py_ssize_t)

include "use_vectors.pxi"


cdef struct Terms:      # a sum of `size` numbers, made of those of 2**level, and of smaller powers
    int level
    int count
    int levels[MOST]
    Py_ssize_t places[MOST]     # from the first number of the sum

cdef Terms find_terms(Py_ssize_t size) noexcept nogil:
    """Return the fewest levels with which a sum has at most MOST terms."""
    cdef Terms terms
    cdef Py_ssize_t place = 0
    cdef int k, rest = 0
    terms.level = 0
    while True:
        rest = 0
        for k in range(terms.level):
            rest += (size >> k) & 1
        if (size >> terms.level) + rest <= MOST:
            break
        terms.level += 1
    terms.count = 0
    k = terms.level
    while place < size:
        while place + (<Py_ssize_t>1 << k) > size:
            k -= 1
        terms.levels[terms.count], terms.places[terms.count] = k, place
        place += <Py_ssize_t>1 << k
        terms.count += 1
    for k in range(terms.count, MOST):      # which are not added
        terms.levels[k] = 0
        terms.places[k] = 0
    return terms


cdef struct Block:      # pointers to numbers of one type; distances are in numbers
    void *pixels
    void *values
    void *sums
    void *spare
    void *rings
    void *rooms
    void **lists            # of rows, one for each plane: six lists
    Py_ssize_t plane        # from one channel of pixels or values to the next, and from one row to the next
    Py_ssize_t row
    Py_ssize_t sum_plane
    Py_ssize_t sum_row
    Py_ssize_t spare_row
    Py_ssize_t level        # from the ring of sums of 2**k rows to the next
    Py_ssize_t room         # from one row of rings and rooms to the next
    Py_ssize_t mask         # rows of a ring, less 1
    Py_ssize_t rows         # of the block
    Py_ssize_t columns
    Py_ssize_t top          # rows and columns of pixels before the block, and columns of sums
    Py_ssize_t left
    Py_ssize_t beside
    Py_ssize_t size         # of a patch
    Py_ssize_t before       # its rows above its center, and columns beside it
    int channels
    bint rough
    Terms terms


cdef inline Py_ssize_t round_up(Py_ssize_t numbers) noexcept nogil:
    return (numbers + LANES - 1) & -LANES


cdef inline void sum_rows(int count, const real **rows, real *into, Py_ssize_t columns) noexcept nogil:
    if real is float:
        sum_terms_float(vector, count, rows, into, columns)
    else:
        sum_terms_double(vector, count, rows, into, columns)


cdef inline void sum_two(const real *a, const real *b, real *into, Py_ssize_t columns) noexcept nogil:
    cdef const real *rows[MOST]
    cdef int k
    for k in range(MOST):
        rows[k] = b
    rows[0] = a
    sum_rows(2, rows, into, columns)


cdef inline void list_rows(void **rows, void *first, Py_ssize_t place, Py_ssize_t plane, int planes,
                           real like) noexcept nogil:
    """List the rows of some planes, from a place on."""
    cdef int c
    for c in range(planes):
        rows[c] = <real *>first + place + c * plane


cdef inline const real *sum_down(Block *block, Py_ssize_t y, Py_ssize_t above, Py_ssize_t columns,
                                 real like) noexcept nogil:
    """Add up the last rows of the ring, of which y is the last one, or return the row of a patch that has only one.

    above: how many rows there are with it. At first they are not enough for a patch, which gives NULL.
    """
    cdef const real *rows[MOST]
    cdef real *ring = <real *>block.rings
    cdef Py_ssize_t half, place, own = (y & block.mask) * block.room
    cdef int k
    for k in range(1, block.terms.level + 1):
        half = <Py_ssize_t>1 << (k - 1)
        if above >= 2 * half:
            sum_two(ring + (k - 1) * block.level + ((y - half) & block.mask) * block.room,
                    ring + (k - 1) * block.level + own, ring + k * block.level + own, columns)
    if above < block.size:
        return NULL
    for k in range(MOST):
        place = y - block.size + block.terms.places[k] + (<Py_ssize_t>1 << block.terms.levels[k])
        rows[k] = ring + block.terms.levels[k] * block.level + (place & block.mask) * block.room
    if block.terms.count == 1:
        return rows[0]
    sum_rows(block.terms.count, rows, <real *>block.rooms, columns)
    return <real *>block.rooms


cdef inline const real *weigh_row(Block *block, const real *sums, Py_ssize_t count, real factor, real excess,
                                  real least) noexcept nogil:
    """Add up the columns of `count` patches, and return their weights."""
    cdef const real *rows[MOST]
    cdef const real *levels[LEVELS]
    cdef real *room = <real *>block.rooms + block.room
    cdef real *weights = room
    cdef Py_ssize_t columns = count + block.size - 1, half
    cdef int k
    levels[0] = sums
    for k in range(1, block.terms.level + 1):
        half = <Py_ssize_t>1 << (k - 1)
        room += block.room
        columns -= half
        sum_two(levels[k - 1], levels[k - 1] + half, room, round_up(columns))
        levels[k] = room
    for k in range(MOST):
        rows[k] = levels[block.terms.levels[k]] + block.terms.places[k]
    if real is float:
        weigh_patches_float(vector, block.terms.count, rows, factor, excess, least, block.rough, weights, count)
    else:
        weigh_patches_double(vector, block.terms.count, rows, factor, excess, least, block.rough, weights, count)
    return weights


cdef inline void add_row(Block *block, const real *weights, Py_ssize_t y, Py_ssize_t x, Py_ssize_t down,
                         Py_ssize_t across, bint own, bint other, Py_ssize_t count) noexcept nogil:
    """Add weighted differences of pixels (y, x), ... and those an offset away to the sums of the former or the latter.

    What lies outside of the block goes to spare rows, so that one loop serves all cases.
    """
    cdef real like = 0
    cdef int planes = block.channels + 1
    cdef void **a = block.lists
    cdef void **b = a + planes
    cdef void **u = b + planes
    cdef void **v = u + planes
    cdef Py_ssize_t place = (y + block.top) * block.row + x + block.left
    list_rows(a, block.values, place, block.plane, block.channels, like)
    list_rows(b, block.values, place + down * block.row + across, block.plane, block.channels, like)
    x += block.beside
    if own and y >= 0:
        list_rows(u, block.sums, y * block.sum_row + x, block.sum_plane, planes, like)
    else:
        list_rows(u, block.spare, x, block.spare_row, planes, like)
    if other and y + down < block.rows:
        list_rows(v, block.sums, (y + down) * block.sum_row + x + across, block.sum_plane, planes, like)
    else:
        list_rows(v, block.spare, planes * block.spare_row + x, block.spare_row, planes, like)
    if real is float:
        add_differences_float(vector, block.channels, weights, <const float **>a, <const float **>b, <float **>u,
                              <float **>v, count)
    else:
        add_differences_double(vector, block.channels, weights, <const double **>a, <const double **>b, <double **>u,
                               <double **>v, count)


cdef void add_offset(Block *block, Py_ssize_t down, Py_ssize_t across, real factor, real excess,
                     real least) noexcept nogil:
    """Add one offset to the sums of a block: for each pixel of it, and those an offset before it."""
    cdef Py_ssize_t left = -round_up(across) if across > 0 else 0
    cdef Py_ssize_t count = round_up(block.columns - left + (-across if across < 0 else 0))
    cdef Py_ssize_t width = round_up(count + block.size - 1), after = block.size - 1 - block.before
    cdef Py_ssize_t y, place, first = -down - block.before
    cdef const real *sums
    cdef const real *weights
    cdef real like = 0
    cdef void **a = block.lists
    cdef void **b = a + block.channels
    for y in range(first, block.rows + after):
        place = (y + block.top) * block.row + left - block.before + block.left
        list_rows(a, block.pixels, place, block.plane, block.channels, like)
        list_rows(b, block.pixels, place + down * block.row + across, block.plane, block.channels, like)
        if real is float:
            square_differences_float(vector, block.channels, <const float **>a, <const float **>b,
                                     <float *>block.rings + (y & block.mask) * block.room, width)
        else:
            square_differences_double(vector, block.channels, <const double **>a, <const double **>b,
                                      <double *>block.rings + (y & block.mask) * block.room, width)
        sums = sum_down(block, y, y - first + 1, width, like)
        if sums == NULL:
            continue
        weights = weigh_row(block, sums, count, factor, excess, least)
        if down > 0:
            add_row(block, weights, y - after, left, down, across, True, True, count)
        else:           # both are of one row
            add_row(block, weights, y - after, left, down, across, True, False, count)
            add_row(block, weights, y - after, left, down, across, False, True, count)


def room_shapes(Py_ssize_t channels, (Py_ssize_t, Py_ssize_t) size, (Py_ssize_t, Py_ssize_t) patch, Py_ssize_t search):
    """Return the shapes of pixels, sums, spare, rings and rooms for add_offsets, with the same arguments.

    Vectors begin at a multiple of LANES columns from the first column of the block, up to the search radius before it,
    and end as far behind the last one. Rows of patches begin and end half a patch farther away.
    """
    cdef Py_ssize_t rows = size[0], across = round_up(search), ring = 1
    cdef Py_ssize_t wide = across + round_up(size[1]) + LANES
    cdef Py_ssize_t beyond = round_up(patch[1]) + round_up(patch[0] - 1 - patch[1]) + LANES
    cdef int level = find_terms(patch[0]).level + 1
    while ring < patch[0]:
        ring *= 2
    return ((channels, rows + 2 * search + patch[0] - 1, wide + across + beyond), (1 + channels, rows, wide + across),
            (2, 1 + channels, wide + across), (level, ring, wide + beyond), (level + 1, wide + beyond))


def first_columns((Py_ssize_t, Py_ssize_t) patch, Py_ssize_t search):
    """Return the column of pixels and that of sums where a block begins."""
    return round_up(search) + round_up(patch[1]), round_up(search)


def add_offsets(real[:, :, ::1] pixels, real[:, :, ::1] values, real[:, :, ::1] sums, real[:, :, ::1] spare,
                real[:, :, ::1] rings, real[:, ::1] rooms, Py_ssize_t[::1] lists, (Py_ssize_t, Py_ssize_t) size,
                (Py_ssize_t, Py_ssize_t) patch, Py_ssize_t search, Py_ssize_t down, (double, double, double) likeness,
                bint rough):
    """Add weights and weighted differences of all offsets `down` rows to the sums of a block.

    pixels: planes (channels, rows, columns) of the block and of what offsets and patches reach around it, from the
    column first_columns on. values: the same, and 0 where pixels are not finite. sums: of the weights, then of
    each channel. spare: two rows for each of them. rings: of sums of 1, 2, 4, ... rows. rooms: for sums of columns and
    weights. lists: room for four pointers for each plane of sums. size: rows and columns of the block. patch: rows and
    columns of a patch, and those before its center. search: the largest offset. likeness: the weight of a distance d is
    2 to the power of excess - factor d, and 0 if that is below the least. rough: whether powers are approximated within
    4 %.
    """
    cdef Block block
    cdef Py_ssize_t across
    cdef real factor = <real>likeness[0], excess = <real>likeness[1], least = <real>likeness[2]
    block.pixels, block.values, block.sums = &pixels[0, 0, 0], &values[0, 0, 0], &sums[0, 0, 0]
    block.spare, block.rings, block.rooms = &spare[0, 0, 0], &rings[0, 0, 0], &rooms[0, 0]
    block.lists = <void **>&lists[0]
    block.plane, block.row = pixels.shape[1] * pixels.shape[2], pixels.shape[2]
    block.sum_plane, block.sum_row, block.spare_row = sums.shape[1] * sums.shape[2], sums.shape[2], spare.shape[2]
    block.level, block.room, block.mask = rings.shape[1] * rings.shape[2], rings.shape[2], rings.shape[1] - 1
    block.rows, block.columns = size
    block.size, block.before = patch
    block.top, block.beside = search + block.before, round_up(search)
    block.left = block.beside + round_up(block.before)
    block.rough = rough
    block.channels, block.terms = <int>pixels.shape[0], find_terms(patch[0])
    with nogil:
        for across in range(-search if down else 1, search + 1):
            add_offset[real](&block, down, across, factor, excess, least)
