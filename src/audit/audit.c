/* Audit rows: one insert in the transaction of the change. */
#include "audit_sql.h"
#include "shape/shape_json.h"
#include <ashlar/audit.h>
#include <ashlar/db.h>
#include <ashlar/limits.h>
#include <ashlar/log.h>

static const char *actor_word(enum actor_kind kind)
{
    switch (kind) {
    case ACTOR_PERSON:
        return "person";
    case ACTOR_KEY:
        return "key";
    case ACTOR_SYSTEM:
        return "system";
    case ACTOR_NONE:
        break;
    }
    return "none";
}

/* A state above the size limit is a defect of the module's shape: an error, never a cut state. */
static err render_state(
    struct ctx *c, const char *action, const struct shape *s, const void *state, const char **out)
{
    struct buf b;

    *out = NULL;
    if (s == NULL || state == NULL)
        return NULL;
    buf_init(&b, c->arena, LIMIT_STATE);
    shape_render_redacted_(&b, s, state);
    if (buf_is_full(&b) || json_stored_size(b.data, b.size) > LIMIT_STORED(LIMIT_STATE)) {
        log_error(c, "audit.state_size_exceeded", log_text("action", action),
            log_text("shape", s->name), log_int("most", LIMIT_STATE));
        return &ERR_INTERNAL;
    }
    *out = b.data;
    return NULL;
}

err audit_(struct ctx *c, const char *action, const char *target_prefix, struct uuid target,
    const struct shape *s, const void *before, const void *after)
{
    const bool by_key = c->actor.kind == ACTOR_KEY;
    const char *was, *is;

    TRY(render_state(c, action, s, before, &was));
    TRY(render_state(c, action, s, after, &is));
    return db_exec(c, &SQL_insert_audit,
        ARGS(ARG(uuid_new()), ARG(actor_word(c->actor.kind)),
            ARG(by_key ? c->actor.key : c->actor.person), ARG(c->request_id), ARG(c->operation),
            ARG(c->actor.network), ARG(action), ARG(target_prefix), ARG(target), ARG(was),
            ARG(is)));
}

err audit_act(struct ctx *c, const char *action, const char *target_prefix, struct uuid target)
{
    return audit_(c, action, target_prefix, target, NULL, NULL, NULL);
}
