/* Pixels of red, green and blue: from samples to a vector per color, a pixel in each lane, and back.
 *
 * Integers are rounded to nearest, ties to even, and saturated; only for finite numbers of at most 2**22 in size. Packs
 * to bytes saturate as signed shorts first: unsigned ones above 32767 would count as negative.
 */
#ifndef IMFILTER_COLORS_H
#define IMFILTER_COLORS_H

#include "samples.h"

#define FLOATS (LANES_BYTES / 4) /* lanes, and so pixels, of a vector */

/* Keep a vector in its register: gcc would load it anew for each blend. With streaming stores of gray, that took twice the
 * time across cache lines; three colors of floats are a little faster as gcc has them. */
#if defined(__AVX2__) && defined(__GNUC__)
#define KEEP_LOADED(vector) __asm__("" : "+v"(vector))
#else
#define KEEP_LOADED(vector) ((void)0)
#endif

#if defined(__AVX512BW__)
static inline void rgb_load_bytes(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue) {
    /* Move four pixels into each quarter, then each byte of a color into 32 bits of its own. */
    const __m512i quarters = _mm512_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 9, 10, 11, 0);
    const __m512i first = _mm512_set4_epi32(~0xff | 9, ~0xff | 6, ~0xff | 3, ~0xff);
    const __m512i one = _mm512_set1_epi32(1), two = _mm512_set1_epi32(2);
    __m512i bytes = _mm512_permutexvar_epi32(quarters, _mm512_maskz_loadu_epi8(0xffffffffffff, p));
    *red = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, first));
    *green = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, _mm512_add_epi32(first, one)));
    *blue = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, _mm512_add_epi32(first, two)));
}

static inline void rgb_store_bytes(void *p, lanes_float red, lanes_float green, lanes_float blue) {
    const __m512i pixels = _mm512_set4_epi32(-1, 0x0b07030a, 0x06020905, 0x01080400);
    const __m512i together = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15);
    __m512i bytes = _mm512_packs_epi32(_mm512_cvtps_epi32(red), _mm512_cvtps_epi32(green));
    __m512i last = _mm512_cvtps_epi32(blue);
    bytes = _mm512_packus_epi16(bytes, _mm512_packs_epi32(last, last));
    bytes = _mm512_permutexvar_epi32(together, _mm512_shuffle_epi8(bytes, pixels));
    _mm256_storeu_si256((__m256i *)p, _mm512_castsi512_si256(bytes)); /* faster than one masked store */
    _mm_storeu_si128((__m128i *)p + 2, _mm512_extracti32x4_epi32(bytes, 2));
}

static inline void gray_store_bytes(void *p, lanes_float gray) {
    __m512i whole = _mm512_max_epi32(_mm512_cvtps_epi32(gray), _mm512_setzero_si512());
    _mm_storeu_si128((__m128i *)p, _mm512_cvtusepi32_epi8(whole));
}

static inline void gray_store_shorts(void *p, lanes_float gray) {
    __m512i whole = _mm512_max_epi32(_mm512_cvtps_epi32(gray), _mm512_setzero_si512());
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtusepi32_epi16(whole));
}

static inline lanes_float every_third(lanes_float first, lanes_float second, lanes_float third) {
    return _mm512_mask_blend_ps(0x4924, _mm512_mask_blend_ps(0x2492, first, second), third);
}

static inline void split_colors(lanes_float a, lanes_float b, lanes_float c,
                                lanes_float *red, lanes_float *green, lanes_float *blue) {
    const __m512i one = _mm512_set1_epi32(1), two = _mm512_set1_epi32(2); /* only the last four bits count */
    const __m512i pixels = _mm512_setr_epi32(0, 3, 6, 9, 12, 15, 2, 5, 8, 11, 14, 1, 4, 7, 10, 13);
    *red = _mm512_permutexvar_ps(pixels, every_third(a, c, b));
    *green = _mm512_permutexvar_ps(_mm512_add_epi32(pixels, one), every_third(b, a, c));
    *blue = _mm512_permutexvar_ps(_mm512_add_epi32(pixels, two), every_third(c, b, a));
}

