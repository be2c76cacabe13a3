/* One story through all seven modules, as the people in it live it. Each chapter is a promise of
 * several modules at once; what one module promises alone is tested in its own folder. */
#include "flags/flags.h"
#include "payments_factory.h"
#include "receiver.h"
#include "testkit.h"

/* Acme's developers ship something behind a flag. */
static const struct flag BULK = { .name = "product.bulk", .doc = "Bulk orders", .shown = true };
static const struct module product_module = {
    .name = "product",
    .summary = "What is built on the platform",
    .flags = (const struct flag *const[]){ &BULK, NULL },
};
extern const struct module users_module, auth_module, notifications_module, payments_module,
    payments_simulator_module, integrations_module, analytics_module, admin_module;
static const struct module *const modules[] = { &users_module, &auth_module, &notifications_module,
    &payments_module, &payments_simulator_module, &integrations_module, &analytics_module,
    &admin_module, &product_module, NULL };

struct story {
    struct t *t;
    struct person *ann, *bob, *sue; /* who founds, who joins, who supports them all */
    struct org *acme;
    const char *for_bob;           /* the token of his invitation */
    const char *hook;              /* Acme's own server */
    const char *secret;            /* signs what it gets */
    char since[INSTANT_TEXT_SIZE]; /* when it began */
};

static const char *in_org(struct story *s, const char *path)
{
    return at(s->t, "/v1/orgs/%s%s", s->acme->id_text, path);
}

/* --- Ann founds Acme and invites Bob; the second seat needs a plan --- */

/* Bob and Sue have been here before: the story is Ann's. */
static void others_are_here_already(struct story *s)
{
    struct t *t = s->t;

    s->bob = make_person(t, .name = "Bob", .email = "bob@acme.example");
    s->sue = make_person(t, .name = "Sue", .email = "sue@ashlar.example");
    advance(t, MINUTES(1));
    instant_format(clock_now(), s->since);
}

static void ann_founds_acme_and_invites_bob(struct story *s)
{
    struct t *t = s->t;

    sell(t); /* free: one seat; team: three */
    s->ann = make_person(t, .name = "Ann", .email = "ann@acme.example");
    s->acme = make_org(t, .name = "Acme", .owner = s->ann);
    as_owner_of(t, s->acme);
    POST_JSON(t, in_org(s, "/invitations"), "{'email':'%s','role':'member'}", s->bob->email);
    expect(t, 201);
    s->for_bob = mail_to(t, s->bob->email)->token;
}

static void acme_has_its_server_told(struct story *s)
{
    struct t *t = s->t;

    s->hook = receiver_start();
    receiver_answers(200);
    as_owner_of(t, s->acme);
    POST_JSON(t, in_org(s, "/webhook-endpoints"), "{'url':'%s','events':[]}", s->hook);
    expect(t, 201, "endpoint.enabled", "true");
    s->secret = member_of(t, "secret");
}

static void the_second_seat_needs_a_plan(struct story *s)
{
    struct t *t = s->t;

    as_person(t, s->bob);
    POST_JSON(t, "/v1/invitations/accept", "{'token':'%s'}", s->for_bob);
    expect_problem(t, 409, "entitlement-exceeded", .detail = "allows 1 of users.seats");
}

static void ann_pays(struct story *s)
{
    struct t *t = s->t;
    const char *session;

    as_owner_of(t, s->acme);
    click(t, "team", "EUR", "month");
    session = session_in_response(t);
    click(t, "team", "EUR", "month"); /* twice is once */
    assert_string_equal(session_in_response(t), session);
    pay(t, session, "paid");
    assert_int_equal(deliver_events(t), 2);

    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NOT NULL"), 2);

    GET_AT(t, "%s", in_org(s, "/billing"));
    expect(t, 200, "plan", "team", "subscription.status", "active", "entitlements.0.name",
        "users.seats", "entitlements.0.limit", "3");
}

static void bob_is_in(struct story *s)
{
    struct t *t = s->t;

    as_person(t, s->bob);
    POST_JSON(t, "/v1/invitations/accept", "{'token':'%s'}", s->for_bob);
    expect(t, 200, "name", "Acme", "role", "member");
    drain_jobs(t);
}

/* --- Everybody is told --- */

