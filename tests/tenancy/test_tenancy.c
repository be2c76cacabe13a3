/* The fences between tenants and between persons, probed for every table the catalogue knows; see
 * probe.sql. Knows no table by name but the allow-list below. */
#include "testkit.h"
#include <stdio.h>

/* Unique keys of tenant tables that do not begin with the tenant: no client chooses or can guess
 * the value, so a collision tells nobody anything. */
#define UNGUESSABLE_KEYS                                                                           \
    "'audit_pkey', 'invitation_token_hash_key', 'write_key_key_key', 'api_key_token_hash_key', "   \
    "'account_customer_key', 'checkout_session_key', 'operation_key_key', "                        \
    "'subscription_external_key'"

static const char *text_of(struct t *t, const char *file)
{
    FILE *f = fopen(file, "rb");
    struct buf text;
    char chunk[4096];
    size_t n;

    assert_non_null(f);
    buf_init(&text, arena_of(t), 1 << 20);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_add(&text, chunk, n);
    fclose(f);
    return text.data;
}

static void load_probes(struct t *t)
{
    sql_run(t, "%s", text_of(t, "tests/tenancy/probe.sql"));
}

/* The query lists breaches, one per row, as text. */
static void expect_none(struct t *t, const char *breaches)
{
    const char *found =
        sql_text(t, "SELECT string_agg(x.breach, E'\\n  ') FROM (%s) AS x (breach)", breaches);

    if (found)
        fail_msg("%s", found);
}

static void every_table_is_declared_and_fenced(void **state)
{
    struct t *t = *state;

    load_probes(t);
    assert_true(sql_int(t, "SELECT count(*) FROM probe.relation WHERE fence IS NOT NULL") > 3);
    expect_none(t, "SELECT rel || ' has no declaration (COMMENT)' FROM probe.relation "
                   "WHERE kind IS NULL");
    expect_none(t, "SELECT rel || ' is declared but not fenced' FROM probe.relation "
                   "WHERE kind <> 'platform' AND (fence IS NULL OR NOT fenced)");
    expect_none(t,
        "SELECT rel || ' has no restrictive policy for ashlar_app' FROM probe.relation r "
        "WHERE fence IS NOT NULL AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.rel "
        "AND NOT p.polpermissive AND p.polcmd = '*' AND 'ashlar_app'::regrole = ANY (polroles))");
    expect_none(t, "SELECT c.oid::regclass || ' is a partition ashlar_app reaches by itself' "
                   "FROM pg_class c WHERE c.relispartition "
                   "AND has_any_column_privilege('ashlar_app', c.oid, 'SELECT')");
}

static void rows_of_others_are_out_of_reach(void **state)
{
    struct t *t = *state;

    load_probes(t);
    sql_run(t, "BEGIN; SELECT probe.fill()");
    sql_run(t,
        "CREATE TABLE probe.result AS SELECT c.* FROM probe.relation r, probe.cells(r.rel) c "
        "WHERE r.fence IS NOT NULL");
    print_message("%s cells over %s tables\n", sql_text(t, "SELECT count(*) FROM probe.result"),
        sql_text(t, "SELECT count(DISTINCT rel) FROM probe.result"));
    expect_none(t, "SELECT format('%s, %s: %s answered %s', rel, name, statement, result) "
                   "FROM probe.result WHERE NOT good");
    assert_true(sql_int(t, "SELECT count(*) FROM probe.result") > 20);
}

static void each_missing_fence_is_noticed(void **state)
{
    struct t *t = *state;

    load_probes(t);
    sql_run(t, "BEGIN; SELECT probe.fill()");
    sql_run(t, "CREATE TABLE probe.result AS SELECT polrelid::regclass AS rel, polname, "
               "probe.is_noticed(polrelid, polname) AS noticed FROM pg_policy "
               "WHERE NOT polpermissive");
    print_message("%s policies dropped\n", sql_text(t, "SELECT count(*) FROM probe.result"));
    assert_true(sql_int(t, "SELECT count(*) FROM probe.result") > 3);
    expect_none(t, "SELECT format('%s: nobody notices that %s is gone', rel, polname) "
                   "FROM probe.result WHERE NOT noticed");
}

static void platform_tables_that_say_whose_rows_they_hold_are_closed(void **state)
{
    struct t *t = *state;

    load_probes(t);
    expect_none(t, "SELECT format('%s, %s: answered %s', c.rel, c.name, c.result) "
                   "FROM probe.relation r, probe.platform_cells(r.rel) c "
                   "WHERE r.kind = 'platform' AND NOT c.good AND EXISTS (SELECT FROM pg_attribute "
                   "a WHERE a.attrelid = r.rel AND a.attname IN ('org_id', 'person_id'))");
}