static inline void join_colors(lanes_float red, lanes_float green, lanes_float blue,
                               lanes_float *a, lanes_float *b, lanes_float *c) {
    const __m512i places = _mm512_setr_epi32(0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15, 10, 5);
    const __m512i back = _mm512_set1_epi32(11);
    red = _mm512_permutexvar_ps(places, red);
    green = _mm512_permutexvar_ps(_mm512_sub_epi32(places, back), green);
    blue = _mm512_permutexvar_ps(_mm512_sub_epi32(places, _mm512_add_epi32(back, back)), blue);
    *a = every_third(red, green, blue);
    *b = every_third(green, blue, red);
    *c = every_third(blue, red, green);
}

static inline void lanes_stream(void *p, lanes_float value) { _mm512_stream_ps((float *)p, value); }

static inline void gray_stream_shorts(void *p, lanes_float gray) {
    __m512i whole = _mm512_max_epi32(_mm512_cvtps_epi32(gray), _mm512_setzero_si512());
    _mm256_stream_si256((__m256i *)p, _mm512_cvtusepi32_epi16(whole));
}

#elif defined(__AVX2__)
static inline lanes_float rgb_part(__m256i bytes, int first) {
    const __m256i places = _mm256_setr_epi32(~0xff, ~0xff | 3, ~0xff | 6, ~0xff | 9, ~0xff | 4, ~0xff | 7, ~0xff | 10, ~0xff | 13);
    return _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, _mm256_add_epi32(places, _mm256_set1_epi32(first))));
}

static inline void rgb_load_bytes(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue) {
    /* Load four pixels into each half. In the second they start at byte 4, so nothing after the pixels is read. */
    __m256i bytes = _mm256_loadu2_m128i((const __m128i *)((const char *)p + 8), (const __m128i *)p);
    *red = rgb_part(bytes, 0);
    *green = rgb_part(bytes, 1);
    *blue = rgb_part(bytes, 2);
}

static inline void rgb_store_bytes(void *p, lanes_float red, lanes_float green, lanes_float blue) {
    const __m256i pixels = _mm256_broadcastsi128_si256(_mm_setr_epi32(0x01080400, 0x06020905, 0x0b07030a, -1));
    __m256i bytes = _mm256_packs_epi32(_mm256_cvtps_epi32(red), _mm256_cvtps_epi32(green));
    __m256i last = _mm256_cvtps_epi32(blue);
    __m128i half;
    bytes = _mm256_packus_epi16(bytes, _mm256_packs_epi32(last, last));
    bytes = _mm256_shuffle_epi8(bytes, pixels);
    half = _mm256_extracti128_si256(bytes, 1);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(bytes));
    _mm_storel_epi64((__m128i *)((char *)p + 12), half);
    _mm_storeu_si32((char *)p + 20, _mm_srli_si128(half, 8));
}

static inline void gray_store_bytes(void *p, lanes_float gray) {
    __m256i whole = _mm256_cvtps_epi32(gray);
    whole = _mm256_packs_epi32(whole, whole);
    whole = _mm256_packus_epi16(whole, whole);
    _mm_storeu_si32(p, _mm256_castsi256_si128(whole));
    _mm_storeu_si32((char *)p + 4, _mm256_extracti128_si256(whole, 1));
}

static inline void gray_store_shorts(void *p, lanes_float gray) {
    __m256i whole = _mm256_cvtps_epi32(gray);
    whole = _mm256_permute4x64_epi64(_mm256_packus_epi32(whole, whole), 0x08);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(whole));
}

static inline lanes_float every_third(lanes_float first, lanes_float second, lanes_float third) {
    return _mm256_blend_ps(_mm256_blend_ps(first, second, 0x92), third, 0x24);
}

static inline void split_colors(lanes_float a, lanes_float b, lanes_float c,
                                lanes_float *red, lanes_float *green, lanes_float *blue) {
    *red = _mm256_permutevar8x32_ps(every_third(a, b, c), _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5));
    *green = _mm256_permutevar8x32_ps(every_third(c, a, b), _mm256_setr_epi32(1, 4, 7, 2, 5, 0, 3, 6));
    *blue = _mm256_permutevar8x32_ps(every_third(b, c, a), _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7));
}

