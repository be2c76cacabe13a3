/* The second factor while something else is under way: what was decided before a slow hash, or
 * before another request committed, is decided again. */
#include "app_factory.h"
#include "auth_internal.h"
#include <stdatomic.h>
#include <unistd.h>

#define OF           "(SELECT person_id FROM auth.credential WHERE email = '%s')"
#define NEW_PASSWORD "another-long-password"

static struct uuid session_of(struct t *t, const struct person *person)
{
    const char *text = sql_text(t,
        "SELECT id FROM auth.session WHERE person_id = " OF " ORDER BY id LIMIT 1", person->email);
    struct uuid id = UUID_NIL;

    assert_non_null(text);
    assert_true(uuid_parse(text, strlen(text), &id));
    return id;
}

/* --- One request commits while another one waits for it --- */

struct meeting {
    const struct person *person;
    struct uuid session;
    const char *code, *request, *body;
    err (*change)(struct ctx *c, struct meeting *m);
    _Atomic bool began, answered;
    err changed;
    int status;
    const char *other_hash; /* of set_password */
};

/* Until the other request waits for this transaction's locks, or was answered without waiting. */
static void await_other(struct t *one, struct meeting *m)
{
    atomic_store(&m->began, true);
    for (int i = 0; i < 1000 && !atomic_load(&m->answered); i++) {
        if (sql_int(one, "SELECT count(*) FROM pg_stat_activity WHERE datname = "
                         "current_database() AND wait_event_type = 'Lock'") > 0)
            return;
        usleep(10000);
    }
}

struct changing {
    struct t *one;
    struct meeting *m;
};

static err change_and_wait(struct ctx *c, void *arg)
{
    struct changing *k = arg;

    TRY(k->m->change(c, k->m));
    await_other(k->one, k->m);
    return NULL;
}

static void meet(struct t *one, int i, void *arg)
{
    struct meeting *m = arg;

    if (i == 0) {
        struct ctx *c = make_ctx(one, m->person, NULL);
        c->actor.session = m->session;
        m->changed = tx_run(c, change_and_wait, &(struct changing){ one, m });
        atomic_store(&m->began, true);
        return;
    }
    while (!atomic_load(&m->began))
        usleep(1000);
    POST_JSON(one, m->request, "%s", m->body);
    m->status = status_of(one);
    atomic_store(&m->answered, true);
}

static err confirm(struct ctx *c, struct meeting *m)
{
    struct auth__recovery_codes codes;

    return auth__confirm_totp(c, m->code, &codes);
}

static void a_sign_in_that_waits_for_the_factor_is_asked_for_it(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app;
    struct meeting m = { .person = ann, .change = confirm, .request = "/v1/auth/sessions" };

    as_person(t, ann);
    app = start_app(t);
    m.code = code_at(t, &app, 0);
    m.session = session_of(t, ann);
    m.body = at(t, "{'email':'%s','password':'%s'}", ann->email, ann->password);
    as_nobody(t);

    run_parallel(t, 2, meet, &m);

    assert_null(m.changed);
    assert_int_equal(m.status, 201);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.session"), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.challenge"), 1);
}

static err remove_factor(struct ctx *c, struct meeting *m)
{
    (void)m;
    return auth__remove_totp(c);
}

static void a_code_that_waits_for_the_factor_to_go_signs_nobody_in(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct app app = enrol(t, ann, NULL);
    struct meeting m = {
        .person = ann, .change = remove_factor, .request = "/v1/auth/sessions/second-factor"
    };
    const char *challenge = challenge_for(t, ann);

    m.session = session_of(t, ann);
    m.body = at(t, "{'challenge':'%s','code':'%s'}", challenge, fresh_code(t, &app));
    run_parallel(t, 2, meet, &m);

    assert_null(m.changed);
    assert_int_equal(m.status, 410);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.session"), 1);
}

static err end_others(struct ctx *c, struct meeting *m)
{
    int64_t gone;
    bool same;

    TRY(auth__lock_credential(c, m->person->id, NULL, &same));
    return auth__delete_sessions_of_person(c, m->person->id, &gone);
}

/* What a session asked for waits for what ends the session, and is refused then. */
static void expect_refused_when_the_session_ends(
    struct t *t, struct person *person, const char *request, const char *body)
{
    struct meeting m = { .person = person, .change = end_others, .request = request, .body = body };

    m.session = session_of(t, person);
    as_person(t, person);
    run_parallel(t, 2, meet, &m);
    assert_null(m.changed);
    assert_int_equal(m.status, 401);
}

