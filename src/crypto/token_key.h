/* The key of one purpose's token hashes, derived once: for a hash in every request. */
#pragma once
#include <ashlar/crypto.h>

struct token_key;

/* In guarded memory, wiped by token_key_free. Ends the process without memory, and where
 * crypto_start has not run. */
struct token_key *token_key_new(const char *purpose);
void token_key_free(struct token_key *k); /* NULL: does nothing */

/* What token_hash returns for the key's purpose. Threads: any. */
struct bytes token_key_hash(struct arena *a, const struct token_key *k, const char *token);
