// Shared by calls_granted and calls_ungranted: makes the call a message names, and sends "<call> <code> <error>".
#define WEFT_IMPLEMENTATION
#include "weft.h"

static void say(const char *call, int code) {
    static char reply[1024];
    snprintf(reply, sizeof reply, "%s %d %s", call, code, weft_error());
    weft_send(reply);
}

int main(void) {
    weft_event event;
    weft_response response;
    const char *text = "";
    size_t length;
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING) {
        if (event.kind != WEFT_MESSAGE) continue;
        if (strcmp(event.text, "notify") == 0) say("notify", weft_notify("Title", "Body", NULL));
        else if (strcmp(event.text, "clipboard.read") == 0) {
            int code = weft_clipboard_read(&text, &length);
            if (code == WEFT_OK) {
                static char reply[70000];
                snprintf(reply, sizeof reply, "clipboard.read 0 %.65000s", text);
                weft_send(reply);
            } else say("clipboard.read", code);
        }
        else if (strncmp(event.text, "clipboard.write ", 16) == 0) say("clipboard.write", weft_clipboard_write(event.text + 16));
        else if (strncmp(event.text, "fetch ", 6) == 0) {
            int code = weft_fetch(event.text + 6, "GET", NULL, NULL, 0, &response);
            say("fetch", code == WEFT_OK ? response.status : code);
        }
        else weft_send("?");
    }
    return 0;
}
