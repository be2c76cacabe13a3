/* Signatures, envelopes, the plans file and amounts: what needs little or no database. */
#include "payments_factory.h"
#include "base/problem.h"
#include "payments_stripe_call.h"

static const char body_text[] = "{\"id\":\"evt_1\",\"type\":\"invoice.paid\",\"livemode\":false}";
#define BODY   ((struct bytes){ body_text, sizeof body_text - 1 })
#define SECRET "whsec_one"

static enum payments__signed check(struct t *t, const char *header, const char *secrets)
{
    return payments__check_signature(arena_of(t), header, BODY, secrets, clock_now());
}

static const char *signed_at(struct t *t, int64_t seconds)
{
    return payments_sign(arena_of(t), BODY, SECRET, instant_add(clock_now(), SECONDS(seconds)));
}

static void a_signature_by_any_of_the_secrets_is_good(void **state)
{
    struct t *t = *state;

    assert_int_equal(check(t, signed_at(t, 0), SECRET), PAYMENTS__SIGNED);
    assert_int_equal(check(t, signed_at(t, 0), "whsec_two, " SECRET), PAYMENTS__SIGNED);
    assert_int_equal(check(t, signed_at(t, 0), "whsec_two"), PAYMENTS__FORGED);
    assert_int_equal(check(t, signed_at(t, 0), ""), PAYMENTS__FORGED);
}

static void stamps_count_for_five_minutes_on_both_sides(void **state)
{
    struct t *t = *state;

    assert_int_equal(check(t, signed_at(t, -295), SECRET), PAYMENTS__SIGNED);
    assert_int_equal(check(t, signed_at(t, -305), SECRET), PAYMENTS__STALE);
    assert_int_equal(check(t, signed_at(t, 295), SECRET), PAYMENTS__SIGNED);
    assert_int_equal(check(t, signed_at(t, 305), SECRET), PAYMENTS__STALE);
}

static void one_changed_byte_is_noticed(void **state)
{
    struct t *t = *state;
    const char *good = signed_at(t, 0);
    char *changed = arena_strdup(arena_of(t), body_text);

    for (size_t i = 0; i < sizeof body_text - 1; i++) {
        changed[i] ^= 1;
        assert_int_equal(payments__check_signature(arena_of(t), good,
                             (struct bytes){ changed, sizeof body_text - 1 }, SECRET, clock_now()),
            PAYMENTS__FORGED);
        changed[i] ^= 1;
    }
}

static void malformed_headers_are_refused(void **state)
{
    static const char *const bad[] = { NULL, "", "t=", "v1=abc", "t=1", "t=x,v1=", ",,,",
        "t=1,t=2,v1="
        "0000000000000000000000000000000000000000000000000000000000000000",
        "t=-1,v1=0000000000000000000000000000000000000000000000000000000000000000",
        "t=99999999999999999999,v1="
        "0000000000000000000000000000000000000000000000000000000000000000" };
    struct t *t = *state;

    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(check(t, bad[i], SECRET), PAYMENTS__MALFORMED);
}

/* Made by hand: printf '1700000000.{"id":"evt_test"}' | openssl dgst -sha256 -hmac SECRET. */
static void the_key_is_the_whole_secret_as_it_is_written(void **state)
{
    static const char payload[] = "{\"id\":\"evt_test\"}";
    struct t *t = *state;
    const struct bytes body = { payload, sizeof payload - 1 };
    const struct instant at = { SECONDS(1700000000) };
    const char *header = payments_sign(arena_of(t), body, "whsec_test_secret", at);

    assert_true(text_starts_with(header, "t=1700000000,v1="));
    assert_string_equal(header + strlen("t=1700000000,v1="),
        "13941114bb88ac44a76abcfddea5b92aa6182a4b63d8be3aae908a616083bd7e");
}

static void read_subject(struct t *t, const char *json, struct payments__envelope *out)
{
    expect_ok(payments__read_envelope(system_ctx(t), (struct bytes){ json, strlen(json) }, out));
}

