/* Counter: the smallest app that talks. Messages are plain text: "increment", "decrement", "reset" and "get"; each is
   answered with the count. */
#define WEFT_IMPLEMENTATION
#include "../weft.h"

int main(void) {
    long count = 0;
    weft_event event;
    char reply[96];

    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING) {
        if (event.kind != WEFT_MESSAGE) continue;
        bool known = true;
        if (strcmp(event.text, "increment") == 0) count++;
        else if (strcmp(event.text, "decrement") == 0) count--;
        else if (strcmp(event.text, "reset") == 0) count = 0;
        else known = strcmp(event.text, "get") == 0;

        if (known) snprintf(reply, sizeof reply, "%ld", count);
        else snprintf(reply, sizeof reply, "error: say increment, decrement, reset or get, not \"%.20s\"", event.text);
        weft_send(reply);
    }
    return 0;
}
