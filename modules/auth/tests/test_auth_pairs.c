/* Whether an address has an account cannot be told by one call after another either: every ordered
 * pair of calls that take an address, from one browser, is answered alike, byte for byte. */
#include "testkit.h"

#define KNOWN   "known@example.org"
#define UNKNOWN "other@example.org" /* as long as the other: lengths say nothing */
#define GIVEN   "what was typed in"

/* Somebody who looks, signed in, and an organisation of theirs. */
struct onlooker {
    const char *token, *org;
};

static void sign_up(struct t *t, const struct onlooker *eve, const char *email)
{
    (void)eve;
    POST_JSON(t, "/v1/auth/signup", "{'email':'%s','password':'" GIVEN "','name':'Ann'}", email);
}

static void ask_again(struct t *t, const struct onlooker *eve, const char *email)
{
    (void)eve;
    POST_JSON(t, "/v1/auth/email-verifications", "{'email':'%s'}", email);
}

static void confirm_by_a_guess(struct t *t, const struct onlooker *eve, const char *email)
{
    (void)eve;
    POST_JSON(
        t, "/v1/auth/email-verifications/confirm", "{'email':'%s','code':'ABCD-2345'}", email);
}

static void sign_in_as_signed_up(struct t *t, const struct onlooker *eve, const char *email)
{
    (void)eve;
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'" GIVEN "'}", email);
}

static void sign_in_by_a_guess(struct t *t, const struct onlooker *eve, const char *email)
{
    (void)eve;
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'a wrong guess'}", email);
}

static void ask_for_a_reset(struct t *t, const struct onlooker *eve, const char *email)
{
    (void)eve;
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'%s'}", email);
}

static void want_the_address(struct t *t, const struct onlooker *eve, const char *email)
{
    with_header(t, "Authorization", at(t, "Bearer %s", eve->token));
    POST_JSON(t, "/v1/auth/email-changes", "{'email':'%s'}", email);
}

static void invite(struct t *t, const struct onlooker *eve, const char *email)
{
    with_header(t, "Authorization", at(t, "Bearer %s", eve->token));
    POST_JSON(
        t, at(t, "/v1/orgs/%s/invitations", eve->org), "{'email':'%s','role':'member'}", email);
}

#define CALL(fn)                                                                                   \
    {                                                                                              \
#fn, fn                                                                                    \
    }
static const struct {
    const char *name;
    void (*send)(struct t *t, const struct onlooker *eve, const char *email);
} calls[] = {
    CALL(sign_up),
    CALL(ask_again),
    CALL(confirm_by_a_guess),
    CALL(sign_in_as_signed_up),
    CALL(sign_in_by_a_guess),
    CALL(ask_for_a_reset),
    CALL(want_the_address),
    CALL(invite),
};

/* How much of `at` differs each time whatever is asked: an id, or a time. */
static size_t volatile_size(const char *at)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    const size_t id = strspn(at, digits), time = strspn(at, "0123456789-T:.Z");

    if (at[-1] == '_' && id == 26)
        return id;
    return at[-1] == '"' && time >= 20 ? time : 0;
}

/* The response with the address, and what differs each time, left out. */
static const char *response_of(struct t *t, const char *email)
{
    const char *cookie = header_of(t, "Set-Cookie"), *body = body_of(t);
    struct buf b;

    buf_init(&b, arena_of(t), 64 * 1024);
    buf_printf(&b, "%d ", status_of(t));
    for (const char *p = body; *p != '\0'; p++) {
        if (text_starts_with(p, email))
            p += strlen(email);
        if (p > body)
            p += volatile_size(p);
        if (*p != '\0')
            buf_char(&b, *p);
    }
    if (cookie != NULL)
        buf_printf(
            &b, " %.*s %s", (int)strcspn(cookie, "="), cookie, cookie + strcspn(cookie, ";"));
    return b.data;
}

/* As if nothing had been asked before. */
static void forget(struct t *t)
{
    drain_jobs(t);
    sql_run(t, "DELETE FROM auth.throttle; DELETE FROM auth.signup; DELETE FROM auth.email_change; "
               "DELETE FROM auth.password_reset; DELETE FROM users.invitation");
}

struct responses {
    const char *first, *second;
};

static struct responses pair(struct t *t, const struct onlooker *eve, size_t first, size_t second,
    const char *email, bool drained)
{
    struct responses out;

    forget(t);
    as_nobody(t);
    calls[first].send(t, eve, email);
    out.first = response_of(t, email);
    if (drained)
        drain_jobs(t);
    calls[second].send(t, eve, email);
    out.second = response_of(t, email);
    return out;
}

static void compare(struct t *t, const struct onlooker *eve, size_t i, size_t j, bool drained)
{
    const struct responses known = pair(t, eve, i, j, KNOWN, drained);
    const struct responses unknown = pair(t, eve, i, j, UNKNOWN, drained);

    if (strcmp(known.first, unknown.first) == 0 && strcmp(known.second, unknown.second) == 0)
        return;
    fail_msg("%s, then %s: %s and %s with an account, %s and %s without", calls[i].name,
        calls[j].name, known.first, known.second, unknown.first, unknown.second);
}

static void no_pair_of_calls_tells_of_an_account(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct onlooker eve = { .org = org->id_text };

    make_person(t, .email = KNOWN);
    as_owner_of(t, org);
    eve.token = cookie_of(t, SESSION_COOKIE);
    for (size_t i = 0; i < COUNT(calls); i++) {
        for (size_t j = 0; j < COUNT(calls); j++) {
            compare(t, &eve, i, j, false);
            compare(t, &eve, i, j, true);
        }
    }
}

int main(void)
{
    return run_db_tests(no_pair_of_calls_tells_of_an_account);
}
