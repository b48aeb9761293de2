// Runs, and ends with exit code 0: cause `exited`.
//! [runtime]
//! interface = "none"
int main(void) { return 0; }
