/* See credential_factory.h. */
#include "credential_factory.h"

#define PROBE "what_is_left_probe"

enum { BODY_MAX = 16 * 1024 };

void add_word(struct words *w, const char *word)
{
    size_t at = 0;

    while (at < w->n && strcmp(w->items[at], word) < 0)
        at++;
    if (at < w->n && text_equal(w->items[at], word))
        return;
    assert_true(w->n < COUNT(w->items));
    memmove(w->items + at + 1, w->items + at, (w->n++ - at) * sizeof *w->items);
    w->items[at] = word;
}

bool has_word(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->n; i++)
        if (text_equal(w->items[i], word))
            return true;
    return false;
}

const char *joined(struct t *t, const struct words *w, const char *nothing)
{
    const char *all = w->n ? w->items[0] : nothing;

    for (size_t i = 1; i < w->n; i++)
        all = at(t, "%s, %s", all, w->items[i]);
    return all;
}

/* Where there is room for it: names and currencies are tokens by format, too. */
static bool takes_token(const struct field *f, const char *token)
{
    return token && f->format == TOKEN && (f->max == 0 || (size_t)f->max >= strlen(token));
}

static const char *first_word(struct t *t, const char *words)
{
    return arena_strndup(arena_of(t), words, strcspn(words, "|"));
}

/* What is asked for beside something else is the present one, what may be left out is, too. */
static const char *password_for(const struct field *f, const struct values *v)
{
    bool present = f->optional || text_starts_with(f->name, "current");

    return present && v->password ? v->password : "another long pass phrase";
}

static const char *text_for(struct t *t, const struct field *f, const struct values *v)
{
    if (v->role && text_equal(f->name, "role"))
        return v->role;
    if (v->code && text_equal(f->name, "code"))
        return v->code;
    if (f->one_of)
        return first_word(t, f->one_of);
    switch (f->format) {
    case EMAIL:
        return at(t, "%s@example.net", typeid_text(arena_of(t), "x", uuid_new()));
    case PASSWORD:
        return password_for(f, v);
    case URL:
        return "https://example.org/";
    case SLUG:
    case LOCALE:
        return "en";
    case TOKEN:
        return takes_token(f, v->token) ? v->token : "EUR";
    default:
        return "000000";
    }
}

static const char *json_for(struct t *t, const struct field *f, const struct values *v)
{
    switch (f->kind) {
    case KIND_TEXT:
        return at(t, "\"%s\"", text_for(t, f, v));
    case KIND_INT:
    case KIND_NUMBER:
        return at(t, "%lld", (long long)(f->min > 1 ? f->min : 1));
    case KIND_BOOL:
        return "true";
    case KIND_ID:
        return at(t, "\"%s\"", typeid_text(arena_of(t), f->prefix, uuid_new()));
    case KIND_TIME:
        return "\"2040-01-01T00:00:00Z\"";
    case KIND_TEXTS:
        return at(t, "[\"%s\"]", f->one_of ? first_word(t, f->one_of) : "users.read");
    case KIND_LIST:
        return "[]";
    default:
        return "{}";
    }
}

/* With a token also what it may be given along with: a name and a password of one's own. */
static bool is_sent(const struct field *f, const struct values *v)
{
    if (f->in != BODY)
        return false;
    if (!f->optional && !f->fallback)
        return true;
    if (v->password && f->format == PASSWORD)
        return true;
    return v->token && (takes_token(f, v->token) || f->format == PASSWORD || f->format == LINE ||
                           f->format == MAILED_NAME);
}

/* What other programs send: Segment's libraries; others prove a signature. */
static const char *raw_body(struct t *t, const struct values *v)
{
    return at(t,
        "{\"writeKey\":\"%s\",\"messageId\":\"%s\",\"event\":\"E\",\"name\":\"N\","
        "\"userId\":\"u2\",\"previousId\":\"u1\",\"groupId\":\"g1\","
        "\"batch\":[{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u1\"}]}",
        v->token ? v->token : "", typeid_text(arena_of(t), "m", uuid_new()));
}