/* What a forgotten WHERE would return is said where people look for it. */
static void the_page_names_each_table_without_a_fence(void **state)
{
    struct t *t = *state;

    load_probes(t);
    sql_run(t,
        "CREATE TABLE probe.page AS SELECT m[1] AS rel FROM "
        "regexp_matches(substring($page$%s$page$ "
        "FROM '\n## Tables without row security(.*?)\n## '), '`(\\w+\\.\\w+)`', 'g') AS m",
        text_of(t, "docs/SECURITY.md"));
    expect_none(t, "SELECT r.rel || ' is read by the serving role, has no fence, and is missing in "
                   "docs/SECURITY.md' FROM probe.relation r WHERE r.kind = 'platform' AND "
                   "has_any_column_privilege('ashlar_app', r.rel, 'SELECT') AND "
                   "r.rel::text NOT IN (SELECT rel FROM probe.page)");
    expect_none(t, "SELECT p.rel || ' is named in docs/SECURITY.md for nothing' FROM probe.page p "
                   "WHERE p.rel NOT IN (SELECT r.rel::text FROM probe.relation r WHERE r.kind = "
                   "'platform' AND has_any_column_privilege('ashlar_app', r.rel, 'SELECT'))");
}

static void references_between_tenant_tables_carry_the_tenant(void **state)
{
    struct t *t = *state;

    load_probes(t);
    expect_none(t,
        "SELECT format('%s: %s does not carry the tenant', k.conrelid::regclass, k.conname) "
        "FROM pg_constraint k JOIN probe.relation c ON c.rel = k.conrelid "
        "JOIN probe.relation p ON p.rel = k.confrelid "
        "WHERE k.contype = 'f' AND c.kind = 'tenant' AND p.kind = 'tenant' AND NOT EXISTS ("
        "SELECT FROM unnest(k.conkey, k.confkey) AS x (mine, theirs) "
        "JOIN pg_attribute m ON m.attrelid = k.conrelid AND m.attnum = x.mine "
        "JOIN pg_attribute o ON o.attrelid = k.confrelid AND o.attnum = x.theirs "
        "WHERE m.attname = c.fence AND o.attname = p.fence)");
}

static void unique_keys_of_tenant_tables_begin_with_the_tenant(void **state)
{
    struct t *t = *state;

    load_probes(t);
    expect_none(t,
        "SELECT format('%s: %s', i.indrelid::regclass, i.indexrelid::regclass) FROM pg_index i "
        "JOIN probe.relation r ON r.rel = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE i.indisunique AND r.kind = 'tenant' AND a.attname <> r.fence "
        "AND x.relname NOT IN (" UNGUESSABLE_KEYS ")");
}

/* Two tables that refer to a third, one with the tenant in its key and one without. */
#define TABLES_WITH_A_HOLE                                                                         \
    "SELECT platform.declare_schema('hole'); "                                                     \
    "CREATE TABLE hole.parent (org_id uuid NOT NULL REFERENCES users.org (id), id uuid UNIQUE, "   \
    "PRIMARY KEY (org_id, id)); "                                                                  \
    "CREATE TABLE hole.tight (org_id uuid, id uuid, parent_id uuid NOT NULL, "                     \
    "PRIMARY KEY (org_id, id), FOREIGN KEY (org_id, parent_id) REFERENCES hole.parent); "          \
    "CREATE TABLE hole.leaky (org_id uuid, id uuid, "                                              \
    "parent_id uuid NOT NULL REFERENCES hole.parent (id), PRIMARY KEY (org_id, id)); "             \
    "SELECT platform.declare_tenant(x) FROM unnest('{hole.parent,hole.tight,hole.leaky}'"          \
    "::regclass[]) AS x"

static void the_probes_see_a_reference_into_another_tenant(void **state)
{
    struct t *t = *state;

    load_probes(t);
    sql_run(t, "BEGIN; " TABLES_WITH_A_HOLE "; SELECT probe.fill()");
    assert_string_equal(
        sql_text(t,
            "SELECT string_agg(name || ': ' || result, ', ') FROM probe.cells('hole.leaky') "
            "WHERE NOT good"),
        "reference by leaky_parent_id_fkey: rows 1");
    assert_string_equal(
        sql_text(t,
            "SELECT string_agg(name || ': ' || result, ', ') FROM probe.cells('hole.tight') "
            "WHERE name LIKE 'reference%%' OR NOT good"),
        "reference by tight_org_id_parent_id_fkey: 23503");
}

static void the_probes_see_a_table_without_a_fence(void **state)
{
    struct t *t = *state;

    load_probes(t);
    sql_run(t, "BEGIN; " TABLES_WITH_A_HOLE "; SELECT probe.fill()");
    sql_run(t, "ALTER TABLE hole.leaky DISABLE ROW LEVEL SECURITY");
    assert_string_equal(
        sql_text(t, "SELECT string_agg(name, ', ') FROM probe.cells('hole.leaky') WHERE NOT good"),
        "read, update, delete, read nothing without a tenant, insert, move, "
        "reference by leaky_parent_id_fkey");
}

int main(void)
{
    return run_db_tests(every_table_is_declared_and_fenced, rows_of_others_are_out_of_reach,
        each_missing_fence_is_noticed, the_page_names_each_table_without_a_fence,
        platform_tables_that_say_whose_rows_they_hold_are_closed,
        references_between_tenant_tables_carry_the_tenant,
        unique_keys_of_tenant_tables_begin_with_the_tenant,
        the_probes_see_a_reference_into_another_tenant, the_probes_see_a_table_without_a_fence);
}
