/* One story through all modules, as the people in it live it. Each chapter is a promise of several
 * modules at once; what one module promises alone is tested in its own folder. */
#include "testkit.h"

struct story {
    struct t *t;
    struct person *ann, *bob;
    struct org *acme;
    const char *for_bob; /* the token of his invitation */
};

static const char *in_org(struct story *s, const char *path)
{
    return at(s->t, "/v1/orgs/%s%s", s->acme->id_text, path);
}

/* --- Ann founds Acme and invites Bob --- */

static void ann_founds_acme_and_invites_bob(struct story *s)
{
    struct t *t = s->t;

    s->ann = make_person(t, .name = "Ann", .email = "ann@acme.example");
    s->bob = make_person(t, .name = "Bob", .email = "bob@acme.example");
    s->acme = make_org(t, .name = "Acme", .owner = s->ann);
    as_owner_of(t, s->acme);
    POST_JSON(t, in_org(s, "/invitations"), "{'email':'%s','role':'member'}", s->bob->email);
    expect(t, 201);
    s->for_bob = mail_to(t, s->bob->email)->token;

    GET_AT(t, "/v1/me?include=orgs,permissions,entitlements,flags");
    expect(t, 200, "name", "Ann", "orgs.0.name", "Acme", "org_id", s->acme->id_text,
        "entitlements.0.name", "users.seats");
}

static void bob_accepts(struct story *s)
{
    struct t *t = s->t;

    as_person(t, s->bob);
    POST_JSON(t, "/v1/invitations/accept", "{'token':'%s'}", s->for_bob);
    expect(t, 200, "name", "Acme", "role", "member");
    expect_event(t, "users.member_added");
    drain_jobs(t);
}

/* --- Both are told --- */

static bool has_notice(struct t *t, const char *title)
{
    GET_AT(t, "/v1/me/inbox");
    expect(t, 200);
    for (size_t i = 0; i < count_of(t, "data"); i++)
        if (text_equal(member_of(t, at(t, "data.%zu.title", i)), title))
            return true;
    return false;
}

static void both_have_it_in_their_inbox_and_by_mail(struct story *s)
{
    struct t *t = s->t;

    as_person(t, s->bob);
    assert_true(has_notice(t, "Welcome to Acme"));
    assert_string_equal(mail_to(t, s->bob->email)->subject, "Welcome to Acme");
    as_person(t, s->ann);
    assert_true(has_notice(t, "Bob joined Acme"));
    assert_string_equal(mail_to(t, s->ann->email)->subject, "Bob joined Acme");
}

/* --- Acme's own product sends events --- */

static void send_batch(struct t *t, const char *key, const char *body)
{
    struct arena *a = arena_of(t);
    const char *plain = arena_printf(a, "%s:", key);

    as_nobody(t);
    with_header(t, "Authorization",
        arena_printf(a, "Basic %s", base64_from_bytes(a, plain, strlen(plain))));
    SEND(t, "POST", "/v1/batch", "text/plain", body, strlen(body));
}

static void acmes_page_sends_events_and_a_funnel_shows_them(struct story *s)
{
    static const char batch[] =
        "{\"batch\":[{\"type\":\"track\",\"messageId\":\"1\",\"userId\":\"u\",\"event\":\"Saw\"},"
        "{\"type\":\"track\",\"messageId\":\"2\",\"userId\":\"u\",\"event\":\"Bought\"}]}";
    struct t *t = s->t;
    const char *key;

    as_owner_of(t, s->acme);
    POST_JSON(t, in_org(s, "/analytics/write-keys"), "{'name':'Shop','traits':['plan']}");
    expect(t, 201);
    key = member_of(t, "key");
    send_batch(t, key, batch);
    expect(t, 200, "stored", "2");
    send_batch(t, key, batch); /* the same again is counted once */
    expect(t, 200, "stored", "0");

    as_owner_of(t, s->acme);
    GET_AT(t, "%s", in_org(s, "/analytics/funnel?steps=Saw,Bought"));
    expect(t, 200, "data.0.visitors", "1", "data.1.visitors", "1");
}

/* --- Who did what --- */

static void the_trail_tells_it_all(struct story *s)
{
    struct t *t = s->t;

    as_owner_of(t, s->acme);
    GET_AT(t, "%s", in_org(s, "/audit?action=users.member_added"));
    expect(t, 200, "data.0.actor", s->bob->id_text, "data.0.after.role", "member");
}

static void ann_founds_bob_joins_and_everybody_knows(void **state)
{
    struct story s = { .t = *state };

    ann_founds_acme_and_invites_bob(&s);
    bob_accepts(&s);
    both_have_it_in_their_inbox_and_by_mail(&s);
    acmes_page_sends_events_and_a_funnel_shows_them(&s);
    the_trail_tells_it_all(&s);
}

int main(void)
{
    return run_db_tests(ann_founds_bob_joins_and_everybody_knows);
}