static void what_an_event_is_about_is_found(void **state)
{
    struct t *t = *state;
    struct payments__envelope e;

    read_subject(t,
        "{\"id\":\"evt_1\",\"type\":\"customer.subscription.updated\",\"livemode\":true,\"data\":"
        "{\"object\":{\"id\":\"sub_1\",\"object\":\"subscription\"}}}",
        &e);
    assert_string_equal(e.subject, "sub_1");
    assert_string_equal(e.subject_kind, "subscription");
    assert_true(e.livemode);
    read_subject(t,
        "{\"id\":\"evt_2\",\"type\":\"invoice.paid\",\"livemode\":false,\"data\":{\"object\":{"
        "\"id\":"
        "\"in_1\",\"object\":\"invoice\",\"parent\":{\"subscription_details\":{\"subscription\":"
        "\"sub_2\"}}}}}",
        &e);
    assert_string_equal(e.subject, "sub_2");
    read_subject(t,
        "{\"id\":\"evt_3\",\"type\":\"invoice.paid\",\"livemode\":false,\"data\":{\"object\":{"
        "\"id\":"
        "\"in_1\",\"object\":\"invoice\",\"subscription\":{\"id\":\"sub_3\"}}}}",
        &e);
    assert_string_equal(e.subject, "sub_3");
    read_subject(t, "{\"id\":\"evt_4\",\"type\":\"x\",\"livemode\":false}", &e);
    assert_string_equal(e.subject_kind, "other");
}

static void what_is_no_event_is_refused(void **state)
{
    static const char *const bad[] = { "{}", "[]", "{\"id\":1,\"type\":\"x\",\"livemode\":false}",
        "{\"id\":\"evt 1\",\"type\":\"x\",\"livemode\":false}",
        "{\"id\":\"evt_1\",\"type\":\"x\",\"livemode\":\"false\"}",
        /* a subscription that is not named */
        ("{\"id\":\"evt_1\",\"type\":\"x\",\"livemode\":false,"
         "\"data\":{\"object\":{\"object\":\"subscription\"}}}") };
    struct t *t = *state;
    struct payments__envelope e;

    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(
            payments__read_envelope(system_ctx(t), (struct bytes){ bad[i], strlen(bad[i]) }, &e));
}

/* --- Over HTTP --- */

static void send_signed(struct t *t, const char *signature, const char *json)
{
    with_header(t, "Stripe-Signature", signature);
    SEND(t, "POST", "/v1/payments/webhooks/dev", "application/json", json, strlen(json));
}

static void forged_stale_live_and_foreign_events_are_refused(void **state)
{
    struct t *t = *state;
    const char *json = body_text, *live = "{\"id\":\"e\",\"type\":\"x\",\"livemode\":true}";
    const char *secret = payments__provider()->webhook_secrets(system_ctx(t));

    send_signed(t, signed_at(t, 0), json);
    expect_problem(t, 400, "payments/bad-signature", .detail = "matches no configured secret");
    send_signed(t, NULL, json);
    expect_problem(t, 400, "payments/bad-signature", .detail = "Stripe-Signature");
    send_signed(
        t, payments_sign(arena_of(t), BODY, secret, instant_add(clock_now(), -SECONDS(400))), json);
    expect_problem(t, 400, "payments/bad-signature", .detail = "300 s");
    send_event(t, live);
    expect_problem(t, 400, "payments/bad-signature", .detail = "Live events");
    POST_AT(t, "/v1/payments/webhooks/stripe");
    expect_problem(t, 404, "not-found");
    send_event(t, "{}");
    expect_problem(t, 422, "invalid-fields");
    send_event(t, "no json");
    expect_problem(t, 400, "bad-json");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook"), 0);
}

static void an_event_is_stored_once_with_its_bytes(void **state)
{
    struct t *t = *state;

    send_event(t, body_text);
    expect(t, 204);
    send_event(t, body_text);
    expect(t, 204);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook"), 1);
    assert_string_equal(
        sql_text(t, "SELECT convert_from(body, 'UTF8') FROM payments.webhook"), body_text);
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NULL"), 0);
}

