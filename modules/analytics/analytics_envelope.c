/*
 * Splits the body of a batch into its messages before any is parsed, so that invalid JSON affects
 * one message only. Finds where values begin and end, not their content.
 *
 * In a message only braces outside of strings count: its closing brace is found whatever else is
 * invalid in it.
 */
#include "analytics_internal.h"

struct text {
    const char *at, *end;
};

static void skip_blanks(struct text *t)
{
    while (t->at < t->end && strchr(" \t\r\n", *t->at) && *t->at)
        t->at++;
}

static bool is_at(const struct text *t, char c)
{
    return t->at < t->end && *t->at == c;
}

/* From the opening quote to after the closing one, or to the end. */
static void skip_string(struct text *t)
{
    for (t->at++; t->at < t->end && *t->at != '"'; t->at++)
        t->at += *t->at == '\\' && t->at + 1 < t->end;
    t->at += t->at < t->end;
}

static void skip_one(struct text *t)
{
    if (*t->at == '"')
        skip_string(t);
    else
        t->at++;
}

/* From an opening bracket to after its closing one. False: it is missing. */
static bool skip_nested(struct text *t, char open, char close)
{
    size_t depth = 0;

    while (t->at < t->end) {
        depth += *t->at == open;
        if (*t->at == close && --depth == 0) {
            t->at++;
            return true;
        }
        skip_one(t);
    }
    return false;
}

/* To the comma after a value, or to the closing bracket of its list or object. */
static bool skip_value(struct text *t, char close)
{
    while (t->at < t->end && *t->at != ',' && *t->at != close) {
        if (*t->at == '{' && !skip_nested(t, '{', '}'))
            return false;
        if (is_at(t, '[') && !skip_nested(t, '[', ']'))
            return false;
        if (t->at < t->end && *t->at != ',' && *t->at != close)
            skip_one(t);
    }
    return t->at < t->end;
}

bool analytics__next_message(
    const struct analytics__envelope *e, struct analytics__place *place, struct bytes *out)
{
    struct text t = { place->at, e->end };
    const char *from;
    bool whole;

    if (e->batch == NULL)
        return false;
    if (place->at == NULL)
        t.at = e->batch + 1;
    skip_blanks(&t);
    if (place->at && is_at(&t, ','))
        t.at++;
    skip_blanks(&t);
    place->at = t.at;
    if (t.at == t.end || *t.at == ']')
        return false;
    from = t.at;
    whole = *from == '{' ? skip_nested(&t, '{', '}') : skip_value(&t, ']');
    place->at = t.at;
    place->broken = !whole;
    *out = (struct bytes){ from, (size_t)(t.at - from) };
    return whole;
}

/* To after the list's closing bracket. */
static bool skip_messages(const struct analytics__envelope *e, struct text *t)
{
    struct analytics__place place = { .at = NULL };
    struct bytes message;

    while (analytics__next_message(e, &place, &message))
        ;
    t->at = place.at;
    if (place.broken || !is_at(t, ']'))
        return false;
    t->at++;
    return true;
}

static bool is_named(struct bytes key, const char *name)
{
    return key.size == strlen(name) && memcmp(key.data, name, key.size) == 0;
}

/* The destination of a member's value. NULL: the member is ignored. */
static struct bytes *member_of(struct analytics__envelope *e, struct bytes key)
{
    if (is_named(key, "writeKey"))
        return &e->write_key;
    return is_named(key, "sentAt") ? &e->sent_at : NULL;
}

static bool read_value(struct analytics__envelope *e, struct text *t, struct bytes key)
{
    struct bytes *member = member_of(e, key);
    bool is_batch = is_named(key, "batch");
    const char *from = t->at;
    bool whole;

    e->twice = e->twice || (member && member->size) || (is_batch && e->has_batch);
    e->has_batch = e->has_batch || is_batch;
    if (is_batch && *from == '[') {
        e->batch = from;
        return skip_messages(e, t);
    }
    whole = skip_value(t, '}');
    if (member)
        *member = (struct bytes){ from, (size_t)(t->at - from) };
    return whole;
}

/* "name": value, then a comma or the end of the object. */
static bool read_member(struct analytics__envelope *e, struct text *t)
{
    struct bytes key = { t->at + 1, 0 };

    if (!is_at(t, '"'))
        return false;
    skip_string(t);
    key.size = (size_t)(t->at - 1 - (const char *)key.data);
    skip_blanks(t);
    if (!is_at(t, ':'))
        return false;
    t->at++;
    skip_blanks(t);
    if (t->at == t->end || !read_value(e, t, key))
        return false;
    skip_blanks(t);
    if (is_at(t, ','))
        t->at++;
    else if (!is_at(t, '}'))
        return false;
    skip_blanks(t);
    return true;
}

bool analytics__open_envelope(struct bytes body, struct analytics__envelope *out)
{
    const char *data = body.data ? body.data : "";
    struct text t = { data, data + body.size };
    bool whole = true;

    *out = (struct analytics__envelope){ .end = t.end };
    skip_blanks(&t);
    if (!is_at(&t, '{'))
        return false;
    t.at++;
    skip_blanks(&t);
    while (whole && !is_at(&t, '}'))
        whole = read_member(out, &t);
    t.at += whole;
    skip_blanks(&t);
    out->broken = !whole || t.at != t.end;
    return !out->twice && (out->batch || !out->broken);
}
