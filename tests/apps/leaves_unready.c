// Leaves with code 0 without ever having been ready: cause `launch_failed`, and the log's last words are its reason.
#include <stdio.h>

int main(void) {
    fprintf(stderr, "leaves_unready: no reason to stay\n");
    return 0;
}
