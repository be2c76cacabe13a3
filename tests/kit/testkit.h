/*
 * testkit — whole requests against a real database, written as sentences. Knows the router, the
 * pool and the two modules every test needs people from (users, auth); no other module.
 *
 * Each test gets its own clone of a migrated template database, a clock it may move and an arena;
 * the platform is booted in the test's own process, and requests go through http_handle, without a
 * socket, on the test's own thread. Nothing is mocked.
 *
 *     static void last_seat_is_sold_once(void **state)
 *     {
 *         struct t *t = *state;
 *         as_owner_of(t, make_org(t, .name = "Acme"));
 *
 *         POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)), "{'email':'ann@example.org'}");
 *         expect(t, 201, "email", "ann@example.org");
 *         expect_event(t, "users.invited");
 *     }
 *     int main(void)
 *     {
 *         return run_db_tests(last_seat_is_sold_once);
 *     }
 *
 * Strings and structs a function here returns live until the test ends. Threads: a struct t belongs
 * to one thread; see run_parallel.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ashlar/ashlar.h>

struct t;

/* --- The test program --- */

/* Run up to 64 test functions, each in a database of its own; the result is main's exit code. Wants
 * ASHLAR_TEST_DATABASE_URL: a superuser of a throw-away cluster (tests/run starts one). */
#define run_db_tests(...)                                                                          \
    testkit_run(__FILE__, (void (*const[])(void **)){ __VA_ARGS__ }, #__VA_ARGS__,                 \
        sizeof((void (*const[])(void **)){ __VA_ARGS__ }) / sizeof(void (*)(void **)))
int testkit_run(
    const char *file, void (*const *tests)(void **state), const char *names, size_t n_tests);

/* Set before run_db_tests to leave modules out (NULL-terminated, start order) or to change a
 * setting ("ASHLAR_RATE_LIMITS=true"; NULL-terminated). Programs that name no modules take those of
 * ASHLAR_TEST_MODULES ("users,auth"), unset: all; the kit's people need these two. */
extern const struct module *const *testkit_modules;
extern const char *const *testkit_environment;

/* Memory that lives as long as the test. */
struct arena *arena_of(struct t *t);

/* --- Requests: single quotes in a body become double ones (\' stays a quote) --- */

/* Of a stream (stream.h) the body is what it has to say now; then it is closed. */
void GET_AT(struct t *t, const char *path_format, ...) PRINTF_LIKE(2, 3);
void DELETE_AT(struct t *t, const char *path_format, ...) PRINTF_LIKE(2, 3);
void POST_JSON(struct t *t, const char *path, const char *body_format, ...) PRINTF_LIKE(3, 4);
void PUT_JSON(struct t *t, const char *path, const char *body_format, ...) PRINTF_LIKE(3, 4);
void PATCH_JSON(struct t *t, const char *path, const char *body_format, ...) PRINTF_LIKE(3, 4);
/* A POST without a body. */
void POST_AT(struct t *t, const char *path_format, ...) PRINTF_LIKE(2, 3);
/* Bytes as they are; `type` is the Content-Type, NULL: none. */
void SEND(struct t *t, const char *method, const char *path, const char *type, const void *body,
    size_t size);

/* A path: at(t, "/v1/orgs/%s/members", org_of(t)) */
const char *at(struct t *t, const char *path_format, ...) PRINTF_LIKE(2, 3);

/* For the next request only; replaces a header the kit would send (Origin, Content-Type, Cookie,
 * Authorization); NULL leaves it out. */
void with_header(struct t *t, const char *name, const char *value);
/* The next request fails by what the test did: the contract suite takes any other 500, or an error
 * its route does not list, for a defect. */
void on_purpose(struct t *t);
/* One gzip member, for a body with Content-Encoding. */
struct bytes gzip_of(struct t *t, const void *data, size_t size);

/* Address of the client, from here on ("127.0.0.1" at first). */
void from_address(struct t *t, const char *address);

/* --- The last response --- */

int status_of(struct t *t);
const char *body_of(struct t *t);
size_t body_size_of(struct t *t);
const char *header_of(struct t *t, const char *name); /* NULL: not there */
/* A member as text: "email", "data.0.id"; numbers, true, false, null as in JSON; NULL: not there.
 */
const char *member_of(struct t *t, const char *path);
const char *id_of(struct t *t);                       /* member "id"; it must be there */
size_t count_of(struct t *t, const char *path);       /* items of an array; "" is the body itself */
const char *cookie_of(struct t *t, const char *name); /* in the current actor's jar, or NULL */

/* expect(t, 201, "email", "ann@example.org", "data.0.role", "member"): status and members, each as
 * member_of writes it. A value of NULL means the member is absent. */
#define expect(t, status, ...)                                                                     \
    testkit_expect((t), __FILE__, __LINE__, (status),                                              \
        (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL, NULL },                            \
        sizeof((const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL, NULL }) / sizeof(char *))
void testkit_expect(
    struct t *t, const char *file, int line, int status, const char *const *members, size_t n);

/* expect_problem(t, 409, "users/already-invited", .field = "email"): an RFC 9457 problem with this
 * code. */
