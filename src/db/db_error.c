/* Mapping of PostgreSQL's errors to error kinds, and the parts of them that may be logged: never a
 * row's values. */
#include "batch.h"
#include "module/registry.h"
#include <ashlar/log.h>
#include <ashlar/text.h>

static bool is_class(const char *state, const char *start)
{
    return text_starts_with(state, start);
}

static const struct constraint *find_constraint(const char *schema, const char *name)
{
    const struct module *m = schema != NULL && name != NULL ? registry_find(schema) : NULL;

    for (const struct constraint *k = m ? m->constraints : NULL; k != NULL && k->name != NULL; k++)
        if (strcmp(k->name, name) == 0)
            return k;
    return NULL;
}

/* Messages of these classes quote the statement or the row. */
static bool quotes_values(const char *state)
{
    return is_class(state, "22") || is_class(state, "23") || is_class(state, "P0");
}

static const char *text_or_none(const char *text)
{
    return text != NULL ? text : "";
}

static void log_failure(
    const struct ctx *c, enum log_level level, const struct query *q, const PGresult *r)
{
    const char *state = result_sqlstate(r);
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

    log_write(c, level, "db.batch_failed",
        (const struct log_field[]){ log_text("module", q->module), log_text("query", q->name),
            log_text("sqlstate", state),
            log_text("message",
                quotes_values(state) ? "(omitted: quotes values)" : text_or_none(message)),
            log_text("schema", text_or_none(PQresultErrorField(r, PG_DIAG_SCHEMA_NAME))),
            log_text("table", text_or_none(PQresultErrorField(r, PG_DIAG_TABLE_NAME))),
            log_text("constraint", text_or_none(PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME))),
            { .kind = LOG_NONE } });
}

bool db_error_may_pass(const PGresult *r)
{
    const char *state = result_sqlstate(r);

    return strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0 || db_error_is_stale_plan(r);
}

bool db_error_is_stale_plan(const PGresult *r)
{
    const char *state = result_sqlstate(r);

    /* 0A000 is "cached plan must not change result type", and other unsupported features, which
     * fail again after a new PREPARE. 25P02, the transaction has already failed, follows a PREPARE
     * rejected because the statement existed: an earlier response was lost to a lack of memory. The
     * statement is now recorded as prepared. */
    return strcmp(state, "26000") == 0 || strcmp(state, "0A000") == 0 ||
           strcmp(state, "25P02") == 0;
}

/* PostgreSQL reports it for wrong use: a missing value, a statement in the wrong place. As the end
 * of a connection it is a pooler's error for an unreachable server. */
static bool is_misuse(const PGresult *r, const char *state)
{
    const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);

    return strcmp(state, "08P01") == 0 && text_equal(severity, "ERROR");
}

/* Overload, shut-down, a standby instead of a primary: temporary. Other errors (a missing table, a
 * type, a division, too many rows of a subquery, …) are permanent defects of the statement or its
 * values. */
static bool is_unavailable(const PGresult *r, const char *state)
{
    return (is_class(state, "08") && !is_misuse(r, state)) || is_class(state, "53") ||
           is_class(state, "57P") || is_class(state, "25P03") || is_class(state, "55P03") ||
           (is_class(state, "40") && strcmp(state, "40002") != 0);
}

static err kind_of(struct ctx *c, const struct query *q, const PGresult *r, const char *state)
{
    const bool is_read_only = strcmp(state, "25006") == 0 && c->tx->kind == TX_WRITE;

    if (strcmp(state, "57014") == 0) {
        log_failure(c, LOG_WARN, q, r);
        return &ERR_TIMEOUT;
    }
    if (is_unavailable(r, state) || is_read_only) {
        log_failure(c, db_error_may_pass(r) ? LOG_INFO : LOG_WARN, q, r);
        return &ERR_UNAVAILABLE;
    }
    log_failure(c, LOG_ERROR, q, r);
    return &ERR_INTERNAL;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* A row that refers to an organisation or a person deleted a moment before. Deleting a referenced
 * row violates the same constraint, but is a defect of the deleting statement. */
static bool is_about_the_gone(const struct query *q, const PGresult *r)
{
    const char *name = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);

    return strcmp(result_sqlstate(r), "23503") == 0 && name != NULL &&
           (ends_with(name, "_org_id_fkey") || ends_with(name, "_person_id_fkey")) &&
           strstr(q->sql, "DELETE FROM") == NULL;
}

err db_error_of_result(struct ctx *c, const struct query *q, const PGresult *r)
{
    const char *state = result_sqlstate(r);
    const struct constraint *k = NULL;

    if (is_class(state, "23"))
        k = find_constraint(PQresultErrorField(r, PG_DIAG_SCHEMA_NAME),
            PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME));
    if (k != NULL)
        return problem(c, k->kind, k->field, "%s", k->kind->title);
    if (is_about_the_gone(q, r)) {
        log_failure(c, LOG_INFO, q, r);
        return problem(c, &ERR_NOT_FOUND, NULL, "It was deleted a moment ago.");
    }
    return kind_of(c, q, r, state);
}

err db_error_of_link(struct ctx *c, const struct query *q, enum conn_outcome outcome)
{
    bool late = outcome == CONN_LATE;

    log_warn(c, late ? "db.deadline_passed" : "db.connection_lost", log_text("module", q->module),
        log_text("query", q->name));
    return late ? &ERR_TIMEOUT : &ERR_UNAVAILABLE;
}
