// Sends back every message as it is.
#define WEFT_IMPLEMENTATION
#include "weft.h"

int main(void) {
    weft_event event;
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING)
        if (event.kind == WEFT_MESSAGE) weft_send_bytes(event.text, event.length);
    return 0;
}
