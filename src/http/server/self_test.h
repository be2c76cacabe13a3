/* Does the libmicrohttpd that is linked let us see what a head was? Proven, not believed. */
#pragma once
#include <stdbool.h>

/*
 * A daemon of its own is sent heads over a socket pair, good ones and ones that two readers can
 * take for two (decision 0011), and each must be let in or refused as it is here. Milliseconds, no
 * thread, no port. False with the reason: then nothing may be served, because what is passed over
 * in silence (a raw NUL, a bare line feed, a folded line) would not be noticed.
 */
bool framing_is_proven(const char **why);
