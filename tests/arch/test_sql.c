/* All SQL of the house, checked by PostgreSQL itself: what it reaches, what it gives, and whether
 * the structs it is read into have the same columns. Knows no query by name. */
#include "testkit.h"
#include "migrate/migrate.h"
#include "db/pool.h"
#include "migrate/sql_file.h"
#include "module/registry.h"
#include <glob.h>
#include <libpq-fe.h>
#include <regex.h>
#include <stdio.h>

enum { TEXT_MAX = 8 << 20, QUERIES_MAX = 1024, NAME_SIZE = 128 };

struct named_query {
    const char *module, *name, *sql;
};

struct sql_of_all {
    struct named_query list[QUERIES_MAX];
    size_t n;
};

static void add_file(struct buf *b, const char *path)
{
    FILE *f = fopen(path, "rb");
    char chunk[8192];
    size_t n;

    assert_non_null(f);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_add(b, chunk, n);
    fclose(f);
    buf_char(b, '\n');
}

/* All files of a pattern in one text. */
static const char *read_all(struct t *t, const char *pattern)
{
    struct buf b;
    glob_t files = { 0 };

    buf_init(&b, arena_of(t), TEXT_MAX);
    if (glob(pattern, GLOB_BRACE, NULL, &files) == 0)
        for (size_t i = 0; i < files.gl_pathc; i++)
            add_file(&b, files.gl_pathv[i]);
    globfree(&files);
    assert_false(buf_is_full(&b));
    return b.data;
}

static void add_queries(struct t *t, struct sql_of_all *all, const char *module, const char *path)
{
    struct buf b;
    const char *from, *problem = NULL;
    struct sql_piece piece;
    int line = 1;

    buf_init(&b, arena_of(t), TEXT_MAX);
    add_file(&b, path);
    from = b.data;
    while (sql_file_next_query(&from, b.data + b.size, &line, &piece, &problem)) {
        assert_true(all->n < QUERIES_MAX);
        all->list[all->n++] =
            (struct named_query){ module, arena_strndup(arena_of(t), piece.name, piece.name_size),
                arena_strndup(arena_of(t), piece.sql, piece.sql_size) };
    }
    assert_null(problem);
}

/* "modules/users/users.sql" is users', "src/jobs/jobs.sql" the platform's. */
static const char *owner(struct t *t, const char *path)
{
    const char *slash = strchr(path, '/');

    if (text_starts_with(path, "src/"))
        return "platform";
    return arena_strndup(arena_of(t), slash + 1, strcspn(slash + 1, "/"));
}

static struct sql_of_all *all_queries(struct t *t)
{
    struct sql_of_all *all = arena_alloc(arena_of(t), sizeof *all);
    glob_t files = { 0 };

    assert_int_equal(glob("src/{*,*/*}/*.sql", GLOB_BRACE, NULL, &files), 0);
    (void)glob("modules/*/*.sql", GLOB_APPEND, NULL, &files);
    for (size_t i = 0; i < files.gl_pathc; i++)
        add_queries(t, all, owner(t, files.gl_pathv[i]), files.gl_pathv[i]);
    globfree(&files);
    assert_true(all->n > 10);
    return all;
}

/* --- What a query reaches --- */

/* A role that may use one schema's tables, the three questions every query may ask of the platform,
 * and nothing else. */
static const char *role_of(struct t *t, const char *module)
{
    const char *role = at(t, "arch_%s", module);

    sql_run(t,
        "DO $$ BEGIN CREATE ROLE %s; EXCEPTION WHEN duplicate_object OR unique_violation "
        "THEN NULL; END $$",
        role);
    sql_run(t,
        "GRANT USAGE ON SCHEMA platform, %s TO %s; "
        "GRANT ALL ON ALL TABLES IN SCHEMA %s TO %s; "
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %s TO %s; "
        "GRANT EXECUTE ON FUNCTION platform.current_org(), platform.current_person(), "
        "platform.now() TO %s",
        module, role, module, role, module, role, role);
    return role;
}

static bool good(PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);

    PQclear(r);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Planning it checks the privileges on every table it names, without running it. */
