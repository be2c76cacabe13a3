/* Any text as If-Match and If-None-Match: what is found is there, between quotes; what is quoted by
 * itself is found. */
#include "http/request/etag.h"
#include <ashlar/text.h>
#include <stdlib.h>

enum { VERSION = 7 };

static bool is_list_of_tags(const char *list)
{
    return strcmp(list, "*") == 0 || strchr(list, '"') != strrchr(list, '"');
}

/* One that is well-formed stays so with another tag behind it. */
static bool is_lost_before_another(struct arena *a, const char *list, const char *tag)
{
    return strcmp(list, "*") != 0 && list[strlen(list) - 1] == '"' &&
           !etag_names_version(arena_printf(a, "%s, %s", list, tag), VERSION);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char tag[] = "\"v7.abc\"";
    struct arena *a = arena_new(0);
    const char *list = arena_strndup(a, (const char *)data, size);
    bool names = etag_names_version(list, VERSION), matches = etag_matches(list, tag);

    if ((names || matches) && !is_list_of_tags(list))
        abort();
    if (matches && !names && strcmp(list, "*") != 0)
        abort();
    if (names && strcmp(list, "*") != 0 && !strstr(list, "\"v7"))
        abort();
    if (names && is_lost_before_another(a, list, tag))
        abort();
    arena_free(a);
    return 0;
}
