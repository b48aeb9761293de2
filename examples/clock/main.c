/* Clock: a service without a page. It sleeps, and shows a notification at every full hour (or every so many seconds:
   its last argument), or at once when it hears "now". Each is also sent as a message: the time as HH:MM:SS, in UTC, because
   a WASI guest knows no time zone. */
#define WEFT_IMPLEMENTATION
#include "../weft.h"

#include <stdlib.h>
#include <time.h>

static void strike(void) {
    time_t now = time(NULL);
    struct tm parts;
    char text[32];
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%H:%M:%S", &parts);
    if (weft_notify("Clock", text, "icon.svg") == WEFT_OK) weft_send(text);
    else fprintf(stderr, "clock: no notification: %s\n", weft_error());
}

int main(int argc, char **argv) {
    const char *last = argc > 1 ? argv[argc - 1] : "3600"; /* a launch's arguments come after the manifest's */
    char *end;
    long every = strtol(last, &end, 10);
    if (*last == '\0' || *end != '\0' || every < 0 || every > 86400) {
        fprintf(stderr, "clock: \"%s\" is no number of seconds from 0 to 86400\n", last);
        return 2;
    }

    weft_ready();
    time_t due = every == 0 ? 0 : (time(NULL) / every + 1) * every;
    for (;;) {
        /* The wall clock may be set while the clock sleeps, so it looks again at least once a minute. */
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        long long left = due == 0 ? -1 : ((long long)due - now.tv_sec) * 1000 - now.tv_nsec / 1000000;
        weft_event event;
        int result = WEFT_TIMEOUT;
        if (left != 0) result = weft_next_event(&event, left < 0 ? (due == 0 ? -1 : 0) : left > 60000 ? 60000 : (int)left);
        if (result == WEFT_CLOSED || (result == WEFT_OK && event.kind == WEFT_CLOSING)) return 0;
        if (result == WEFT_OK && event.kind == WEFT_MESSAGE) {
            if (strcmp(event.text, "now") == 0) strike();
            else weft_send("error: say now");
        }
        time_t at = time(NULL);
        if (due != 0 && at >= due) {
            strike();
            due = (at / every + 1) * every;
        } else if (due != 0 && due - at > every) {
            due = (at / every + 1) * every; /* the clock was set back */
        }
    }
}
