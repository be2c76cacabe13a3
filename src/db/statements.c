/* Check of all embedded statements by PostgreSQL. */
#include "conn.h"
#include "module/registry.h"
#include <ashlar/buf.h>
#include <ashlar/clock.h>
#include <ashlar/text.h>

enum { TEXT_MAX = 64 * 1024 };

/* Bounds of the linker section of the tables' addresses (QUERIES_EMBEDDED). */
extern const struct query *const __start_ashlar_queries[], *const __stop_ashlar_queries[];

/* PostgreSQL counts characters from 1. "" without a position. */
static int line_of(const struct query *q, const char *position)
{
    int64_t left = 0;
    int line = q->line;

    if (position == NULL || !text_to_int(position, &left))
        return line;
    for (const char *p = q->sql; *p != '\0' && left > 1; p++) {
        line += *p == '\n';
        left -= (*p & 0xC0) != 0x80;
    }
    return line;
}

static void add_refusal(struct buf *lines, const struct query *q, const PGresult *r)
{
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(r, PG_DIAG_MESSAGE_HINT);

    buf_printf(lines, "%s:%d: %s: %s%s%s\n", q->file,
        line_of(q, PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION)), q->name,
        message ? message : "no answer", hint ? ". " : "", hint ? hint : "");
}

/* False: the connection is broken, and no further statement can be checked. */
static bool prepare(struct conn *k, const struct query *q, struct buf *lines)
{
    PGresult *r = PQprepare(k->pg, "", q->sql, 0, NULL);
    const bool answered = PQstatus(k->pg) == CONNECTION_OK;

    if (answered && !result_is_ok(r))
        add_refusal(lines, q, r);
    PQclear(r);
    return answered;
}

static bool prepare_all(struct conn *k, int64_t deadline_us, struct buf *lines)
{
    for (const struct query *const *t = __start_ashlar_queries; t < __stop_ashlar_queries; t++)
        for (const struct query *q = *t; q->name != NULL; q++)
            if (registry_find(q->module) != NULL &&
                (clock_monotonic_us() > deadline_us || !prepare(k, q, lines)))
                return false;
    return true;
}

const char *pool_refused_statements(struct arena *a, int timeout_ms)
{
    const int64_t deadline_us = clock_monotonic_us() + (int64_t)timeout_ms * 1000;
    struct conn *k = pool_take(DB_APP, deadline_us);
    struct buf lines;

    if (k == NULL)
        return NULL;
    buf_init(&lines, a, TEXT_MAX);
    if (PQexitPipelineMode(k->pg) == 1)
        (void)prepare_all(k, deadline_us, &lines);
    k->lost = true; /* its mode differs from the pool's */
    pool_give(k);
    return lines.size > 0 ? lines.data : NULL;
}
