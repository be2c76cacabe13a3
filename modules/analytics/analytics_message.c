/*
 * A message of Segment's protocol from untrusted senders, and its stored form. Source:
 * segment.com/docs, "HTTP API" and "Spec: Common Fields".
 */
#include "analytics_internal.h"

enum { ALIASES_MAX = 100, IDS_BYTES = 2 * 1024 * 1024, UNREAD_SHOWN_MAX = 60 };

struct message {
    const struct tree *tree;
    const char *type, *name, *visitor;
    const char *user, *anonymous; /* as sent */
    const char *known, *unknown;  /* the same; NULL for a placeholder */
    struct uuid id;
};

/* --- Fields --- */

static const char *nonempty(const char *text)
{
    return text && text[0] ? text : NULL;
}

/* A user id is a text; some clients send a database number. A blank one counts as absent. */
static const char *id_text(struct arena *a, const struct tree *value)
{
    const char *text = tree_text(value);
    struct buf number;

    if (tree_kind(value) != TREE_NUMBER)
        return text && !analytics__is_blank(text) ? text : NULL;
    buf_init(&number, a, ANALYTICS_ID_MAX);
    tree_render(&number, value);
    return number.data;
}

static bool is_too_long(const char *text, size_t max)
{
    return text && utf8_length(text) > max;
}

/* A time that was not understood: counted, and the first one is reported. */
static void note_unread(struct analytics__intake *in, const char *name, const struct tree *value)
{
    const char *text = tree_text(value);
    struct buf b;

    if (in->n_unread_times++ > 0)
        return;
    if (text == NULL) {
        buf_init(&b, in->c->arena, ANALYTICS__BATCH_BYTES);
        tree_render(&b, value);
        text = b.data;
    }
    in->unread_time = arena_printf(
        in->c->arena, "%s: %s", name, text_cut(in->c->arena, text, strlen(text), UNREAD_SHOWN_MAX));
}

/* INSTANT_NONE: absent, or not understood. */
static struct analytics__time time_of(
    struct analytics__intake *in, const struct tree *message, const char *name)
{
    const struct tree *value = tree_get(message, name);
    struct analytics__time time = { .at = INSTANT_NONE };

    if (tree_kind(value) == TREE_NULL || text_equal(tree_text(value), ""))
        return time;
    if (!analytics__read_time(in->c->arena, value, &time))
        note_unread(in, name, value);
    return time;
}

/* How far the sender's clock is ahead. If sentAt has no zone and the other time has one, the
 * difference may come from the zone and is ignored. */
static int64_t skew_of(const struct analytics__intake *in, const struct analytics__time *sent,
    const struct analytics__time *at)
{
    if (sent->at.us == 0 || (at->has_zone && !sent->has_zone))
        return 0;
    return sent->at.us - in->received_at.us;
}

/* The sender's clock is wrong by the difference of sentAt and our arrival, so its times are moved
 * by that. No event is later than its arrival, or earlier than 1970. */
static struct instant occurred_at(struct analytics__intake *in, const struct tree *message)
{
    struct analytics__time at = time_of(in, message, "timestamp");
    struct analytics__time sent = time_of(in, message, "sentAt");

    if (at.at.us == 0)
        return in->received_at;
    at.at.us -= skew_of(in, sent.at.us ? &sent : &in->sent, &at);
    return at.at.us <= 0 || at.at.us > in->received_at.us ? in->received_at : at.at;
}

/* The size of a UUID, keyed, so that a sender cannot construct a collision. */
static struct uuid message_uuid(struct arena *a, const char *message_id)
{
    struct bytes hash = token_hash(a, "analytics.message", message_id);
    struct uuid id;

    memcpy(id.b, hash.data, sizeof id.b);
    return id;
}

/* --- Stored properties --- */

/* The query and fragment of page addresses contain tokens and search words. */
static void render_address(struct buf *b, const char *address)
{
    buf_json_text_n(b, address, strcspn(address, "?#"));
}

static void render_property(struct buf *b, bool is_page, const struct tree_member *m)
{
    bool is_address = is_page && (text_equal(m->name, "url") || text_equal(m->name, "referrer"));
    const char *text = tree_text(m->value);

    buf_json_text(b, m->name);
    buf_char(b, ':');
    if (is_address && text)
        render_address(b, text);
    else
        tree_render(b, m->value);
}

