/* Key of one purpose's token hashes, derived once, for hashes in every request. */
#pragma once
#include <ashlar/crypto.h>

struct token_key;

/* In guarded memory, wiped by token_key_free. Aborts without memory, and before crypto_start. */
struct token_key *token_key_new(const char *purpose);
void token_key_free(struct token_key *k); /* NULL: no effect */

/* Same result as token_hash for the key's purpose. Threads: any. */
struct bytes token_key_hash(struct arena *a, const struct token_key *k, const char *token);