static inline void join_colors(lanes_float red, lanes_float green, lanes_float blue,
                               lanes_float *a, lanes_float *b, lanes_float *c) {
    red = _mm256_permutevar8x32_ps(red, _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5));
    green = _mm256_permutevar8x32_ps(green, _mm256_setr_epi32(5, 0, 3, 6, 1, 4, 7, 2));
    blue = _mm256_permutevar8x32_ps(blue, _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7));
    *a = every_third(red, green, blue);
    *b = every_third(blue, red, green);
    *c = every_third(green, blue, red);
}

static inline void lanes_stream(void *p, lanes_float value) { _mm256_stream_ps((float *)p, value); }

static inline void gray_stream_shorts(void *p, lanes_float gray) {
    __m256i whole = _mm256_cvtps_epi32(gray);
    whole = _mm256_permute4x64_epi64(_mm256_packus_epi32(whole, whole), 0x08);
    _mm_stream_si128((__m128i *)p, _mm256_castsi256_si128(whole));
}

#elif defined(__GNUC__)
static inline void rgb_load_bytes(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue) {
    const uint8_t *bytes = (const uint8_t *)p;
    float r[FLOATS], g[FLOATS], b[FLOATS];
    for (int k = 0; k < FLOATS; k++) {
        r[k] = bytes[3 * k];
        g[k] = bytes[3 * k + 1];
        b[k] = bytes[3 * k + 2];
    }
    memcpy(red, r, sizeof r);
    memcpy(green, g, sizeof g);
    memcpy(blue, b, sizeof b);
}

typedef LANES(int32_t, LANES_BYTES) lanes_whole;

static inline lanes_whole lanes_rounded(lanes_float value, int32_t most) {
    lanes_whole whole = __builtin_convertvector((value + 12582912.0f) - 12582912.0f, lanes_whole);
    lanes_whole over = whole > most;
    return (whole & (whole > 0) & ~over) | (over & most);
}

static inline void gray_step_store(uint8_t *bytes, lanes_float gray, int step) {
    lanes_whole value = lanes_rounded(gray, 255);
    for (int k = 0; k < FLOATS; k++)
        bytes[step * k] = (uint8_t)value[k];
}

static inline void gray_store_bytes(void *p, lanes_float gray) { gray_step_store((uint8_t *)p, gray, 1); }

static inline void rgb_store_bytes(void *p, lanes_float red, lanes_float green, lanes_float blue) {
    gray_step_store((uint8_t *)p, red, 3);
    gray_step_store((uint8_t *)p + 1, green, 3);
    gray_step_store((uint8_t *)p + 2, blue, 3);
}

static inline void gray_store_shorts(void *p, lanes_float gray) {
    lanes_whole value = lanes_rounded(gray, 65535);
    for (int k = 0; k < FLOATS; k++)
        ((uint16_t *)p)[k] = (uint16_t)value[k];
}

static inline void split_colors(lanes_float a, lanes_float b, lanes_float c,
                                lanes_float *red, lanes_float *green, lanes_float *blue) {
    lanes_float samples[3] = {a, b, c};
    const float *p = (const float *)samples;
    float colors[3][FLOATS];
    for (int k = 0; k < 3 * FLOATS; k++)
        colors[k % 3][k / 3] = p[k];
    memcpy(red, colors[0], LANES_BYTES);
    memcpy(green, colors[1], LANES_BYTES);
    memcpy(blue, colors[2], LANES_BYTES);
}

static inline void join_colors(lanes_float red, lanes_float green, lanes_float blue,
                               lanes_float *a, lanes_float *b, lanes_float *c) {
    float samples[3 * FLOATS];
    for (int k = 0; k < FLOATS; k++) {
        samples[3 * k] = red[k];
        samples[3 * k + 1] = green[k];
        samples[3 * k + 2] = blue[k];
    }
    memcpy(a, samples, LANES_BYTES);
    memcpy(b, samples + FLOATS, LANES_BYTES);
    memcpy(c, samples + 2 * FLOATS, LANES_BYTES);
}