static bool explains(struct t *t, PGconn *conn, int n_params)
{
    struct buf b;

    buf_init(&b, arena_of(t), 65536);
    buf_text(&b, "EXPLAIN EXECUTE probe");
    for (int i = 0; i < n_params; i++)
        buf_printf(&b, "%sNULL", i ? ", " : "(");
    buf_text(&b, n_params ? ")" : "");
    return good(PQexec(conn, b.data));
}

static bool is_planned(const char *sql)
{
    const char *words[] = { "SELECT", "INSERT", "UPDATE", "DELETE", "WITH" };
    while (strncmp(sql, "--", 2) == 0)
        sql += strcspn(sql, "\n") + 1;
    for (size_t i = 0; i < COUNT(words); i++)
        if (text_starts_with(sql, words[i]))
            return true;
    return false;
}

/* Prepared and described; NULL: not even that. */
static PGresult *describe(PGconn *conn, const struct named_query *q)
{
    (void)good(PQexec(conn, "DEALLOCATE ALL"));
    if (!good(PQprepare(conn, "probe", q->sql, 0, NULL)))
        return NULL;
    return PQdescribePrepared(conn, "probe");
}

static bool batch_stays_home(struct t *t, PGconn *conn, const struct named_query *q)
{
    PGresult *r = describe(conn, q);
    int n_params = r ? PQnparams(r) : 0;

    PQclear(r);
    if (r && (!is_planned(q->sql) || explains(t, conn, n_params)))
        return true;
    print_error("%s.%s: %s", q->module, q->name, PQerrorMessage(conn));
    return false;
}

static PGconn *connect_as(struct t *t, const char *module)
{
    PGconn *conn = PQconnectdb(database_url_of(t));

    assert_int_equal(PQstatus(conn), CONNECTION_OK);
    assert_true(good(PQexec(conn, at(t, "SET ROLE %s", role_of(t, module)))));
    return conn;
}

static void each_query_prepares_and_reaches_its_own_schema_only(void **state)
{
    struct t *t = *state;
    struct sql_of_all *all = all_queries(t);
    PGconn *conn = NULL;
    int strays = 0;

    for (size_t i = 0; i < all->n; i++) {
        if (i == 0 || !text_equal(all->list[i - 1].module, all->list[i].module)) {
            PQfinish(conn);
            conn = connect_as(t, all->list[i].module);
        }
        strays += !batch_stays_home(t, conn, &all->list[i]);
    }
    PQfinish(conn);
    print_message("%zu queries\n", all->n);
    assert_int_equal(strays, 0);
}

static void a_query_into_another_schema_is_refused(void **state)
{
    struct t *t = *state;
    PGconn *conn = connect_as(t, "notifications");
    const struct named_query other = { "notifications", "probe", "SELECT id FROM users.person" };
    const struct named_query platform = { "notifications", "probe", "SELECT id FROM platform.job" };

    assert_false(batch_stays_home(t, conn, &other));
    assert_false(batch_stays_home(t, conn, &platform));
    PQfinish(conn);
}

/* --- What a query gives --- */

/* One member of a shape, as its source says it. */
struct column {
    char name[NAME_SIZE], macro[32];
    bool optional;
};

/* Group `i` of a match. */
static void take(char *out, size_t size, const char *text, const regmatch_t *m)
{
    snprintf(out, size, "%.*s", (int)(m->rm_eo - m->rm_so), text + m->rm_so);
}

/* The text between "x_fields[] = {" and its "};", NULL: no such shape here. */
static const char *fields_text(struct t *t, const char *source, const char *shape)
{
    const char *mark = at(t, " %s_fields[] = {", shape);
    const char *from = strstr(source, mark);
    const char *end = from ? strstr(from, "};") : NULL;

    return end ? arena_strndup(
                     arena_of(t), from + strlen(mark), (size_t)(end - from) - strlen(mark))
               : NULL;
}