/* --- The plans file --- */

static void expect_defect(struct t *t, const char *json, const char *pointer)
{
    char *text = arena_strdup(arena_of(t), json);
    struct ctx *c = make_ctx(t, NULL, NULL);
    struct payments__catalog_in catalog;
    bool found = false;

    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    expect_error(payments__catalog_parse(c, text, strlen(text), &catalog), &ERR_INVALID);
    for (size_t i = 0; i < c->problem->n_fields; i++)
        found = found || text_equal(c->problem->fields[i].pointer, pointer);
    if (!found)
        fail_msg("nothing points at %s: %s", pointer, json);
}

#define FREE "{'key':'free','name':'Free','is_default':true}"

static void a_plans_file_with_defects_is_refused(void **state)
{
    struct t *t = *state;

    expect_defect(t, "{'plans':[]}", "/plans");
    expect_defect(t, "{'plans':[{'key':'free','name':'Free'}]}", "/plans");
    expect_defect(t, "{'plans':[" FREE "," FREE "]}", "/plans/1/key");
    expect_defect(t,
        "{'plans':[" FREE ",{'key':'a','name':'A','prices':[{'currency':'ZZZ','period':'month',"
        "'amount_minor':1}]}]}",
        "/plans/1/prices/0/currency");
    expect_defect(t,
        "{'plans':[" FREE ",{'key':'a','name':'A','prices':[{'currency':'KWD','period':'month',"
        "'amount_minor':2901}]}]}",
        "/plans/1/prices/0/amount_minor");
    expect_defect(t,
        "{'plans':[" FREE ",{'key':'a','name':'A','prices':[{'currency':'EUR','period':'month',"
        "'amount_minor':1},{'currency':'EUR','period':'month','amount_minor':2}]}]}",
        "/plans/1/prices/1");
    expect_defect(t,
        "{'plans':[{'key':'free','name':'Free','is_default':true,'entitlements':[{'name':"
        "'users.wings','limit':2}]}]}",
        "/plans/0/entitlements/0/name");
    expect_defect(t,
        "{'plans':[{'key':'free','name':'Free','is_default':true,'prices':[{'currency':'EUR',"
        "'period':'month','amount_minor':1}]}]}",
        "/plans/0/prices");
}

static void the_same_file_twice_changes_nothing(void **state)
{
    struct t *t = *state;

    sell(t);
    sell(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.plan"), 2);
    sell_this(t, "{'plans':[" FREE "]}");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.plan WHERE retired_at IS NULL"), 1);
    assert_int_equal(sql_int(t, "SELECT max(version) FROM payments.plan WHERE key = 'free'"), 2);
}

static void amounts_are_written_with_their_currencys_decimals(void **state)
{
    struct t *t = *state;
    struct arena *a = arena_of(t);

    assert_string_equal(payments__amount_text(a, payments__currency("EUR"), 2905), "29.05");
    assert_string_equal(payments__amount_text(a, payments__currency("JPY"), 2905), "2905");
    assert_string_equal(payments__amount_text(a, payments__currency("KWD"), 2900), "2.900");
    assert_string_equal(payments__amount_text(a, payments__currency("EUR"), 5), "0.05");
    assert_string_equal(payments__amount_text(a, payments__currency("UYW"), 12345), "1.2345");
    assert_null(payments__currency("eur"));
}

static void every_currency_of_iso_4217_can_be_written_into_a_plan(void **state)
{
    /* Some that Stripe charges and a list by hand had left out. */
    static const char *const codes[] = { "MGA", "LKR", "BDT", "PKR", "GEL", "RSD", "BGN", "KZT",
        "DOP", "GTQ", "TZS", "XCG", "ETB", "UZS", "AMD", "CRC" };
    struct t *t = *state;

    for (size_t i = 0; i < COUNT(codes); i++)
        assert_non_null(payments__currency(codes[i]));
    assert_null(payments__currency("XAU"));
    assert_null(payments__currency("XTS"));
    assert_null(payments__currency("HRK"));
    sell_this(t, "{'plans':[" FREE ",{'key':'a','name':'A','prices':["
                 "{'currency':'MGA','period':'month','amount_minor':1000000},"
                 "{'currency':'LKR','period':'month','amount_minor':150001}]}]}");
    expect_defect(t,
        "{'plans':[" FREE ",{'key':'a','name':'A','prices':[{'currency':'MGA','period':'month',"
        "'amount_minor':1000050}]}]}",
        "/plans/1/prices/0/amount_minor");
}

static void stripes_amounts_and_ours_are_turned_into_each_other(void **state)
{
    static const struct {
        const char *code;
        int64_t ours, stripes;
    } cases[] = { { "EUR", 2905, 2905 }, { "JPY", 2905, 2905 }, { "ISK", 2900, 290000 },
        { "UGX", 5, 500 }, { "KWD", 9500, 9500 }, { "MGA", 1000000, 10000 }, { "HUF", 1, 1 } };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct payments__currency *currency = payments__currency(cases[i].code);
        assert_int_equal(payments__stripe_amount(currency, cases[i].ours), cases[i].stripes);
        assert_int_equal(payments__amount_of_stripe(currency, cases[i].stripes), cases[i].ours);
    }
    assert_true(payments__amount_of_stripe(payments__currency("MGA"), INT64_MAX) < 0);
    assert_true(payments__amount_of_stripe(payments__currency("EUR"), -1) < 0);
}

