/* The algorithm of authenticator apps against the published vectors. */
#include "testkit.h"
#include "auth_internal.h"

static const char rfc_secret[] = "12345678901234567890";

/* RFC 6238 appendix B, SHA-1: the last six of its eight digits. */
static void codes_are_those_of_the_rfc(void **state)
{
    static const struct {
        int64_t at_s;
        const char *code;
    } vectors[] = { { 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" },
        { 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" } };
    const struct bytes secret = { rfc_secret, 20 };
    char code[AUTH__TOTP_CODE_SIZE + 1];

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        assert_true(auth__totp_code(secret, vectors[i].at_s / 30, code));
        assert_string_equal(code, vectors[i].code);
    }
}

/* RFC 4226 appendix D. */
static void counters_are_those_of_the_rfc(void **state)
{
    static const char *const codes[] = { "755224", "287082", "359152", "969429", "338314", "254676",
        "287922", "162583", "399871", "520489" };
    const struct bytes secret = { rfc_secret, 20 };
    char code[AUTH__TOTP_CODE_SIZE + 1];

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        assert_true(auth__totp_code(secret, (int64_t)i, code));
        assert_string_equal(code, codes[i]);
    }
}

static void now_and_the_steps_around_it_count_and_nothing_else(void **state)
{
    const struct bytes secret = { rfc_secret, 20 };
    const struct instant now = { SECONDS(59) };
    int64_t step = -1;

    (void)state;
    assert_true(auth__totp_step(secret, "287082", now, &step)); /* step 1: now */
    assert_int_equal(step, 1);
    assert_true(auth__totp_step(secret, "755224", now, &step)); /* step 0: before */
    assert_int_equal(step, 0);
    assert_true(auth__totp_step(secret, "359152", now, &step)); /* step 2: to come */
    assert_int_equal(step, 2);
    step = -1;
    assert_false(auth__totp_step(secret, "969429", now, &step)); /* step 3: later */
    assert_false(auth__totp_step(secret, "755224", (struct instant){ SECONDS(60) }, &step));
    assert_false(auth__totp_step(secret, "28708", now, &step));
    assert_false(auth__totp_step(secret, "2870821", now, &step));
    assert_false(auth__totp_step(secret, "", now, &step));
    assert_int_equal(step, -1);
}

/* RFC 4648 section 10, without the padding no app wants. */
static void base32_is_that_of_the_rfc(void **state)
{
    static const char *const vectors[][2] = { { "", "" }, { "f", "MY" }, { "fo", "MZXQ" },
        { "foo", "MZXW6" }, { "foob", "MZXW6YQ" }, { "fooba", "MZXW6YTB" },
        { "foobar", "MZXW6YTBOI" } };
    struct t *t = *state;

    for (size_t i = 0; i < COUNT(vectors); i++)
        assert_string_equal(
            auth__base32(arena_of(t), (const uint8_t *)vectors[i][0], strlen(vectors[i][0])),
            vectors[i][1]);
}

static void the_uri_escapes_what_people_may_call_themselves(void **state)
{
    struct t *t = *state;

    assert_string_equal(
        auth__otpauth_uri(arena_of(t), "app.example.org:8080", "a+b&c@x.org", "MZXW6"),
        "otpauth://totp/app.example.org%3A8080:a%2Bb%26c%40x.org?secret=MZXW6"
        "&issuer=app.example.org%3A8080&algorithm=SHA1&digits=6&period=30");
}

static void a_key_is_known_by_its_checksum(void **state)
{
    struct t *t = *state;
    char *key = auth__new_key(arena_of(t));

    assert_int_equal(strlen(key), 58);
    assert_true(text_starts_with(key, "ash_test_"));
    assert_true(auth__is_key(key));
    for (size_t i = 0; i < strlen(key); i++) {
        const char was = key[i];
        key[i] = was == 'x' ? 'y' : 'x';
        assert_false(auth__is_key(key));
        key[i] = was;
    }
    assert_false(auth__is_key("ash_test_"));
    assert_false(auth__is_key(""));
    assert_false(auth__is_key("ash_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
}

int main(void)
{
    return run_db_tests(codes_are_those_of_the_rfc, counters_are_those_of_the_rfc,
        now_and_the_steps_around_it_count_and_nothing_else, base32_is_that_of_the_rfc,
        the_uri_escapes_what_people_may_call_themselves, a_key_is_known_by_its_checksum);
}
