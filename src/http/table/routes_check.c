/* Validation of route tables: each defect as a sentence for the row's author. */
#include "shape/shape_json.h"
#include "module/registry.h"
#include "routes.h"
#include <ashlar/text.h>
#include <stdarg.h>

struct check {
    const struct module *const *modules;
    const struct module *module;
    const struct route *route;
    struct buf *problems;
    bool ok;
};

static void __attribute__((format(printf, 2, 3))) defect(struct check *k, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_printf(k->problems, "%s: route %s: %s\n", k->module->name,
        k->route->id     ? k->route->id
        : k->route->path ? k->route->path
                         : "(without id)",
        text);
    k->ok = false;
}

static bool is_operation_id(const char *id)
{
    if (id[0] < 'a' || id[0] > 'z')
        return false;
    for (; *id; id++) {
        if (!((*id >= 'a' && *id <= 'z') || (*id >= 'A' && *id <= 'Z') ||
                (*id >= '0' && *id <= '9')))
            return false;
    }
    return true;
}

static void refuse_if(struct check *k, bool bad, const char *sentence)
{
    if (bad)
        defect(k, "%s", sentence);
}

static void check_presence(struct check *k)
{
    const struct route *r = k->route;

    refuse_if(k, r->method == 0, "it needs a method.");
    refuse_if(k, r->id == NULL || !is_operation_id(r->id), "it needs an id in camelCase.");
    refuse_if(k, r->summary == NULL || r->summary[0] == '\0', "it needs a summary.");
    refuse_if(k, r->auth == AUTH_UNSET, "it must declare its authentication (auth).");
    refuse_if(k, r->rate == 0, "it needs a rate class. RATE_NONE declares that there is none.");
    refuse_if(k, r->errors == NULL,
        "it must list its own errors. NO_ERRORS declares that there are none.");
}

static void check_status(struct check *k)
{
    int status = k->route->status;
    bool empty = k->route->handler->out == &nothing_shape;

    refuse_if(k, status < 200 || status > 299, "status must be the one of success, 200 to 299.");
    refuse_if(
        k, status == 204 && !empty, "status 204 has no body: its response must be nothing_shape.");
    refuse_if(k, empty && status != 204 && status != 202,
        "nothing_shape as its response requires status 204 or 202.");
}

static bool is_param(struct span s)
{
    return s.size > 2 && s.at[0] == '{' && s.at[s.size - 1] == '}';
}

/* Plain text, or one {name}. */
static bool is_route_segment(struct span s)
{
    size_t braces = is_param(s) ? 1 : 0;

    for (size_t i = braces; i < s.size - braces; i++) {
        if (strchr("{}%", s.at[i]))
            return false;
    }
    return s.size > 0;
}

static bool split_route_path(const char *path, struct target *out)
{
    if (path == NULL || strchr(path, '?') || target_split(path, out))
        return false;
    for (size_t i = 0; i < out->n_segments; i++) {
        if (!is_route_segment(out->segments[i]))
            return false;
    }
    return true;
}

static bool path_has(const char *path, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = strchr(path, '{'); at; at = strchr(at + 1, '{')) {
        if (strncmp(at + 1, name, size) == 0 && at[1 + size] == '}')
            return true;
    }
    return false;
}

static void check_param(struct check *k, struct span name)
{
    /* The dispatcher reads {org_id} of an organisation's route. */
    bool read_elsewhere =
        k->route->scope == SCOPE_ORG && name.size == 6 && memcmp(name.at, "org_id", 6) == 0;

    if (!read_elsewhere && !route_has_path_field(k->route, name))
        defect(k, "{%.*s} is not a PATH field of its input.", (int)name.size, name.at);
}

static void check_path(struct check *k)
{
    const struct shape *in = k->route->handler->in;
    struct target t;

    if (!split_route_path(k->route->path, &t)) {
        defect(k, "its path must be segments of plain text or one {name} each.");
        return;
    }
    for (size_t i = 0; i < t.n_segments; i++) {
        struct span s = t.segments[i];
        if (is_param(s))
            check_param(k, (struct span){ s.at + 1, s.size - 2 });
    }
    for (size_t i = 0; i < in->n_fields; i++) {
        if (in->fields[i].in == PATH && !path_has(k->route->path, in->fields[i].name))
            defect(k, "its input has the PATH field %s, its path has not.", in->fields[i].name);
    }
}

/* Members that each kind of authentication requires or excludes. */
static void check_auth(struct check *k)
{
    const struct route *r = k->route;
    bool is_raw = r->handler->in->raw_at;

    refuse_if(k, r->auth == AUTH_SESSION_OR_KEY && (r->scope != SCOPE_ORG || r->permission == NULL),
        "AUTH_SESSION_OR_KEY needs SCOPE_ORG and a permission: a key has nothing else.");
    refuse_if(k, r->auth == AUTH_SIGNATURE && (r->scope != SCOPE_NONE || !is_raw),
        "AUTH_SIGNATURE needs a raw body, whose bytes are signed, and SCOPE_NONE.");
    refuse_if(k, r->any_origin && (r->auth != AUTH_PUBLIC || r->scope != SCOPE_NONE),
        "any_origin is for AUTH_PUBLIC and SCOPE_NONE: no credential is looked at.");
    refuse_if(k, (r->auth == AUTH_TOKEN) != (r->token != NULL),
        "AUTH_TOKEN and the setting that holds the token belong together.");
}

