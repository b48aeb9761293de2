// Ready, and never reads: its queue fills, and whoever sends learns of it.
#define WEFT_IMPLEMENTATION
#include "weft.h"

int main(void) {
    weft_ready();
    for (;;) sleep(3600);
}
