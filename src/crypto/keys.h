/* The process's keys, derived once from ASHLAR_SECRET_KEY. */
#pragma once
#include <ashlar/crypto.h>

/* After config_load, before threads. False when the key is malformed (the log names the
 * setting). */
bool crypto_start(void);
/* Keyed MAC of at most 32 bytes for cursors and checksums. */
void keyed_mac(const char *purpose, const void *data, size_t size, uint8_t *out, size_t out_size);
