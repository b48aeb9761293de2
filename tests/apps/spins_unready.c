// Computes for ever before it is ready.
int main(void) {
    for (volatile unsigned long n = 0;; n++) { }
}
