/* The shapes of the platform's own structs. */
#include <ashlar/module.h>

const struct shape nothing_shape = { .name = "nothing", .size = sizeof(struct nothing) };

/* Never rendered: the dispatcher sends the struct's content. */
const struct shape content_shape = { .name = "content", .size = sizeof(struct content) };

static const struct field stream_from_fields[] = {
    INT(stream_from, after, .doc = "Event id after which the stream begins"),
};
const struct shape stream_from_shape = {
    .name = "stream_from",
    .size = sizeof(struct stream_from),
    .fields = stream_from_fields,
    .n_fields = COUNT(stream_from_fields),
    .doc = "Stream of events. The connection stays open. A client that reconnects with "
           "Last-Event-ID receives all events since then.",
};

static const struct field page_in_fields[] = { PAGE_FIELDS_(page_in, limit, cursor) };
SHAPE(page_in);

static const struct field identity_fields[] = {
    ID(identity, person_id, "person"),
    ID(identity, session_id, "session"),
    TEXT(identity, email, .optional = true),
    TEXT(identity, factors, .optional = true),
    TIME(identity, signed_in_at),
    TIME(identity, reauthenticated_at),
    BOOL(identity, stale),
};
SHAPE(identity);

static const struct field key_identity_fields[] = {
    ID(key_identity, key_id, "key"),
    ID(key_identity, org_id, "org"),
    ID(key_identity, maker_id, "person"),
    TEXT(key_identity, scopes, .empty = true),
    BOOL(key_identity, stale),
};
SHAPE(key_identity);

static const struct field grant_fields[] = {
    TEXT(grant, role),
    BOOL(grant, suspended),
};
SHAPE(grant);

static const struct field member_role_fields[] = {
    ID(member_role, person_id, "person"),
    TEXT(member_role, role),
};
SHAPE(member_role);

static const struct field standing_fields[] = {
    ID(standing, key_id, "key", .optional = true),
    ID(standing, person_id, "person"),
    TEXT(standing, scopes, .optional = true),
};
SHAPE(standing);

static const struct field staff_grant_fields[] = {
    TEXT(staff_grant, role),
    BOOL(staff_grant, fresh),
    BOOL(staff_grant, stale),
};
SHAPE(staff_grant);
