/* One page per error code, the target of a problem's `type`. */
#include "error_pages.h"
#include "http/table/error_list.h"
#include "http/request/http.h"
#include "html_page.h"
#include <ashlar/error.h>

static bool is_code(const struct error_kind *kind, const char *module, const char *code)
{
    size_t size = module ? strlen(module) : 0;

    if (module == NULL)
        return strcmp(kind->code, code) == 0;
    return strncmp(kind->code, module, size) == 0 && kind->code[size] == '/' &&
           strcmp(kind->code + size + 1, code) == 0;
}

static void write_page(struct buf *b, const struct error_kind *kind)
{
    html_page_begin(b, kind->title);
    buf_printf(b, "<p><code>%s</code>, status %d</p><p>", kind->code, kind->status);
    buf_html(b, kind->help);
    buf_text(b, "</p><p><a href=\"/errors\">All error codes</a></p>");
    html_page_end(b);
}

bool error_page_write(struct buf *b, const char *module, const char *code)
{
    const struct error_kind *const *kinds;
    size_t n = error_list(&kinds);

    for (size_t i = 0; i < n; i++) {
        if (is_code(kinds[i], module, code)) {
            write_page(b, kinds[i]);
            return true;
        }
    }
    return false;
}

void error_index_write(struct buf *b)
{
    const struct error_kind *const *kinds;
    size_t n = error_list(&kinds);

    html_page_begin(b, "Error codes");
    buf_text(b, "<table><tr><th>Code</th><th>Status</th><th>Meaning</th></tr>");
    for (size_t i = 0; i < n; i++) {
        buf_printf(b, "<tr><td><a href=\"/errors/%s\"><code>%s</code></a></td><td>%d</td><td>",
            kinds[i]->code, kinds[i]->code, kinds[i]->status);
        buf_html(b, kinds[i]->title);
        buf_text(b, "</td></tr>");
    }
    buf_text(b, "</table>");
    html_page_end(b);
}
