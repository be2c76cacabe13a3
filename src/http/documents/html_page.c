/* Frame and style of the platform's own HTML pages: no scripts, no external resources. */
#include "html_page.h"

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}"
    "h1,h2,h3{line-height:1.2}h2{margin-top:3rem;border-bottom:2px solid #ddd}"
    "h3{margin-top:2rem;font-size:1.05rem}code,pre{font:14px/1.45 ui-monospace,monospace}"
    "pre{background:#f4f4f2;padding:.6rem .8rem;overflow-x:auto;border-radius:4px}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}"
    "td:first-child{white-space:nowrap}td,th{text-align:left;vertical-align:top;padding:.2rem "
    ".8rem .2rem 0;"
    "border-bottom:1px solid #eee}th{font-weight:600}"
    ".m{display:inline-block;min-width:5rem;font-weight:700}.q{color:#666}a{color:#0b57a4}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}"
    "pre{background:#242424}h2{border-color:#444}td,th{border-color:#333}.q{color:#999}"
    "a{color:#7ab7f5}}";

void html_page_begin(struct buf *b, const char *title)
{
    buf_text(b, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width\"><title>");
    buf_html(b, title);
    buf_printf(b, "</title><style>%s</style></head><body><h1>", style);
    buf_html(b, title);
    buf_text(b, "</h1>");
}

void html_page_end(struct buf *b)
{
    buf_text(b, "</body></html>");
}
