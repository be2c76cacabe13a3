/* HTTP surface: the feed of public events, and the list of event types. Rules are in the
 * service. */
#include "integrations_internal.h"

static const struct field integrations_event_feed_fields[] = {
    LIST(integrations_event_feed, data, integrations_feed_event, .max = 200,
        .doc = "Events, oldest first"),
    TEXT(integrations_event_feed, next_cursor,
        .doc = "Cursor to store and to send as `after` for the following events"),
    BOOL(integrations_event_feed, has_more, .doc = "Whether more events are available now"),
};
SHAPE(integrations_event_feed);

struct events_in {
    const char *after;
    int64_t limit;
};
static const struct field events_in_fields[] = {
    TEXT(events_in, after, .in = QUERY, .format = TOKEN, .max = 64, .optional = true,
        .doc = "Cursor: next_cursor of the previous response. Default: the oldest stored event."),
    INT(events_in, limit, .in = QUERY, .min = 1, .max = 200, .fallback = "50",
        .doc = "Maximum number of events in the response. Large events reduce it."),
};
static SHAPE(events_in);

HANDLER(list_events, events_in, integrations_event_feed)
{
    return integrations_list_events(c, in->after, in->limit, out);
}

struct event_type {
    const char *type, *description;
    int64_t version;
};
static const struct field event_type_fields[] = {
    TEXT(event_type, type, .max = 100, .doc = "Name of the event type",
        .example = "users.member_added"),
    TEXT(event_type, description, .doc = "Description of the event"),
    INT(event_type, version, .doc = "Version, incremented when the data change incompatibly"),
};
static SHAPE(event_type);

struct event_type_list {
    const struct event_type *data;
    size_t n_data;
};
static const struct field event_type_list_fields[] = {
    LIST(event_type_list, data, event_type, .max = 1000, .doc = "All event types"),
};
static SHAPE(event_type_list);

HANDLER(list_event_types, nothing, event_type_list)
{
    size_t n;
    const struct event_kind *const *kinds = event_public_kinds(c->arena, &n);
    struct event_type *types = arena_array(c->arena, n, sizeof *types);

    (void)in;
    for (size_t i = 0; i < n; i++)
        types[i] = (struct event_type){ kinds[i]->name, kinds[i]->doc, kinds[i]->version };
    *out = (struct event_type_list){ .data = types, .n_data = n };
    return NULL;
}

const struct route integrations__event_routes[] = {
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/events",
        .id = "readEventFeed",
        .summary = "List events",
        .doc = "The events are in order, numbered without gaps. They are the same events that "
               "webhooks send. Pass `next_cursor` as `after` to continue. An event committed later "
               "never appears before one already returned.",
        INTEGRATIONS__MAY_READ,
        .while_suspended = true,
        .rate = RATE_READ,
        .status = 200,
        .errors = ERRORS(&INTEGRATIONS_CURSOR_EXPIRED),
        .handler = BY(list_events),
    },
    {
        .method = GET,
        .path = "/v1/event-types",
        .id = "listEventTypes",
        .summary = "List event types",
        .doc = "These are the types that webhooks and the feed can contain.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_READ,
        .tx = TX_MANUAL,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_event_types),
    },
    { .id = NULL },
};
