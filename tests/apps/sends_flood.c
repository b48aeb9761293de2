// Sends more than anybody reads, as fast as it goes; the outcome is in its log.
//   "notify N"   N notifications of 60,000 bytes; "sent", and "dropped D" for each overflow the host tells of
//   "request N"  N requests of 60,000 bytes; "taken T full F other O"
#define WEFT_IMPLEMENTATION
#include "weft.h"
#include <stdlib.h>

int main(void) {
    static char text[60001];
    weft_event event;
    memset(text, 'm', 60000);
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING) {
        char reply[64];
        if (event.kind == WEFT_OVERFLOW) {
            fprintf(stderr, "dropped %llu\n", (unsigned long long)event.count);
        } else if (event.kind == WEFT_MESSAGE && strncmp(event.text, "notify ", 7) == 0) {
            for (long n = atol(event.text + 7); n > 0; n--) weft_send(text);
            fprintf(stderr, "sent\n");
        } else if (event.kind == WEFT_MESSAGE && strncmp(event.text, "request ", 8) == 0) {
            long taken = 0, full = 0, other = 0;
            for (long n = atol(event.text + 8); n > 0; n--) {
                int code = weft_send_checked(text);
                if (code == WEFT_OK) taken++;
                else if (code == WEFT_FULL) full++;
                else other++;
            }
            snprintf(reply, sizeof reply, "taken %ld full %ld other %ld", taken, full, other);
            fprintf(stderr, "%s\n", reply);
        }
    }
    return 0;
}
