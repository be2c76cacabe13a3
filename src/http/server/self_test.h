/* Verifies that the linked libmicrohttpd reveals the original bytes of a head. */
#pragma once
#include <stdbool.h>

/*
 * Sends heads to a separate daemon over a socket pair: valid ones, and ones that two readers can
 * read as two (decision 0011). Each must be accepted or rejected as expected. Takes milliseconds,
 * no thread, no port. False with the reason: then the server must not run. Silently skipped bytes
 * (a raw NUL, a bare line feed, a folded line) would not be detected.
 */
bool framing_is_proven(const char **why);
