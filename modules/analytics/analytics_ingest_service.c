/* Ingestion of messages: their organisation, and deduplication. */
#include "analytics_internal.h"
#include <users.h>

/* A JSON value costs about 100 bytes of memory; a real event has 20. Each comma and bracket of a
 * message counts as one value, so the cost is known before parsing. */
enum { MESSAGE_VALUES_MAX = 10000, VALUE_COST = 100, BATCH_COST_MAX = 16 * 1024 * 1024 };

const struct metric analytics__messages_metric = {
    .name = "ashlar_analytics_messages_total",
    .help = "Received messages by result: stored, duplicate, rejected, or discarded because the "
            "sender opted out.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "stored|duplicate|rejected|untracked",
};

/* Not in the response: whether an id is a user's must not be visible to every holder of the public
 * key. */
const struct metric analytics__joins_metric = {
    .name = "ashlar_analytics_joins_total",
    .help =
        "Received pairs of ids by result: joined (made), separated because the id is a user's "
        "(cut), or not joined because the id is a user's (known_user), is joined to another user "
        "(other_user), the user has 500 ids (too_many), or one id is a placeholder (placeholder).",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "made|cut|known_user|other_user|too_many|placeholder",
};

const struct metric analytics__times_metric = {
    .name = "ashlar_analytics_unread_times_total",
    .help = "Invalid timestamps of stored messages, which count as occurred on arrival.",
    .kind = METRIC_COUNTER,
};

/* Enters the key's organisation. A suspended organisation accepts no messages. */
static err enter_open_org(struct ctx *c, struct uuid org)
{
    TRY(tx_enter_org(c, org));
    return users_require_open_org(c);
}

static err enter_by_key(struct ctx *c, const char *text, struct analytics__write_key *out)
{
    bool found = false;

    if (text)
        TRY(analytics__find_write_key(c, text, out, &found));
    if (!found)
        return problem(c, &ANALYTICS_UNKNOWN_WRITE_KEY, NULL,
            "The request names no write key, or one that does not exist or was revoked.");
    return enter_open_org(c, out->org_id);
}

static void reject(struct analytics__intake *in, const char *why)
{
    in->n_rejected++;
    if (in->rejection == NULL)
        in->rejection = why;
}

static err refuse(struct ctx *c, const char *why)
{
    return problem(c, &ANALYTICS_MESSAGE_REFUSED, NULL, "%s", why);
}

/* --- A single message --- */

static err parse_message(struct ctx *c, struct bytes json, const struct tree **out)
{
    const char *why;

    TRY(tree_try(c, json.data ? json.data : "", json.size, MESSAGE_VALUES_MAX, out, &why));
    if (*out == NULL)
        return refuse(
            c, arena_printf(c->arena,
                   "The body must be one JSON object in UTF-8, with each key once: %s.", why));
    return NULL;
}

static const char *key_in(const struct tree *message)
{
    return tree_text(tree_get(message, "writeKey"));
}

static err take_message(struct ctx *c, const struct analytics__sent *sent,
    struct analytics__write_key *key, struct analytics__intake *in)
{
    const char *name = analytics__basic_key(c->arena, sent->authorization), *why;
    const struct tree *message;

    TRY(parse_message(c, sent->body, &message));
    TRY(enter_by_key(c, name ? name : key_in(message), key));
    analytics__intake_open(in, c, key, NULL);
    why = analytics__intake_add(in, message, sent->type);
    return why ? refuse(c, why) : NULL;
}

/* --- A batch --- */

static size_t cost_of(struct bytes json)
{
    const char *at = json.data;
    size_t n = 1;

    for (size_t i = 0; i < json.size; i++)
        n += at[i] == ',' || at[i] == '[' || at[i] == '{';
    return json.size + n * VALUE_COST;
}

/* The JSON of a member or message. NULL: invalid. */
static err parse_part(struct ctx *c, struct bytes json, const struct tree **out, const char **why)
{
    *out = NULL;
    return json.size ? tree_try(c, json.data, json.size, MESSAGE_VALUES_MAX, out, why) : NULL;
}

/* Some libraries send the key in each message: the first readable one counts. */
static err key_of_batch(struct ctx *c, const struct analytics__envelope *e, const char **out)
{
    struct analytics__place place = { .at = NULL };
    const struct tree *part;
    struct bytes json;
    const char *why;

    TRY(parse_part(c, e->write_key, &part, &why));
    *out = tree_text(part);
    while (*out == NULL && analytics__next_message(e, &place, &json)) {
        struct arena_mark mark = arena_mark(c->arena);
        TRY(parse_part(c, json, &part, &why));
        const char *key = key_in(part);
        if (key && strlen(key) <= ANALYTICS__NAME_MAX) {
            *out = arena_strdup(c->arena, key);
            return NULL;
        }
        arena_back(c->arena, &mark);
    }
    return NULL;
}

/* An invalid message does not affect the others: the sender cannot split the batch afterwards. */
static err add_message(
    struct analytics__intake *in, size_t number, struct bytes json, size_t *cost_left)
{
    struct arena *a = in->c->arena;
    size_t cost = cost_of(json);
    const struct tree *message;
    const char *why = "it is empty";

    if (number > ANALYTICS__BATCH_MAX) {
        reject(in, "A batch has at most 2,500 messages.");
        return NULL;
    }
    if (cost > *cost_left) {
        reject(in, "The batch has too many values. Send fewer messages in one batch.");
        return NULL;
    }
    TRY(parse_part(in->c, json, &message, &why));
    if (message) {
        *cost_left -= cost;
        why = analytics__intake_add(in, message, /* type= */ NULL);
    } else {
        why = arena_printf(a, "Message %zu of the batch is not JSON: %s.", number, why);
    }
    if (why)
        reject(in, why);
    return NULL;
}