/* `name` and the campaign of a page are next to its properties. */
static void render_beside(struct buf *b, const char *name, const struct tree *value)
{
    if (tree_kind(value) == TREE_NULL)
        return;
    if (b->data[b->size - 1] != '{')
        buf_char(b, ',');
    buf_json_text(b, name);
    buf_char(b, ':');
    tree_render(b, value);
}

static void render_properties(struct buf *b, const struct tree *message, bool is_page)
{
    const struct tree *properties = tree_get(message, "properties");
    struct tree_member m = { .at = NULL };

    while (tree_next(properties, &m)) {
        if (is_page && (text_equal(m.name, "search") || text_equal(m.name, "name") ||
                           text_equal(m.name, "campaign")))
            continue;
        if (b->data[b->size - 1] != '{')
            buf_char(b, ',');
        render_property(b, is_page, &m);
    }
    if (!is_page)
        return;
    render_beside(b, "name", tree_get(message, "name"));
    render_beside(b, "campaign", tree_get(tree_get(message, "context"), "campaign"));
}

static void render_traits(
    struct buf *b, const struct tree *message, const struct analytics__write_key *key)
{
    const struct tree *traits = tree_get(message, "traits");

    for (size_t i = 0; i < key->n_traits; i++)
        render_beside(b, key->traits[i], tree_get(traits, key->traits[i]));
}

/* --- Reading a message --- */

static const char *event_name(const struct message *m)
{
    static const struct {
        const char *type, *name;
    } names[] = {
        { "page", "$page" },
        { "screen", "$screen" },
        { "identify", "$identify" },
        { "group", "$group" },
        { "alias", "$alias" },
    };

    for (size_t i = 0; i < COUNT(names); i++) {
        if (text_equal(m->type, names[i].type))
            return names[i].name;
    }
    return nonempty(tree_text(tree_get(m->tree, "event")));
}

static const char *unless_placeholder(struct arena *a, const char *id)
{
    return id && !analytics__is_placeholder(a, id) ? id : NULL;
}

/* The visitor: the user, else the browser. If both are placeholders, the id as it was sent. */
static const char *visitor_of(const struct message *m)
{
    if (m->known || m->unknown)
        return m->known ? m->known : m->unknown;
    return m->user ? m->user : m->anonymous;
}

static const char *read_ids(struct arena *a, struct message *m)
{
    const char *message_id = nonempty(tree_text(tree_get(m->tree, "messageId")));

    m->user = id_text(a, tree_get(m->tree, "userId"));
    m->anonymous = id_text(a, tree_get(m->tree, "anonymousId"));
    if (m->user == NULL && m->anonymous == NULL)
        return "A message needs a userId or an anonymousId.";
    if (is_too_long(m->user, ANALYTICS_ID_MAX) || is_too_long(m->anonymous, ANALYTICS_ID_MAX))
        return "userId and anonymousId have at most 200 characters.";
    m->known = unless_placeholder(a, m->user);
    m->unknown = unless_placeholder(a, m->anonymous);
    m->visitor = visitor_of(m);
    if (is_too_long(message_id, ANALYTICS__MESSAGE_ID_MAX))
        return "messageId has at most 100 characters.";
    m->id = message_id ? message_uuid(a, message_id) : uuid_new();
    return NULL;
}

static const char *read_name(struct message *m)
{
    m->name = event_name(m);
    if (m->name == NULL)
        return "A track message needs the name of its event.";
    if (is_too_long(m->name, ANALYTICS__NAME_MAX))
        return "The name of an event has at most 200 characters.";
    if (text_equal(m->type, "group") && tree_kind(tree_get(m->tree, "groupId")) == TREE_NULL)
        return "A group message needs a groupId.";
    return NULL;
}

static const char *read_message(
    struct arena *a, const struct tree *tree, const char *type, struct message *m)
{
    const char *own = tree_text(tree_get(tree, "type")), *why;

    *m = (struct message){ .tree = tree, .type = own && !type ? own : type };
    if (tree_kind(tree) != TREE_OBJECT)
        return "A message is a JSON object.";
    if (m->type == NULL ||
        !text_is_one_of("track|identify|page|screen|group|alias", m->type, strlen(m->type)))
        return "A message's type is track, identify, page, screen, group or alias.";
    why = read_ids(a, m);
    return why ? why : read_name(m);
}

/* --- Adding to the intake --- */

static void add_link(struct analytics__intake *in, const char *visitor, const char *joins)
{
    if (visitor == NULL || joins == NULL) {
        in->n_placeholders++;
        return;
    }
    if (text_equal(visitor, joins))
        return;
    buf_text(&in->links, in->n_links++ == 0 ? "[" : ",[");
    buf_json_text(&in->links, visitor);
    buf_char(&in->links, ',');
    buf_json_text(&in->links, joins);
    buf_char(&in->links, ']');
}

