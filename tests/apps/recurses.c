// Calls itself until the engine's stack is exhausted, without using the stack in linear memory.
//! [runtime]
//! interface = "none"
static volatile unsigned long long calls;

// Two ways back, so that no tail call makes a loop of it.
__attribute__((noinline)) static unsigned long long deeper(unsigned long long n) {
    calls++;
    return (n & 1 ? deeper(n + 1) * 3 : deeper(n + 2) * 5) + calls;
}

int main(void) { return (int)deeper(calls); }