static void check_org_scope(struct check *k)
{
    const struct route *r = k->route;

    refuse_if(k, !r->path || !path_has(r->path, "org_id"), "SCOPE_ORG needs {org_id} in its path.");
    refuse_if(k, r->auth != AUTH_SESSION && r->auth != AUTH_SESSION_OR_KEY,
        "SCOPE_ORG needs AUTH_SESSION or AUTH_SESSION_OR_KEY: only a member or its key can act in "
        "an organisation.");
}

static void check_staff_scope(struct check *k)
{
    const struct route *r = k->route;

    refuse_if(k, r->auth != AUTH_SESSION, "SCOPE_STAFF needs AUTH_SESSION: staff are people.");
    refuse_if(k, r->rate == RATE_NONE,
        "a staff route needs a rate limit: what a stolen session can copy has an end.");
    refuse_if(k, r->permission == NULL, "a staff route needs one of staff's permissions.");
}

static void check_scope(struct check *k)
{
    const struct route *r = k->route;
    bool is_local = r->only_in != 0 && (r->only_in & ~(unsigned)ENV_LOCAL) == 0;
    bool by_session = r->auth == AUTH_SESSION;

    if (r->scope == SCOPE_ORG)
        check_org_scope(k);
    if (r->scope == SCOPE_STAFF)
        check_staff_scope(k);
    refuse_if(k, r->while_suspended && r->scope != SCOPE_ORG,
        "while_suspended is of SCOPE_ORG: nothing else is in an organisation.");
    refuse_if(k, r->hashes && route_tx(r) != TX_MANUAL, "what hashes is TX_MANUAL.");
    refuse_if(k, r->sudo && !by_session, "sudo needs AUTH_SESSION: only a session proves itself.");
    refuse_if(k, r->scope == SCOPE_SELF && !by_session,
        "SCOPE_SELF requires AUTH_SESSION: otherwise there is no person.");
    refuse_if(k, r->scope == SCOPE_SYSTEM && r->auth != AUTH_TOKEN && !is_local,
        "SCOPE_SYSTEM needs AUTH_TOKEN outside of development and test.");
}

static bool holds_permissions(const struct route *r)
{
    return r->scope == SCOPE_ORG || r->scope == SCOPE_STAFF;
}

static bool permission_is_known(const struct route *r)
{
    return registry_permission(r->permission, r->scope == SCOPE_STAFF) != NULL;
}

static void check_permission(struct check *k)
{
    const struct route *r = k->route;

    if (r->permission && !permission_is_known(r))
        defect(k, "no module declares the %spermission %s.",
            r->scope == SCOPE_STAFF ? "staff " : "", r->permission);
    if (r->permission && !holds_permissions(r))
        defect(k, "a permission is held in an organisation: it needs SCOPE_ORG.");
    if (route_is_mutating(r) && r->permission == NULL && r->auth == AUTH_SESSION &&
        r->scope != SCOPE_SELF && r->scope != SCOPE_STAFF)
        defect(k, "it changes something, so it needs a permission or SCOPE_SELF.");
}

static void check_body(struct check *k)
{
    const struct route *r = k->route;
    bool is_raw = r->handler->in->raw_at;

    if (r->method == GET && route_has_body(r))
        defect(k, "a GET has no body: its fields must be PATH or QUERY.");
    refuse_if(k, is_raw && (r->method == GET || r->idempotency != KEY_IGNORED),
        "a raw body comes with POST, PUT or PATCH and KEY_IGNORED: no key is honoured.");
    refuse_if(
        k, r->lenient && !is_raw, "lenient is for raw bodies of clients that cannot be changed.");
    if (r->body_max > LIMIT_BODY)
        defect(k, "body_max is above 1 MiB.");
    if (r->idempotency == KEY_REQUIRED && r->method == GET)
        defect(k, "a GET needs no Idempotency-Key.");
    if (r->method != GET && r->tx == TX_READ)
        defect(k, "TX_READ is for GET: this one changes something.");
}

static bool is_platform_kind(const struct error_kind *kind)
{
    for (const struct error_kind *const *at = error_platform_kinds; *at; at++) {
        if (*at == kind)
            return true;
    }
    return false;
}

static void check_errors(struct check *k)
{
    const struct error_kind *const *list = k->route->errors;

    for (size_t i = 0; list && list[i]; i++) {
        if (is_platform_kind(list[i]))
            defect(k, "%s is returned by every route and must not be listed.", list[i]->code);
        else if (list[i]->code == NULL || list[i]->title == NULL || list[i]->help == NULL)
            defect(k, "error %zu of its list lacks code, title or help.", i + 1);
        else if (list[i]->status < 400 || list[i]->status > 599)
            defect(k, "%s has no error status.", list[i]->code);
        for (size_t before = 0; before < i; before++) {
            if (list[before] == list[i])
                defect(k, "%s is listed twice.", list[i]->code);
        }
    }
}

