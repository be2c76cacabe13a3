/* Ids from outside: what parses must format back to the same text. */
#include <ashlar/id.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_typeid(const char *text, size_t size)
{
    struct uuid id, again;
    char prefix[TYPEID_PREFIX_MAX + 1] = "", back[TYPEID_MAX + 1];
    if (!typeid_parse(NULL, text, size, &id))
        return;
    if (size > TYPEID_MAX)
        abort();
    if (size > 26)
        memcpy(prefix, text, size - 27);
    typeid_format(prefix, id, back);
    if (strlen(back) != size || memcmp(back, text, size) != 0)
        abort();
    if (!typeid_parse(prefix, text, size, &again) || !uuid_equal(id, again))
        abort();
}

static void check_uuid(const char *text, size_t size)
{
    struct uuid id, again;
    char back[UUID_TEXT_SIZE + 1];
    if (!uuid_parse(text, size, &id))
        return;
    uuid_format(id, back);
    if (!uuid_parse(back, strlen(back), &again) || !uuid_equal(id, again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_typeid((const char *)data, size);
    check_uuid((const char *)data, size);
    return 0;
}
