// Under supervision: fails with code 1 on its first two runs (counted in /data), stays on the third.
//! capabilities = ["fs:rw:app-data"]
//! [supervision]
//! restart = "on-failure"
#define WEFT_IMPLEMENTATION
#include "weft.h"

int main(void) {
    int runs = 0;
    FILE *file = fopen("/data/runs", "r");
    if (file != NULL) {
        if (fscanf(file, "%d", &runs) != 1) runs = 0;
        fclose(file);
    }
    file = fopen("/data/runs", "w");
    if (file == NULL) return 2;
    fprintf(file, "%d", runs + 1);
    fclose(file);
    weft_ready();
    if (runs < 2) return 1;
    weft_event event;
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING)
        if (event.kind == WEFT_MESSAGE) weft_send(event.text);
    return 0;
}
