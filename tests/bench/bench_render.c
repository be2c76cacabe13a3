/* What a 20 kB list costs to render: from its shape, against the JSON library's pack and dump of
 * the same values. Interleaved, so that a busy machine slows both. Exit status 1 below LEAST_RATIO.
 */
#include <ashlar/page.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 100, REPEATS = 15, RENDERINGS = 60 };
static const double LEAST_RATIO = 5;

struct member {
    struct uuid id;
    const char *email, *name, *role;
    bool active;
    int64_t seats;
    struct instant joined_at;
};
static const struct field member_fields[] = {
    ID(member, id, "member"),
    TEXT(member, email, .format = EMAIL),
    TEXT(member, name, .format = LINE),
    TEXT(member, role, .one_of = "owner|admin|member"),
    BOOL(member, active),
    INT(member, seats),
    TIME(member, joined_at),
};
static SHAPE(member);

LIST_OF(member);
LIST_SHAPE(member);

static struct member_list make_list(struct arena *a)
{
    struct member *rows = arena_array(a, ROWS, sizeof *rows);
    for (int i = 0; i < ROWS; i++) {
        rows[i] = (struct member){
            .email = arena_printf(a, "person-%d@example.org", i),
            .name = arena_printf(a, "Zoë \"%d\" O'Neill", i),
            .role = "member",
            .active = i % 2,
            .seats = i * 1000,
            .joined_at = { INT64_C(1795336200000000) + i },
        };
        rows[i].id = uuid_new();
    }
    return (struct member_list){ .data = rows, .n_data = ROWS };
}

static size_t with_shape(struct arena *a, const struct member_list *list)
{
    struct buf b;
    arena_reset(a);
    buf_init(&b, a, 1 << 20);
    shape_render(&b, member_list, list);
    return b.size;
}

static json_t *pack(const struct member *m)
{
    char id[TYPEID_MAX + 1], joined_at[INSTANT_TEXT_SIZE];
    typeid_format("member", m->id, id);
    instant_format(m->joined_at, joined_at);
    return json_pack("{s:s,s:s,s:s,s:s,s:b,s:I,s:s}", "id", id, "email", m->email, "name", m->name,
        "role", m->role, "active", (int)m->active, "seats", (json_int_t)m->seats, "joined_at",
        joined_at);
}

static size_t with_library(const struct member_list *list)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < list->n_data; i++)
        json_array_append_new(rows, pack(&list->data[i]));
    json_t *tree = json_pack("{s:o,s:n}", "data", rows, "next_cursor");
    char *text = json_dumps(tree, JSON_COMPACT);
    size_t size = strlen(text);
    free(text);
    json_decref(tree);
    return size;
}

/* The two ways must say the same, or the comparison means nothing. */
static bool same_document(struct arena *a, const struct member_list *list)
{
    struct buf b;
    buf_init(&b, a, 1 << 20);
    shape_render(&b, member_list, list);
    json_t *ours = json_loadb(b.data, b.size, JSON_REJECT_DUPLICATES, NULL);
    json_t *rows = json_array();
    for (size_t i = 0; i < list->n_data; i++)
        json_array_append_new(rows, pack(&list->data[i]));
    json_t *theirs = json_pack("{s:o,s:n}", "data", rows, "next_cursor");
    bool same = ours && json_equal(ours, theirs);
    json_decref(ours);
    json_decref(theirs);
    return same;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double per_rendering_us(int64_t began_us)
{
    return (double)(clock_monotonic_us() - began_us) / RENDERINGS;
}

int main(void)
{
    struct arena *kept = arena_new(0), *scratch = arena_new(0);
    struct member_list list = make_list(kept);
    double ratios[REPEATS], shape_us = 0, library_us = 0;
    size_t bytes = 0, sum = 0;

    if (!same_document(kept, &list)) {
        fprintf(stderr, "the two documents differ\n");
        return 1;
    }
    for (int i = 0; i < REPEATS; i++) {
        int64_t began = clock_monotonic_us();
        for (int j = 0; j < RENDERINGS; j++)
            bytes = with_shape(scratch, &list);
        shape_us = per_rendering_us(began);
        began = clock_monotonic_us();
        for (int j = 0; j < RENDERINGS; j++)
            sum += with_library(&list);
        library_us = per_rendering_us(began);
        ratios[i] = library_us / shape_us;
    }
    qsort(ratios, REPEATS, sizeof *ratios, by_value);
    printf("%zu bytes (library %zu): shape %.1f us, library %.1f us (last of %d repeats)\n", bytes,
        sum / (REPEATS * RENDERINGS), shape_us, library_us, REPEATS);
    printf("ratio %.1f (%.1f to %.1f), at least %.0f wanted\n", ratios[REPEATS / 2], ratios[0],
        ratios[REPEATS - 1], LEAST_RATIO);
    arena_free(scratch);
    arena_free(kept);
    return ratios[REPEATS / 2] < LEAST_RATIO;
}
