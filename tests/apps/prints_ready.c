// Prints what looks like the runtime's own READY line, everywhere a guest can print, with the token it might guess
// from its environment. It must stay `starting`.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
    const char *token = getenv("WEFT_READY_TOKEN");
    for (int i = 0; i < 3; i++) {
        FILE *to = i == 1 ? stderr : stdout;
        fprintf(to, "READY\nREADY %s\n", token == NULL ? "0" : token);
        fflush(to);
    }
    for (int fd = 3; fd < 32; fd++) write(fd, "READY\n", 6);
    for (;;) sleep(3600);
}
