// Ready, then closes its stdin, stdout and stderr and sleeps: the session must still hear terminate.
#define WEFT_IMPLEMENTATION
#include "weft.h"

int main(void) {
    weft_ready();
    for (int fd = 0; fd < 3; fd++) close(fd);
    for (;;) sleep(3600);
}
