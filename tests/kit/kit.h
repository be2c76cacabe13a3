/* What the kit's own files share. Knows cmocka, libpq and jansson; tests see testkit.h only. */
#pragma once
#include "testkit.h"
#include "http/request/http.h"
#include <jansson.h>

enum { KIT_HEADERS_MAX = 24, KIT_COOKIES_MAX = 16, KIT_PARALLEL_MAX = 64 };

/* One browser's cookies. */
struct jar {
    struct {
        const char *name, *value;
    } cookies[KIT_COOKIES_MAX];
    size_t n_cookies;
};

struct t {
    struct arena *arena;
    const char *test;                    /* name of the test function */
    const char *database, *database_url; /* of this test's clone */
    struct pg_conn *sql;                 /* superuser connection, opened on demand */

    struct person *actor; /* NULL: nobody */
    struct jar *jar;
    const char *org; /* TypeID of the current organisation */
    const char *address;
    struct http_header next[KIT_HEADERS_MAX]; /* with_header */
    size_t n_next;
    int n_people;

    struct http_response response;
    json_t *json;     /* of the response's body; NULL: none, or not JSON */
    const char *sent; /* "POST /v1/orgs", for messages */

    bool remembers;      /* on a thread of run_parallel: a failure is kept, not raised */
    const char *failure; /* the first one kept */
};

/* http_handle, on the runtime ASHLAR_TEST_RUNTIME names (reactors when unset, threads). */
void kit_handle(struct arena *a, const struct http_request *q, struct http_response *r);

/* The test has failed: raised, or remembered on a parallel thread. */
void kit_fail(struct t *t, const char *file, int line, const char *format, ...) PRINTF_LIKE(4, 5);

/* database.c: clone the template (made at the first call on this cluster) and give its URL. */
const char *kit_clone_database(struct arena *a, const char *server_url, const char *name);
/* A thousand of them fill the memory they live in. */
void kit_drop_database(struct arena *a, const char *server_url, const char *name);
/* Name of the template of these migrations; NULL with a message on stderr when it cannot be made.
 */
const char *kit_template(struct arena *a, const char *server_url);
void kit_close_sql(struct t *t);

/* boot.c: settings, registry, keys, router; once per process, with the first test's database. */
bool kit_boot(const char *database_url);
/* Point the pool at another database. */
void kit_use_database(const char *database_url);

/* record.c: every exchange as one line of var/test/exchanges/<program>-<pid>.ndjson. */
void kit_record(const char *program);

/* event_mail.c: where users and auth stand without notifications, what they have to say is kept by
 * the kit. The first is asked once, before the boot checks the modules. */
void kit_mail_itself(void);
bool kit_mails_itself(void);
int kit_event_mails_to(struct t *t, const char *address, struct caught_mail *newest); /* how many */
void kit_forget_event_mails(void);

/* world.c: what was published so far is no news to expect_event. */
void kit_forget_events(struct t *t);

/* requests.c */
void kit_parse_response(struct t *t);
struct jar *kit_jar(struct t *t);
