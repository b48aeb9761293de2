// Runs, and ends with exit code 3: cause `failed`.
//! [runtime]
//! interface = "none"
int main(void) { return 3; }
