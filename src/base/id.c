/* UUIDv7 and TypeID. */
#include <ashlar/id.h>
#include "random.h"
#include <ashlar/clock.h>
#include <stdatomic.h>

/* Milliseconds and below them 12 bits of a fraction: RFC 9562 section 6.2, method 3. Each value is
 * returned once, so ids of a process are strictly ordered even when the clock steps back. */
static int64_t next_tick(void)
{
    static _Atomic int64_t last;
    int64_t us = clock_now().us;
    int64_t now = us / 1000 * 4096 + us % 1000 * 4096 / 1000;
    int64_t seen = atomic_load_explicit(&last, memory_order_relaxed);
    int64_t next;
    do {
        next = now > seen ? now : seen + 1;
    } while (!atomic_compare_exchange_weak_explicit(
        &last, &seen, next, memory_order_relaxed, memory_order_relaxed));
    return next;
}

struct uuid uuid_new(void)
{
    struct uuid id;
    uint64_t tick = (uint64_t)next_tick();
    uint64_t ms = tick >> 12;
    for (int i = 0; i < 6; i++)
        id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.b[6] = (uint8_t)(0x70 | (tick >> 8 & 0x0f));
    id.b[7] = (uint8_t)tick;
    random_for_id(id.b + 8, 8);
    id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
    return id;
}

bool uuid_equal(struct uuid a, struct uuid b)
{
    return memcmp(a.b, b.b, sizeof a.b) == 0;
}

bool uuid_is_nil(struct uuid id)
{
    return uuid_equal(id, UUID_NIL);
}

static bool hyphen_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void uuid_format(struct uuid id, char *out)
{
    for (size_t i = 0; i < sizeof id.b; i++) {
        if (hyphen_before(i))
            *out++ = '-';
        *out++ = "0123456789abcdef"[id.b[i] >> 4];
        *out++ = "0123456789abcdef"[id.b[i] & 15];
    }
    *out = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool uuid_parse(const char *text, size_t size, struct uuid *out)
{
    struct uuid id;
    if (size != UUID_TEXT_SIZE)
        return false;
    for (size_t i = 0; i < sizeof id.b; i++) {
        if (hyphen_before(i) && *text++ != '-')
            return false;
        int high = hex_value(text[0]);
        int low = hex_value(text[1]);
        if (high < 0 || low < 0)
            return false;
        id.b[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    *out = id;
    return true;
}

enum { SUFFIX_SIZE = 26 };

/* 130 bits for 128: two leading zero bits. */
void typeid_format(const char *prefix, struct uuid id, char *out)
{
    size_t size = strnlen(prefix, TYPEID_PREFIX_MAX);
    memcpy(out, prefix, size);
    out += size;
    if (size)
        *out++ = '_';
    uint32_t pending = 0;
    int bits = 2;
    for (size_t i = 0; i < sizeof id.b; i++) {
        pending = pending << 8 | id.b[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *out++ = "0123456789abcdefghjkmnpqrstvwxyz"[pending >> (bits - 5) & 31];
    }
    *out = '\0';
}

char *typeid_text(struct arena *a, const char *prefix, struct uuid id)
{
    char text[TYPEID_MAX + 1];
    typeid_format(prefix, id, text);
    return arena_strdup(a, text);
}

static int base32_value(char c)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool suffix_parse(const char *text, struct uuid *out)
{
    struct uuid id;
    size_t used = 0;
    uint32_t pending = 0;
    int bits = -2;
    if (text[0] > '7')
        return false;
    for (size_t i = 0; i < SUFFIX_SIZE; i++) {
        int value = base32_value(text[i]);
        if (value < 0)
            return false;
        pending = pending << 5 | (uint32_t)value;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            id.b[used++] = (uint8_t)(pending >> bits);
        }
    }
    *out = id;
    return true;
}

static bool prefix_is_valid(const char *text, size_t size)
{
    if (!size || size > TYPEID_PREFIX_MAX || text[0] == '_' || text[size - 1] == '_')
        return false;
    for (size_t i = 0; i < size; i++)
        if (text[i] != '_' && (text[i] < 'a' || text[i] > 'z'))
            return false;
    return true;
}

bool typeid_parse(const char *prefix, const char *text, size_t size, struct uuid *out)
{
    if (size < SUFFIX_SIZE)
        return false;
    size_t prefix_size = size - SUFFIX_SIZE;
    if (prefix_size) {
        prefix_size--;
        if (text[prefix_size] != '_' || !prefix_is_valid(text, prefix_size))
            return false;
    }
    if (prefix && (strlen(prefix) != prefix_size || memcmp(prefix, text, prefix_size) != 0))
        return false;
    return suffix_parse(text + size - SUFFIX_SIZE, out);
}