static const char *body_for(struct t *t, const struct route *r, const struct values *v)
{
    const struct shape *in = r->handler->in;
    struct buf b;
    size_t n = 0;

    if (in->raw_at)
        return raw_body(t, v);
    if (!has_body_fields(r))
        return NULL;
    buf_init(&b, arena_of(t), BODY_MAX);
    for (size_t i = 0; i < in->n_fields; i++)
        if (is_sent(&in->fields[i], v))
            buf_printf(&b, "%s\"%s\":%s", n++ ? "," : "{", in->fields[i].name,
                json_for(t, &in->fields[i], v));
    buf_text(&b, n ? "}" : "{}");
    return b.data;
}

static const char *path_for(
    struct t *t, const struct route *r, const char *org, const struct values *v)
{
    const struct shape *in = r->handler->in;

    for (size_t i = 0; i < in->n_fields; i++) {
        const struct field *f = &in->fields[i];
        if (f->in != PATH)
            continue;
        if (f->kind == KIND_TEXT && takes_token(f, v->token))
            return path_with(t, r, org, f->name, v->token);
        if (v->person && text_equal(f->name, "person_id"))
            return path_with(t, r, org, f->name, v->person);
        if (v->key && text_equal(f->name, "key_id"))
            return path_with(t, r, org, f->name, v->key);
    }
    return path_of(t, r, org);
}

static void send_body(struct t *t, const struct route *r, const char *path, const char *body)
{
    if (r->idempotency == KEY_REQUIRED)
        with_header(t, "Idempotency-Key", typeid_text(arena_of(t), "key", uuid_new()));
    SEND(t, method_of(r), path, body ? "application/json" : NULL, body, body ? strlen(body) : 0);
}

void ask_in_earnest(
    struct t *t, const struct route *r, const char *org, const struct values *values)
{
    send_body(t, r, path_for(t, r, org, values), body_for(t, r, values));
}

bool is_authorized(struct t *t, const struct route *r, const char *org, const char *bearer)
{
    if (bearer) {
        as_nobody(t);
        with_header(t, "Authorization", at(t, "Bearer %s", bearer));
    }
    send_body(t, r, at(t, "%s?" PROBE "=1", path_of(t, r, org)), has_body_fields(r) ? "{}" : NULL);
    return status_of(t) == 422 && strstr(body_of(t), "query:" PROBE) != NULL;
}

const char *answer_of(struct t *t)
{
    const char *code = status_of(t) >= 400 ? member_of(t, "code") : NULL;

    return code ? at(t, "%d `%s`", status_of(t), code) : at(t, "%d", status_of(t));
}

/* Of the same form, and nobody's. */
static const char *made_up(struct t *t, const char *token)
{
    char *other = arena_strndup(arena_of(t), token, strlen(token));
    char *middle = other + strlen(token) / 2;

    *middle = *middle == 'A' ? 'B' : 'A';
    return other;
}

static bool has_place_for(const struct route *r, const char *token)
{
    const struct shape *in = r->handler->in;

    for (size_t i = 0; i < in->n_fields; i++)
        if ((in->fields[i].in == BODY || in->fields[i].in == PATH) &&
            takes_token(&in->fields[i], token))
            return true;
    return in->raw_at != 0;
}

static bool is_refused(int status)
{
    return status == 401 || status == 403 || status == 404;
}

static bool is_taken(struct t *t, const struct route *r, const char *org, const char *token)
{
    const struct values with_other = { .token = made_up(t, token) }, with_it = { .token = token };
    const char *other;

    ask_in_earnest(t, r, org, &with_other);
    other = answer_of(t);
    ask_in_earnest(t, r, org, &with_it);
    return !is_refused(status_of(t)) && !text_equal(answer_of(t), other);
}

bool is_opened_by(struct t *t, const struct route *r, const char *org, const char *token)
{
    struct person *who = me(t);
    bool admitted;

    sql_run(t, "DELETE FROM auth.throttle");
    if (has_place_for(r, token) && is_taken(t, r, org, token))
        return true;
    if (who || r->auth == AUTH_PUBLIC || r->auth == AUTH_SIGNATURE)
        return false;
    admitted = is_authorized(t, r, org, token);
    as_nobody(t);
    return admitted;
}
