/* Entity tags and conditional requests (RFC 9110 sections 8.8.3 and 13.1). Knows no route. */
#include "etag.h"
#include <ashlar/text.h>
#include <sodium.h>

enum { ETAG_BYTES = 16 };

char *etag_of_version(struct arena *a, int64_t version)
{
    return arena_printf(a, "\"v%lld\"", (long long)version);
}

char *etag_of_body(struct arena *a, struct bytes body)
{
    uint8_t hash[ETAG_BYTES];

    crypto_generichash(hash, sizeof hash, body.data, body.size, NULL, 0);
    return arena_printf(a, "\"%s\"", base64url_from_bytes(a, hash, sizeof hash));
}

char *etag_of_struct(struct arena *a, const struct shape *s, const void *strct)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        int64_t version;
        if (!s->fields[i].etag || s->fields[i].kind != KIND_INT)
            continue;
        memcpy(&version, (const char *)strct + s->fields[i].offset, sizeof version);
        return etag_of_version(a, version);
    }
    return NULL;
}

/* The quoted end of one entity-tag at `at`, or NULL: DQUOTE *(%x21 / %x23-7E / obs-text) DQUOTE. */
static const char *tag_end(const char *at)
{
    if (*at != '"')
        return NULL;
    for (at++; *at && *at != '"'; at++) {
        if ((unsigned char)*at <= 0x20 || *at == 0x7f)
            return NULL;
    }
    return *at == '"' ? at + 1 : NULL;
}

bool etag_matches(const char *list, const char *etag, bool strong)
{
    bool found = false;

    if (strcmp(list, "*") == 0)
        return true;
    for (const char *at = list; *at;) {
        bool weak = at[0] == 'W' && at[1] == '/';
        const char *tag = at + (weak ? 2 : 0), *end = tag_end(tag);
        if (end == NULL)
            return false;
        if ((size_t)(end - tag) == strlen(etag) && memcmp(tag, etag, strlen(etag)) == 0)
            found = found || !(weak && strong);
        at = end + strspn(end, " \t");
        if (*at == ',')
            at += 1 + strspn(at + 1, " \t");
        else if (*at)
            return false;
    }
    return found;
}