static bool has_notification(struct t *t, const char *title)
{
    GET_AT(t, "/v1/me/inbox");
    expect(t, 200);
    for (size_t i = 0; i < count_of(t, "data"); i++)
        if (text_equal(member_of(t, at(t, "data.%zu.title", i)), title))
            return true;
    return false;
}

static bool is_streamed(struct t *t, const char *title)
{
    GET_AT(t, "/v1/me/inbox/stream?after=0");
    expect(t, 200);
    return strstr(body_of(t), at(t, "\"title\":\"%s\"", title)) != NULL;
}

static void both_have_it_in_their_inbox_and_by_mail(struct story *s)
{
    struct t *t = s->t;

    as_person(t, s->bob);
    assert_true(has_notification(t, "Welcome to Acme"));
    assert_true(is_streamed(t, "Welcome to Acme"));
    assert_string_equal(mail_to(t, s->bob->email)->subject, "Welcome to Acme");
    as_person(t, s->ann);
    assert_true(has_notification(t, "Bob joined Acme"));
    assert_true(is_streamed(t, "Bob joined Acme"));
    assert_string_equal(mail_to(t, s->ann->email)->subject, "Bob joined Acme");
}

/* Standard Webhooks: HMAC-SHA256 over "id.timestamp.body" with the secret's bytes. */
static bool is_signed(struct story *s, const struct received *r)
{
    struct arena *a = arena_of(s->t);
    char *text = arena_strdup(a, s->secret + strlen("whsec_"));
    const char *signed_text = arena_printf(a, "%s.%s.%s", r->id, r->timestamp, r->body);
    uint8_t mac[HASH_SIZE];
    struct bytes key;

    for (char *p = text; *p != '\0'; p++)
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p == '=' ? '\0' : *p;
    if (!base64url_to_bytes(a, text, strlen(text), &key))
        return false;
    hmac_sha256(key, (struct bytes){ signed_text, strlen(signed_text) }, mac);
    return strstr(r->signature, base64_from_bytes(a, mac, sizeof mac)) != NULL;
}

/* Where among what Acme's server got this event first stands; it must be there, and signed. */
static int place_of(struct story *s, const char *type)
{
    for (int i = 0; i < receiver_count(); i++) {
        struct received r = receiver_got(i);
        if (strstr(r.body, at(s->t, "\"type\":\"%s\"", type)) == NULL)
            continue;
        assert_true(is_signed(s, &r));
        return i;
    }
    fail_msg("%s never came", type);
    return -1;
}

static int place_in_feed(struct t *t, const char *type)
{
    for (size_t i = 0; i < count_of(t, "data"); i++)
        if (text_equal(member_of(t, at(t, "data.%zu.type", i)), type))
            return (int)i;
    fail_msg("%s is not in the feed", type);
    return -1;
}

static void acmes_server_and_the_feed_tell_the_same_in_order(struct story *s)
{
    struct t *t = s->t;

    assert_true(place_of(s, "payments.subscription_updated") >= 0);
    assert_true(place_of(s, "users.member_added") >= 0);
    as_owner_of(t, s->acme);
    GET_AT(t, "%s", in_org(s, "/events?limit=100"));
    expect(t, 200);
    assert_true(
        place_in_feed(t, "users.org_created") < place_in_feed(t, "payments.subscription_updated"));
    assert_true(
        place_in_feed(t, "payments.subscription_updated") < place_in_feed(t, "users.member_added"));
}

/* --- Acme's own page sends events --- */

static void send_batch(struct t *t, const char *key, const char *body)
{
    const char *plain = arena_printf(arena_of(t), "%s:", key);

    as_nobody(t);
    with_header(t, "Authorization",
        at(t, "Basic %s", base64_from_bytes(arena_of(t), plain, strlen(plain))));
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

/* --- Sue of the staff looks, switches, and suspends --- */

/* RFC 6238 as her app computes it, from the secret the route showed. */
static const char *totp(struct t *t, const char *base32)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t key[64], counter[8], mac[20];
    int64_t step = clock_now().us / SECONDS(30);
    uint32_t bits = 0, n_bits = 0;
    size_t n = 0;

    for (const char *p = base32; *p && n < sizeof key; p++) {
        bits = bits << 5 | (uint32_t)(strchr(digits, *p) - digits);
        n_bits += 5;
        if (n_bits >= 8)
            key[n++] = (uint8_t)(bits >> (n_bits -= 8));
    }
    for (int i = 7; i >= 0; i--, step >>= 8)
        counter[i] = (uint8_t)step;
    assert_true(hmac_sha1((struct bytes){ key, n }, (struct bytes){ counter, 8 }, mac));
    const uint8_t *from = mac + (mac[19] & 15);
    return at(t, "%06u",
        ((unsigned)(from[0] & 0x7f) << 24 | (unsigned)from[1] << 16 | (unsigned)from[2] << 8 |
            from[3]) %
            1000000);
}

