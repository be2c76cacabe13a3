/* Rules that reject values of the platform's settings, with reasons. */
#include "settings_rules.h"
#include "base/ip.h"
#include <ashlar/text.h>
#include <libpq-fe.h>
#include <sodium.h>

static bool is_local(enum environment env)
{
    return (env & ENV_LOCAL) != 0;
}

bool secret_key_decode(const char *text, uint8_t out[32])
{
    size_t used = 0, size = strlen(text);
    if (size == 64)
        return sodium_hex2bin(out, 32, text, size, NULL, &used, NULL) == 0 && used == 32;
    return size == 43 &&
           sodium_base642bin(out, 32, text, size, NULL, &used, NULL,
               sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           used == 32;
}

static bool is_repetitive(const uint8_t key[32])
{
    bool seen[256] = { false };
    int distinct = 0;
    for (int i = 0; i < 32; i++) {
        distinct += !seen[key[i]];
        seen[key[i]] = true;
    }
    return distinct < 12; /* 32 random bytes have fewer with a probability under 2^-70 */
}

const char *rule_secret_key(enum environment env, const char *value)
{
    uint8_t key[32];
    const char *why = NULL;
    if (!secret_key_decode(value, key))
        return "it must be 32 random bytes as 64 hex digits or 43 characters of base64url: "
               "openssl rand -hex 32";
    if (!is_local(env) && text_equal(value, DEVELOPMENT_SECRET_KEY))
        why = "this is the published development key";
    else if (!is_local(env) && is_repetitive(key))
        why = "these bytes are not random";
    sodium_memzero(key, sizeof key);
    return why;
}

/* ":8080", "127.0.0.1:8080", "[::1]:8080". */
const char *rule_listen(enum environment env, const char *value)
{
    static const char why[] = "it must be host:port, e.g. 127.0.0.1:8080 or [::]:8080";
    const char *colon = strrchr(value, ':');
    int64_t port;
    (void)env;
    if (!colon || !text_to_int(colon + 1, &port) || port < 0 || port > 65535)
        return why;
    bool brackets = value[0] == '[' && colon > value && colon[-1] == ']';
    return brackets || !memchr(value, ':', (size_t)(colon - value)) ? NULL : why;
}

static size_t scheme_size(const char *value)
{
    if (strncmp(value, "https://", 8) == 0)
        return 8;
    return strncmp(value, "http://", 7) == 0 ? 7 : 0;
}

static const char *check_web_url(enum environment env, const char *value, bool origin)
{
    size_t scheme = scheme_size(value);
    if (!scheme || !value[scheme] || value[scheme] == '/')
        return "it must be an https:// URL";
    if (scheme == 7 && !is_local(env))
        return "it must be https, else sessions are sent unencrypted";
    if (strpbrk(value + scheme, "@?#\\\"'<> ,"))
        return "it must be a URL without user, query or fragment";
    if (origin && strchr(value + scheme, '/'))
        return "it must be scheme, host and port only, without a path or final slash";
    return NULL;
}

const char *rule_origin(enum environment env, const char *value)
{
    return check_web_url(env, value, true);
}

/* Origins of apps' and extensions' pages: "capacitor://localhost", "chrome-extension://…". Schemes
 * that every page can have are rejected. */
static bool is_app_origin(const char *value)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    static const char *const anybodys = "file|data|blob|about|javascript|ftp|ws|wss|http|https";
    size_t scheme = strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
    const char *host = value + scheme + 3;

    if (scheme == 0 || !(value[0] >= 'a' && value[0] <= 'z') || strncmp(host - 3, "://", 3) != 0 ||
        text_is_one_of(anybodys, value, scheme))
        return false;
    size_t size = strspn(host, name);
    return size > 0 && (host[size] == '\0' ||
                           (host[size] == ':' && host[size + 1] != '\0' &&
                               host[size + 1 + strspn(host + size + 1, "0123456789")] == '\0'));
}

/* Origin of apps on Android. Other software there runs on the person's own device. */
static bool is_localhost(const char *value)
{
    static const char localhost[] = "http://localhost";
    const char *rest = value + sizeof localhost - 1;

    return text_starts_with(value, localhost) &&
           (*rest == '\0' || (*rest == ':' && rest[1] != '\0' &&
                                 rest[1 + strspn(rest + 1, "0123456789")] == '\0'));
}