static inline void lanes_stream(void *p, lanes_float value) {
#if defined(__SSE2__)
    _mm_stream_ps((float *)p, value);
#else
    lane_store(p, value);
#endif
}

#else
#undef FLOATS
#define FLOATS 1
static inline void rgb_load_bytes(const void *p, float *red, float *green, float *blue) {
    const uint8_t *bytes = (const uint8_t *)p;
    *red = bytes[0], *green = bytes[1], *blue = bytes[2];
}

static inline int rounded_within(float value, int most) {
    int whole = (int)((value + 12582912.0f) - 12582912.0f);
    return whole < 0 ? 0 : whole > most ? most : whole;
}

static inline void gray_store_bytes(void *p, float gray) { *(uint8_t *)p = (uint8_t)rounded_within(gray, 255); }

static inline void gray_store_shorts(void *p, float gray) { *(uint16_t *)p = (uint16_t)rounded_within(gray, 65535); }

static inline void rgb_store_bytes(void *p, float red, float green, float blue) {
    gray_store_bytes(p, red), gray_store_bytes((uint8_t *)p + 1, green), gray_store_bytes((uint8_t *)p + 2, blue);
}

#define split_colors(a, b, c, red, green, blue) (*(red) = (a), *(green) = (b), *(blue) = (c))
#define join_colors(red, green, blue, a, b, c) (*(a) = (red), *(b) = (green), *(c) = (blue))
#define lanes_stream(p, value) lane_store(p, value)
#endif

#if !defined(__AVX2__)
#define gray_stream_shorts(p, gray) gray_store_shorts(p, gray)
#endif

/* The other samples are widened, in the order of pixels, to three vectors. As 3 does not divide the lanes of a vector, a
 * color lies in different lanes of each of them, so two blends collect it and one permute brings its pixels into order. */
static inline void rgb_load_shorts(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue) {
    const uint16_t *shorts = (const uint16_t *)p;
    split_colors(lanes_floats(shorts), lanes_floats(shorts + FLOATS), lanes_floats(shorts + 2 * FLOATS), red, green, blue);
}

static inline void rgb_load_floats(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue, int kept) {
    const lanes_float *floats = (const lanes_float *)p;
    lanes_float a = floats[0], b = floats[1], c = floats[2];
    if (kept) {
        KEEP_LOADED(a);
        KEEP_LOADED(b);
        KEEP_LOADED(c);
    }
    split_colors(a, b, c, red, green, blue);
}

static inline void rgb_store_shorts(void *p, lanes_float red, lanes_float green, lanes_float blue) {
    uint16_t *shorts = (uint16_t *)p;
    lanes_float a, b, c;
    join_colors(red, green, blue, &a, &b, &c);
    gray_store_shorts(shorts, a);
    gray_store_shorts(shorts + FLOATS, b);
    gray_store_shorts(shorts + 2 * FLOATS, c);
}

static inline void rgb_store_floats(void *p, lanes_float red, lanes_float green, lanes_float blue) {
    lanes_float *floats = (lanes_float *)p;
    join_colors(red, green, blue, &floats[0], &floats[1], &floats[2]);
}

/* Two vectors of pixels of 16 bits at once, in an order that is the same for load and store. A color lies in different
 * places of the three vectors of shorts, too, and a permute brings two of its pixels into each 32 bits. */
#if defined(__AVX512BW__)
#define THIRD_0 0x49249249
#define THIRD_1 0x92492492
#define THIRD_2 0x24924924
static inline __m512i third_shorts(__m512i first, __m512i second, __mmask32 m, __m512i third, __mmask32 n) {
    return _mm512_mask_blend_epi16(n, _mm512_mask_blend_epi16(m, first, second), third);
}

