/*
 * A customer's server on loopback, for tests of webhooks: keeps what came and answers what it is
 * told. One per process. Knows HTTP/1.1 as libcurl speaks it.
 */
#pragma once
#include <ashlar/base.h>

enum { RECEIVED_MAX = 400 };

struct received {
    char path[64];
    char id[80], timestamp[32], signature[600], body[4096];
};

/* Start it; "http://127.0.0.1:PORT/hook". */
const char *receiver_start(void);
void receiver_stop(void);

/* What it answers from here on, e.g. 200; 0: nothing, the connection is closed. Forgets what came.
 */
void receiver_answers(int status);
/* A header line of its answers, e.g. "Retry-After: 9"; NULL: none. */
void receiver_adds(const char *header);

/* The body of its answers, bytes without NUL that outlive them; NULL: "he\tlo". */
void receiver_says(const char *body);

/* Called for each request, kept but not yet answered; NULL: nothing. On the receiver's thread. */
void receiver_calls(void (*fn)(void));

int receiver_count(void);
/* The `at`th request since receiver_answers, from 0. */
struct received receiver_got(int at);
