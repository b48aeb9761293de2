// Keeps text in /data between runs: "put TEXT" writes it, "get" sends it, "link PATH" tries to make a way out and read it.
//! capabilities = ["fs:rw:app-data"]
#define WEFT_IMPLEMENTATION
#include "weft.h"

static void answer(bool ok, const char *text) {
    char reply[512];
    snprintf(reply, sizeof reply, "%s %s", ok ? "ok" : "error", ok ? text : strerror(errno));
    weft_send(reply);
}

int main(void) {
    weft_event event;
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING) {
        if (event.kind != WEFT_MESSAGE) continue;
        char text[256] = "";
        if (strncmp(event.text, "put ", 4) == 0) {
            FILE *file = fopen("/data/text", "w");
            bool ok = file != NULL && fputs(event.text + 4, file) >= 0;
            answer(file != NULL && fclose(file) == 0 && ok, "written");
        } else if (strcmp(event.text, "get") == 0) {
            FILE *file = fopen("/data/text", "r");
            bool ok = file != NULL && fgets(text, sizeof text, file) != NULL;
            if (file != NULL) fclose(file);
            answer(ok, text);
        } else if (strncmp(event.text, "link ", 5) == 0) {
            unlink("/data/way-out");
            bool ok = symlink(event.text + 5, "/data/way-out") == 0;
            FILE *file = ok ? fopen("/data/way-out", "r") : NULL;
            ok = file != NULL && fgets(text, sizeof text, file) != NULL;
            if (file != NULL) fclose(file);
            answer(ok, text);
        }
    }
    return 0;
}
