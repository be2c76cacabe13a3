/* Tokens, codes, sealed texts, passwords, the list of known ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "base/ctx_open.h"
#include "runtime/offload.h"
#include "child.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "crypto/keys.h"
#include <ashlar/text.h>
#include <signal.h>

#define KEY_A "00112233445566778899aabbccddeeff0123456789abcdef0f1e2d3c4b5a6978"
#define KEY_B "ffeeddccbbaa99887766554433221100f0e1d2c3b4a5968778695a4b3c2d1e0f"

static struct arena *a;
static struct ctx c;

static void use_keys(const char *current, const char *previous)
{
    config_override(&ASHLAR_SECRET_KEY, current);
    config_override(&ASHLAR_SECRET_KEY_PREVIOUS, previous);
    assert_true(crypto_start());
}

static int begin(void **state)
{
    const struct module *const none[] = { NULL };
    char *list[] = { (char[]){ "ASHLAR_ENV=test" }, (char[]){ "ASHLAR_PASSWORD_MEMORY_MIB=1" },
        (char[]){ "ASHLAR_PASSWORD_PASSES=1" }, NULL };
    struct buf problems;
    (void)state;
    a = arena_new(0);
    ctx_open(&c, a, "test");
    buf_init(&problems, a, 10000);
    if (!config_load(none, list, &problems))
        return -1;
    use_keys(KEY_A, NULL);
    return 0;
}

static int begin_bare(void **state)
{
    (void)state;
    a = arena_new(0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    runtime_stop();
    arena_free(a);
    return 0;
}

static void tokens_are_256_bits_behind_their_prefix(void **state)
{
    (void)state;
    struct bytes secret;
    char *one = secret_token(a, "ses"), *two = secret_token(a, "ses");
    assert_true(text_starts_with(one, "ses_"));
    assert_int_equal(strlen(one), 4 + 43);
    assert_true(base64url_to_bytes(a, one + 4, 43, &secret));
    assert_int_equal(secret.size, 32);
    assert_string_not_equal(one, two);
}

static void codes_survive_how_people_type_them(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++) {
        char *code = secret_code(a);
        assert_int_equal(strlen(code), CODE_SIZE);
        assert_int_equal(strspn(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), CODE_SIZE);
        assert_string_equal(code_normalise(a, code), code);
        assert_string_equal(code_normalise(a, text_lower(a, code)), code);
    }
    assert_string_equal(code_normalise(a, " oil-OIL 9z "), "0110119Z");
    assert_null(code_normalise(a, "ABCDEFG"));
    assert_null(code_normalise(a, "ABCDEFGHJ"));
    assert_null(code_normalise(a, "ABCDEFGU"));
    assert_null(code_normalise(a, "ABCDEFG\xc3\xa4"));
    assert_null(code_normalise(a, ""));
    assert_null(code_normalise(a, NULL));
}

static void hashes_depend_on_token_purpose_and_key(void **state)
{
    (void)state;
    struct bytes one = token_hash(a, "auth.session", "ses_x");
    assert_int_equal(one.size, HASH_SIZE);
    assert_true(bytes_equal(one, token_hash(a, "auth.session", "ses_x")));
    assert_false(bytes_equal(one, token_hash(a, "auth.session", "ses_y")));
    assert_false(bytes_equal(one, token_hash(a, "auth.reset", "ses_x")));
    use_keys(KEY_B, NULL);
    assert_false(bytes_equal(one, token_hash(a, "auth.session", "ses_x")));
    use_keys(KEY_A, NULL);
    assert_true(bytes_equal(one, token_hash(a, "auth.session", "ses_x")));
}

static void macs_are_cut_to_the_size_asked_for(void **state)
{
    (void)state;
    uint8_t whole[32], part[9] = { 0 }, other[32];
    keyed_mac("cursor", "abc", 3, whole, sizeof whole);
    keyed_mac("cursor", "abc", 3, part, 8);
    assert_memory_equal(whole, part, 8);
    assert_int_equal(part[8], 0);
    keyed_mac("other", "abc", 3, other, sizeof other);
    assert_memory_not_equal(whole, other, 32);
}

static void others_signatures_are_those_of_the_standards(void **state)
{
    uint8_t long_key[131], out[HASH_SIZE];
    const char *text = "what do ya want for nothing?"; /* RFC 4231, cases 2 and 6 */
    const char *cut = "Test Using Larger Than Block-Size Key - Hash Key First";

    (void)state;
    hmac_sha256((struct bytes){ "Jefe", 4 }, (struct bytes){ text, strlen(text) }, out);
    assert_string_equal(hex_from_bytes(a, out, sizeof out),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(long_key, 0xaa, sizeof long_key);
    hmac_sha256(
        (struct bytes){ long_key, sizeof long_key }, (struct bytes){ cut, strlen(cut) }, out);
    assert_string_equal(hex_from_bytes(a, out, sizeof out),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    sha256((struct bytes){ "abc", 3 }, out);
    assert_string_equal(hex_from_bytes(a, out, sizeof out),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void equal_bytes_have_equal_length_too(void **state)
{
    (void)state;
    assert_true(bytes_equal((struct bytes){ "abc", 3 }, (struct bytes){ "abcd", 3 }));
    assert_false(bytes_equal((struct bytes){ "abc", 3 }, (struct bytes){ "abc", 2 }));
    assert_true(bytes_equal((struct bytes){ NULL, 0 }, (struct bytes){ "", 0 }));
}

static const struct bytes plain = { "a secret of a customer", 22 };

static void what_was_sealed_opens_again(void **state)
{
    (void)state;
    struct bytes out, sealed = seal(a, "totp", "auth.factor:1", plain);
    assert_true(unseal(a, "totp", "auth.factor:1", sealed, &out));
    assert_int_equal(out.size, plain.size);
    assert_memory_equal(out.data, plain.data, plain.size);
    assert_int_equal(((const char *)out.data)[out.size], 0);
    struct bytes empty = seal(a, "totp", "", (struct bytes){ NULL, 0 });
    assert_true(unseal(a, "totp", "", empty, &out));
    assert_int_equal(out.size, 0);
}

static void sealing_twice_gives_different_bytes(void **state)
{
    (void)state;
    struct bytes one = seal(a, "totp", "x", plain), two = seal(a, "totp", "x", plain);
    assert_false(bytes_equal(one, two));
    assert_null(memmem(one.data, one.size, "secret", 6));
}

static void any_change_keeps_it_shut(void **state)
{
    (void)state;
    struct bytes sealed = seal(a, "totp", "row 1", plain), out = { NULL, 77 };
    for (size_t i = 0; i < sealed.size * 8; i++) {
        uint8_t *changed = arena_memdup(a, sealed.data, sealed.size);
        changed[i / 8] ^= (uint8_t)(1 << i % 8);
        if (unseal(a, "totp", "row 1", (struct bytes){ changed, sealed.size }, &out))
            fail_msg("bit %zu changed and it opened", i);
    }
    for (size_t size = 0; size < sealed.size; size++)
        if (unseal(a, "totp", "row 1", (struct bytes){ sealed.data, size }, &out))
            fail_msg("opened with %zu bytes", size);
    assert_false(unseal(a, "totp", "row 2", sealed, &out));
    assert_false(unseal(a, "oauth", "row 1", sealed, &out));
    assert_int_equal(out.size, 77);
}

static void the_previous_key_still_opens_and_a_forgotten_one_does_not(void **state)
{
    (void)state;
    struct bytes out, sealed = seal(a, "totp", "x", plain);
    use_keys(KEY_B, KEY_A);
    assert_true(unseal(a, "totp", "x", sealed, &out));
    struct bytes fresh = seal(a, "totp", "x", plain);
    use_keys(KEY_B, NULL);
    assert_false(unseal(a, "totp", "x", sealed, &out));
    assert_true(unseal(a, "totp", "x", fresh, &out));
}

static char *watched;

static void look(void *arg)
{
    *(bool *)arg = watched[0] == 0 && watched[13] == 0;
}

static void secret_copies_are_wiped_when_their_arena_ends(void **state)
{
    (void)state;
    bool wiped = false;
    struct arena *mine = arena_new(0);
    arena_cleanup(mine, look, &wiped); /* registered first, so it runs after the wiping */
    watched = secret_strdup(mine, "hunter2hunter2");
    assert_string_equal(watched, "hunter2hunter2");
    assert_null(secret_strdup(mine, NULL));
    arena_free(mine);
    assert_true(wiped);
}

static void passwords_are_hashed_and_recognised(void **state)
{
    (void)state;
    const char *hash = NULL, *again = NULL;
    bool ok = false, outdated = true;
    assert_null(password_hash(&c, "correct horse battery", &hash));
    assert_null(password_hash(&c, "correct horse battery", &again));
    assert_true(text_starts_with(hash, "$argon2id$v=19$m=1024,t=1,p=1$"));
    assert_string_not_equal(hash, again);
    assert_null(password_verify(&c, hash, "correct horse battery", &ok, &outdated));
    assert_true(ok);
    assert_false(outdated);
    assert_null(password_verify(&c, hash, "correct horse batterz", &ok, &outdated));
    assert_false(ok);
}

static void a_cheaper_hash_is_outdated_but_good(void **state)
{
    (void)state;
    const char *hash = NULL;
    bool ok = false, outdated = false;
    assert_null(password_hash(&c, "correct horse battery", &hash));
    config_override(&ASHLAR_PASSWORD_PASSES, "2");
    assert_null(password_verify(&c, hash, "correct horse battery", &ok, &outdated));
    assert_true(ok);
    assert_true(outdated);
    config_override(&ASHLAR_PASSWORD_PASSES, "1");
}

/* Of this process only: others use the machine too. */
static int64_t processor_us(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

static int64_t time_of(const char *stored)
{
    int64_t began = processor_us();
    bool ok, outdated;

    assert_null(password_verify(&c, stored, "correct horse battery", &ok, &outdated));
    return processor_us() - began;
}

/* The best of several tries in turn: a shared cache makes one of them slow. */
static void an_unknown_account_costs_what_a_known_one_does(void **state)
{
    const char *hash = NULL;
    int64_t known = INT64_MAX, unknown = INT64_MAX, took;
    bool alike = false;

    (void)state;
    config_override(&ASHLAR_PASSWORD_MEMORY_MIB, "8");
    assert_null(password_hash(&c, "correct horse battery", &hash));
    for (int i = 0; i < 50 && !alike; i++) {
        took = time_of(hash);
        known = took < known ? took : known;
        took = time_of(NULL);
        unknown = took < unknown ? took : unknown;
        alike = i >= 3 && unknown > known * 6 / 10 && unknown < known * 16 / 10;
    }
    config_override(&ASHLAR_PASSWORD_MEMORY_MIB, "1");
    if (!alike)
        fail_msg("known %lld us, unknown %lld us", (long long)known, (long long)unknown);
}

static void an_unknown_account_is_neither_right_nor_outdated(void **state)
{
    bool ok = true, outdated = true;

    (void)state;
    assert_null(password_verify(&c, NULL, "correct horse battery", &ok, &outdated));
    assert_false(ok);
    assert_false(outdated);
}

static void a_malformed_hash_is_an_error_not_a_wrong_password(void **state)
{
    (void)state;
    bool ok = true, outdated = true;
    assert_ptr_equal(password_verify(&c, "$2b$10$x", "p", &ok, &outdated), &ERR_INTERNAL);
    assert_ptr_equal(password_verify(&c, "", "p", &ok, &outdated), &ERR_INTERNAL);
    assert_ptr_equal(
        password_verify(&c, "$argon2id$v=19$m=8192,t=2,p=1$c2FsdA$aGFzaA", "p", &ok, &outdated),
        &ERR_INTERNAL);
    assert_true(ok && outdated);
}

static void hashing_in_a_transaction_is_refused(void **state)
{
    (void)state;
    const char *hash = NULL;
    c.in_transaction = true;
    assert_ptr_equal(password_hash(&c, "correct horse battery", &hash), &ERR_INTERNAL);
    assert_null(hash);
    c.in_transaction = false;
}

static void known_passwords_are_found_in_any_case(void **state)
{
    (void)state;
    const char *const known[] = { "1234567890", "qwertyuiop", "password123", "PassWord123",
        "1q2w3e4r5t", "Basketball", "q1w2e3r4t5y6" };
    for (size_t i = 0; i < COUNT(known); i++)
        if (!password_is_breached(known[i]))
            fail_msg("%s was not found", known[i]);
}

static void good_passwords_are_not_on_the_list(void **state)
{
    (void)state;
    char huge[5000];
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_false(password_is_breached("violet-otter-parade-91"));
    assert_false(password_is_breached(""));
    assert_false(password_is_breached(huge));
    int hits = 0;
    for (int i = 0; i < 20000; i++)
        hits += password_is_breached(arena_printf(a, "%d no one has ever used this %d", i, i * 7));
    assert_int_equal(hits, 0);
}

static void work_without_keys(void *arg)
{
    (void)arg;
    token_hash(arena_new(0), "x", "y");
}

static void hashing_before_the_start_ends_the_process(void **state)
{
    (void)state;
    struct child_end done = child_run(a, work_without_keys, NULL);
    assert_int_equal(done.signal, SIGABRT);
    assert_non_null(strstr(done.said, "crypto.keys_unloaded"));
}

int main(void)
{
    const struct CMUnitTest before[] = {
        cmocka_unit_test(hashing_before_the_start_ends_the_process),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_256_bits_behind_their_prefix),
        cmocka_unit_test(codes_survive_how_people_type_them),
        cmocka_unit_test(hashes_depend_on_token_purpose_and_key),
        cmocka_unit_test(macs_are_cut_to_the_size_asked_for),
        cmocka_unit_test(others_signatures_are_those_of_the_standards),
        cmocka_unit_test(equal_bytes_have_equal_length_too),
        cmocka_unit_test(what_was_sealed_opens_again),
        cmocka_unit_test(sealing_twice_gives_different_bytes),
        cmocka_unit_test(any_change_keeps_it_shut),
        cmocka_unit_test(the_previous_key_still_opens_and_a_forgotten_one_does_not),
        cmocka_unit_test(secret_copies_are_wiped_when_their_arena_ends),
        cmocka_unit_test(passwords_are_hashed_and_recognised),
        cmocka_unit_test(a_cheaper_hash_is_outdated_but_good),
        cmocka_unit_test(an_unknown_account_costs_what_a_known_one_does),
        cmocka_unit_test(an_unknown_account_is_neither_right_nor_outdated),
        cmocka_unit_test(a_malformed_hash_is_an_error_not_a_wrong_password),
        cmocka_unit_test(hashing_in_a_transaction_is_refused),
        cmocka_unit_test(known_passwords_are_found_in_any_case),
        cmocka_unit_test(good_passwords_are_not_on_the_list),
    };
    int failed = cmocka_run_group_tests_name("before the start", before, begin_bare, end);
    return failed + cmocka_run_group_tests_name("crypto", tests, begin, end);
}