/* Members that come from SQL; lists and objects are put in by code. */
static size_t parse_columns(const char *fields, struct column *out, size_t max)
{
    regex_t re;
    regmatch_t m[3], next[3];
    size_t n = 0;

    assert_int_equal(
        regcomp(&re, "([A-Z_]+)\\([ \n]*[a-z0-9_]+,[ \n]*([a-z0-9_]+)", REG_EXTENDED), 0);
    while (n < max && regexec(&re, fields, 3, m, 0) == 0) {
        struct column *c = &out[n];
        const char *rest = fields + m[0].rm_eo;
        size_t size = regexec(&re, rest, 3, next, 0) == 0 ? (size_t)next[0].rm_so : strlen(rest);
        const char *optional = strstr(rest, ".optional = true");
        take(c->macro, sizeof c->macro, fields, &m[1]);
        take(c->name, sizeof c->name, fields, &m[2]);
        c->optional = optional && optional < rest + size;
        n += strcmp(c->macro, "LIST") != 0 && strcmp(c->macro, "OBJECT") != 0;
        fields = rest;
    }
    regfree(&re);
    return n;
}

/* Type OIDs a field macro reads (pg_type.dat); 0 ends. */
static bool type_fits(const char *macro, Oid type)
{
    static const struct {
        const char *macro;
        Oid types[6];
    } fits[] = {
        { "TEXT", { 25, 1043, 1042, 19, 0 } },
        { "INT", { 20, 23, 21, 0 } },
        { "NUMBER", { 701, 700, 0 } },
        { "BOOL", { 16, 0 } },
        { "ID", { 2950, 0 } },
        { "TIME", { 1184, 0 } },
        { "OPEN_JSON", { 3802, 114, 0 } },
        { "TEXTS", { 1009, 0 } },
    };
    for (size_t i = 0; i < COUNT(fits); i++)
        for (const Oid *o = fits[i].types; strcmp(fits[i].macro, macro) == 0 && *o; o++)
            if (*o == type)
                return true;
    return false;
}

static bool has_column(const struct column *columns, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(columns[i].name, name) == 0)
            return true;
    return false;
}

static bool columns_fit(PGresult *r, const struct column *columns, size_t n, const char *what)
{
    bool fit = true;

    for (size_t i = 0; i < n; i++) {
        int column = PQfnumber(r, columns[i].name);
        if (column < 0 && !columns[i].optional) {
            print_error("%s: no column %s\n", what, columns[i].name);
            fit = false;
        } else if (column >= 0 && !type_fits(columns[i].macro, PQftype(r, column))) {
            print_error("%s: column %s is of type %u, the field is %s\n", what, columns[i].name,
                PQftype(r, column), columns[i].macro);
            fit = false;
        }
    }
    for (int i = 0; i < PQnfields(r); i++)
        if (!has_column(columns, n, PQfname(r, i))) {
            print_error("%s: column %s has no field\n", what, PQfname(r, i));
            fit = false;
        }
    return fit;
}

static const struct named_query *find_query(
    const struct sql_of_all *all, const char *module, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (text_equal(all->list[i].module, module) && text_equal(all->list[i].name, name))
            return &all->list[i];
    return NULL;
}

struct pairs {
    int seen, misfits;
};

static void check_pair(struct t *t, PGconn *conn, const struct sql_of_all *all, const char *module,
    const char *source, const char *query, const char *shape, struct pairs *p)
{
    const struct named_query *q = find_query(all, module, query);
    const char *fields = fields_text(t, source, shape);
    struct column columns[64];
    PGresult *r;

    if (q == NULL || fields == NULL) {
        print_error("%s: SQL_%s into %s_shape: %s not found\n", module, query, shape,
            q ? "the shape was" : "the query was");
        p->misfits++;
        return;
    }
    r = describe(conn, q);
    assert_non_null(r);
    p->seen++;
    p->misfits += !columns_fit(r, columns, parse_columns(fields, columns, COUNT(columns)),
        at(t, "%s.%s into %s", module, query, shape));
    PQclear(r);
}

/* Every call that names both: db_one(c, &SQL_x, y, … */
static void check_calls(struct t *t, PGconn *conn, const struct sql_of_all *all, const char *module,
    const char *source, struct pairs *p)
{
    const char *from = source;
    char query[NAME_SIZE], shape[NAME_SIZE];
    regmatch_t m[4];
    regex_t re;

    assert_int_equal(regcomp(&re,
                         "db_(one|maybe|list|page)\\([ \n]*c,[ \n]*&SQL_([a-z0-9_]+),[ \n]*"
                         "([a-z0-9_]+),",
                         REG_EXTENDED),
        0);
    while (regexec(&re, from, 4, m, 0) == 0) {
        take(query, sizeof query, from, &m[2]);
        take(shape, sizeof shape, from, &m[3]);
        check_pair(t, conn, all, module, source, query, shape, p);
        from += m[0].rm_eo;
    }
    regfree(&re);
}

