/* AWS Signature Version 4. */
#include "sigv4.h"
#include <ashlar/buf.h>
#include <ashlar/crypto.h>
#include <ashlar/text.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

enum { CANONICAL_MAX = 64 * 1024, DATE_SIZE = 8 };

char *sigv4_date(struct arena *a, struct instant at)
{
    char text[INSTANT_TEXT_SIZE];
    char *date = arena_alloc(a, INSTANT_TEXT_SIZE);
    size_t n = 0;

    at.us -= at.us % SECONDS(1);
    instant_format(at, text);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p != '-' && *p != ':')
            date[n++] = *p;
    }
    return date;
}

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-_.~", c) != NULL);
}

char *sigv4_encode(struct arena *a, const char *text, bool is_path)
{
    struct buf b;

    buf_init(&b, a, CANONICAL_MAX);
    for (; *text != '\0'; text++) {
        if (is_unreserved(*text) || (is_path && *text == '/'))
            buf_char(&b, *text);
        else
            buf_printf(&b, "%%%02X", (unsigned)(unsigned char)*text);
    }
    return b.data;
}

/* Sorts by name, as bytes. Names are distinct. */
static void sort(struct net_header *pairs, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct net_header moved = pairs[i];
        size_t at = i;

        for (; at > 0 && strcmp(pairs[at - 1].name, moved.name) > 0; at--)
            pairs[at] = pairs[at - 1];
        pairs[at] = moved;
    }
}

static char *canonical_query(struct arena *a, const struct net_header *query, size_t n)
{
    struct net_header sorted[SIGV4_PAIRS_MAX];
    struct buf b;

    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct net_header){ sigv4_encode(a, query[i].name, false),
            sigv4_encode(a, query[i].value, false) };
    sort(sorted, n);
    buf_init(&b, a, CANONICAL_MAX);
    for (size_t i = 0; i < n; i++) {
        buf_text(&b, i > 0 ? "&" : "");
        buf_text(&b, sorted[i].name);
        buf_char(&b, '=');
        buf_text(&b, sorted[i].value);
    }
    return b.data;
}

static char *signed_names(struct arena *a, const struct sigv4_request *q)
{
    struct net_header sorted[SIGV4_PAIRS_MAX];
    struct buf b;

    memcpy(sorted, q->headers, q->n_headers * sizeof *sorted);
    sort(sorted, q->n_headers);
    buf_init(&b, a, CANONICAL_MAX);
    for (size_t i = 0; i < q->n_headers; i++) {
        buf_text(&b, i > 0 ? ";" : "");
        buf_text(&b, sorted[i].name);
    }
    return b.data;
}

/* Task 1: hash of the canonical request. */
static char *hash_of_request(struct arena *a, const struct sigv4_request *q)
{
    struct net_header sorted[SIGV4_PAIRS_MAX];
    uint8_t hash[HASH_SIZE];
    struct buf b;

    memcpy(sorted, q->headers, q->n_headers * sizeof *sorted);
    sort(sorted, q->n_headers);
    buf_init(&b, a, CANONICAL_MAX);
    buf_printf(&b, "%s\n%s\n%s\n", q->method, sigv4_encode(a, q->path, true),
        canonical_query(a, q->query, q->n_query));
    for (size_t i = 0; i < q->n_headers; i++)
        buf_printf(&b, "%s:%s\n", sorted[i].name, text_trim(a, sorted[i].value));
    buf_printf(&b, "\n%s\n%s", signed_names(a, q), q->payload);
    sha256((struct bytes){ b.data, b.size }, hash);
    return hex_from_bytes(a, hash, sizeof hash);
}

static char *scope(struct arena *a, const struct sigv4_keys *k, const char *date)
{
    return arena_printf(a, "%.*s/%s/%s/aws4_request", DATE_SIZE, date, k->region, k->service);
}

static void step(uint8_t key[HASH_SIZE], const char *text, size_t size)
{
    hmac_sha256((struct bytes){ key, HASH_SIZE }, (struct bytes){ text, size }, key);
}

/* Task 3: a key for this day, region and service. */
static void signing_key(
    struct arena *a, const struct sigv4_keys *k, const char *date, uint8_t out[HASH_SIZE])
{
    char *secret = arena_printf(a, "AWS4%s", k->secret);

    hmac_sha256((struct bytes){ secret, strlen(secret) }, (struct bytes){ date, DATE_SIZE }, out);
    wipe(secret, strlen(secret));
    step(out, k->region, strlen(k->region));
    step(out, k->service, strlen(k->service));
    step(out, "aws4_request", strlen("aws4_request"));
}

static char *signature(
    struct arena *a, const struct sigv4_keys *k, const struct sigv4_request *q, const char *date)
{
    uint8_t key[HASH_SIZE];
    char *text =
        arena_printf(a, ALGORITHM "\n%s\n%s\n%s", date, scope(a, k, date), hash_of_request(a, q));

    signing_key(a, k, date, key);
    step(key, text, strlen(text));
    text = hex_from_bytes(a, key, sizeof key);
    wipe(key, sizeof key);
    return text;
}

char *sigv4_authorization(
    struct arena *a, const struct sigv4_keys *k, const struct sigv4_request *q, struct instant at)
{
    const char *date = sigv4_date(a, at);

    return arena_printf(a, ALGORITHM " Credential=%s/%s,SignedHeaders=%s,Signature=%s", k->id,
        scope(a, k, date), signed_names(a, q), signature(a, k, q, date));
}

char *sigv4_presigned_query(struct arena *a, const struct sigv4_keys *k,
    const struct sigv4_request *q, struct instant at, int seconds)
{
    const char *date = sigv4_date(a, at);
    const struct net_header query[] = {
        { "X-Amz-Algorithm", ALGORITHM },
        { "X-Amz-Credential", arena_printf(a, "%s/%s", k->id, scope(a, k, date)) },
        { "X-Amz-Date", date },
        { "X-Amz-Expires", arena_printf(a, "%d", seconds) },
        { "X-Amz-SignedHeaders", signed_names(a, q) },
    };
    struct sigv4_request whole = *q;

    whole.query = query;
    whole.n_query = COUNT(query);
    return arena_printf(a, "%s&X-Amz-Signature=%s", canonical_query(a, query, COUNT(query)),
        signature(a, k, &whole, date));
}
