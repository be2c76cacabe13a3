/* Queries of endpoints, one function each. No rules here. */
#include "integrations_internal.h"
#include "integrations_sql.h"

enum { EVENTS_TEXT_MAX = 8 * 1024 };

static const struct field integrations_webhook_endpoint_fields[] = {
    ID(integrations_webhook_endpoint, id, "endpoint", .doc = "Id of the endpoint"),
    TEXT(integrations_webhook_endpoint, url, .format = URL, .max = 2048,
        .doc = "URL that events are sent to", .example = "https://example.com/hooks"),
    TEXT(integrations_webhook_endpoint, description, .max = 200, .empty = true,
        .doc = "Description for the members of the organisation"),
    TEXTS(integrations_webhook_endpoint, events, .max = 50,
        .doc = "Event types to send. An empty list is all types."),
    BOOL(integrations_webhook_endpoint, enabled, .doc = "Whether events are sent"),
    TEXT(integrations_webhook_endpoint, disabled_reason, .one_of = "person|gone|failing",
        .optional = true,
        .doc = "Reason why the endpoint is disabled. `person`: by a member. `gone`: it returned "
               "410. `failing`: five days without a successful delivery. Null if it is enabled."),
    TIME(integrations_webhook_endpoint, failing_since, .optional = true,
        .doc = "Time of the first failure after the last success. Null if the endpoint is not "
               "failing."),
    TIME(integrations_webhook_endpoint, last_success_at, .optional = true,
        .doc = "Time of the last successful delivery. Null if there was none."),
    TIME(integrations_webhook_endpoint, last_failure_at, .optional = true,
        .doc = "Time of the last failed attempt. Null if there was none."),
    TIME(integrations_webhook_endpoint, previous_secret_until, .optional = true,
        .doc = "Time until which the previous secret also signs. Older secrets end earlier. Null "
               "if there is none."),
    BOOL(integrations_webhook_endpoint, replaying, .doc = "Whether a replay is running"),
    INT(integrations_webhook_endpoint, version, .etag = true,
        .doc = "Version, incremented by each change. Send it in If-Match."),
    TIME(
        integrations_webhook_endpoint, created_at, .doc = "Time at which the endpoint was created"),
};
SHAPE(integrations_webhook_endpoint);
LIST_SHAPE(integrations_webhook_endpoint);

static const struct field integrations__watched_fields[] = {
    ID(integrations__watched, org_id, "org"),
    ID(integrations__watched, endpoint_id, "endpoint"),
    INT(integrations__watched, stage, .optional = true),
};
static SHAPE(integrations__watched);

err integrations__lock_feed(struct ctx *c)
{
    return db_exec(c, &SQL_lock_feed, ARGS(ARG(c->org)));
}

err integrations__list_endpoints(
    struct ctx *c, const struct page_in *page, struct integrations_webhook_endpoint_list *out)
{
    return db_page(
        c, &SQL_list_endpoints, integrations_webhook_endpoint, out, page, ARGS(ARG(c->org)));
}

err integrations__get_endpoint(
    struct ctx *c, struct uuid id, struct integrations_webhook_endpoint *out)
{
    return db_one(
        c, &SQL_get_endpoint, integrations_webhook_endpoint, out, ARGS(ARG(c->org), ARG(id)));
}

err integrations__lock_endpoint(
    struct ctx *c, struct uuid id, struct integrations_webhook_endpoint *out)
{
    return db_one(
        c, &SQL_lock_endpoint, integrations_webhook_endpoint, out, ARGS(ARG(c->org), ARG(id)));
}

err integrations__count_endpoints(struct ctx *c, int64_t *n)
{
    return db_int(c, &SQL_count_endpoints, n, ARGS(ARG(c->org)));
}

/* As a text[]. The names are declared ones: identifiers with dots, nothing to escape. */
static const char *names_text(struct ctx *c, const char *const *names, size_t n)
{
    struct buf b;

    buf_init(&b, c->arena, EVENTS_TEXT_MAX);
    buf_char(&b, '{');
    for (size_t i = 0; i < n; i++) {
        buf_text(&b, i > 0 ? "," : "");
        buf_text(&b, names[i]);
    }
    buf_char(&b, '}');
    return b.data;
}

err integrations__insert_endpoint(
    struct ctx *c, struct uuid id, const struct integrations_new_endpoint *in, const char *sealed)
{
    return db_exec(c, &SQL_insert_endpoint,
        ARGS(ARG(c->org), ARG(id), ARG(in->url), ARG(in->description),
            ARG(names_text(c, in->events, in->n_events)), ARG(sealed)));
}

err integrations__update_endpoint(struct ctx *c, const struct integrations_webhook_endpoint *e)
{
    return db_exec_one(c, &SQL_update_endpoint,
        ARGS(ARG(c->org), ARG(e->id), ARG(e->url), ARG(e->description),
            ARG(names_text(c, e->events, e->n_events)), ARG(e->enabled)));
}

err integrations__delete_endpoint(struct ctx *c, struct uuid id)
{
    return db_exec_one(c, &SQL_delete_endpoint, ARGS(ARG(c->org), ARG(id)));
}

err integrations__count_former_secrets(struct ctx *c, struct uuid id, int64_t *n)
{
    return db_int(c, &SQL_count_former_secrets, n, ARGS(ARG(c->org), ARG(id)));
}

err integrations__rotate_secret(struct ctx *c, struct uuid id, const char *sealed)
{
    return db_exec_one(c, &SQL_rotate_secret,
        ARGS(ARG(c->org), ARG(id), ARG(sealed), ARG((int)INTEGRATIONS_OVERLAP_HOURS)));
}

err integrations__disable_endpoint(struct ctx *c, struct uuid id, const char *reason, bool *done)
{
    int64_t n;

    TRY(db_exec_count(c, &SQL_disable_endpoint, &n, ARGS(ARG(c->org), ARG(id), ARG(reason))));
    *done = n == 1;
    return NULL;
}

err integrations__note_success(struct ctx *c, struct uuid endpoint)
{
    return db_exec(c, &SQL_note_success, ARGS(ARG(c->org), ARG(endpoint)));
}

err integrations__note_failure(struct ctx *c, struct uuid endpoint)
{
    return db_exec(c, &SQL_note_failure, ARGS(ARG(c->org), ARG(endpoint)));
}

err integrations__list_failing(struct ctx *c, const struct integrations__watched **rows, size_t *n)
{
    return db_list(c, &SQL_list_failing, integrations__watched, rows, n, NO_ARGS);
}

err integrations__list_stuck(struct ctx *c, const struct integrations__watched **rows, size_t *n)
{
    return db_list(c, &SQL_list_stuck, integrations__watched, rows, n, NO_ARGS);
}

err integrations__count_notification(
    struct ctx *c, const struct integrations__watched *w, bool *taken)
{
    int64_t n;

    TRY(db_exec_count(
        c, &SQL_count_notification, &n, ARGS(ARG(w->org_id), ARG(w->endpoint_id), ARG(w->stage))));
    *taken = n == 1;
    return NULL;
}

err integrations__hold_org(struct ctx *c, bool held)
{
    if (held)
        return db_exec(c, &SQL_hold, ARGS(ARG(c->org)));
    TRY(db_exec(c, &SQL_shift_failing, ARGS(ARG(c->org))));
    return db_exec(c, &SQL_let_go, ARGS(ARG(c->org)));
}

err integrations__purge(struct ctx *c)
{
    return db_exec(c, &SQL_purge, ARGS(ARG(c->org)));
}
