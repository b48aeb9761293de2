// Writes down that it was asked to close, and how long it had, and leaves.
//! capabilities = ["fs:rw:app-data"]
#define WEFT_IMPLEMENTATION
#include "weft.h"

int main(void) {
    weft_event event;
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK) {
        if (event.kind != WEFT_CLOSING) continue;
        FILE *file = fopen("/data/closed", "w");
        if (file == NULL) return 1;
        fprintf(file, "%u", (unsigned)event.grace_ms);
        return fclose(file) == 0 ? 0 : 1;
    }
    return 2;
}
