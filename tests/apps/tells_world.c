// Sends what a guest can see of the world: arguments, environment, folders, descriptors, and what it can open.
//   answer: one line a fact, "arg …", "env …", "fd N", "open PATH code"
#define WEFT_IMPLEMENTATION
#include "weft.h"
#include <dirent.h>
#include <fcntl.h>

extern char **environ;
static char reply[32768];
static size_t used;

static void say(const char *kind, const char *text) {
    int n = snprintf(reply + used, sizeof reply - used, "%s %s\n", kind, text);
    if (n > 0 && (size_t)n < sizeof reply - used) used += (size_t)n;
}

static void try(const char *path) {
    char line[256];
    int fd = open(path, O_RDONLY);
    snprintf(line, sizeof line, "%s %s", path, fd >= 0 ? "opened" : strerror(errno));
    say("open", line);
    if (fd >= 0) close(fd);
}

int main(int argc, char **argv) {
    weft_event event;
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING) {
        if (event.kind != WEFT_MESSAGE) continue;
        used = 0;
        for (int i = 1; i < argc; i++) say("arg", argv[i]);
        for (char **e = environ; e != NULL && *e != NULL; e++) say("env", *e);
        for (int fd = 0; fd < 64; fd++) {
            char number[16];
            snprintf(number, sizeof number, "%d", fd);
            if (fcntl(fd, F_GETFL) >= 0) say("fd", number);
        }
        try("/etc/passwd");
        try("/data");
        try("/data/../../etc/passwd");
        try("/proc/self/environ");
        try("../../../etc/passwd");
        try("/xdg/documents");
        weft_send_bytes(reply, used);
    }
    return 0;
}
