/* Entity tags and conditional requests (RFC 9110 sections 8.8.3 and 13.1). */
#include "etag.h"
#include <ashlar/text.h>
#include <sodium.h>

enum { HASH_BYTES = 16, VERSION_TEXT_SIZE = 32 };

static const char *hash_text(struct arena *a, struct bytes body)
{
    uint8_t hash[HASH_BYTES];

    crypto_generichash(hash, sizeof hash, body.data, body.size, NULL, 0);
    return base64url_from_bytes(a, hash, sizeof hash);
}

bool etag_version_of(const struct shape *s, const void *strct, int64_t *out)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        if (!s->fields[i].etag || s->fields[i].kind != KIND_INT)
            continue;
        memcpy(out, (const char *)strct + s->fields[i].offset, sizeof *out);
        return true;
    }
    return false;
}

char *etag_of_version(struct arena *a, int64_t version, struct bytes body)
{
    return arena_printf(a, "\"v%lld.%s\"", (long long)version, hash_text(a, body));
}

char *etag_of_body(struct arena *a, struct bytes body)
{
    return arena_printf(a, "\"%s\"", hash_text(a, body));
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

/* Tests the text between the quotes of one tag of a list. */
typedef bool tag_test(const char *tag, size_t size, const char *wanted);

static bool list_names(const char *list, tag_test *is_it, const char *wanted)
{
    bool found = false;

    if (strcmp(list, "*") == 0)
        return true;
    for (const char *at = list; *at;) {
        const char *tag = at + (at[0] == 'W' && at[1] == '/' ? 2 : 0), *end = tag_end(tag);
        if (end == NULL)
            return false;
        found = found || is_it(tag + 1, (size_t)(end - tag) - 2, wanted);
        at = end + strspn(end, " \t");
        if (*at == ',')
            at += 1 + strspn(at + 1, " \t");
        else if (*at)
            return false;
    }
    return found;
}

static bool is_quoted_in(const char *tag, size_t size, const char *etag)
{
    return strlen(etag) == size + 2 && memcmp(etag + 1, tag, size) == 0;
}

bool etag_matches(const char *list, const char *etag)
{
    return list_names(list, is_quoted_in, etag);
}

/* The version, "v7", or the version followed by a hash. */
static bool is_of_version(const char *tag, size_t size, const char *version)
{
    size_t n = strlen(version);
    return size >= n && memcmp(tag, version, n) == 0 && (size == n || tag[n] == '.');
}

bool etag_names_version(const char *list, int64_t version)
{
    char wanted[VERSION_TEXT_SIZE];

    snprintf(wanted, sizeof wanted, "v%lld", (long long)version);
    return list_names(list, is_of_version, wanted);
}
