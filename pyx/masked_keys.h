/* The loops of masked_rows.h for keys of every size. Included by masked.h for each VARIANT. */

#define KEY uint8_t
#define COUNTED
#include "masked_rows.h"
#undef KEY
#undef COUNTED

#define KEY uint16_t
#include "masked_rows.h"
#undef KEY

#define KEY uint32_t
#define WEIGHT uint32_t
#define SHARE_OF share_of_uint32
#include "masked_rows.h"
#undef KEY
#undef WEIGHT
#undef SHARE_OF

#define KEY uint64_t
#define WEIGHT double
#define SHARE_OF share_of_double
#include "masked_rows.h"
#undef KEY
#undef WEIGHT
#undef SHARE_OF