struct expected_problem {
    const char *field;   /* errors[] has "/field", "path:field", "query:field" or "header:field" */
    const char *pointer; /* errors[] has exactly this pointer */
    const char *detail;  /* part of the detail */
    bool given;          /* the macro's, so that none of the others has a default to override */
};
#define expect_problem(t, status, code, ...)                                                       \
    testkit_expect_problem((t), __FILE__, __LINE__, (status), (code),                              \
        &(const struct expected_problem){ .given = true, __VA_ARGS__ })
void testkit_expect_problem(struct t *t, const char *file, int line, int status, const char *code,
    const struct expected_problem *more);

/* --- People and organisations --- */

struct person {
    struct uuid id;
    const char *id_text; /* "person_…" */
    const char *email, *password, *name;
    struct jar *jar; /* the cookies of this person's browser */
};
struct org {
    struct uuid id;
    const char *id_text; /* "org_…" */
    const char *name;
    struct person *owner;
};

/* A person who signed up, verified the address and is signed in. All options may be left out. */
struct person_options {
    const char *email, *password, *name;
    bool given;
};
#define make_person(t, ...)                                                                        \
    testkit_make_person((t), &(const struct person_options){ .given = true, __VA_ARGS__ })
struct person *testkit_make_person(struct t *t, const struct person_options *options);

/* An organisation; `owner` NULL: a new person. The current actor stays who it was. */
struct org_options {
    const char *name;
    struct person *owner;
    bool given;
};
#define make_org(t, ...)                                                                           \
    testkit_make_org((t), &(const struct org_options){ .given = true, __VA_ARGS__ })
struct org *testkit_make_org(struct t *t, const struct org_options *options);

/* A new person who accepted an invitation with this role. */
struct person *make_member(struct t *t, struct org *org, const char *role);

/* A person with a staff role ("support", "operator", "superadmin"), signed in with a second factor.
 * For the module admin, which must be enabled. */
struct person *make_staff(struct t *t, const char *role);

/* Who sends the requests from here on, and which organisation org_of names. */
void as_nobody(struct t *t);
void as_person(struct t *t, struct person *person);
void as_owner_of(struct t *t, struct org *org);
struct person *as_admin_of(struct t *t, struct org *org);  /* a new person */
struct person *as_member_of(struct t *t, struct org *org); /* a new person */
struct person *as_viewer_of(struct t *t, struct org *org); /* a new person */
struct person *as_staff(struct t *t, const char *role);    /* a new person */
struct person *me(struct t *t);                            /* NULL: nobody */
const char *org_of(struct t *t);                           /* "org_…" of the last as_…_of */

/* Another browser of the same person: sign in again, with cookies of its own. */
struct person *other_browser_of(struct t *t, struct person *person);

/* --- Time, background work, mail, events --- */

/* Move the clock of C and SQL: advance(t, DAYS(8)). */
void advance(struct t *t, int64_t us);

/* Run every job and event delivery that is due; how many ran. None may end dead. */
int drain_jobs(struct t *t);
/* Run a sweep as the worker does; what it leaves to a next one is enqueued. */
void run_sweep(struct t *t, const JOB(nothing) * sweep);

struct caught_mail {
    const char *to, *subject;
    const char *text, *html; /* NULL without the module notifications; the subject is an event's */
    const char *token; /* of the last link in the text ("…#token=…" or "?token=…"), or NULL */
    const char *code;  /* a line that is nothing but a mailed code, or NULL */
};
/* Drains jobs, then gives the newest mail to this address; fails the test when there is none. */
const struct caught_mail *mail_to(struct t *t, const char *address);
int mails_to(struct t *t, const char *address); /* how many, after draining */

/* The event was published since the test's last expect_event of that name. */
#define expect_event(t, name)    testkit_expect_event((t), __FILE__, __LINE__, (name), true)
#define expect_no_event(t, name) testkit_expect_event((t), __FILE__, __LINE__, (name), false)
void testkit_expect_event(
    struct t *t, const char *file, int line, const char *name, bool published);

/* --- The database itself, as superuser: for what no route shows --- */

/* First column of the first row as text; NULL: no row or NULL. A failing statement fails the test.
 */
const char *sql_text(struct t *t, const char *format, ...) PRINTF_LIKE(2, 3);
int64_t sql_int(struct t *t, const char *format, ...) PRINTF_LIKE(2, 3);
void sql_run(struct t *t, const char *format, ...) PRINTF_LIKE(2, 3);
/* How many tables hold this text, in any row and column, in clear. */
int64_t tables_with(struct t *t, const char *text);
/* Of the test's database; a login that may become every role. */
const char *database_url_of(struct t *t);

/* --- A unit of work without a request: for service functions of a module --- */

/* A ctx in the test's arena, acting as `person` (NULL: the system) in `org` (NULL: none). Call
 * services inside tx_run, as a TX_MANUAL handler does. */
struct ctx *make_ctx(struct t *t, const struct person *person, const struct org *org);
#define expect_ok(call)          assert_ptr_equal((call), NULL)
#define expect_error(call, kind) assert_ptr_equal((call), (kind))

/* --- Races --- */

/*
 * Run fn n times at once (n ≤ 64), each on a thread of its own with its own last response and the
 * current actor's cookies; all start together. Inside, a failing expect is remembered and fails the
 * test after all have ended; cmocka's own assertions must not be used there.
 */
void run_parallel(struct t *t, int n, void (*fn)(struct t *one, int i, void *arg), void *arg);
