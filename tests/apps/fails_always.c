// Under supervision, and never succeeds: five failures in a row end it with `limit`.
//! [runtime]
//! interface = "none"
//! [supervision]
//! restart = "always"
int main(void) { return 1; }
