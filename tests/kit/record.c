/* Every exchange of the run, one JSON object a line, for tests/contract. Knows no test. */
#include "kit.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { BODY_MAX = 256 * 1024, LINE_MAX_SIZE = 4 * 1024 * 1024 };

static int record_fd = -1;

static const char *header(const struct http_header *headers, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (text_equal_nocase(headers[i].name, name))
            return headers[i].value;
    return NULL;
}

/* What is no text (bad UTF-8 sent on purpose) is left out. */
static void add_body(struct buf *b, const char *name, const void *data, size_t size)
{
    buf_printf(b, ",\"%s\":", name);
    if (data && size <= BODY_MAX && utf8_is_valid(data, size))
        buf_json_text_n(b, data, size);
    else
        buf_text(b, "null");
}

static void add_text(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, ",\"%s\":", name);
    buf_json_text(b, value && utf8_is_valid(value, strlen(value)) ? value : NULL);
}

/* One write per line: O_APPEND keeps lines of parallel requests whole. A response of megabytes is
 * the business of the test that made it. */
static void record(const struct http_request *q, const struct http_response *r)
{
    struct buf b;

    if (r->body.size > BODY_MAX)
        return;
    buf_init(&b, NULL, LINE_MAX_SIZE);
    buf_printf(&b, "{\"status\":%d", r->status);
    add_text(&b, "method", q->method);
    add_text(&b, "target", q->target);
    add_text(&b, "route", r->route_id);
    add_text(&b, "request_type", header(q->headers, q->n_headers, "Content-Type"));
    add_body(&b, "request", q->body, q->body_size);
    add_text(&b, "fault", header(q->headers, q->n_headers, "X-Test-Fault"));
    add_text(&b, "type", header(r->headers, r->n_headers, "Content-Type"));
    add_body(&b, "response", r->body.data, r->body.size);
    buf_text(&b, "}\n");
    if (!buf_is_full(&b) && write(record_fd, b.data, b.size) < 0)
        print_error("recording an exchange: %s\n", strerror(errno));
    buf_release(&b);
}

void kit_record(const char *program)
{
    struct arena *a = arena_new(0);
    const char *path = arena_printf(a, "var/test/exchanges/%s-%d.ndjson", program, (int)getpid());

    (void)mkdir("var", 0777);
    (void)mkdir("var/test", 0777);
    (void)mkdir("var/test/exchanges", 0777);
    record_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (record_fd < 0)
        print_error("%s: %s\n", path, strerror(errno));
    else
        http_observer = record;
    arena_free(a);
}
