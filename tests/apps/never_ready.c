// Sleeps on its stdin and never says that it is ready: cause `ready_timeout`.
#include <unistd.h>

int main(void) {
    char bytes[4096];
    while (read(0, bytes, sizeof bytes) > 0) { }
    for (;;) sleep(3600);
}
