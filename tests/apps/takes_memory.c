// Takes memory, touching every page, until there is no more; says how many MiB it got, and exits with code 5.
//! [runtime]
//! interface = "none"
//! [limits]
//! linear_memory = "32M"
#include <stdio.h>
#include <string.h>

int main(void) {
    for (;;) {
        size_t at = __builtin_wasm_memory_grow(0, 16);
        if (at == (size_t)-1) break;
        memset((char *)(at * 65536), 1, 16 * 65536);
    }
    printf("%d MiB\n", (int)(__builtin_wasm_memory_size(0) / 16));
    return 5;
}
