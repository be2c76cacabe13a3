/* Publishing: one event row and one job per subscription, in one statement. */
#include "jobs_sql.h"
#include "jobs/job_kinds.h"
#include "jobs/notifier.h"
#include "jobs/payload.h"
#include "module/registry.h"
#include <ashlar/db.h>
#include <ashlar/event.h>
#include <ashlar/limits.h>
#include <ashlar/log.h>

enum { DELIVERIES_MAX = 64 * 1024 };

err event_publish_(
    struct ctx *c, const struct event_kind *kind, struct uuid aggregate, const void *payload)
{
    struct uuid id = uuid_new();
    struct payload_stored stored;
    struct buf deliveries;
    int n;

    if (job_kinds_event(kind->name) != kind) {
        log_error(c, "event.kind_unlisted", log_text("name", kind->name),
            log_text("why", "no enabled module has it in .events"));
        return &ERR_INTERNAL;
    }
    TRY(payload_write(c, kind->payload, payload, typeid_text(c->arena, "evt", id), &stored));
    buf_init(&deliveries, c->arena, DELIVERIES_MAX);
    n = job_kinds_deliveries(&deliveries, kind);
    if (buf_is_full(&deliveries)) {
        log_error(c, "event.consumer_limit_exceeded", log_text("name", kind->name));
        return &ERR_INTERNAL;
    }
    if (n == 0) /* no subscriber needs the secrets: do not store them */
        stored.sealed = (struct bytes){ NULL, 0 };
    TRY(db_exec(c, &SQL_publish_event,
        ARGS(ARG(id), ARG(kind->name), ARG(kind->version), ARG(aggregate), ARG(stored.text),
            ARG(stored.sealed), ARG(n), ARG(c->request_id), ARG(payload_trace(c)),
            ARG((int)DELIVERY_ATTEMPTS), ARG(deliveries.data))));
    if (n > 0)
        notifier_after_commit(c);
    return NULL;
}

err event_json_(
    struct ctx *c, const struct event_kind *kind, const void *payload, struct bytes *out)
{
    struct buf json;

    buf_init(&json, c->arena, LIMIT_PAYLOAD);
    shape_render_(&json, kind->payload, payload);
    if (buf_is_full(&json)) {
        log_error(c, "event.payload_size_exceeded", log_text("name", kind->name));
        return &ERR_INTERNAL;
    }
    *out = (struct bytes){ json.data, json.size };
    return NULL;
}

static size_t list_public(const struct event_kind **out)
{
    size_t n = 0;

    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        for (const struct event_kind *const *e = (*m)->events; e != NULL && *e != NULL; e++) {
            if ((*e)->public && out != NULL)
                out[n] = *e;
            n += (*e)->public;
        }
    }
    return n;
}

const struct event_kind *const *event_public_kinds(struct arena *a, size_t *n)
{
    const struct event_kind **kinds = arena_array(a, list_public(NULL), sizeof *kinds);

    *n = list_public(kinds);
    return kinds;
}
