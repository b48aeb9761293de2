// Sleeps for ever inside one host call, where no interruption of the guest's code reaches it.
//! [runtime]
//! interface = "none"
#include <unistd.h>

int main(void) {
    for (;;) sleep(3600);
}
