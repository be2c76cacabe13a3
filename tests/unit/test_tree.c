/* JSON of a form nobody declared. */
#include "json_test.h"
#include <ashlar/tree.h>

static const struct tree *parsed(struct ctx *c, const char *json)
{
    const struct tree *t = NULL;
    assert_null(tree_parse(c, json, strlen(json), 100, &t));
    return t;
}

static const char *rendered(struct ctx *c, const struct tree *t)
{
    struct buf b;
    buf_init(&b, c->arena, 4096);
    tree_render(&b, t);
    return b.data;
}

static void a_path_through_what_is_absent_ends_in_nothing(void **state)
{
    const struct tree *t = parsed(*state, "{\"a\":{\"b\":\"deep\"},\"n\":null}");
    assert_string_equal(tree_text(tree_get(tree_get(t, "a"), "b")), "deep");
    assert_null(tree_text(tree_get(tree_get(tree_get(t, "x"), "y"), "z")));
    assert_null(tree_text(tree_get(tree_get(t, "n"), "b")));
    assert_null(tree_item(t, 0));
    assert_int_equal(tree_kind(tree_get(t, "n")), TREE_NULL);
    assert_int_equal(tree_kind(NULL), TREE_NULL);
    assert_int_equal(tree_count(NULL), 0);
    assert_string_equal(rendered(*state, NULL), "null");
}

static void every_kind_is_told_apart(void **state)
{
    static const enum tree_kind kinds[] = { TREE_NULL, TREE_BOOL, TREE_BOOL, TREE_NUMBER,
        TREE_NUMBER, TREE_TEXT, TREE_LIST, TREE_OBJECT };
    const struct tree *t = parsed(*state, "[null,true,false,1,0.5,\"t\",[],{}]");
    assert_int_equal(tree_count(t), COUNT(kinds));
    for (size_t i = 0; i < COUNT(kinds); i++)
        assert_int_equal(tree_kind(tree_item(t, i)), kinds[i]);
    assert_null(tree_item(t, COUNT(kinds)));
}

static void members_come_in_the_order_they_were_written(void **state)
{
    const struct tree *t = parsed(*state, "{\"z\":1,\"a\":2,\"m\":3}");
    struct tree_member m = { 0 };
    struct buf order;
    buf_init(&order, ((struct ctx *)*state)->arena, 8);
    while (tree_next(t, &m))
        buf_text(&order, m.name);
    assert_string_equal(order.data, "zam");
    assert_false(tree_next(NULL, &(struct tree_member){ 0 }));
    assert_int_equal(tree_count(t), 3);
}

static void what_came_is_written_again_unchanged(void **state)
{
    const char *json = "{\"price\":0.1,\"list\":[1,\"\\\"\\u0001é\",{\"k\":[]}],\"on\":true}";
    assert_string_equal(rendered(*state, parsed(*state, json)), json);
}

static void more_values_than_allowed_are_refused(void **state)
{
    struct ctx *c = *state;
    const struct tree *t = NULL;
    assert_null(tree_parse(c, "[1,2,3]", 7, 4, &t));
    assert_ptr_equal(tree_parse(c, "[1,2,3,4]", 9, 4, &t), &ERR_BAD_JSON);
    assert_ptr_equal(tree_parse(c, "{\"a\":1,\"a\":2}", 13, 10, &t), &ERR_BAD_JSON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CTX(a_path_through_what_is_absent_ends_in_nothing),
        IN_CTX(every_kind_is_told_apart),
        IN_CTX(members_come_in_the_order_they_were_written),
        IN_CTX(what_came_is_written_again_unchanged),
        IN_CTX(more_values_than_allowed_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
