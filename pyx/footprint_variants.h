/* The loops of footprint_tiles.h for one instruction set and both types of pixels. */
#define PIXEL uint8_t
#define LIMIT 255
#define WIDE uint16_t
#define LESS _mm512_cmplt_epu8_mask
#define COUNT_WHERE _mm512_mask_sub_epi8
#include "footprint_rows.h"
#include "footprint_counts.h"
#include "footprint_results.h"
#undef PIXEL
#undef LIMIT
#undef WIDE
#undef LESS
#undef COUNT_WHERE
#define PIXEL uint16_t
#define LIMIT 65535
#define WIDE uint32_t
#define LESS _mm512_cmplt_epu16_mask
#define COUNT_WHERE _mm512_mask_sub_epi16
#include "footprint_rows.h"
#include "footprint_counts.h"
#include "footprint_results.h"
#undef PIXEL
#undef LIMIT
#undef WIDE
#undef LESS
#undef COUNT_WHERE
