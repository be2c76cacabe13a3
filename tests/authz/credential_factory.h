/* What one credential opens: any operation asked with it and with nothing else. Generated from the
 * route table: no route is named. */
#pragma once
#include "routes.h"

/* Distinct words, sorted. */
struct words {
    const char *items[256];
    size_t n;
};
void add_word(struct words *w, const char *word);
bool has_word(const struct words *w, const char *word);
const char *joined(struct t *t, const struct words *w, const char *nothing);

/* What an input gets where its field does not say. NULL: anything well-formed. */
struct values {
    const char *token;    /* in every place a token may stand */
    const char *password; /* the present one */
    const char *role;
    const char *code;   /* of an authenticator app */
    const char *person; /* "person_…" in the path */
    const char *key;    /* "key_…" in the path */
};

/* The smallest body its shape takes, sent as the current actor; whatever the kit sends with it. */
void ask_in_earnest(
    struct t *t, const struct route *r, const char *org, const struct values *values);

/* Asks so that nothing is changed, with a bearer token (NULL: as the current actor): true when it
 * got past authentication, membership, permission and sudo, and was stopped by validation. */
bool is_authorized(struct t *t, const struct route *r, const char *org, const char *bearer);

/* The last answer: "401 `auth/key-orphaned`". */
const char *answer_of(struct t *t);

/* Does `token`, as the current actor, get further than a made-up one does: in a body, in the path
 * or as a bearer token? */
bool is_opened_by(struct t *t, const struct route *r, const char *org, const char *token);
