// Computes for ever once it runs, and asks nothing of the host: only an interruption from outside ends it.
//! [runtime]
//! interface = "none"
int main(void) {
    for (volatile unsigned long n = 0;; n++) { }
}
