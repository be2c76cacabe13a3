/* A library that reads heads in another way than the guard believes is not served with. */
#include "listener_world.h"
#include "http/server/head.h"
#include "http/server/self_test.h"
#include <dlfcn.h>

static enum manner { AS_IT_IS, COPIES, UNTOLD } library;

typedef const union MHD_ConnectionInfo *info_fn(
    struct MHD_Connection *, enum MHD_ConnectionInfoType, ...);

/* Before the library's: as one that does not say how long a head was. */
PUBLIC const union MHD_ConnectionInfo *MHD_get_connection_info(
    struct MHD_Connection *connection, enum MHD_ConnectionInfoType type, ...)
{
    static info_fn *real;

    if (library == UNTOLD && type == MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
        return NULL;
    if (real == NULL)
        real = (info_fn *)dlsym(RTLD_NEXT, "MHD_get_connection_info");
    return real(connection, type);
}

typedef int values_fn(struct MHD_Connection *, enum MHD_ValueKind, MHD_KeyValueIteratorN, void *);

struct copier {
    MHD_KeyValueIteratorN fn;
    void *arg;
};

static enum MHD_Result copy_field(void *arg, enum MHD_ValueKind kind, const char *name,
    size_t name_size, const char *value, size_t value_size)
{
    const struct copier *c = arg;

    return c->fn(c->arg, kind, arena_strndup(world_arena, name, name_size), name_size,
        arena_strndup(world_arena, value ? value : "", value_size), value_size);
}

/* As one that keeps fields somewhere else than where it read them. */
PUBLIC int MHD_get_connection_values_n(
    struct MHD_Connection *connection, enum MHD_ValueKind kind, MHD_KeyValueIteratorN fn, void *arg)
{
    values_fn *real = (values_fn *)dlsym(RTLD_NEXT, "MHD_get_connection_values_n");
    struct copier c = { fn, arg };

    return library == COPIES ? real(connection, kind, copy_field, &c)
                             : real(connection, kind, fn, arg);
}

static void this_library_is_proven(void **state)
{
    const char *why = NULL;
    (void)state;
    assert_true(framing_is_proven(&why));
    assert_null(why);
}

static void refuses(enum manner as)
{
    const char *why = NULL;

    listener_stop(0);
    library = as;
    assert_false(framing_is_proven(&why));
    assert_non_null(why);
    assert_false(listener_start());
    library = AS_IT_IS;
    assert_true(listener_start());
}

static void one_that_does_not_say_the_size_of_a_head_is_refused(void **state)
{
    (void)state;
    refuses(UNTOLD);
}

static void one_that_keeps_copies_is_refused(void **state)
{
    (void)state;
    refuses(COPIES);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(this_library_is_proven),
        TEST(one_that_does_not_say_the_size_of_a_head_is_refused),
        TEST(one_that_keeps_copies_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
