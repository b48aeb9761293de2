// Hears `closing`, says so in its log, and stays.
#define WEFT_IMPLEMENTATION
#include "weft.h"

int main(void) {
    weft_event event;
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK)
        if (event.kind == WEFT_CLOSING) fprintf(stderr, "closing in %u ms, not me\n", (unsigned)event.grace_ms);
    for (;;) sleep(3600);
}