static void each_query_gives_the_columns_of_the_struct_it_is_read_into(void **state)
{
    struct t *t = *state;
    struct sql_of_all *all = all_queries(t);
    PGconn *conn = PQconnectdb(database_url_of(t));
    struct pairs p = { 0 };
    glob_t folders = { 0 };

    check_calls(t, conn, all, "platform", read_all(t, "src/{*,*/*}/*.c"), &p);
    (void)glob("modules/*", 0, NULL, &folders);
    for (size_t i = 0; i < folders.gl_pathc; i++)
        check_calls(t, conn, all, owner(t, folders.gl_pathv[i]),
            read_all(t, at(t, "%s/*.c", folders.gl_pathv[i])), &p);
    globfree(&folders);
    PQfinish(conn);
    print_message("%d queries read into structs\n", p.seen);
    assert_int_equal(p.misfits, 0);
    assert_true(p.seen > 100);
}

/* The hooks the platform runs itself. */
static void the_identity_and_grant_queries_have_their_columns(void **state)
{
    struct t *t = *state;
    struct sql_of_all *all = all_queries(t);
    PGconn *conn = PQconnectdb(database_url_of(t));
    const char *source = read_all(t, "src/shape/*.c"), *access = read_all(t, "src/access/access.c");
    struct pairs p = { 0 };
    int wanted = 4; /* grant, roles, standing, keys of a maker */

    for (const struct module *const *m = registry_modules(); *m; m++) {
        for (const struct authenticator *a = (*m)->authenticate; a && a->prefix; a++, wanted++)
            check_pair(t, conn, all, (*m)->name, source, a->identity->name,
                a->becomes == ACTOR_KEY ? "key_identity" : "identity", &p);
        if ((*m)->authorize) {
            check_pair(t, conn, all, (*m)->name, source, (*m)->authorize->grant->name, "grant", &p);
            check_pair(
                t, conn, all, (*m)->name, source, (*m)->authorize->roles->name, "member_role", &p);
        }
        if ((*m)->keyring) {
            check_pair(
                t, conn, all, (*m)->name, source, (*m)->keyring->standing->name, "standing", &p);
            check_pair(
                t, conn, all, (*m)->name, access, (*m)->keyring->made_by->name, "access_key", &p);
        }
    }
    PQfinish(conn);
    assert_true(wanted > 5);
    assert_int_equal(p.seen, wanted);
    assert_int_equal(p.misfits, 0);
}

/* --- The catalogue --- */

static void expect_none(struct t *t, const char *breaches)
{
    const char *found =
        sql_text(t, "SELECT string_agg(x.breach, E'\\n  ') FROM (%s) AS x (breach)", breaches);

    if (found)
        fail_msg("%s", found);
}

static void no_foreign_key_leaves_its_schema_except_to_person_and_org(void **state)
{
    expect_none(*state,
        "SELECT format('%s: %s', k.conrelid::regclass, k.conname) FROM pg_constraint k "
        "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid "
        "WHERE k.contype = 'f' AND c.relnamespace <> p.relnamespace AND NOT ("
        "k.confrelid IN ('users.person'::regclass, 'users.org'::regclass) AND k.confkey = ARRAY["
        "(SELECT attnum FROM pg_attribute WHERE attrelid = k.confrelid AND attname = 'id')])");
}

static void look_ups_past_the_fences_pin_their_search_path(void **state)
{
    expect_none(*state,
        "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND ("
        "proowner <> 'ashlar_system'::regrole OR NOT coalesce(array_to_string(proconfig, ' ') "
        "LIKE 'search\\_path=pg\\_catalog, pg\\_temp', false) "
        "OR has_function_privilege('public', oid, 'EXECUTE'))");
}

