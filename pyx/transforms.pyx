"""Blocks of an image convolved by Fourier transforms (transforms.h). imfilter.engine.fft checks everything before."""

cdef extern from "transforms.h" nogil:
    ctypedef struct Complex:
        double *re
        double *im
    ctypedef struct Transform:
        Py_ssize_t length
        const double *roots
    enum:
        STRIP
        APART
        LINE
    double *aligned(double *memory)
    void convolve_narrow(const Transform *down, const Transform *across, double *block, Complex spectrum,
                         Complex kernel, Complex one, Complex other)
    void convolve_avx2(const Transform *down, const Transform *across, double *block, Complex spectrum,
                       Complex kernel, Complex one, Complex other)
    void convolve_avx512(const Transform *down, const Transform *across, double *block, Complex spectrum,
                         Complex kernel, Complex one, Complex other)


def scratch_size(Py_ssize_t down, Py_ssize_t across):
    """Return how many numbers of scratch a block takes."""
    return 2 * across * (down // 2 + 1) + 4 * (STRIP * max(down, across) + APART) + LINE


def convolve(double[:, ::1] block, const double[:, :, ::1] kernel, const double[:, ::1] down_roots,
             const double[:, ::1] across_roots, double[::1] scratch, int vector_bytes):
    """Convolve a block in place.

    kernel: its spectrum, real and imaginary parts. roots: of unity, of as many rows and columns as the block has.
    vector_bytes: how wide the vectors are; results do not depend on that.
    """
    cdef Transform down, across
    cdef Complex spectrum, factor, one, other
    cdef Py_ssize_t size = kernel.shape[1] * kernel.shape[2], strip
    down.length, down.roots = block.shape[0], &down_roots[0, 0]
    across.length, across.roots = block.shape[1], &across_roots[0, 0]
    strip = STRIP * max(down.length, across.length) + APART
    factor.re, factor.im = <double *>&kernel[0, 0, 0], <double *>&kernel[1, 0, 0]
    one.re = aligned(&scratch[0])
    one.im = one.re + strip
    other.re = one.im + strip
    other.im = other.re + strip
    spectrum.re = other.im + strip
    spectrum.im = spectrum.re + size
    with nogil:
        if vector_bytes == 64:
            convolve_avx512(&down, &across, &block[0, 0], spectrum, factor, one, other)
        elif vector_bytes == 32:
            convolve_avx2(&down, &across, &block[0, 0], spectrum, factor, one, other)
        else:
            convolve_narrow(&down, &across, &block[0, 0], spectrum, factor, one, other)
