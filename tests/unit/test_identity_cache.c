/* Rows behind credentials: found again, forgotten, never mixed up, never too many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <ashlar/ashlar.h>
#include <pthread.h>
#include "http/request/identity_cache.h"

static struct arena *arena;

static int start(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    identity_cache_stop();
    arena_free(arena);
    return 0;
}

static struct identity_key key_of(int token, int org)
{
    char *hash = arena_alloc(arena, HASH_SIZE);
    struct identity_key key = { .token = { hash, HASH_SIZE }, .org = UUID_NIL };

    /* As a hash would: near tokens are far from each other. */
    for (int i = 0; i < HASH_SIZE; i++)
        hash[i] = (char)((unsigned)(token + 1) * 2654435761u * (unsigned)(i + 7) >> 13);
    memcpy(hash, &token, sizeof token);
    key.org.b[15] = (uint8_t)org;
    return key;
}

static void remember(int token, int org, const char *row)
{
    const struct identity_key key = key_of(token, org);
    identity_cache_put(&key, (struct bytes){ row, strlen(row) });
}

static const char *recall(int token, int org)
{
    const struct identity_key key = key_of(token, org);
    struct bytes row;

    return identity_cache_get(arena, &key, &row) ? arena_strndup(arena, row.data, row.size) : NULL;
}

static void a_row_is_found_by_its_token_and_organisation_only(void **state)
{
    (void)state;
    assert_null(recall(1, 0));
    remember(1, 0, "ann");
    remember(1, 7, "owner");
    remember(2, 0, "bob");
    assert_string_equal(recall(1, 0), "ann");
    assert_string_equal(recall(1, 7), "owner");
    assert_string_equal(recall(2, 0), "bob");
    assert_null(recall(2, 7));
    assert_null(recall(1, 8));
}

static void a_newer_row_takes_the_place_and_an_empty_one_clears_it(void **state)
{
    (void)state;
    remember(1, 0, "ann");
    remember(1, 0, "ann with a longer name");
    assert_string_equal(recall(1, 0), "ann with a longer name");
    remember(1, 0, "");
    assert_null(recall(1, 0));
    remember(1, 0, "");
    assert_null(recall(1, 0));
}

static void a_row_too_large_is_not_kept_and_nor_is_the_one_before(void **state)
{
    char *large = arena_alloc(arena, 1026);
    (void)state;
    memset(large, 'x', 1024);
    remember(1, 0, large);
    assert_string_equal(recall(1, 0), large);
    large[1024] = 'x';
    remember(1, 0, large);
    assert_null(recall(1, 0));
}

static void what_is_used_stays_while_thousands_pass_by(void **state)
{
    enum { MANY = 60000 };
    int kept = 0;
    (void)state;
    remember(-5, 0, "regular");
    for (int i = 1; i <= MANY; i++) {
        remember(i, 0, "passer-by");
        assert_non_null(recall(-5, 0));
    }
    for (int i = 1; i <= MANY; i++)
        kept += recall(i, 0) != NULL;
    assert_in_range(kept, 8192, 16384);
}

static void *come_and_go(void *arg)
{
    int own = *(int *)arg;
    struct arena *a = arena_new(0);
    char hash[HASH_SIZE] = "";
    struct identity_key key = { .token = { hash, sizeof hash } };

    for (int i = 0; i < 20000; i++) {
        struct bytes row;
        int n = i % 50;
        memcpy(hash, &n, sizeof n);
        if (i % 3 == own % 3)
            identity_cache_put(&key, (struct bytes){ hash, i % 5 == 0 ? 0 : sizeof hash });
        else if (identity_cache_get(a, &key, &row) && memcmp(row.data, hash, sizeof hash) != 0)
            *(int *)arg = -1;
    }
    arena_free(a);
    return NULL;
}

static void threads_never_meet_half_a_row(void **state)
{
    pthread_t threads[4];
    int own[4] = { 0, 1, 2, 3 };
    (void)state;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, come_and_go, &own[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_not_equal(own[i], -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_row_is_found_by_its_token_and_organisation_only, start, stop),
        cmocka_unit_test_setup_teardown(
            a_newer_row_takes_the_place_and_an_empty_one_clears_it, start, stop),
        cmocka_unit_test_setup_teardown(
            a_row_too_large_is_not_kept_and_nor_is_the_one_before, start, stop),
        cmocka_unit_test_setup_teardown(what_is_used_stays_while_thousands_pass_by, start, stop),
        cmocka_unit_test_setup_teardown(threads_never_meet_half_a_row, start, stop),
    };
    return cmocka_run_group_tests_name("identity_cache", tests, NULL, NULL);
}
