/* Objects in a folder: whole or not there, and no key leads out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/ctx_open.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "crypto/keys.h"
#include "storage/local_url.h"
#include "storage/storage_start.h"
#include <ashlar/text.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena *a;
static struct ctx c;
static char root[] = "/tmp/ashlar-storage-XXXXXX";
static const char *folder;

static int begin(void **state)
{
    const struct module *const none[] = { NULL };
    char *list[] = { (char[]){ "ASHLAR_ENV=test" }, NULL };
    struct buf problems;

    (void)state;
    a = arena_new(0);
    ctx_open(&c, a, "test");
    buf_init(&problems, a, 10000);
    memcpy(root + sizeof root - 7, "XXXXXX", 6);
    if (!config_load(none, list, &problems) || mkdtemp(root) == NULL)
        return -1;
    folder = arena_printf(a, "%s/deep/er", root);
    config_override(&ASHLAR_STORAGE_FOLDER, folder);
    return crypto_start() ? 0 : -1;
}

static int unlink_one(const char *path, const struct stat *s, int flag, struct FTW *ftw)
{
    (void)s, (void)flag, (void)ftw;
    return remove(path);
}

static int end(void **state)
{
    (void)state;
    nftw(root, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(a);
    return 0;
}

static err put(const char *key, const char *type, const char *text)
{
    return storage_put(
        &c, key, &(struct storage_object){ .type = type, .body = { text, strlen(text) } });
}

static void assert_kept(const char *key, const char *type, const char *text)
{
    struct storage_object o;

    assert_ptr_equal(storage_get(&c, key, 0, &o), NULL);
    assert_string_equal(o.type, type);
    assert_int_equal(o.body.size, strlen(text));
    assert_memory_equal(o.body.data, text, o.body.size);
}

static void what_is_put_comes_back_with_its_type_and_can_be_replaced(void **state)
{
    struct storage_info info;

    (void)state;
    assert_ptr_equal(put("avatar/org_1/a.png", "image/png", "first"), NULL);
    assert_kept("avatar/org_1/a.png", "image/png", "first");
    assert_ptr_equal(put("avatar/org_1/a.png", NULL, "second\nline"), NULL);
    assert_kept("avatar/org_1/a.png", "application/octet-stream", "second\nline");
    assert_ptr_equal(storage_head(&c, "avatar/org_1/a.png", &info), NULL);
    assert_int_equal(info.size, 11);
    assert_ptr_equal(put("empty", "text/plain", ""), NULL);
    assert_kept("empty", "text/plain", "");
    assert_ptr_equal(storage_head(&c, "empty", &info), NULL);
    assert_int_equal(info.size, 0);
}

static void what_is_not_there_or_too_long_says_so(void **state)
{
    struct storage_object o = { .type = "untouched" };
    struct storage_info info;

    (void)state;
    assert_ptr_equal(storage_get(&c, "no/such", 0, &o), &ERR_NOT_FOUND);
    assert_ptr_equal(storage_head(&c, "no/such", &info), &ERR_NOT_FOUND);
    assert_ptr_equal(storage_delete(&c, "no/such"), NULL);
    assert_ptr_equal(put("k", "text/plain", "12345"), NULL);
    assert_ptr_equal(storage_get(&c, "k", 4, &o), &ERR_TOO_LARGE);
    assert_string_equal(o.type, "untouched");
    assert_ptr_equal(storage_get(&c, "k", 5, &o), NULL);
    assert_ptr_equal(storage_get(&c, "k/below", 0, &o), &ERR_NOT_FOUND);
    assert_ptr_equal(storage_delete(&c, "k"), NULL);
    assert_ptr_equal(storage_get(&c, "k", 0, &o), &ERR_NOT_FOUND);
}

static void no_key_leads_out_of_the_folder(void **state)
{
    static const char *const bad[] = { "", "/", "/etc/passwd", "../x", "a/../../x", "a/..", "..",
        ".", "a/./b", "a//b", "a/", ".hidden", "a/.put-1", "a b", "a\\b", "a\nb", "\xc3\xa4",
        "a%2f", "a:b" };
    struct storage_object o;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (storage_key_is_good(bad[i]))
            fail_msg("\"%s\" was taken for a key", bad[i]);
        assert_ptr_equal(put(bad[i], NULL, "x"), &ERR_INTERNAL);
        assert_ptr_equal(storage_get(&c, bad[i], 0, &o), &ERR_INTERNAL);
        assert_ptr_equal(storage_delete(&c, bad[i]), &ERR_INTERNAL);
    }
    assert_false(storage_key_is_good(arena_printf(a, "%0301d", 0)));
    assert_true(storage_key_is_good(arena_printf(a, "%0300d", 0)));
    assert_true(storage_key_is_good("a-Z_9/b..c/d."));
    assert_int_equal(access(folder, F_OK), -1); /* nothing was made */
}

static void a_link_in_the_folder_is_not_followed(void **state)
{
    struct storage_object o;
    const char *outside = arena_printf(a, "%s/outside", root);

    (void)state;
    assert_ptr_equal(put("in/file", NULL, "x"), NULL);
    assert_int_equal(mkdir(outside, 0700), 0);
    assert_int_equal(symlink(outside, arena_printf(a, "%s/link", folder)), 0);
    assert_int_equal(symlink("/etc/hostname", arena_printf(a, "%s/in/secret", folder)), 0);
    assert_ptr_not_equal(put("link/file", NULL, "x"), NULL);
    assert_int_equal(access(arena_printf(a, "%s/file", outside), F_OK), -1);
    assert_ptr_not_equal(storage_get(&c, "in/secret", 0, &o), NULL);
}

