/* Whether memory is in use already. Pages of fresh memory are cleared, and so in the caches, when they are first used. */
#include <stddef.h>
#if defined(__linux__)
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static int has_page(const char *memory) {
    const uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
    unsigned char found = 1;
    return mincore((void *)((uintptr_t)memory & ~(size - 1)), 1, &found) != 0 || (found & 1);
}
#else
static int has_page(const char *memory) {
    (void)memory;
    return 1;
}
#endif
