/* See sender_factory.h. */
#include "sender_factory.h"

const char *write_key(struct t *t, struct org *org)
{
    const char *key;

    as_owner_of(t, org);
    POST_JSON(t, at(t, "/v1/orgs/%s/analytics/write-keys", org_of(t)), "{'name':'Page'}");
    expect(t, 201);
    key = member_of(t, "key");
    as_nobody(t);
    return key;
}

const char *batch(struct t *t, const char *key, int n, const char *message)
{
    struct buf b;

    buf_init(&b, arena_of(t), 1 << 20);
    buf_printf(&b, "{'writeKey':'%s','batch':[", key);
    for (int i = 1; i <= n; i++) {
        const char *rest = message;
        buf_text(&b, i > 1 ? "," : "");
        for (const char *place; (place = strstr(rest, "%d")) != NULL; rest = place + 2) {
            buf_add(&b, rest, (size_t)(place - rest));
            buf_printf(&b, "%d", i);
        }
        buf_text(&b, rest);
    }
    buf_text(&b, "]}");
    return b.data;
}

void send_ids(struct t *t, const char *key, const char *user, const char *anonymous)
{
    POST_JSON(t, "/v1/track", "{'writeKey':'%s','event':'E','userId':'%s','anonymousId':'%s'}", key,
        user, anonymous);
    expect(t, 200, "stored", "1");
}

const char *links(struct t *t)
{
    const char *all = sql_text(t, "SELECT string_agg(visitor || '>' || joined_to, ' ' ORDER BY "
                                  "visitor COLLATE \"C\") FROM analytics.visitor_link");

    return all ? all : "";
}
