/* Three of every four bytes, and back, which loops without shuffles of bytes take several times as long for. */
#include <string.h>

#if defined(__GNUC__) && defined(__x86_64__)
#include <tmmintrin.h>

/* Each vector is four pixels of four bytes, or of three and four bytes of the next. */
__attribute__((target("ssse3"))) static size_t shuffle_fourths(const char *from, char *into, size_t pixels, int add) {
    const __m128i dropped = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    const __m128i spread = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
    const __m128i last = _mm_set1_epi32((int)0xff000000);
    size_t k = 0;
    for (; add && k + 6 <= pixels; k += 4) {
        __m128i three = _mm_loadu_si128((const __m128i *)(from + 3 * k));
        _mm_storeu_si128((__m128i *)(into + 4 * k), _mm_or_si128(_mm_shuffle_epi8(three, spread), last));
    }
    for (; !add && k + 6 <= pixels; k += 4) {
        __m128i four = _mm_loadu_si128((const __m128i *)(from + 4 * k));
        _mm_storeu_si128((__m128i *)(into + 3 * k), _mm_shuffle_epi8(four, dropped));
    }
    return k;
}

static size_t move_fourths(const char *from, char *into, size_t pixels, int add) {
    return __builtin_cpu_supports("ssse3") ? shuffle_fourths(from, into, pixels, add) : 0;
}
#else
static size_t move_fourths(const char *from, char *into, size_t pixels, int add) { return 0; }
#endif

/* Copy the first three of every four bytes. */
static void drop_fourths(const char *four, char *three, size_t pixels) {
    for (size_t k = move_fourths(four, three, pixels, 0); k < pixels; k++)
        for (int c = 0; c < 3; c++) three[3 * k + c] = four[4 * k + c];
}

/* Copy three bytes at a time, and 255 after them. */
static void add_fourths(const char *three, char *four, size_t pixels) {
    for (size_t k = move_fourths(three, four, pixels, 1); k < pixels; k++) {
        for (int c = 0; c < 3; c++) four[4 * k + c] = three[3 * k + c];
        four[4 * k + 3] = (char)255;
    }
}