static void the_serving_role_owns_nothing_and_passes_no_fence(void **state)
{
    struct t *t = *state;

    expect_none(t, "SELECT 'ashlar_app owns ' || oid::regclass FROM pg_class "
                   "WHERE relowner = 'ashlar_app'::regrole");
    expect_none(t,
        "SELECT rolname || ' is too mighty' FROM pg_roles WHERE rolname IN "
        "('ashlar_app', 'ashlar_system') AND (rolsuper OR rolbypassrls OR rolcreaterole)");
    expect_none(t, "SELECT 'ashlar_app may make temporary tables' WHERE "
                   "has_database_privilege('ashlar_app', current_database(), 'TEMP')");
    expect_none(t, "SELECT 'ashlar_app may create in ' || oid::regnamespace FROM pg_namespace "
                   "WHERE nspname !~ '^pg_' AND has_schema_privilege('ashlar_app', oid, 'CREATE')");
}

/* --- In development --- */

/* The line of a file that the first `mark` of the text names has these words. */
static void expect_line_to_hold(
    struct t *t, const char *told, const char *file_mark, const char *words)
{
    const char *at = strstr(told, file_mark), *name_end;
    struct buf b;
    int64_t line = 0;

    assert_non_null(at);
    name_end = at + strlen(file_mark);
    assert_true(
        text_to_int(arena_strndup(arena_of(t), name_end, strspn(name_end, "0123456789")), &line));
    buf_init(&b, arena_of(t), TEXT_MAX);
    add_file(&b, arena_strndup(arena_of(t), at, strlen(file_mark) - 1));
    for (at = b.data; line > 1; line--)
        at = strchr(at, '\n') + 1;
    assert_non_null(strstr(arena_strndup(arena_of(t), at, strcspn(at, "\n")), words));
}

static void a_statement_that_does_not_fit_the_schema_is_told_with_its_line(void **state)
{
    struct t *t = *state;
    const char *told = pool_refused_statements(arena_of(t), 60000);

    if (told != NULL)
        fail_msg("%s", told);
    sql_run(t, "ALTER TABLE users.invitation RENAME TO invitations");
    sql_run(t, "ALTER TABLE platform.flag_override RENAME COLUMN subject TO subjects");
    told = pool_refused_statements(arena_of(t), 60000);
    assert_non_null(told);
    assert_non_null(strstr(told, "relation \"users.invitation\" does not exist\n"));
    assert_true(text_starts_with(told, "src/") || text_starts_with(told, "modules/"));
    assert_non_null(strstr(told, "src/flags/flag.sql:"));
    assert_non_null(strstr(told, "Perhaps you meant"));
    expect_line_to_hold(t, told, "modules/users/users.sql:", "users.invitation");
}

/* --- The text --- */

static void queries_take_time_from_the_platform_and_name_their_columns(void **state)
{
    struct t *t = *state;
    struct sql_of_all *all = all_queries(t);
    regex_t re;
    int found = 0;

    assert_int_equal(regcomp(&re,
                         "(^|[^.a-z_])(now\\(\\)|current_timestamp|localtimestamp|"
                         "clock_timestamp\\(\\))|select[ \n]+\\*|[ ,\n]\\*[ \n]+from",
                         REG_EXTENDED | REG_ICASE | REG_NOSUB),
        0);
    for (size_t i = 0; i < all->n; i++) {
        if (text_equal(all->list[i].module, "platform"))
            continue;
        if (regexec(&re, all->list[i].sql, 0, NULL, 0) == 0) {
            print_error("%s.%s\n", all->list[i].module, all->list[i].name);
            found++;
        }
    }
    regfree(&re);
    assert_int_equal(found, 0);
}

static void every_migration_lints_clean(void **state)
{
    char verb[] = "migrate", sub[] = "lint", *words[] = { verb, sub, NULL };

    (void)state;
    assert_int_equal(migrate_command(2, words), 0);
}

int main(void)
{
    return run_db_tests(each_query_prepares_and_reaches_its_own_schema_only,
        a_query_into_another_schema_is_refused,
        each_query_gives_the_columns_of_the_struct_it_is_read_into,
        the_identity_and_grant_queries_have_their_columns,
        no_foreign_key_leaves_its_schema_except_to_person_and_org,
        look_ups_past_the_fences_pin_their_search_path,
        the_serving_role_owns_nothing_and_passes_no_fence,
        a_statement_that_does_not_fit_the_schema_is_told_with_its_line,
        queries_take_time_from_the_platform_and_name_their_columns, every_migration_lints_clean);
}
