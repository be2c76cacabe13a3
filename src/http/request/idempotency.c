/*
 * Idempotency-Key: a repeated request has its effect once and gets the first response. Stored in
 * the transaction of the effect. The lock comes first, so concurrent requests cannot both start.
 *
 * Only 2xx responses are stored: a failure had no effect, and the key may be retried. A response
 * that sets cookies is not stored either: a session belongs to the response that created it, and
 * signing in twice is harmless.
 */
#include "idempotency_sql.h"
#include "db/tx.h"
#include "exchange.h"
#include "idempotency.h"
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <ashlar/text.h>

enum { KEY_MAX = 255 };

struct stored {
    const char *content, *body, *etag;
    int64_t status; /* 0: an intent */
    bool sealed, running;
};
static const struct field stored_fields[] = {
    TEXT(stored, content),
    INT(stored, status),
    TEXT(stored, body, .optional = true, .max = INT64_MAX),
    BOOL(stored, sealed),
    TEXT(stored, etag, .optional = true),
    BOOL(stored, running),
};
static SHAPE(stored);

bool key_is_good(const char *key)
{
    size_t size = strlen(key);

    for (size_t i = 0; i < size; i++) {
        if (key[i] < 0x20 || key[i] > 0x7e)
            return false;
    }
    return size >= 1 && size <= KEY_MAX;
}

static const char *hash_text(struct exchange *x, const char *text)
{
    struct bytes hash = token_hash(x->c.arena, "http.idempotency", text);
    return base64url_from_bytes(x->c.arena, hash.data, hash.size);
}

/* The route's id, the actor and the organisation: keys of different actors are independent. */
static const char *scope_of(struct exchange *x)
{
    const struct actor *actor = &x->c.actor;
    const bool by_key = actor->kind == ACTOR_KEY;
    char id[UUID_TEXT_SIZE + 1], org[UUID_TEXT_SIZE + 1];
    const char *who = id;

    uuid_format(by_key ? actor->key : actor->person, id);
    uuid_format(x->c.org, org);
    if (actor->kind != ACTOR_PERSON && !by_key)
        who = actor->network ? actor->network : "nobody";
    return hash_text(x, arena_printf(x->c.arena, "%s\n%s\n%s", x->route->id, who, org));
}

static err read_key(struct exchange *x)
{
    const char *key = request_header(x->q, "Idempotency-Key");

    if (x->key.key)
        return NULL;
    if (key == NULL)
        return x->route->idempotency == KEY_REQUIRED
                   ? problem(&x->c, &ERR_BAD_REQUEST, "header:Idempotency-Key",
                         "This needs an Idempotency-Key, a fresh random one per operation.")
                   : NULL;
    if (!key_is_good(key))
        return problem(&x->c, &ERR_BAD_REQUEST, "header:Idempotency-Key",
            "An Idempotency-Key is 1 to 255 printable ASCII characters.");
    x->key.key = key;
    x->key.scope = scope_of(x);
    /* Keyed, because bodies contain passwords. */
    x->key.content =
        hash_text(x, arena_printf(x->c.arena, "%s\n%.*s", x->q->target, (int)x->q->body_size,
                         x->q->body ? (const char *)x->q->body : ""));
    return NULL;
}

static err take_lock(struct exchange *x)
{
    struct bytes hash = token_hash(x->c.arena, "http.idempotency.lock",
        arena_printf(x->c.arena, "%s\n%s", x->key.scope, x->key.key));
    int64_t id;
    bool taken;

    memcpy(&id, hash.data, sizeof id);
    TRY(db_bool(&x->c, &SQL_idempotency_lock, &taken, ARGS(ARG(id))));
    if (!taken)
        return problem(&x->c, &ERR_IN_FLIGHT, NULL, "A request with this key is in progress.");
    return NULL;
}

/* The context of sealed responses: copied to another row, they cannot be decrypted. */
static const char *bound_to(struct exchange *x)
{
    return arena_printf(x->c.arena, "%s\n%s", x->key.scope, x->key.key);
}

static err open_body(struct exchange *x, const struct stored *row)
{
    struct bytes sealed;

    if (row->body == NULL)
        return NULL;
    x->content_type = "application/json";
    x->body = (struct bytes){ row->body, strlen(row->body) };
    if (!row->sealed)
        return NULL;
    if (base64url_to_bytes(x->c.arena, row->body, strlen(row->body), &sealed) &&
        unseal(x->c.arena, "http.idempotency", bound_to(x), sealed, &x->body))
        return NULL;
    log_error(&x->c, "http.stored_response_unreadable",
        log_text("hint", "was ASHLAR_SECRET_KEY changed without ASHLAR_SECRET_KEY_PREVIOUS?"));
    return &ERR_INTERNAL;
}

