// Makes each call that a message names, and has the capabilities for all of them.
//! capabilities = ["sys:notifications", "sys:clipboard:read", "sys:clipboard:write", "net:fetch:*"]
#include "calls.h"
