/* List of the audit log for its readers. */
#include "audit_sql.h"
#include <ashlar/audit.h>
#include <ashlar/db.h>
#include <ashlar/text.h>

static const struct field audit_entry_fields[] = {
    ID(audit_entry, id, "audit", .doc = "Id of the entry"),
    TIME(audit_entry, at, .doc = "Time of the change"),
    TEXT(audit_entry, action, .max = 100, .doc = "Action that was performed",
        .example = "users.role_changed"),
    TEXT(audit_entry, actor_kind, .one_of = "person|key|system|none", .doc = "Kind of the actor"),
    TEXT(audit_entry, actor, .optional = true, .max = 100,
        .doc = "Id of the actor. Null for the system and for callers who were not signed in."),
    TEXT(audit_entry, target, .optional = true, .max = 100, .doc = "Id of the changed object"),
    TEXT(audit_entry, request_id, .optional = true, .max = 100,
        .doc = "Id of the request. All entries of a request share it."),
    TEXT(audit_entry, operation, .optional = true, .max = 200, .doc = "Route or job of the change"),
    TEXT(audit_entry, network, .optional = true, .max = 64,
        .doc = "Network of the client that sent the request"),
    OPEN_JSON(audit_entry, before, .optional = true,
        .doc = "Values before the change. Null if the object was created."),
    OPEN_JSON(audit_entry, after, .optional = true,
        .doc = "Values after the change. Null if the object was deleted."),
    ID(audit_entry, org_id, "org", .optional = true,
        .doc = "Organisation of the entry. Null if there is none."),
};
SHAPE(audit_entry);
LIST_SHAPE(audit_entry);

struct stored_row {
    struct uuid id, org_id, actor_id, target_id;
    struct instant at;
    const char *actor_kind, *target_type;
    const char *request_id, *operation, *network, *action;
    const char *before, *after;
};
static const struct field stored_row_fields[] = {
    ID(stored_row, id, "audit"),
    TIME(stored_row, at),
    ID(stored_row, org_id, "org", .optional = true),
    TEXT(stored_row, actor_kind),
    ID(stored_row, actor_id, "", .optional = true),
    TEXT(stored_row, request_id, .optional = true),
    TEXT(stored_row, operation, .optional = true),
    TEXT(stored_row, network, .optional = true),
    TEXT(stored_row, action),
    TEXT(stored_row, target_type),
    ID(stored_row, target_id, "", .optional = true),
    OPEN_JSON(stored_row, before, .optional = true),
    OPEN_JSON(stored_row, after, .optional = true),
};
static SHAPE(stored_row);
LIST_OF(stored_row);
static const struct field stored_row_list_fields[] = {
    LIST(stored_row_list, data, stored_row),
    TEXT(stored_row_list, next_cursor),
};
static SHAPE(stored_row_list);

/* Parses "person_…" or an id of another kind. NULL becomes nil. */
static err parse_id(struct ctx *c, const char *field, const char *text, struct uuid *out)
{
    *out = UUID_NIL;
    if (text == NULL || typeid_parse(NULL, text, strlen(text), out))
        return NULL;
    problem_add(c, field, "format", "Must be an id such as person_01h455vb4pex5vsknk084sn02q.");
    return problem(c, &ERR_INVALID, NULL, "The filter names no id.");
}

/* The smallest UUIDv7 of a time (RFC 9562 section 5.7: 48 leading bits of milliseconds). */
static struct uuid first_id_at(struct instant at)
{
    struct uuid id = UUID_NIL;
    uint64_t ms = at.us > 0 ? (uint64_t)at.us / 1000 : 0;

    for (int i = 5; i >= 0; i--, ms >>= 8)
        id.b[i] = (uint8_t)ms;
    id.b[6] = 0x70;
    return id;
}

static struct uuid id_bound(struct instant at, int64_t slack_us)
{
    return at.us == 0 ? UUID_NIL : first_id_at(instant_add(at, slack_us));
}

static const char *id_or_null(struct arena *a, const char *prefix, struct uuid id)
{
    return uuid_is_nil(id) ? NULL : typeid_text(a, prefix, id);
}

static struct audit_entry shown(struct arena *a, const struct stored_row *s)
{
    return (struct audit_entry){
        .id = s->id,
        .at = s->at,
        .action = s->action,
        .actor_kind = s->actor_kind,
        .actor = id_or_null(a, s->actor_kind, s->actor_id),
        .target = id_or_null(a, s->target_type, s->target_id),
        .request_id = s->request_id,
        .operation = s->operation,
        .network = s->network,
        .before = s->before,
        .after = s->after,
        .org_id = s->org_id,
    };
}

err audit_list(struct ctx *c, const struct audit_filter *filter, const struct page_in *page,
    struct audit_entry_list *out)
{
    const int64_t slack_us = MINUTES(5);
    struct stored_row_list found;
    struct audit_entry *rows;
    struct uuid actor, target;

    TRY(parse_id(c, "query:actor", filter->actor, &actor));
    TRY(parse_id(c, "query:target", filter->target, &target));
    TRY(db_page(c, &SQL_list_audit, stored_row, &found, page,
        ARGS(ARG(c->org), ARG(filter->action), ARG(actor), ARG(target), ARG(filter->since),
            ARG(filter->until), ARG(id_bound(filter->since, -slack_us)),
            ARG(id_bound(filter->until, slack_us)))));
    rows = arena_array(c->arena, found.n_data, sizeof *rows);
    for (size_t i = 0; i < found.n_data; i++)
        rows[i] = shown(c->arena, &found.data[i]);
    *out = (struct audit_entry_list){
        .data = rows, .n_data = found.n_data, .next_cursor = found.next_cursor
    };
    return NULL;
}
