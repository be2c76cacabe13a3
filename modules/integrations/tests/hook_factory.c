/* An organisation with a webhook endpoint at the receiver. Knows no test. */
#include "hook_factory.h"
#include <ashlar/text.h>

static const char *hook;

void hook_start(void)
{
    hook = receiver_start();
}

const char *hook_url(void)
{
    return hook;
}

struct hooked make_endpoint(struct t *t, const char *events)
{
    struct hooked h;

    POST_JSON(t, at(t, ENDPOINTS, org_of(t)), "{'url':'%s','events':[%s]}", hook, events);
    expect(t, 201);
    h.id = member_of(t, "endpoint.id");
    h.secret = member_of(t, "secret");
    h.path = at(t, ENDPOINTS "/%s", org_of(t), h.id);
    return h;
}

void happen(struct t *t, struct org *org)
{
    make_member(t, org, "viewer");
    as_owner_of(t, org);
}

const char *id_of_newest(struct t *t)
{
    const char *text = sql_text(t, "SELECT id FROM integrations.delivery ORDER BY id DESC LIMIT 1");
    struct uuid id;

    assert_true(uuid_parse(text, strlen(text), &id));
    return typeid_text(arena_of(t), "delivery", id);
}

struct org *begin_hooked(struct t *t, struct hooked *h, const char *events)
{
    struct org *org = make_org(t);

    as_owner_of(t, org);
    drain_jobs(t);
    *h = make_endpoint(t, events);
    receiver_answers(200);
    return org;
}

bool signed_by(struct t *t, const struct received *r, const char *secret)
{
    struct bytes key;
    int64_t seconds;
    char *text = arena_strdup(arena_of(t), secret + strlen("whsec_"));
    const char *right;

    for (char *p = text; *p != '\0'; p++) /* padded base64 to what the house reads */
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p == '=' ? '\0' : *p;
    assert_true(base64url_to_bytes(arena_of(t), text, strlen(text), &key));
    assert_true(text_to_int(r->timestamp, &seconds));
    right = integrations__sign(
        arena_of(t), key, r->id, seconds, (struct bytes){ r->body, strlen(r->body) });
    return strstr(r->signature, right) != NULL;
}
