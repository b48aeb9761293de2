// One line of 8 MiB without an end on stdout of interface jsonrpc, then the end of the line; then it is ready and echoes.
#define WEFT_IMPLEMENTATION
#include "weft.h"

int main(void) {
    static char piece[65536];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 128; i++) write(1, piece, sizeof piece);
    write(1, "\n", 1);
    weft_event event;
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING)
        if (event.kind == WEFT_MESSAGE) weft_send(event.text);
    return 0;
}
