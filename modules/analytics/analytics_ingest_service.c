/* Messages come in: whose they are, and that each counts once. Knows no HTTP and no SQL. */
#include "analytics_internal.h"
#include <users.h>

/* A value of JSON costs some 100 bytes of memory; a real event has 20. */
enum { VALUES_MAX = 100000 };

const struct error_kind ANALYTICS_UNKNOWN_WRITE_KEY = {
    "analytics/unknown-write-key",
    401,
    "There is no such write key",
    "Send a key of GET /v1/orgs/{org_id}/analytics/write-keys: as the user name of Basic "
    "authentication, or as writeKey in the body.",
};
const struct error_kind ANALYTICS_MESSAGE_REFUSED = {
    "analytics/message-refused",
    400,
    "The message is not acceptable",
    "Correct what the detail names; sending it again as it is will be refused again.",
};

const struct metric analytics__messages_metric = {
    .name = "ashlar_analytics_messages_total",
    .help = "Messages received: stored, sent before, rejected, or not wanted by who sent them",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "stored|duplicate|rejected|untracked",
};

/* Not answered to who sends: whether an id is a user's is not for everybody with the public key. */
const struct metric analytics__joins_metric = {
    .name = "ashlar_analytics_joins_total",
    .help =
        "Pairs of ids received: joined (made), taken apart because the id is a user's (cut), or "
        "not joined because it is a user's (known_user), joined to another (other_user), the "
        "user has 500 (too_many), or one of them identifies nobody (placeholder)",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "made|cut|known_user|other_user|too_many|placeholder",
};

/* What the request names as its write key: the header, the body, or (in a batch) a message. */
static const char *named_key(struct ctx *c, const char *authorization, const struct tree *request)
{
    const char *key = analytics__basic_key(c->arena, authorization);

    if (key == NULL)
        key = tree_text(tree_get(request, "writeKey"));
    if (key == NULL)
        key = tree_text(tree_get(tree_item(tree_get(request, "batch"), 0), "writeKey"));
    return key;
}

/* From here on the work is in the key's organisation. While that is suspended nothing comes in. */
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

static err parse_request(struct ctx *c, struct bytes body, const struct tree **out)
{
    err failed = tree_parse(c, body.data ? body.data : "", body.size, VALUES_MAX, out);

    if (failed == &ERR_BAD_JSON)
        return problem(c, &ANALYTICS_MESSAGE_REFUSED, NULL,
            "The body must be one JSON object in UTF-8, with each key once.");
    return failed;
}

static void reject(struct analytics__intake *in, const char *why)
{
    in->n_rejected++;
    if (in->rejection == NULL)
        in->rejection = why;
}

/* One bad message does not spoil the others: who sent the batch cannot take it apart. */
static err add_batch(struct analytics__intake *in, const struct tree *batch)
{
    size_t n = tree_count(batch);

    if (tree_kind(batch) != TREE_LIST)
        return problem(
            in->c, &ANALYTICS_MESSAGE_REFUSED, "batch", "A batch is a list of messages.");
    for (size_t i = 0; i < n; i++) {
        const char *why = i < ANALYTICS__BATCH_MAX
                              ? analytics__intake_add(in, tree_item(batch, i), /* type= */ NULL)
                              : "A batch has at most 2,500 messages.";
        if (why)
            reject(in, why);
    }
    return NULL;
}

static err add_all(struct analytics__intake *in, const struct tree *request, const char *type)
{
    const char *why;

    if (type == NULL)
        return add_batch(in, tree_get(request, "batch"));
    why = analytics__intake_add(in, request, type);
    return why ? problem(in->c, &ANALYTICS_MESSAGE_REFUSED, NULL, "%s", why) : NULL;
}

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

static void count(const struct analytics_accepted *accepted)
{
    const struct metric *m = &analytics__messages_metric;

    metric_add(m, "stored", accepted->stored);
    metric_add(m, "duplicate", accepted->duplicates);
    metric_add(m, "rejected", accepted->rejected);
}

err analytics__ingest(struct ctx *c, struct bytes body, const char *type, const char *authorization,
    bool do_not_track, struct analytics_accepted *out)
{
    struct analytics__write_key key;
    struct analytics__intake in;
    const struct tree *request;
    struct analytics__joins joins = { 0 };
    int64_t stored = 0;

    TRY(parse_request(c, body, &request));
    TRY(enter_by_key(c, named_key(c, authorization, request), &key));
    analytics__intake_open(&in, c, &key, request);
    TRY(add_all(&in, request, type));
    *out = (struct analytics_accepted){ .success = true, .rejected = (int64_t)in.n_rejected };
    out->reason = in.rejection;
    if (do_not_track) {
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

/* Where a browser sends to: the public address without its scheme, which stands beside it. */
err analytics__browser_settings(struct ctx *c, const char *text, const char **out)
{
    const char *url = setting_text(&ASHLAR_PUBLIC_URL), *host = strstr(url, "://");
    struct analytics__write_key key;
    bool found;
    struct buf b;

    TRY(analytics__find_write_key(c, text, &key, &found));
    if (!found || host == NULL)
        return problem(c, &ERR_NOT_FOUND, NULL, "There is no such write key.");
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
