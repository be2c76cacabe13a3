/* `psql`: PostgreSQL's client with the role that can read every tenant's rows. */
#include "cli.h"
#include "db/pool.h"
#include "start.h"
#include <ashlar/buf.h>
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHECK_MS = 5000, REST_MAX = 16 * 1024, OPTIONS_MAX = 1024 };

/* keyword='value', in libpq's syntax. */
static void add_rest(struct buf *rest, const char *keyword, const char *value)
{
    buf_printf(rest, "%s%s='", rest->size ? " " : "", keyword);
    for (; *value; value++) {
        if (*value == '\'' || *value == '\\')
            buf_char(rest, '\\');
        buf_char(rest, *value);
    }
    buf_char(rest, '\'');
}

/* Passed by the environment, because other users can read arguments. `rest`: parameters without a
 * variable. */
static bool hand_over(const PQconninfoOption *parsed, struct buf *rest)
{
    char options[OPTIONS_MAX];
    const char *given = "";
    int size;

    for (const PQconninfoOption *o = parsed; o->keyword != NULL; o++) {
        if (o->val == NULL)
            continue;
        if (strcmp(o->keyword, "options") == 0)
            given = o->val;
        else if (o->envvar != NULL)
            setenv(o->envvar, o->val, 1);
        else
            add_rest(rest, o->keyword, o->val);
    }
    setenv("PGAPPNAME", "ashlar psql", 1);
    size = snprintf(options, sizeof options, "%s%s-c role=%s", given, *given ? " " : "",
        db_role_name(DB_SYSTEM));
    return size < (int)sizeof options && setenv("PGOPTIONS", options, 1) == 0 && !buf_is_full(rest);
}

static int become_psql(int argc, char **argv)
{
    PQconninfoOption *parsed = PQconninfoParse(db_role_url(DB_SYSTEM), NULL);
    char **args = calloc((size_t)argc + 3, sizeof *args);
    size_t n = 0;
    struct buf rest;

    buf_init(&rest, NULL, REST_MAX);
    if (args == NULL || parsed == NULL || !hand_over(parsed, &rest)) {
        fputs("ashlar: the database's URL is malformed or too long\n", stderr);
        return CLI_SETTINGS;
    }
    args[n++] = (char[]){ "psql" };
    if (rest.size > 0) {
        args[n++] = (char[]){ "-d" };
        args[n++] = rest.data;
    }
    for (int i = 1; i < argc; i++)
        args[n++] = argv[i];
    execvp(args[0], args);
    fprintf(stderr, "ashlar: cannot start psql: %s. Install the package postgresql-client.\n",
        strerrordesc_np(errno));
    return CLI_FAILED;
}

int cli_psql(int argc, char **argv)
{
    struct arena *a;
    bool unfit = false;
    const char *why;
    int code = start_settings();

    if (code == CLI_OK)
        code = start_database();
    if (code != CLI_OK)
        return code;
    /* Without the role every query of a tenant's table would return no rows. */
    a = arena_new(0);
    why = pool_check_role(a, DB_SYSTEM, CHECK_MS, &unfit);
    if (why != NULL)
        fprintf(stderr, "ashlar: %s\n", why);
    code = why != NULL ? CLI_FAILED : CLI_OK;
    arena_free(a);
    start_release();
    return code == CLI_OK ? become_psql(argc, argv) : code;
}