static inline void widen_pair(__m512i shorts, lanes_float *color) {
    color[0] = _mm512_cvtepi32_ps(_mm512_and_si512(shorts, _mm512_set1_epi32(0xffff)));
    color[1] = _mm512_cvtepi32_ps(_mm512_srli_epi32(shorts, 16));
}

static inline void rgb_load_pairs(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue) {
    const __m512i one = _mm512_set1_epi16(1), two = _mm512_set1_epi16(2); /* only the last five bits count */
    const __m512i pixels = _mm512_setr_epi32( /* 3 k, and 16 pixels further 3 k + 48; modulo 32 */
        0x100000, 0x130003, 0x160006, 0x190009, 0x1c000c, 0x1f000f, 0x020012, 0x050015,
        0x080018, 0x0b001b, 0x0e001e, 0x110001, 0x140004, 0x170007, 0x1a000a, 0x1d000d);
    const __m512i *shorts = (const __m512i *)p;
    __m512i a = _mm512_loadu_si512(shorts), b = _mm512_loadu_si512(shorts + 1), c = _mm512_loadu_si512(shorts + 2);
    KEEP_LOADED(a);
    KEEP_LOADED(b);
    KEEP_LOADED(c);
    widen_pair(_mm512_permutexvar_epi16(pixels, third_shorts(a, b, THIRD_1, c, THIRD_2)), red);
    widen_pair(_mm512_permutexvar_epi16(_mm512_add_epi16(pixels, one), third_shorts(a, b, THIRD_2, c, THIRD_0)), green);
    widen_pair(_mm512_permutexvar_epi16(_mm512_add_epi16(pixels, two), third_shorts(a, b, THIRD_0, c, THIRD_1)), blue);
}

/* Where the pixel lies, after a pack of two vectors, that belongs at each place; two places earlier for blue. */
static const uint16_t PLACES[34] = {
    18, 13, 0, 19, 14, 1, 24, 15, 2, 25, 20, 3, 26, 21, 8, 27, 22, 9, 4, 23, 10, 5, 28, 11, 6, 29, 16, 7, 30, 17, 12, 31,
    18, 13};

static inline __m512i narrow_pair(const lanes_float *color, const uint16_t *places) {
    __m512i shorts = _mm512_packus_epi32(_mm512_cvtps_epi32(color[0]), _mm512_cvtps_epi32(color[1]));
    return _mm512_permutexvar_epi16(_mm512_loadu_si512(places), shorts);
}

static inline void put_shorts(__m512i *p, __m512i shorts, int streamed) {
    if (streamed)
        _mm512_stream_si512(p, shorts);
    else
        _mm512_storeu_si512(p, shorts);
}

static inline void rgb_store_pairs(void *p, const lanes_float *red, const lanes_float *green, const lanes_float *blue,
                                   int streamed) {
    __m512i r = narrow_pair(red, PLACES + 2), g = narrow_pair(green, PLACES + 1), b = narrow_pair(blue, PLACES);
    __m512i *shorts = (__m512i *)p;
    put_shorts(shorts, third_shorts(r, g, THIRD_1, b, THIRD_2), streamed);
    put_shorts(shorts + 1, third_shorts(b, r, THIRD_1, g, THIRD_2), streamed);
    put_shorts(shorts + 2, third_shorts(g, b, THIRD_1, r, THIRD_2), streamed);
}

#elif defined(__AVX2__)
/* Each half of a vector holds shorts of eight pixels of its own, so that one pattern of blends serves both. */
#define THIRD_SHORTS(first, second, m, third, n) _mm256_blend_epi16(_mm256_blend_epi16(first, second, m), third, n)
#define THIRD_0 0x49
#define THIRD_1 0x92
#define THIRD_2 0x24
static inline void widen_pair(__m256i shorts, __m128i pixels, lanes_float *color) {
    shorts = _mm256_shuffle_epi8(shorts, _mm256_broadcastsi128_si256(pixels));
    color[0] = _mm256_cvtepi32_ps(_mm256_and_si256(shorts, _mm256_set1_epi32(0xffff)));
    color[1] = _mm256_cvtepi32_ps(_mm256_srli_epi32(shorts, 16));
}

