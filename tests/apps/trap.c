// Traps in the way its argument names, once it runs. One process each: a trap is an end.
//! [runtime]
//! interface = "none"
//! args = ["unreachable"]
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// Kept out of the optimiser's sight: what would be undefined in C has one meaning in WebAssembly.
static volatile int zero = 0;
static volatile int least = INT_MIN;
static volatile double huge = 1e300;
static volatile uintptr_t outside = 0xFFFFFFF0u;
static int (*volatile function)(int);

__attribute__((noinline)) static int down(volatile int *depth) {
    volatile char room[256];
    memset((char *)room, *depth, sizeof room);
    *depth += 1;
    return down(depth) + room[*depth & 255];
}

static void wrong_type(void) { puts("no"); }

int main(int argc, char **argv) {
    const char *kind = argv[argc - 1]; // a launch's arguments come after the manifest's
    volatile int depth = 0;
    if (strcmp(kind, "unreachable") == 0) __builtin_trap();
    if (strcmp(kind, "divide") == 0) return (least + 1) / zero;
    if (strcmp(kind, "overflow") == 0) return least / (zero - 1);
    if (strcmp(kind, "conversion") == 0) {
        double from = huge;
        int to;
        __asm__("local.get %1\ni32.trunc_f64_s\nlocal.set %0" : "=r"(to) : "r"(from));
        return to;
    }
    if (strcmp(kind, "memory") == 0) return *(volatile int *)outside;
    if (strcmp(kind, "null_function") == 0) return function(1);
    if (strcmp(kind, "table") == 0) {
        function = (int (*)(int))outside;
        return function(1);
    }
    if (strcmp(kind, "wrong_type") == 0) {
        function = (int (*)(int))(void *)wrong_type;
        return function(1);
    }
    if (strcmp(kind, "stack") == 0) return down(&depth);
    fprintf(stderr, "trap: no kind \"%s\"\n", kind);
    return 64;
}
