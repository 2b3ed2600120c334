/* Which branches of the scanner were taken: gcc calls this at each of them (-fsanitize-coverage=trace-pc). A step from
   one place to another counts in one cell, so that the fuzzer sees a new path as a cell that was empty. */

#include <stdint.h>
#include <string.h>

#define CELLS 16384

uint8_t scan_edges[CELLS];
static uintptr_t before;

void __sanitizer_cov_trace_pc(void) {
    uintptr_t here = (uintptr_t)__builtin_return_address(0);
    uint8_t *cell = &scan_edges[((here ^ before) * 0x9E3779B97F4A7C15u >> 20) % CELLS];
    if (*cell != 255) ++*cell;
    before = here >> 1;
}

void scan_edges_clear(void) {
    memset(scan_edges, 0, CELLS);
    before = 0;
}