/* --- Talking to Stripe: the rules of trying again --- */

static void stripes_own_word_goes_before_the_status(void **state)
{
    (void)state;
    assert_true(payments__stripe_may_retry(0, NULL));
    assert_true(payments__stripe_may_retry(409, NULL));
    assert_true(payments__stripe_may_retry(429, NULL));
    assert_true(payments__stripe_may_retry(500, NULL));
    assert_false(payments__stripe_may_retry(400, NULL));
    assert_false(payments__stripe_may_retry(200, NULL));
    assert_true(payments__stripe_may_retry(400, "true"));
    assert_false(payments__stripe_may_retry(503, "false"));
}

static void pauses_grow_and_stay_within_their_bounds(void **state)
{
    (void)state;
    for (uint32_t r = 0; r < 100000; r += 37) {
        assert_in_range(payments__stripe_pause_ms(1, r), 500, 500);
        assert_in_range(payments__stripe_pause_ms(2, r), 500, 1000);
        assert_in_range(payments__stripe_pause_ms(3, r), 1000, 2000);
        assert_in_range(payments__stripe_pause_ms(9, r), 2500, 5000);
    }
}

static void forms_are_encoded_with_their_brackets(void **state)
{
    struct t *t = *state;
    struct buf form;

    buf_init(&form, arena_of(t), 1000);
    payments__form_add(&form, "metadata[a]", "x y&z=1+2/\xc3\xa9");
    payments__form_add(&form, "left_out", NULL);
    payments__form_add_int(&form, "n", -5);
    assert_string_equal(form.data, "metadata[a]=x%20y%26z%3D1%2B2%2F%C3%A9&n=-5");
}

int main(void)
{
    return run_db_tests(a_signature_by_any_of_the_secrets_is_good,
        stamps_count_for_five_minutes_on_both_sides, one_changed_byte_is_noticed,
        malformed_headers_are_refused, the_key_is_the_whole_secret_as_it_is_written,
        what_an_event_is_about_is_found, what_is_no_event_is_refused,
        forged_stale_live_and_foreign_events_are_refused, an_event_is_stored_once_with_its_bytes,
        a_plans_file_with_defects_is_refused, the_same_file_twice_changes_nothing,
        amounts_are_written_with_their_currencys_decimals,
        every_currency_of_iso_4217_can_be_written_into_a_plan,
        stripes_amounts_and_ours_are_turned_into_each_other,
        stripes_own_word_goes_before_the_status, pauses_grow_and_stay_within_their_bounds,
        forms_are_encoded_with_their_brackets);
}
