/* What people type: names, addresses and codes, as they are kept and judged. */
#include "shape/shape_json.h"
#include <ashlar/text.h>
#include <stdlib.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const char *text = arena_strndup(a, (const char *)data, size), *bare, *code, *plain;

    if (utf8_is_valid(text, strlen(text))) {
        bare = text_bare(a, text);
        must(utf8_is_valid(bare, strlen(bare)) && strlen(bare) <= strlen(text));
        must(text_equal(text_bare(a, bare), bare));
        must(text_is_visible(text) <= (*bare != '\0'));
        code = text_typed_code(a, text);
        must(utf8_is_valid(code, strlen(code)) && strchr(code, ' ') == NULL);
        plain = text_without_address(a, text);
        must(utf8_is_valid(plain, strlen(plain)) && !text_has_address(a, plain));
        plain = text_in_mail(a, text);
        must(utf8_is_valid(plain, strlen(plain)) && !text_has_address(a, plain));
        if (text_format_ok(EMAIL, text_email(a, text)))
            must(text_equal(text_email(a, text_email(a, text)), text_email(a, text)));
        if (text_format_ok(MAILED_NAME, text))
            must(text_format_ok(LINE, text) && !text_has_address(a, text));
    }
    arena_free(a);
    return 0;
}
