// Interface none: stdin must be empty, and end at once. Exit code 0 then.
//! [runtime]
//! interface = "none"
#include <unistd.h>

int main(void) {
    char byte;
    return read(0, &byte, 1) == 0 ? 0 : 1;
}