/* Readers see one of the two, never a part and never a mixture. */
enum { LONG = 300000, ROUNDS = 200 };
static char *texts[2];

static void *replace(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct arena *own = arena_new(0);
        struct ctx mine;
        ctx_open(&mine, own, "test");
        if (storage_put(&mine, "shared",
                &(struct storage_object){ .body = { texts[i % 2], LONG } }) != NULL)
            abort();
        arena_free(own);
    }
    return NULL;
}

static void readers_see_the_old_or_the_new_object_and_nothing_between(void **state)
{
    pthread_t writers[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        texts[i] = arena_alloc(a, LONG);
        memset(texts[i], 'a' + i, LONG);
    }
    assert_ptr_equal(
        storage_put(&c, "shared", &(struct storage_object){ .body = { texts[0], LONG } }), NULL);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, replace, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct arena *own = arena_new(0);
        struct storage_object o;
        struct ctx mine;
        ctx_open(&mine, own, "test");
        assert_ptr_equal(storage_get(&mine, "shared", 0, &o), NULL);
        assert_int_equal(o.body.size, LONG);
        assert_memory_equal(o.body.data, texts[*(const char *)o.body.data - 'a'], LONG);
        arena_free(own);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(writers[i], NULL);
}

static void nothing_is_put_in_a_transaction(void **state)
{
    struct storage_object o;

    (void)state;
    c.in_transaction = true;
    assert_ptr_equal(put("k", NULL, "x"), &ERR_INTERNAL);
    assert_ptr_equal(storage_get(&c, "k", 0, &o), &ERR_INTERNAL);
}

static void a_folder_that_cannot_be_written_is_unavailable_and_not_lost(void **state)
{
    (void)state;
    config_override(&ASHLAR_STORAGE_FOLDER, "/proc/version/storage");
    assert_ptr_not_equal(put("k", NULL, "x"), NULL);
    config_override(&ASHLAR_STORAGE_FOLDER, "/proc");
    assert_ptr_equal(put("k", NULL, "x"), &ERR_UNAVAILABLE);
}

static void keys_are_random_or_of_the_content(void **state)
{
    const struct bytes body = { "abc", 3 };

    (void)state;
    assert_string_equal(storage_content_key(a, "file", body),
        "file/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_not_equal(storage_random_key(a, "file"), storage_random_key(a, "file"));
    assert_true(storage_key_is_good(storage_random_key(a, "file")));
}

static void a_local_url_is_good_for_its_key_and_time_only(void **state)
{
    const char *url, *signature;
    int64_t expires;

    (void)state;
    clock_fake((struct instant){ DAYS(20000) });
    assert_ptr_equal(storage_presign(&c, GET, "a/b.png", 60, &url), NULL);
    assert_true(text_starts_with(url, "http://localhost:8080/objects?key=a/b.png&expires="));
    signature = strstr(url, "signature=") + 10;
    expires = DAYS(20000) / SECONDS(1) + 60;
    assert_true(local_url_is_good(&c, GET, "a/b.png", expires, signature));
    assert_false(local_url_is_good(&c, GET, "a/c.png", expires, signature));
    assert_false(local_url_is_good(&c, GET, "a/b.png", expires + 1, signature));
    assert_false(local_url_is_good(&c, GET, "a/b.png", expires, "AAAA"));
    clock_fake((struct instant){ DAYS(20000) + SECONDS(62) });
    assert_false(local_url_is_good(&c, GET, "a/b.png", expires, signature));
    clock_fake(INSTANT_NONE);
    assert_false(local_url_is_good(&c, PUT, "a/b.png", expires, signature));
    assert_ptr_equal(storage_presign(&c, DELETE_, "a/b.png", 60, &url), &ERR_INTERNAL);
    assert_ptr_equal(storage_presign(&c, GET, "../b.png", 60, &url), &ERR_INTERNAL);
    assert_ptr_equal(storage_presign(&c, GET, "a", STORAGE_PRESIGN_MAX_S + 1, &url), &ERR_INTERNAL);
}

static void a_bucket_needs_all_its_settings(void **state)
{
    (void)state;
    assert_null(storage_check());
    config_override(&ASHLAR_STORAGE, "s3");
    assert_non_null(storage_check());
    config_override(&ASHLAR_STORAGE_S3_URL, "http://127.0.0.1:9");
    config_override(&ASHLAR_STORAGE_S3_BUCKET, "bucket");
    config_override(&ASHLAR_STORAGE_S3_KEY_ID, "key");
    assert_non_null(storage_check());
    config_override(&ASHLAR_STORAGE_S3_SECRET, "secret-secret");
    assert_null(storage_check());
    config_override(&ASHLAR_STORAGE, "folder");
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_is_put_comes_back_with_its_type_and_can_be_replaced),
        test(what_is_not_there_or_too_long_says_so),
        test(no_key_leads_out_of_the_folder),
        test(a_link_in_the_folder_is_not_followed),
        test(readers_see_the_old_or_the_new_object_and_nothing_between),
        test(nothing_is_put_in_a_transaction),
        test(a_folder_that_cannot_be_written_is_unavailable_and_not_lost),
        test(keys_are_random_or_of_the_content),
        test(a_local_url_is_good_for_its_key_and_time_only),
        test(a_bucket_needs_all_its_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
