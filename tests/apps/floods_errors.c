// Writes 1 MiB to stderr before it is ready, and then answers: nobody may have blocked it, or taken it for too slow.
#define WEFT_IMPLEMENTATION
#include "weft.h"

int main(void) {
    for (int i = 0; i < 16384; i++) fprintf(stderr, "%063d\n", i);
    weft_event event;
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING)
        if (event.kind == WEFT_MESSAGE) weft_send(event.text);
    return 0;
}
