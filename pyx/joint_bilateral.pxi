"""Bilateral means of all channels of a block with the same weights: those of a guide, or of the channels together.

    result = p + sum w (q - p) / sum w,     w = 2 ** (nearness - strictness**2 distance**2)

The distance is that of two colors of the guide: the root of the sum of squares of their differences, or the sum of
their magnitudes. Averaging differences leaves flat parts unchanged.

Loop order: row > vectors of pixels > places of the window > planes of the guide. Planes lie without gaps, (planes,
rows, columns) of floats or doubles, and rows end with room that a last vector may read. The caller checks everything
(imfilter/engine/joint_bilateral.py).
"""
from engine cimport real, sample

cdef extern from "joint_bilateral.h" nogil:
    ctypedef struct Block_float:
        const float *guide
        const float *image
        const float *nearness
        const Py_ssize_t *offsets
        Py_ssize_t guide_plane, image_plane, into_plane, taps
        float strictness, square
        int guides, values, own, whole, absolute
    ctypedef struct Block_double:
        const double *guide
        const double *image
        const double *nearness
        const Py_ssize_t *offsets
        Py_ssize_t guide_plane, image_plane, into_plane, taps
        double strictness, square
        int guides, values, own, whole, absolute
    void average_pixels_float(const Block_float *, Py_ssize_t, Py_ssize_t, float *)
    void average_pixels_double(const Block_double *, Py_ssize_t, Py_ssize_t, double *)


def split_channels(const sample[:, :, :] pixels, real[:, :, ::1] planes, Py_ssize_t top):
    """Copy pixels (rows, columns, channels) to planes, from their row `top` on."""
    cdef Py_ssize_t y, x, c, count = pixels.shape[1]
    cdef const sample *row
    cdef real *a
    cdef real *b
    cdef real *into
    with nogil:
        for y in range(pixels.shape[0]):
            if pixels.shape[2] == 3 and pixels.strides[2] == sizeof(sample) and pixels.strides[1] == 3 * sizeof(sample):
                row = &pixels[y, 0, 0]
                into, a, b = &planes[0, top + y, 0], &planes[1, top + y, 0], &planes[2, top + y, 0]
                for x in range(count):
                    into[x] = <real>row[3 * x]
                    a[x] = <real>row[3 * x + 1]
                    b[x] = <real>row[3 * x + 2]
                continue
            for c in range(pixels.shape[2]):
                into = &planes[c, top + y, 0]
                if pixels.strides[1] == sizeof(sample):
                    row = &pixels[y, 0, c]
                    for x in range(count):
                        into[x] = <real>row[x]
                else:
                    for x in range(count):
                        into[x] = <real>pixels[y, x, c]


cdef void average_row(const real *guide, const real *image, real *into, const Block_float *single,
                      const Block_double *double_, int values, Py_ssize_t at, Py_ssize_t count) noexcept nogil:
    """Write the means of 1 or 3 planes of one row. single, double_: all that is the same for every row."""
    cdef Block_float one
    cdef Block_double other
    if real is float:
        one = single[0]
        one.guide, one.image, one.values = guide, image, values
        average_pixels_float(&one, at, count, into)
    else:
        other = double_[0]
        other.guide, other.image, other.values = guide, image, values
        average_pixels_double(&other, at, count, into)


def average(real[:, :, ::1] guide, real[:, :, ::1] image, const Py_ssize_t[::1] offsets, const real[::1] nearness,
            real strictness, (bint, bint, bint) how, (Py_ssize_t, Py_ssize_t) stride,
            (Py_ssize_t, Py_ssize_t) first, real[:, :] room, real[:, :, :] means):
    """Compute the means (rows, columns, channels) of some pixels of a block.

    guide: planes of the same size as the image's, or the image's own. offsets, nearness: of the taps other than the
    center. how: whether the guide is the image, whether all samples are integers that are exact, whether the distance
    is a sum of magnitudes. stride: pixels from one result to the next; first: row and column of the first one.
    room: three rows.
    """
    cdef Py_ssize_t y, x, c = 0, k, at, row = image.shape[2], channels = image.shape[0], columns = means.shape[1]
    cdef Py_ssize_t count = (columns - 1) * stride[1] + 1, each, plane = image.shape[1] * row, taps = offsets.shape[0]
    cdef const Py_ssize_t *places = &offsets[0] if taps else NULL
    cdef const real *weights = &nearness[0] if taps else NULL
    cdef Block_float single
    cdef Block_double double_
    if real is float:
        single = Block_float(NULL, NULL, weights, places, plane, plane, room.shape[1], taps, strictness,
                             strictness * strictness, <int>guide.shape[0], 0, how[0] and channels == 3, how[1], how[2])
    else:
        double_ = Block_double(NULL, NULL, weights, places, plane, plane, room.shape[1], taps, strictness,
                               strictness * strictness, <int>guide.shape[0], 0, how[0] and channels == 3, how[1],
                               how[2])
    with nogil:
        while c < channels:
            each = 3 if channels - c >= 3 else 1
            for y in range(means.shape[0]):
                at = (first[0] + y * stride[0]) * row + first[1]
                average_row[real](&guide[0, 0, 0], &image[c, 0, 0], &room[0, 0], &single, &double_, <int>each, at,
                                  count)
                for k in range(each):
                    for x in range(columns):
                        means[y, x, c + k] = room[k, x * stride[1]]
            c += each