static inline void rgb_load_pairs(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue) {
    const __m128i *shorts = (const __m128i *)p;
    __m256i a = _mm256_loadu2_m128i(shorts + 3, shorts), b = _mm256_loadu2_m128i(shorts + 4, shorts + 1);
    __m256i c = _mm256_loadu2_m128i(shorts + 5, shorts + 2);
    widen_pair(THIRD_SHORTS(a, b, THIRD_1, c, THIRD_2),
               _mm_setr_epi8(0, 1, 8, 9, 6, 7, 14, 15, 12, 13, 4, 5, 2, 3, 10, 11), red);
    widen_pair(THIRD_SHORTS(a, b, THIRD_2, c, THIRD_0),
               _mm_setr_epi8(2, 3, 10, 11, 8, 9, 0, 1, 14, 15, 6, 7, 4, 5, 12, 13), green);
    widen_pair(THIRD_SHORTS(a, b, THIRD_0, c, THIRD_1),
               _mm_setr_epi8(4, 5, 12, 13, 10, 11, 2, 3, 0, 1, 8, 9, 6, 7, 14, 15), blue);
}

static inline __m256i narrow_pair(const lanes_float *color, __m128i places) {
    __m256i shorts = _mm256_packus_epi32(_mm256_cvtps_epi32(color[0]), _mm256_cvtps_epi32(color[1]));
    return _mm256_shuffle_epi8(shorts, _mm256_broadcastsi128_si256(places));
}

static inline void put_shorts(__m128i *p, __m256i shorts, int streamed) {
    if (streamed) {
        _mm_stream_si128(p, _mm256_castsi256_si128(shorts));
        _mm_stream_si128(p + 3, _mm256_extracti128_si256(shorts, 1));
    } else
        _mm256_storeu2_m128i(p + 3, p, shorts);
}

static inline void rgb_store_pairs(void *p, const lanes_float *red, const lanes_float *green, const lanes_float *blue,
                                   int streamed) {
    __m256i r = narrow_pair(red, _mm_setr_epi8(0, 1, 6, 7, 12, 13, 2, 3, 8, 9, 14, 15, 4, 5, 10, 11));
    __m256i g = narrow_pair(green, _mm_setr_epi8(10, 11, 0, 1, 6, 7, 12, 13, 2, 3, 8, 9, 14, 15, 4, 5));
    __m256i b = narrow_pair(blue, _mm_setr_epi8(4, 5, 10, 11, 0, 1, 6, 7, 12, 13, 2, 3, 8, 9, 14, 15));
    __m128i *shorts = (__m128i *)p;
    put_shorts(shorts, THIRD_SHORTS(r, g, THIRD_1, b, THIRD_2), streamed);
    put_shorts(shorts + 1, THIRD_SHORTS(b, r, THIRD_1, g, THIRD_2), streamed);
    put_shorts(shorts + 2, THIRD_SHORTS(g, b, THIRD_1, r, THIRD_2), streamed);
}

#else
static inline void rgb_load_pairs(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue) {
    rgb_load_shorts(p, red, green, blue);
    rgb_load_shorts((const uint16_t *)p + 3 * FLOATS, red + 1, green + 1, blue + 1);
}

static inline void rgb_store_pairs(void *p, const lanes_float *red, const lanes_float *green, const lanes_float *blue,
                                   int streamed) {
    (void)streamed;
    rgb_store_shorts(p, red[0], green[0], blue[0]);
    rgb_store_shorts((uint16_t *)p + 3 * FLOATS, red[1], green[1], blue[1]);
}
#endif

/* Write past the caches; p is a multiple of the size of a vector. */
static inline void rgb_stream_floats(void *p, lanes_float red, lanes_float green, lanes_float blue) {
    lanes_float *floats = (lanes_float *)p, a, b, c;
    join_colors(red, green, blue, &a, &b, &c);
    lanes_stream(&floats[0], a);
    lanes_stream(&floats[1], b);
    lanes_stream(&floats[2], c);
}

#undef FLOATS
#undef KEEP_LOADED
#endif
