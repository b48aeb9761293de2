// Has its data for reading only: a message is a path; the answer says whether it could be read, written, made, removed.
//! capabilities = ["fs:read:app-data"]
#define WEFT_IMPLEMENTATION
#include "weft.h"
#include <fcntl.h>
#include <sys/stat.h>

int main(void) {
    weft_event event;
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING) {
        if (event.kind != WEFT_MESSAGE) continue;
        char reply[256];
        int read_fd = open(event.text, O_RDONLY), write_fd = open(event.text, O_WRONLY), make_fd = open("/data/new", O_CREAT | O_WRONLY, 0600);
        snprintf(reply, sizeof reply, "read %s write %s make %s remove %s folder %s", read_fd >= 0 ? "yes" : "no", write_fd >= 0 ? "yes" : "no",
                 make_fd >= 0 ? "yes" : "no", unlink(event.text) == 0 ? "yes" : "no", mkdir("/data/folder", 0700) == 0 ? "yes" : "no");
        if (read_fd >= 0) close(read_fd);
        if (write_fd >= 0) close(write_fd);
        if (make_fd >= 0) close(make_fd);
        weft_send(reply);
    }
    return 0;
}