static const char *check_listed_origin(enum environment env, const char *value)
{
    if (is_app_origin(value) || is_localhost(value))
        return NULL;
    if (!scheme_size(value) && strstr(value, "://"))
        return "it must be an https:// URL, or scheme and host of an app or extension such as "
               "capacitor://localhost";
    return check_web_url(env, value, true);
}

const char *rule_app_url(enum environment env, const char *value)
{
    const char *why = check_web_url(env, value, false);
    if (why)
        return why;
    return value[strlen(value) - 1] == '/' ? "it must not end with a slash" : NULL;
}

/* Applies a rule to each piece of a comma-separated list. Every rule rejects an empty piece. */
static const char *each_piece(enum environment env, const char *list,
    const char *(*rule)(enum environment env, const char *piece))
{
    char piece[300];
    for (const char *at = list;; at++) {
        at += strspn(at, " ");
        size_t size = strcspn(at, ", ");
        if (size >= sizeof piece)
            return "one of its entries is too long";
        memcpy(piece, at, size);
        piece[size] = '\0';
        const char *why = rule(env, piece);
        if (why)
            return why;
        at += size;
        at += strspn(at, " ");
        if (!*at)
            return NULL;
        if (*at != ',')
            return "its entries must be separated by commas";
    }
}

const char *rule_origins(enum environment env, const char *value)
{
    if (strchr(value, '*'))
        return "list exact origins. A wildcard would let any site act for the signed-in person";
    return each_piece(env, value, check_listed_origin);
}

static const char *check_network(enum environment env, const char *piece)
{
    struct ip_network network;

    if (!ip_network_parse(piece, strlen(piece), &network))
        return "each entry must be an address or a network such as 10.0.0.0/8 or fd00::/8";
    if (!is_local(env) && network.bits == (ip_is_v4(&network.base) ? 96 : 0))
        return "a /0 trusts every client to name any client address";
    return NULL;
}

const char *rule_proxies(enum environment env, const char *value)
{
    return each_piece(env, value, check_network);
}

const char *rule_rate_limits(enum environment env, const char *value)
{
    bool on = text_equal_nocase(value, "true") || text_equal_nocase(value, "on") ||
              text_equal_nocase(value, "yes") || text_equal(value, "1");
    return on || is_local(env) ? NULL : "rate limits can be off only in development and test";
}

static const char *at_least(enum environment env, const char *value, int64_t least, const char *why)
{
    int64_t number;
    bool enough = text_to_int(value, &number) && number >= least;
    return env == ENV_TEST || enough ? NULL : why;
}

const char *rule_password_memory(enum environment env, const char *value)
{
    return at_least(
        env, value, 19, "argon2id below 19 MiB is too cheap to attack. Only test may use less");
}

const char *rule_password_passes(enum environment env, const char *value)
{
    return at_least(
        env, value, 2, "argon2id below 2 passes is too cheap to attack. Only test may use less");
}

const char *rule_log_level(enum environment env, const char *value)
{
    return env == ENV_PRODUCTION && text_equal(value, "debug")
               ? "debug lines may contain personal data. Use info"
               : NULL;
}

static const PQconninfoOption *find_option(const PQconninfoOption *list, const char *name)
{
    for (; list && list->keyword; list++)
        if (text_equal(list->keyword, name))
            return list;
    return NULL;
}

/* The URL's value, else libpq's from PGHOST, PGHOSTADDR, PGSSLMODE or PGSERVICE. Values compiled
 * into libpq do not count, because the operator did not choose them. */
static const char *option(const PQconninfoOption *const lists[2], const char *name)
{
    const PQconninfoOption *said = find_option(lists[0], name);
    const PQconninfoOption *unsaid = find_option(lists[1], name);
    if (said && said->val)
        return said->val;
    bool chosen = unsaid && unsaid->val && !text_equal(unsaid->val, unsaid->compiled);
    return chosen ? unsaid->val : "";
}