static err replay(struct exchange *x, const struct stored *row)
{
    TRY(open_body(x, row));
    x->status = (int)row->status;
    x->etag = row->etag;
    x->key.replayed = true;
    return NULL;
}

/* Under the lock: no row, the response, or an error. */
static err look_up(struct exchange *x)
{
    struct stored row = { .status = 0 };
    bool found;

    TRY(take_lock(x));
    TRY(db_maybe(&x->c, &SQL_idempotency_find, stored, &row, &found,
        ARGS(ARG(x->key.scope), ARG(x->key.key))));
    if (!found)
        return NULL;
    if (!text_equal(row.content, x->key.content))
        return problem(&x->c, &ERR_KEY_REUSED, "header:Idempotency-Key",
            "The key came with another request before.");
    if (row.status)
        return replay(x, &row);
    if (row.running)
        return problem(&x->c, &ERR_IN_FLIGHT, NULL, "A request with this key is in progress.");
    return NULL;
}

err key_begin(struct exchange *x)
{
    TRY(read_key(x));
    return x->key.key ? look_up(x) : NULL;
}

static bool may_keep(const struct exchange *x)
{
    return x->key.key && x->response.n_cookies == 0;
}

/* The stored form of the response's body. */
static const char *stored_body(struct exchange *x)
{
    struct bytes sealed;

    if (x->body.size == 0)
        return NULL;
    if (!shape_is_private(x->route->handler->out))
        return x->body.data; /* rendered: NUL-terminated */
    sealed = seal(x->c.arena, "http.idempotency", bound_to(x), x->body);
    return base64url_from_bytes(x->c.arena, sealed.data, sealed.size);
}

err key_store(struct exchange *x)
{
    if (!may_keep(x))
        return NULL;
    return db_exec(&x->c, &SQL_idempotency_store,
        ARGS(ARG(x->key.scope), ARG(x->key.key), ARG(x->key.content), ARG(x->status),
            ARG(stored_body(x)), ARG(shape_is_private(x->route->handler->out)), ARG(x->etag)));
}

/* --- TX_MANUAL: intent, effect, result --- */

static err intend(struct ctx *c, void *arg)
{
    struct exchange *x = arg;

    TRY(look_up(x));
    if (x->key.replayed)
        return NULL;
    x->key.attempt = uuid_new();
    return db_exec(c, &SQL_idempotency_intend,
        ARGS(ARG(x->key.scope), ARG(x->key.key), ARG(x->key.content), ARG(x->key.attempt)));
}

err key_intend(struct exchange *x)
{
    TRY(read_key(x));
    return x->key.key ? tx_run_as(&x->c, x->row->role, TX_WRITE, intend, x) : NULL;
}

static err complete(struct ctx *c, void *arg)
{
    struct exchange *x = arg;

    return db_exec(c, &SQL_idempotency_complete,
        ARGS(ARG(x->key.scope), ARG(x->key.key), ARG(x->key.attempt), ARG(x->status),
            ARG(stored_body(x)), ARG(shape_is_private(x->route->handler->out)), ARG(x->etag)));
}

static err release(struct ctx *c, void *arg)
{
    struct exchange *x = arg;

    return db_exec(
        c, &SQL_idempotency_release, ARGS(ARG(x->key.scope), ARG(x->key.key), ARG(x->key.attempt)));
}

/* The effect is committed, so a failure here must not change the response. The intent stays until
 * its deadline; then the request may be repeated. */
static void finish_intent(struct exchange *x, tx_fn *fn)
{
    err failed;

    if (x->key.key == NULL || x->key.replayed)
        return;
    failed = tx_run_as(&x->c, x->row->role, TX_WRITE, fn, x);
    if (failed)
        log_error(&x->c, "http.idempotency_record_failed", log_text("error", failed->code));
}

void key_complete(struct exchange *x)
{
    finish_intent(x, may_keep(x) ? complete : release);
}

void key_release(struct exchange *x)
{
    finish_intent(x, release);
}

/* --- Housekeeping --- */

err idempotency_sweep(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_idempotency_sweep, gone, ARGS(ARG(most)));
}

SWEEP_JOB(IDEMPOTENCY_SWEEP, .name = "platform.sweep_idempotency",
    .doc = "Deletes responses stored for idempotency keys after 48 hours", .every_s = 600);