/* ashlar admin create sue@… operator */
static void the_command_makes_sue_staff(struct story *s)
{
    char command[] = "create", email[] = "sue@ashlar.example", role[] = "operator";
    char *words[] = { command, email, role, NULL };

    expect_ok(admin_module.commands[0].run(make_ctx(s->t, NULL, NULL), 3, words));
}

static void sue_signs_in_with_a_second_factor(struct story *s)
{
    struct t *t = s->t;
    const char *secret, *challenge;

    the_command_makes_sue_staff(s);
    as_person(t, s->sue);
    GET_AT(t, "/v1/admin/me");
    expect_problem(t, 403, "second-factor-required");
    POST_AT(t, "/v1/auth/totp");
    expect(t, 201);
    secret = member_of(t, "secret");
    POST_JSON(t, "/v1/auth/totp/confirm", "{'code':'%s'}", totp(t, secret));
    expect(t, 200);

    advance(t, SECONDS(30)); /* a code works once */
    as_nobody(t);
    POST_JSON(
        t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", s->sue->email, s->sue->password);
    expect(t, 201, "status", "second_factor_required");
    challenge = member_of(t, "challenge.token");
    as_person(t, s->sue);
    POST_JSON(t, "/v1/auth/sessions/second-factor", "{'challenge':'%s','code':'%s'}", challenge,
        totp(t, secret));
    expect(t, 201, "session.factors", "password totp");
}

/* Of those who came since the story began. */
static void sue_sees_one_of_one_pay(struct story *s)
{
    struct t *t = s->t;

    drain_jobs(t);
    as_person(t, s->sue);
    GET_AT(t, "/v1/admin/funnel?from=%s&steps=signed%%20up,verified,created%%20organisation,paid",
        s->since);
    expect(t, 200, "data.0.visitors", "1", "data.1.visitors", "1", "data.2.visitors", "1",
        "data.3.step", "paid", "data.3.visitors", "1");
}

/* Of the list at `path` in the last response: the place of the item whose `member` is `value`. */
static size_t place_in_support_view(
    struct t *t, const char *path, const char *member, const char *value)
{
    for (size_t i = 0; i < count_of(t, path); i++)
        if (text_equal(member_of(t, at(t, "%s.%zu.%s", path, i, member)), value))
            return i;
    fail_msg("%s shows no %s %s: %s", path, member, value, body_of(t));
    return 0;
}

static void expect_delivered(struct t *t, const char *type)
{
    size_t i = place_in_support_view(t, "modules.integrations.deliveries", "event_type", type);

    expect(t, 200, at(t, "modules.integrations.deliveries.%zu.state", i), "delivered",
        at(t, "modules.integrations.deliveries.%zu.last_status", i), "200");
}

static void sue_finds_acme_and_sees_its_support_view(struct story *s)
{
    struct t *t = s->t;

    as_person(t, s->sue);
    GET_AT(t, "/v1/admin/orgs?q=acme");
    expect(t, 200, "data.0.id", s->acme->id_text, "data.0.members", "2", "data.1", NULL);
    GET_AT(t, "/v1/admin/orgs/%s", s->acme->id_text);
    expect(t, 200, "org.name", "Acme", "modules.payments.plan", "team", "modules.payments.access",
        "full", "modules.payments.status", "active", "modules.payments.cancel_at_period_end",
        "false", "modules.payments.ends_at", "null", "entitlements.0.plan", "team",
        "modules.integrations.endpoints.0.url", s->hook);
    assert_int_equal(count_of(t, "modules.users.members"), 2);
    place_in_support_view(t, "modules.users.members", "email", s->ann->email);
    place_in_support_view(t, "modules.users.members", "email", s->bob->email);
    place_in_support_view(t, "audit", "action", "users.org_created");
    place_in_support_view(t, "audit", "action", "users.member_added");
    expect_delivered(t, "payments.subscription_updated");
    expect_delivered(t, "users.member_added");
}

static void ann_sees_the_flag_sue_switches_on(struct story *s)
{
    struct t *t = s->t;

    as_person(t, s->ann);
    GET_AT(t, "/v1/me?include=flags");
    assert_non_null(strstr(body_of(t), "\"product.bulk\":false"));
    as_person(t, s->sue);
    PUT_JSON(
        t, at(t, "/v1/admin/flags/product.bulk/orgs/%s", s->acme->id_text), "{'value':'true'}");
    expect(t, 200);
    expect_ok(flags_refresh()); /* what every process does within a second */
    as_person(t, s->ann);
    GET_AT(t, "/v1/me?include=flags");
    assert_non_null(strstr(body_of(t), "\"product.bulk\":true"));
}

static void bob_is_suspended_and_out_at_once(struct story *s)
{
    struct t *t = s->t;

    as_person(t, s->bob);
    GET_AT(t, "/v1/me");
    expect(t, 200);
    as_person(t, s->sue);
    POST_JSON(t, at(t, "/v1/admin/people/%s/suspend", s->bob->id_text), "{'reason':'Spam'}");
    expect(t, 204);
    as_person(t, s->bob);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

/* --- The end --- */

static void the_trail_tells_it_all(struct story *s)
{
    struct t *t = s->t;

    as_owner_of(t, s->acme);
    GET_AT(t, "%s", in_org(s, "/audit?action=users.member_added"));
    expect(t, 200, "data.0.actor", s->bob->id_text, "data.0.after.role", "member");
}

/* Then the clock stands so far from `when`, and Ann, signed in anew, looks at the billing. */
static void wait_until(struct story *s, const char *when, int64_t us)
{
    struct t *t = s->t;
    struct instant end;

    assert_true(instant_parse(when, strlen(when), &end));
    advance(t, instant_add(end, us).us - clock_now().us);
    s->acme->owner = other_browser_of(t, s->acme->owner);
    as_owner_of(t, s->acme);
    GET_AT(t, "%s", in_org(s, "/billing"));
}

static void ann_cancels_and_the_plan_ends_with_what_is_paid(struct story *s)
{
    struct t *t = s->t;
    const char *period_end;

    as_owner_of(t, s->acme);
    POST_AT(t, "%s", in_org(s, "/billing/cancel"));
    expect(t, 200, "plan", "team", "subscription.cancel_at_period_end", "true");
    period_end = member_of(t, "subscription.period_end");
    assert_string_equal(member_of(t, "subscription.ends_at"), period_end);
    deliver_events(t);

    wait_until(s, period_end, -MINUTES(5));
    expect(t, 200, "plan", "team", "access", "full", "entitlements.0.limit", "3");
    wait_until(s, period_end, 0);
    expect(t, 200, "plan", "free", "subscription.access", "none", "entitlements.0.limit", "1");
    days_pass(t, s->acme, 1); /* the provider says so, too */
    GET_AT(t, "%s", in_org(s, "/billing"));
    expect(t, 200, "plan", "free", "subscription.status", "canceled");
    GET_AT(t, "%s", in_org(s, "/events?limit=100"));
    expect(t, 200);
    place_in_feed(t, "payments.subscription_ended");
}

static void ann_founds_pays_is_helped_and_leaves(void **state)
{
    struct story s = { .t = *state };

    others_are_here_already(&s);
    ann_founds_acme_and_invites_bob(&s);
    acme_has_its_server_told(&s);
    the_second_seat_needs_a_plan(&s);
    ann_pays(&s);
    bob_is_in(&s);
    both_have_it_in_their_inbox_and_by_mail(&s);
    acmes_server_and_the_feed_tell_the_same_in_order(&s);
    acmes_page_sends_events_and_a_funnel_shows_them(&s);
    sue_signs_in_with_a_second_factor(&s);
    sue_sees_one_of_one_pay(&s);
    sue_finds_acme_and_sees_its_support_view(&s);
    ann_sees_the_flag_sue_switches_on(&s);
    bob_is_suspended_and_out_at_once(&s);
    the_trail_tells_it_all(&s);
    ann_cancels_and_the_plan_ends_with_what_is_paid(&s);
    receiver_stop();
}

int main(void)
{
    testkit_modules = modules;
    return run_db_tests(ann_founds_pays_is_helped_and_leaves);
}