static void a_session_that_ends_meanwhile_adds_no_factor(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *bob = make_person(t);
    struct app app;

    as_person(t, ann);
    app = start_app(t);
    expect_refused_when_the_session_ends(
        t, ann, "/v1/auth/totp/confirm", at(t, "{'code':'%s'}", code_at(t, &app, 0)));
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM auth.totp WHERE confirmed_at IS NOT NULL"), 0);

    expect_refused_when_the_session_ends(t, bob, "/v1/auth/totp", "{}");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.totp"), 1);
}

static void a_session_that_ends_meanwhile_reauthenticates_and_changes_nothing(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *bob = make_person(t), *eve = make_person(t);
    struct person *tim = make_person(t);

    expect_refused_when_the_session_ends(
        t, ann, "/v1/auth/sudo", at(t, "{'password':'%s'}", ann->password));
    expect_refused_when_the_session_ends(t, bob, "/v1/auth/password",
        at(t, "{'current_password':'%s','password':'" NEW_PASSWORD "'}", bob->password));
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", bob->email, bob->password);
    expect(t, 201);

    expect_refused_when_the_session_ends(
        t, eve, "/v1/auth/email-changes", "{'email':'elsewhere@example.org'}");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.email_change"), 0);

    enrol(t, tim, NULL);
    expect_refused_when_the_session_ends(t, tim, "/v1/auth/recovery-codes", "{}");
}

static err set_password(struct ctx *c, struct meeting *m)
{
    return auth__set_password_hash(c, m->other_hash);
}

static void a_reauthentication_by_a_password_that_changes_meanwhile_is_none(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct meeting m = { .person = ann, .change = set_password, .request = "/v1/auth/sudo" };

    m.other_hash = sql_text(t, "SELECT password_hash FROM auth.credential WHERE email = '%s'",
        make_person(t, .password = NEW_PASSWORD)->email);
    advance(t, MINUTES(16));
    m.session = session_of(t, ann);
    m.body = at(t, "{'password':'%s'}", ann->password);
    as_person(t, ann);
    run_parallel(t, 2, meet, &m);

    assert_null(m.changed);
    assert_int_equal(m.status, 403);
    POST_AT(t, "/v1/auth/totp");
    expect_problem(t, 403, "sudo-required");
}

/* --- Many at once, as it comes --- */

struct crowd {
    const struct person *person;
    const char *code;
    _Atomic int active, asked, refused, confirmed;
};

static void sign_in_or_confirm(struct t *one, int i, void *arg)
{
    struct crowd *k = arg;

    if (i == 0) {
        usleep((useconds_t)(clock_now().us % 150) * 1000);
        POST_JSON(one, "/v1/auth/totp/confirm", "{'code':'%s'}", k->code);
        k->confirmed += status_of(one) == 200;
        return;
    }
    with_header(one, "Cookie", NULL);
    POST_JSON(one, "/v1/auth/sessions", "{'email':'%s','password':'%s','transport':'bearer'}",
        k->person->email, k->person->password);
    if (status_of(one) != 201)
        k->refused++;
    else if (text_equal(member_of(one, "status"), "active"))
        k->active++;
    else
        k->asked++;
}

static void no_sign_in_gets_around_a_factor_that_is_being_added(void **state)
{
    struct t *t = *state;

    for (int round = 0; round < 6; round++) {
        struct person *ann = make_person(t);
        struct crowd k = { .person = ann };
        struct app app;

        as_person(t, ann);
        app = start_app(t);
        k.code = code_at(t, &app, 0);
        run_parallel(t, 5, sign_in_or_confirm, &k);

        assert_int_equal(k.confirmed, 1);
        assert_int_equal(k.refused, 0);
        assert_int_equal(
            sql_int(t, "SELECT count(*) FROM auth.session WHERE person_id = " OF, ann->email), 1);
        GET_AT(t, "/v1/auth/sessions/current");
        expect(t, 200, "session.factors", "password totp");
        GET_AT(t, "/v1/auth/factors");
        expect(t, 200, "totp", "true", "recovery_codes_left", "10");
    }
}

int main(void)
{
    return run_db_tests(a_sign_in_that_waits_for_the_factor_is_asked_for_it,
        a_code_that_waits_for_the_factor_to_go_signs_nobody_in,
        a_session_that_ends_meanwhile_adds_no_factor,
        a_session_that_ends_meanwhile_reauthenticates_and_changes_nothing,
        a_reauthentication_by_a_password_that_changes_meanwhile_is_none,
        no_sign_in_gets_around_a_factor_that_is_being_added);
}
