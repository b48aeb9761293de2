// Makes each call that a message names, with no capability at all: every answer must be -32001 naming what is missing.
#include "calls.h"
