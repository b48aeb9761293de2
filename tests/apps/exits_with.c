// Ready, and exits with the code that a message names.
#define WEFT_IMPLEMENTATION
#include "weft.h"
#include <stdlib.h>

int main(void) {
    weft_event event;
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK)
        if (event.kind == WEFT_MESSAGE) exit(atoi(event.text));
    return 0;
}
