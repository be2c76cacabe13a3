/* What clients send, in pieces: they change nothing, and no more passes than there is. */
#include "http/connection/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_in_pieces(struct framing *f, const char *text, size_t size, size_t piece)
{
    size_t passed = 0;

    for (size_t at = 0; at < size && f->kind == NULL; at += piece)
        passed += framing_read(f, text + at, size - at < piece ? size - at : piece);
    return passed;
}

static void must(bool so)
{
    if (!so)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct framing whole = { .size = 0 }, f = { .size = 0 };
    const char *text = (const char *)data + 1;
    size_t passed, at_once;

    if (size < 2)
        return 0;
    size--;
    at_once = framing_read(&whole, text, size);
    passed = read_in_pieces(&f, text, size, (size_t)data[0] % 40 + 1);
    must(f.kind == whole.kind && f.why == whole.why && at_once <= size && passed >= at_once);
    must(whole.kind != NULL || (at_once == size && passed == size));
    return 0;
}