static void check_date(struct check *k, const char *name, const char *date)
{
    char text[32];
    struct instant at;

    if (date == NULL)
        return;
    snprintf(text, sizeof text, "%sT00:00:00Z", date);
    if (strlen(date) != 10 || !instant_parse(text, strlen(text), &at))
        defect(k, "%s must be a date like 2027-01-31.", name);
}

/* Literal parts equal; parameters match by any name. */
static bool same_path(const char *a, const char *b)
{
    while (*a && *b) {
        if (*a == '{' && *b == '{') {
            a = strchrnul(a, '}');
            b = strchrnul(b, '}');
            continue;
        }
        if (*a++ != *b++)
            return false;
    }
    return *a == *b;
}

static bool exist_together(const struct route *a, const struct route *b)
{
    return a->only_in == 0 || b->only_in == 0 || (a->only_in & b->only_in) != 0;
}

static void check_against(struct check *k, const struct module *module, const struct route *other)
{
    const struct route *r = k->route;

    if (r->id && text_equal(r->id, other->id))
        defect(k, "its id is also used by %s.", module->name);
    if (!r->path || !other->path || !same_path(r->path, other->path))
        return;
    if (strcmp(r->path, other->path) != 0)
        defect(k, "its path names a parameter otherwise than %s does.", other->path);
    if (r->method == other->method && exist_together(r, other))
        defect(k, "%s %s is also declared by %s.", method_text(r->method), r->path, module->name);
}

/* Compares with all rows before this one, so that each pair is reported once. */
static void check_duplicates(struct check *k)
{
    struct route_walk w = { .module = k->modules };

    for (const struct route *r = route_next(&w); r != k->route; r = route_next(&w))
        check_against(k, *w.module, r);
}

/* Each item may be a separate parameter. */
static void check_list(struct check *k, const struct field *f)
{
    if (f->in == QUERY && f->kind == KIND_TEXTS && (f->max == 0 || f->max > TARGET_PAIRS_MAX))
        defect(k, "the list %s of its query needs a .max of at most %d.", f->name,
            (int)TARGET_PAIRS_MAX);
}

static void check_shapes(struct check *k)
{
    const struct shape *const both[] = { k->route->handler->in, k->route->handler->out };
    struct arena *a = arena_new(0);

    for (size_t i = 0; i < both[0]->n_fields; i++)
        check_list(k, &both[0]->fields[i]);
    for (size_t i = 0; i < COUNT(both); i++) {
        const char *wrong = shape_check(a, both[i]);
        if (wrong)
            defect(k, "%s.", wrong);
    }
    arena_free(a);
}

static bool is_event_name(const char *name)
{
    return name && name[0] && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._")] == '\0';
}

static void check_event(struct check *k, const struct stream_event *event)
{
    struct arena *a = arena_new(0);
    const char *wrong = event->data ? shape_check(a, event->data) : "it has no data shape";

    if (!is_event_name(event->name))
        defect(k, "its stream sends an event without a name of a-z, 0-9, dot and underscore.");
    else if (wrong)
        defect(k, "its stream's event %s: %s.", event->name, wrong);
    arena_free(a);
}

static void check_stream(struct check *k)
{
    const struct route *r = k->route;
    const struct stream_kind *kind = r->stream;

    refuse_if(k, (kind != NULL) != (r->handler->out == &stream_from_shape),
        "a stream and stream_from_shape as its response belong together.");
    if (kind == NULL)
        return;
    refuse_if(k, r->method != GET || r->status != 200, "a stream is a GET that returns 200.");
    refuse_if(k, route_tx(r) != TX_READ, "the handler of a stream reads: TX_READ.");
    refuse_if(k, r->auth == AUTH_TOKEN, "a stream cannot follow with a route's token.");
    refuse_if(k, kind->pull == NULL, "its stream has no pull.");
    refuse_if(k, kind->doc == NULL || kind->events == NULL || kind->events[0] == NULL,
        "its stream must have a description and events.");
    for (size_t i = 0; kind->events && kind->events[i]; i++)
        check_event(k, kind->events[i]);
}

static void check_row(struct check *k)
{
    check_presence(k);
    if (k->route->handler == NULL) {
        defect(k, "it has no handler: BY(fn).");
        return;
    }
    check_status(k);
    check_shapes(k);
    check_path(k);
    check_auth(k);
    check_scope(k);
    check_permission(k);
    check_body(k);
    check_stream(k);
    check_errors(k);
    check_date(k, "deprecated", k->route->deprecated);
    check_date(k, "sunset", k->route->sunset);
    check_duplicates(k);
}

bool routes_check(const struct module *const *modules, struct buf *problems)
{
    struct check k = { .modules = modules, .problems = problems, .ok = true };
    struct route_walk w = { .module = modules };

    while ((k.route = route_next(&w)) != NULL) {
        k.module = *w.module;
        check_row(&k);
    }
    return k.ok;
}
