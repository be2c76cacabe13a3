/* Events of a provider: signature and envelope. Fuzzed. */
#include "payments_internal.h"

enum { TOLERANCE_S = 300, MAC_TEXT = 2 * HASH_SIZE, SIGNATURES_MAX = 10, VALUES_MAX = 20000 };

/* --- Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…][,v0=…] --- */

struct signature {
    const char *stamp; /* as signed */
    int64_t at_s;
    const char *macs[SIGNATURES_MAX];
    size_t n;
};

static bool take_part(struct arena *a, struct signature *out, const char *part, size_t size)
{
    if (size > 2 && memcmp(part, "t=", 2) == 0) {
        if (out->stamp)
            return false;
        out->stamp = arena_strndup(a, part + 2, size - 2);
        return strspn(out->stamp, "0123456789") == size - 2 && text_to_int(out->stamp, &out->at_s);
    }
    if (size == 3 + MAC_TEXT && memcmp(part, "v1=", 3) == 0 && out->n < SIGNATURES_MAX)
        out->macs[out->n++] = arena_strndup(a, part + 3, MAC_TEXT);
    return true; /* other schemes are ignored */
}

static bool parse_signature(struct arena *a, const char *header, struct signature *out)
{
    while (header && *header) {
        size_t size = strcspn(header, ",");
        if (!take_part(a, out, header, size))
            return false;
        header += size + (header[size] == ',');
    }
    return out->stamp && out->n > 0;
}

/* The whole secret, including "whsec_", is the key; nothing is decoded. */
static const char *mac_text(
    struct arena *a, const char *secret, size_t secret_size, const char *stamp, struct bytes body)
{
    size_t stamp_size = strlen(stamp);
    char *signed_bytes = arena_alloc(a, stamp_size + 1 + body.size);
    uint8_t mac[HASH_SIZE];

    memcpy(signed_bytes, stamp, stamp_size);
    signed_bytes[stamp_size] = '.';
    if (body.size > 0)
        memcpy(signed_bytes + stamp_size + 1, body.data, body.size);
    hmac_sha256((struct bytes){ secret, secret_size },
        (struct bytes){ signed_bytes, stamp_size + 1 + body.size }, mac);
    return hex_from_bytes(a, mac, sizeof mac);
}

static bool is_signed_by(struct arena *a, const char *secret, size_t secret_size,
    const struct signature *s, struct bytes body)
{
    const char *wanted = mac_text(a, secret, secret_size, s->stamp, body);
    bool good = false;

    for (size_t i = 0; i < s->n; i++)
        good |=
            bytes_equal((struct bytes){ wanted, MAC_TEXT }, (struct bytes){ s->macs[i], MAC_TEXT });
    return good;
}

enum payments__signed payments__check_signature(
    struct arena *a, const char *header, struct bytes body, const char *secrets, struct instant now)
{
    struct signature s = { .stamp = NULL };
    int64_t now_s = now.us / SECONDS(1);
    bool good = false;

    if (!parse_signature(a, header, &s))
        return PAYMENTS__MALFORMED;
    while (*secrets) {
        size_t size = strcspn(secrets, ", ");
        if (size > 0)
            good |= is_signed_by(a, secrets, size, &s, body);
        secrets += size;
        secrets += strspn(secrets, ", ");
    }
    if (!good)
        return PAYMENTS__FORGED;
    /* In both directions: a timestamp in the future would stay valid. */
    if (s.at_s < now_s - TOLERANCE_S || s.at_s > now_s + TOLERANCE_S)
        return PAYMENTS__STALE;
    return PAYMENTS__SIGNED;
}

const char *payments_sign(
    struct arena *a, struct bytes body, const char *secret, struct instant now)
{
    const char *stamp = arena_printf(a, "%lld", (long long)(now.us / SECONDS(1)));

    return arena_printf(a, "t=%s,v1=%s", stamp, mac_text(a, secret, strlen(secret), stamp, body));
}

/* --- The envelope --- */

/* Characters of ids and types; none has a meaning in a URL, because ids are put into URLs. */
static bool is_word(const char *text, size_t max)
{
    size_t size = text ? strlen(text) : 0;

    return size > 0 && size <= max &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") ==
               size;
}

/* An id, or the object it was expanded to. */
static const char *id_of_ref(const struct tree *ref)
{
    return tree_kind(ref) == TREE_OBJECT ? tree_text(tree_get(ref, "id")) : tree_text(ref);
}

/* Since 2025 in the invoice's parent, before that on the invoice. */
static const char *subscription_of_invoice(const struct tree *invoice)
{
    const struct tree *details = tree_get(tree_get(invoice, "parent"), "subscription_details");
    const char *id = id_of_ref(tree_get(details, "subscription"));

    return id ? id : id_of_ref(tree_get(invoice, "subscription"));
}

/* The object to fetch. Events about other objects are stored and otherwise ignored. */
static bool is_decline(const char *type, const char *kind)
{
    return (text_equal(type, "payment_intent.payment_failed") &&
               text_equal(kind, "payment_intent")) ||
           (text_equal(type, "charge.failed") && text_equal(kind, "charge"));
}

static void find_subject(const struct tree *object, struct payments__envelope *out)
{
    const char *kind = tree_text(tree_get(object, "object"));
    const char *id = tree_text(tree_get(object, "id"));

    out->subject_kind = "other";
    out->subject = is_word(id, 200) ? id : "";
    if (text_equal(kind, "subscription") || text_equal(kind, "checkout.session")) {
        out->subject_kind = kind;
    } else if (text_equal(kind, "invoice") && subscription_of_invoice(object)) {
        out->subject_kind = "subscription";
        out->subject = subscription_of_invoice(object);
    } else if (text_equal(kind, "dispute") || text_equal(kind, "refund") ||
               is_decline(out->type, kind)) {
        out->subject_kind = kind;
    }
}

err payments__read_envelope(struct ctx *c, struct bytes body, struct payments__envelope *out)
{
    const struct tree *root, *live;
    struct payments__envelope e = { .livemode = false };

    TRY(tree_parse(c, body.data, body.size, VALUES_MAX, &root));
    e.id = tree_text(tree_get(root, "id"));
    e.type = tree_text(tree_get(root, "type"));
    live = tree_get(root, "livemode");
    if (!is_word(e.id, 200) || !is_word(e.type, 120) || tree_kind(live) != TREE_BOOL)
        return problem(
            c, &ERR_INVALID, NULL, "The body is not an event: id, type or livemode is missing.");
    e.livemode = tree_is_true(live);
    find_subject(tree_get(tree_get(root, "data"), "object"), &e);
    if (!text_equal(e.subject_kind, "other") && !is_word(e.subject, 200))
        return problem(c, &ERR_INVALID, NULL, "The event's object has no id.");
    *out = e;
    return NULL;
}
