/* What somebody sends who has an organisation's public write key. */
#pragma once
#include "testkit.h"

/* The organisation's key, made by its owner; from then on nobody is signed in. */
const char *write_key(struct t *t, struct org *org);

/* The body of a batch of n messages; each %d is the message's number, from 1. */
const char *batch(struct t *t, const char *key, int n, const char *message);

/* A message with both ids; it is stored. */
void send_ids(struct t *t, const char *key, const char *user, const char *anonymous);

/* What is joined to whom, in every organisation: "browser>ann phone>ann"; "" when nothing is. */
const char *links(struct t *t);