/* A host, address or socket directory in libpq's form. "" is libpq's default socket directory. */
static bool is_this_machine(const char *host, size_t size)
{
    return !size || *host == '/' || *host == '@' || (size == 9 && !memcmp(host, "localhost", 9)) ||
           (size == 3 && !memcmp(host, "::1", 3)) || (size > 4 && !memcmp(host, "127.", 4));
}

/* A name without a dot can only resolve inside a private network (compose, a pod). */
static bool is_private_name(const char *host, size_t size)
{
    return !memchr(host, '.', size) && !memchr(host, ':', size);
}

/* Whether the connection to each server stays on this machine or is authenticated. The file of a
 * service named in the URL is not read. The URL must then contain sslmode. */
static bool is_safe_way(const PQconninfoOption *const lists[2])
{
    const PQconninfoOption *url[2] = { lists[0], NULL };
    const char *mode = option(lists, "sslmode"), *address = option(lists, "hostaddr");
    const char *at = *address ? address : option(lists, "host");
    if (*option(url, "service"))
        return text_equal(option(url, "sslmode"), "verify-full");
    if (text_equal(mode, "verify-full"))
        return true;
    for (;; at++) {
        size_t size = strcspn(at, ",");
        if (!is_this_machine(at, size) && !(*mode && is_private_name(at, size)))
            return false;
        at += size;
        if (!*at)
            return true;
    }
}

const char *rule_database(enum environment env, const char *value)
{
    if (!text_starts_with(value, "postgresql://") && !text_starts_with(value, "postgres://"))
        return "it must begin with postgresql://";
    /* libpq's reading decides, not the text: the host may be in two places, encoded. */
    PQconninfoOption *url = PQconninfoParse(value, NULL);
    if (!url)
        return "libpq cannot read this URL; is a special character of the password not "
               "percent-encoded?";
    PQconninfoOption *defaults = PQconndefaults();
    bool good = is_local(env) ||
                (defaults && is_safe_way((const PQconninfoOption *const[]){ url, defaults }));
    PQconninfoFree(url);
    PQconninfoFree(defaults);
    return good ? NULL
                : "a database across a network (by the URL, PGHOST or PGHOSTADDR) needs "
                  "sslmode=verify-full (and sslrootcert=…) in its URL or as PGSSLMODE; a "
                  "container's own network, where the host has a one-word name, needs an "
                  "explicit sslmode";
}

/* A name that needs no quotes in SQL, and has room for "system" in an identifier's 63 bytes. */
const char *rule_role_prefix(enum environment env, const char *value)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    size_t size = strlen(value);
    (void)env;
    if (size < 2 || strspn(value, good) != size || value[0] < 'a' || value[size - 1] != '_')
        return "it must be lower-case letters, digits and underscores, begin with a letter and end "
               "with an underscore, e.g. acme_staging_";
    return strncmp(value, "pg_", 3) == 0 ? "PostgreSQL reserves names that begin with pg_" : NULL;
}

const char *rule_smtp(enum environment env, const char *value)
{
    (void)env;
    if (text_starts_with(value, "smtp://") || text_starts_with(value, "smtps://"))
        return NULL;
    return "it must be smtp://host:587 (STARTTLS) or smtps://host:465";
}

const char *rule_mail_from(enum environment env, const char *value)
{
    const char *at = strrchr(value, '@');
    (void)env;
    bool good = at && at > value && at[1] && at[1] != '>' && !strpbrk(at, " ,;");
    return good ? NULL : "it must be an email address such as \"Acme <hello@acme.example>\"";
}

/* "ops@acme.example, oncall@acme.example" */
const char *rule_addresses(enum environment env, const char *value)
{
    (void)env;
    for (const char *p = value;; p++) {
        p += strspn(p, " ");
        size_t size = strcspn(p, ", ");
        const char *at = memchr(p, '@', size);
        if (at == NULL || at == p || at + 1 == p + size)
            return "it must be email addresses, separated by commas";
        p += size;
        p += strspn(p, " ");
        if (*p == '\0')
            return NULL;
        if (*p != ',')
            return "it must be email addresses, separated by commas";
    }
}