static void add_user(struct analytics__intake *in, const char *user)
{
    if (user == NULL || text_equal(user, in->last_user))
        return;
    buf_text(&in->users, in->n_users++ == 0 ? "" : ",");
    buf_json_text(&in->users, user);
    in->last_user = user;
}

/* An alias joins the previous id to the user's. Every other message with both ids joins them. */
static const char *add_ids(struct analytics__intake *in, const struct message *m)
{
    struct arena *a = in->c->arena;
    const char *previous = NULL;

    if (text_equal(m->type, "alias")) {
        previous = id_text(a, tree_get(m->tree, "previousId"));
        if (previous == NULL || m->user == NULL || is_too_long(previous, ANALYTICS_ID_MAX))
            return "An alias message needs a userId and a previousId of at most 200 characters.";
        add_link(in, unless_placeholder(a, previous), m->known);
    } else if (m->user && m->anonymous) {
        add_link(in, m->unknown, m->known);
    }
    add_user(in, m->known);
    return NULL;
}

static bool render_message(struct analytics__intake *in, const struct message *m, struct buf *b)
{
    bool has_traits = text_equal(m->type, "identify") || text_equal(m->type, "group");
    bool is_page = text_equal(m->type, "page") || text_equal(m->type, "screen");
    char id[UUID_TEXT_SIZE + 1], at[INSTANT_TEXT_SIZE];

    uuid_format(m->id, id);
    instant_format(occurred_at(in, m->tree), at);
    buf_printf(b, "[\"%s\",\"%s\",", id, at);
    buf_json_text(b, m->name);
    buf_char(b, ',');
    buf_json_text(b, m->visitor);
    buf_text(b, ",{");
    if (has_traits)
        render_traits(b, m->tree, in->key);
    else
        render_properties(b, m->tree, is_page);
    buf_text(b, "}]");
    return !buf_is_full(b);
}

void analytics__intake_open(struct analytics__intake *in, struct ctx *c,
    const struct analytics__write_key *key, const struct tree *sent_at)
{
    *in = (struct analytics__intake){ .c = c, .key = key, .received_at = clock_now() };
    if (tree_kind(sent_at) != TREE_NULL && !analytics__read_time(c->arena, sent_at, &in->sent))
        note_unread(in, "sentAt", sent_at);
    /* Id and times are added to a message; escapes make up to six bytes of JSON from one. */
    buf_init(&in->messages, c->arena, 8 * ANALYTICS__BATCH_BYTES);
    buf_init(&in->links, c->arena, IDS_BYTES);
    buf_char(&in->links, '[');
    buf_init(&in->users, c->arena, IDS_BYTES);
    buf_char(&in->users, '[');
}

const char *analytics__intake_add(
    struct analytics__intake *in, const struct tree *message, const char *type)
{
    struct message m;
    struct buf b;
    const char *why = read_message(in->c->arena, message, type, &m);

    if (why)
        return why;
    buf_init(&b, in->c->arena, ANALYTICS__MESSAGE_BYTES);
    if (!render_message(in, &m, &b))
        return "A message has at most 32 KB.";
    why = add_ids(in, &m);
    if (why)
        return why;
    buf_char(&in->messages, in->n_messages++ == 0 ? '[' : ',');
    buf_add(&in->messages, b.data, b.size);
    return NULL;
}

/* --- The key --- */

/* Base64 in the alphabet of base64url, without padding. */
static char *url_alphabet(struct arena *a, const char *text)
{
    char *out = arena_strndup(a, text, strcspn(text, "= \t"));

    for (char *at = out; *at; at++)
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    return out;
}

const char *analytics__basic_key(struct arena *a, const char *authorization)
{
    struct bytes plain;
    const char *text, *colon;

    if (authorization == NULL || strncasecmp(authorization, "Basic ", 6) != 0)
        return NULL;
    text = url_alphabet(a, authorization + 6 + strspn(authorization + 6, " "));
    if (!base64url_to_bytes(a, text, strlen(text), &plain))
        return NULL;
    colon = plain.size ? memchr(plain.data, ':', plain.size) : NULL;
    text = arena_strndup(a, plain.size ? plain.data : "",
        colon ? (size_t)(colon - (const char *)plain.data) : plain.size);
    return utf8_is_valid(text, strlen(text)) ? nonempty(text) : NULL;
}
