/* Opening, monitoring and closing of one connection. */
#include "conn.h"
#include "runtime/wait.h"
#include <ashlar/clock.h>
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <errno.h>
#include <poll.h>

enum { CONN_PARAMS_MAX = 64, CONN_OPTIONS_MAX = 1024 };

/* libpq's options unless the URL has them. A dead connection is detected within seconds, and of
 * several servers of a name the writable one is used. */
static const char *const conn_defaults[][2] = {
    { "gssencmode", "disable" },
    { "keepalives_idle", "5" },
    { "keepalives_interval", "2" },
    { "keepalives_count", "3" },
    { "tcp_user_timeout", "8000" },
    { "target_session_attrs", "read-write" },
};

struct conn_params {
    const char *names[CONN_PARAMS_MAX + 1], *values[CONN_PARAMS_MAX + 1];
    size_t n;
};

static void add_param(struct conn_params *p, const char *name, const char *value)
{
    if (p->n < CONN_PARAMS_MAX) {
        p->names[p->n] = name;
        p->values[p->n++] = value;
    }
}

static const char *find_value(const PQconninfoOption *parsed, const char *name)
{
    for (const PQconninfoOption *o = parsed; o->keyword != NULL; o++)
        if (strcmp(o->keyword, name) == 0)
            return o->val;
    return NULL;
}

/* Session settings and role are part of the start-up packet: they cost no round trip, and RESET
 * restores them. */
static bool write_options(char *out, size_t size, const struct conn_options *o, const char *given)
{
    int n = snprintf(out, size,
        "%s%s-c DateStyle=ISO -c IntervalStyle=iso_8601 -c TimeZone=UTC -c extra_float_digits=1 "
        "-c standard_conforming_strings=on -c bytea_output=hex -c jit=off -c statement_timeout=%d "
        "-c lock_timeout=%d -c idle_in_transaction_session_timeout=%d "
        "-c client_connection_check_interval=2000 -c search_path=pg_catalog%s%s%s",
        given ? given : "", given ? " " : "", o->statement_ms, o->lock_ms, o->idle_ms,
        o->by_index ? " -c enable_seqscan=off" : "", o->role ? " -c role=" : "",
        o->role ? o->role : "");
    return n > 0 && (size_t)n < size;
}

static void collect_params(struct conn_params *p, const PQconninfoOption *parsed,
    const struct conn_options *o, const char *options)
{
    for (const PQconninfoOption *i = parsed; i->keyword != NULL; i++)
        if (i->val != NULL && strcmp(i->keyword, "options") != 0 &&
            strcmp(i->keyword, "client_encoding") != 0)
            add_param(p, i->keyword, i->val);
    for (size_t i = 0; i < COUNT(conn_defaults); i++)
        if (find_value(parsed, conn_defaults[i][0]) == NULL)
            add_param(p, conn_defaults[i][0], conn_defaults[i][1]);
    add_param(p, "client_encoding", "UTF8");
    add_param(p, "options", options);
    if (find_value(parsed, "application_name") == NULL)
        add_param(p, "application_name", o->application);
}

/* The server's notices are logged without their text, which may quote rows. */
static void ignore_notice(void *arg, const PGresult *notice)
{
    (void)arg;
    log_debug(NULL, "db.notice_received", log_text("sqlstate", result_sqlstate(notice)));
}

static PGconn *start_connect(const struct conn_options *o, char *why, size_t why_size)
{
    char options[CONN_OPTIONS_MAX];
    struct conn_params p = { .n = 0 };
    PQconninfoOption *parsed = o->url != NULL ? PQconninfoParse(o->url, NULL) : NULL;
    PGconn *pg = NULL;

    /* libpq's message would quote the URL with its password. */
    if (parsed == NULL)
        snprintf(why, why_size, "the database URL is missing or malformed");
    else if (!write_options(options, sizeof(options), o, find_value(parsed, "options")))
        snprintf(why, why_size, "the database URL's options are too long");
    else {
        collect_params(&p, parsed, o, options);
        pg = PQconnectStartParams(p.names, p.values, 0);
        if (pg == NULL)
            snprintf(why, why_size, "out of memory");
    }
    PQconninfoFree(parsed);
    return pg;
}

static bool finish_connect(PGconn *pg, int64_t deadline_us, char *why, size_t why_size)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    while (PQstatus(pg) != CONNECTION_BAD && state != PGRES_POLLING_OK &&
           state != PGRES_POLLING_FAILED) {
        if (wait_fd(PQsocket(pg), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_us) <=
            0) {
            snprintf(why, why_size, "no response from the server in time");
            return false;
        }
        state = PQconnectPoll(pg);
    }
    if (state == PGRES_POLLING_OK)
        return true;
    snprintf(why, why_size, "%s", PQerrorMessage(pg));
    for (char *p = why; *p != '\0'; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    for (size_t n = strlen(why); n > 0 && why[n - 1] == ' '; n--)
        why[n - 1] = '\0';
    return false;
}

struct conn *conn_open(
    const struct conn_options *o, int64_t deadline_us, char *why, size_t why_size)
{
    PGconn *pg = start_connect(o, why, why_size);
    struct conn *k;

    if (pg == NULL)
        return NULL;
    PQsetNoticeReceiver(pg, ignore_notice, NULL);
    k = calloc(1, sizeof(*k));
    if (k == NULL)
        snprintf(why, why_size, "out of memory");
    else if (finish_connect(pg, deadline_us, why, why_size) && PQsetnonblocking(pg, 1) == 0 &&
             (!o->pipeline || PQenterPipelineMode(pg) == 1)) {
        k->pg = pg;
        return k;
    }
    free(k);
    PQfinish(pg);
    return NULL;
}

void conn_close(struct conn *k)
{
    if (k == NULL)
        return;
    PQfinish(k->pg);
    free(k->prepared);
    free(k);
}

bool conn_is_alive(struct conn *k)
{
    struct pollfd p = { .fd = PQsocket(k->pg), .events = POLLIN };

    if (k->lost || PQstatus(k->pg) != CONNECTION_OK)
        return false;
    if (poll(&p, 1, 0) == 0)
        return true;
    /* Unexpected input may be a notice or a changed setting, but not the end of the connection. */
    return PQconsumeInput(k->pg) == 1 && PQstatus(k->pg) == CONNECTION_OK &&
           (p.revents & (POLLERR | POLLHUP)) == 0;
}