static err add_batch(struct analytics__intake *in, const struct analytics__envelope *e)
{
    struct analytics__place place = { .at = NULL };
    size_t cost_left = BATCH_COST_MAX, number = 0;
    struct bytes json;

    while (analytics__next_message(e, &place, &json))
        TRY(add_message(in, ++number, json, &cost_left));
    if (e->broken)
        reject(in, arena_printf(in->c->arena,
                       "The content after message %zu of the batch is not JSON.", number));
    return NULL;
}

static err take_batch(struct ctx *c, const struct analytics__sent *sent,
    struct analytics__write_key *key, struct analytics__intake *in)
{
    const char *name = analytics__basic_key(c->arena, sent->authorization), *why;
    struct analytics__envelope e;
    const struct tree *sent_at;

    if (!analytics__open_envelope(sent->body, &e))
        return refuse(c, "The body must be one JSON object, with each key once.");
    if (name == NULL)
        TRY(key_of_batch(c, &e, &name));
    TRY(enter_by_key(c, name, key));
    if (e.batch == NULL)
        return problem(c, &ANALYTICS_MESSAGE_REFUSED, "batch", "A batch is a list of messages.");
    TRY(parse_part(c, e.sent_at, &sent_at, &why));
    analytics__intake_open(in, c, key, sent_at);
    return add_batch(in, &e);
}

/* --- Storage --- */

static err store(struct analytics__intake *in, int64_t *stored, struct analytics__joins *joins)
{
    struct ctx *c = in->c;

    buf_char(&in->messages, ']');
    buf_char(&in->links, ']');
    buf_char(&in->users, ']');
    if (buf_is_full(&in->messages) || buf_is_full(&in->links) || buf_is_full(&in->users))
        return problem(c, &ANALYTICS_MESSAGE_REFUSED, NULL, "The batch is too large.");
    if (in->n_messages)
        TRY(analytics__store_messages(c, in->received_at, in->messages.data, stored));
    return in->n_users ? analytics__take_ids(c, in->users.data, in->links.data, joins) : NULL;
}

static void count_joins(const struct analytics__joins *joins, size_t n_placeholders)
{
    const struct metric *m = &analytics__joins_metric;

    metric_add(m, "made", joins->made);
    metric_add(m, "cut", joins->cut);
    metric_add(m, "known_user", joins->known_user);
    metric_add(m, "other_user", joins->other_user);
    metric_add(m, "too_many", joins->too_many);
    metric_add(m, "placeholder", (int64_t)n_placeholders);
}

static void count(const struct analytics_ingest_result *accepted)
{
    const struct metric *m = &analytics__messages_metric;

    metric_add(m, "stored", accepted->stored);
    metric_add(m, "duplicate", accepted->duplicates);
    metric_add(m, "rejected", accepted->rejected);
    metric_add(&analytics__times_metric, NULL, accepted->unread_times);
}

err analytics__ingest(
    struct ctx *c, const struct analytics__sent *sent, struct analytics_ingest_result *out)
{
    struct analytics__write_key key;
    struct analytics__intake in;
    struct analytics__joins joins = { 0 };
    int64_t stored = 0;

    TRY(sent->type ? take_message(c, sent, &key, &in) : take_batch(c, sent, &key, &in));
    *out = (struct analytics_ingest_result){
        .success = true,
        .rejected = (int64_t)in.n_rejected,
        .reason = in.rejection,
        .unread_times = (int64_t)in.n_unread_times,
        .unread_time = in.unread_time,
    };
    if (sent->do_not_track) {
        metric_add(&analytics__messages_metric, "untracked", (int64_t)in.n_messages);
        return NULL;
    }
    TRY(store(&in, &stored, &joins));
    out->stored = stored;
    out->duplicates = (int64_t)in.n_messages - stored;
    count(out);
    count_joins(&joins, in.n_placeholders);
    return NULL;
}

/* The address for browsers: the public URL without its scheme, which has its own field. */
err analytics__browser_settings(struct ctx *c, const char *text, const char **out)
{
    const char *url = setting_text(&ASHLAR_PUBLIC_URL), *host = strstr(url, "://");
    struct analytics__write_key key;
    bool found;
    struct buf b;

    TRY(analytics__find_write_key(c, text, &key, &found));
    if (!found || host == NULL)
        return problem(c, &ERR_NOT_FOUND, NULL, "The write key is unknown.");
    TRY(enter_open_org(c, key.org_id));
    buf_init(&b, c->arena, 4096);
    buf_text(&b, "{\"integrations\":{\"Segment.io\":{\"apiKey\":");
    buf_json_text(&b, key.key);
    buf_text(&b, ",\"apiHost\":");
    buf_json_text(&b, arena_printf(c->arena, "%s/v1", host + 3));
    buf_text(&b, ",\"protocol\":");
    buf_json_text_n(&b, url, (size_t)(host - url));
    buf_text(&b, ",\"versionSettings\":{\"version\":\"4.4.7\",\"componentTypes\":[\"browser\"]}}},"
                 "\"plan\":{\"track\":{\"__default\":{\"enabled\":true}},"
                 "\"identify\":{\"__default\":{\"enabled\":true}},"
                 "\"group\":{\"__default\":{\"enabled\":true}}},"
                 "\"edgeFunction\":{},\"analyticsNextEnabled\":true,\"middlewareSettings\":{},"
                 "\"enabledMiddleware\":{},\"metrics\":{\"sampleRate\":0},"
                 "\"remotePlugins\":[],\"legacyVideoPluginsEnabled\":false}");
    *out = b.data;
    return NULL;
}
