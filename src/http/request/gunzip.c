/* See gunzip.h: zlib, with memory from the arena. */
#include "gunzip.h"
#include <zlib.h>

enum { GZIP_ONLY = 15 + 16, STEP = 16 * 1024 };

static voidpf give(voidpf arena, uInt items, uInt size)
{
    return arena_array(arena, items, size);
}

static void keep(voidpf arena, voidpf address)
{
    (void)arena;
    (void)address;
}

static size_t most_of(size_t packed, size_t most)
{
    size_t by_ratio = packed > most / GUNZIP_RATIO_MAX ? most : packed * GUNZIP_RATIO_MAX;

    if (by_ratio < GUNZIP_RATIO_FREE)
        by_ratio = GUNZIP_RATIO_FREE;
    return by_ratio < most ? by_ratio : most;
}

/* The buffer has one byte more than the limit, to detect an excess. */
static enum gunzip_result unpack(z_stream *z, struct buf *b, size_t most)
{
    int last;

    do {
        size_t room = most + 1 - b->size < STEP ? most + 1 - b->size : STEP;
        z->next_out = (Bytef *)buf_reserve(b, room);
        z->avail_out = (uInt)room;
        last = inflate(z, Z_NO_FLUSH);
        buf_extend(b, room - z->avail_out);
        if (b->size > most)
            return GUNZIP_TOO_LARGE;
        if (last == Z_STREAM_END && z->avail_in > 0)
            last = inflateReset(z);
    } while (last == Z_OK);
    return last == Z_STREAM_END ? GUNZIP_OK : GUNZIP_BAD;
}

enum gunzip_result gunzip(struct arena *a, struct bytes packed, size_t most, struct bytes *out)
{
    z_stream z = { .zalloc = give, .zfree = keep, .opaque = a };
    enum gunzip_result result;
    struct buf b;

    if (packed.size > UINT32_MAX || inflateInit2(&z, GZIP_ONLY) != Z_OK)
        return GUNZIP_BAD;
    z.next_in = (Bytef *)(uintptr_t)packed.data;
    z.avail_in = (uInt)packed.size;
    most = most_of(packed.size, most);
    buf_init(&b, a, most + 1);
    result = unpack(&z, &b, most);
    inflateEnd(&z);
    if (result == GUNZIP_OK)
        *out = (struct bytes){ b.data, b.size };
    return result;
}
