/* Rows of pools for one type of samples and one instruction set: the larger of samples, where NaN is the largest, and
   sums of samples in float and double. Included by pooling_types.h with SAMPLE, LARGER and TYPED() around names. */

/* Write the largest samples of some rows. */
TARGET static inline void TYPED(larger_of)(const SAMPLE *const *rows, ptrdiff_t many, SAMPLE *restrict into,
                                           ptrdiff_t count) {
    const SAMPLE *a = rows[0], *b = rows[many > 1 ? 1 : 0], *c = rows[many > 2 ? 2 : 0];
    if (many == 1) {
        memcpy(into, a, (size_t)count * sizeof(SAMPLE));
    } else if (many == 2) {
        for (ptrdiff_t k = 0; k < count; k++) into[k] = LARGER(b[k], a[k]);
    } else {
        for (ptrdiff_t k = 0; k < count; k++) {
            const SAMPLE two = LARGER(b[k], a[k]);
            into[k] = LARGER(c[k], two);
        }
    }
    for (ptrdiff_t j = 3; j + 1 < many; j += 2) {
        a = rows[j], b = rows[j + 1];
        for (ptrdiff_t k = 0; k < count; k++) {
            const SAMPLE two = LARGER(a[k], into[k]);
            into[k] = LARGER(b[k], two);
        }
    }
    if (many > 3 && many % 2 == 0) {
        a = rows[many - 1];
        for (ptrdiff_t k = 0; k < count; k++) into[k] = LARGER(a[k], into[k]);
    }
}

/* Write the sums of samples of some rows: one is added after the other. */
#define ADDING(REAL) \
    TARGET static inline void TYPED(sums_in_##REAL)(const SAMPLE *const *rows, ptrdiff_t many, REAL *restrict into, \
                                                    ptrdiff_t count) { \
        const SAMPLE *a = rows[0], *b = rows[many > 1 ? 1 : 0], *c = rows[many > 2 ? 2 : 0]; \
        if (many == 1) { \
            for (ptrdiff_t k = 0; k < count; k++) into[k] = (REAL)a[k]; \
        } else if (many == 2) { \
            for (ptrdiff_t k = 0; k < count; k++) into[k] = (REAL)a[k] + (REAL)b[k]; \
        } else { \
            for (ptrdiff_t k = 0; k < count; k++) into[k] = ((REAL)a[k] + (REAL)b[k]) + (REAL)c[k]; \
        } \
        for (ptrdiff_t j = 3; j + 1 < many; j += 2) { \
            a = rows[j], b = rows[j + 1]; \
            for (ptrdiff_t k = 0; k < count; k++) into[k] = (into[k] + (REAL)a[k]) + (REAL)b[k]; \
        } \
        if (many > 3 && many % 2 == 0) { \
            a = rows[many - 1]; \
            for (ptrdiff_t k = 0; k < count; k++) into[k] = into[k] + (REAL)a[k]; \
        } \
    }
ADDING(float)
ADDING(double)
#undef ADDING

/* Copy every stride-th pixel; of one channel or three, without a loop over them. */
TARGET static inline void TYPED(pick)(const SAMPLE *row, ptrdiff_t stride, ptrdiff_t channels, SAMPLE *restrict into,
                                      ptrdiff_t count) {
    ptrdiff_t x, c;
    if (channels == 1 && stride == 2) {
        for (x = 0; x < count; x++) into[x] = row[2 * x];
    } else if (channels == 1) {
        for (x = 0; x < count; x++) into[x] = row[x * stride];
    } else if (channels == 3) {
        for (x = 0; x < count; x++)
            for (c = 0; c < 3; c++) into[3 * x + c] = row[3 * x * stride + c];
    } else {
        for (x = 0; x < count; x++)
            for (c = 0; c < channels; c++) into[channels * x + c] = row[channels * x * stride + c];
    }
}

/* Part the pixels of some whole windows, and list where each of their taps begins. */
TARGET static inline void TYPED(part)(const SAMPLE *first, const struct Across *across, ptrdiff_t results,
                                      SAMPLE *restrict room, const SAMPLE **taps) {
    const ptrdiff_t channels = across->channels, stride = across->stride;
    const ptrdiff_t extent = across->dilation * (across->taps - 1) + 1;
    const ptrdiff_t each = (results + (extent - 1) / stride) * channels;
    for (ptrdiff_t part = 0; stride > 1 && part < stride && part < extent; part++)
        TYPED(pick)(first + part * channels, stride, channels, room + part * each,
                    results + (extent - 1 - part) / stride);
    for (ptrdiff_t j = 0; j < across->taps; j++) {
        const ptrdiff_t place = j * across->dilation;
        taps[j] = stride == 1 ? first + place * channels
                              : room + place % stride * each + place / stride * channels;
    }
}

ACROSS(larger_across, TYPED(larger_of), LARGER)

TARGET static void TYPED(larger_down)(const void **rows, ptrdiff_t many, void *into, ptrdiff_t count) {
    TYPED(larger_of)((const SAMPLE *const *)rows, many, (SAMPLE *)into, count);
}

TARGET static void TYPED(float_down)(const void **rows, ptrdiff_t many, void *into, ptrdiff_t count) {
    TYPED(sums_in_float)((const SAMPLE *const *)rows, many, (float *)into, count);
}

TARGET static void TYPED(double_down)(const void **rows, ptrdiff_t many, void *into, ptrdiff_t count) {
    TYPED(sums_in_double)((const SAMPLE *const *)rows, many, (double *)into, count);
}
