/* Where messages end: the same however the bytes come in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include "http/connection/framing.h"
#include <ashlar/ashlar.h>

#define GET  "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST "POST /a HTTP/1.1\r\nHost: x\r\n"

static const struct {
    const char *good, *bad; /* whole messages; what comes behind them */
    err kind;
} cases[] = {
    { "", "", NULL },
    { GET, "", NULL },
    { "\r\n\r\n" GET "\r\n" GET, "", NULL },
    { POST "content-length: 5\r\n\r\nGET \n" GET, "", NULL },
    { POST "Content-Length: 0\r\n\r\n" GET, "", NULL },
    { POST "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\n\n\n\n\n\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
        "", NULL },
    { POST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nnever \n read", "", NULL },
    { POST "Transfer-Encoding: gzip\r\n\r\nnever \n read", "", NULL },
    { POST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nnever \n read", "", NULL },
    { POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\nnever \n read", "", NULL },
    { GET POST "Content-Length: 5\r\n\r\nGET \n", "x\r\n", &ERR_BAD_REQUEST },
    { GET, "GET /\r\n", &ERR_BAD_REQUEST },
    { GET GET, "GET / HTTP/2.0\r\n", &ERR_VERSION },
    { GET, "GET / HTTP/1.1\r\nHost: x\r\n\n", &ERR_BAD_REQUEST },
    { GET, "\n", &ERR_BAD_REQUEST },
    { GET, POST "Content-Length: 1a\r\n", &ERR_BAD_REQUEST },
    { GET, POST "Content-Length: 1234567890123456789\r\n", &ERR_TOO_LARGE },
    { GET, POST "Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\nx", &ERR_BAD_REQUEST },
    { GET, POST "Transfer-Encoding: chunked\r\n\r\n1234567890abcdef", &ERR_TOO_LARGE },
    { GET, POST "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n", &ERR_BAD_REQUEST },
};

/* What may pass of text that comes in pieces of `piece` bytes. */
static size_t pass(struct framing *f, const char *text, size_t size, size_t piece)
{
    size_t passed = 0;

    *f = (struct framing){ .size = 0 };
    for (size_t at = 0; at < size && f->kind == NULL; at += piece)
        passed += framing_read(f, text + at, size - at < piece ? size - at : piece);
    return passed;
}

static void what_may_pass_ends_with_a_message(void **state)
{
    char text[1024];
    struct framing f;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t good = strlen(cases[i].good);
        size_t size = (size_t)snprintf(text, sizeof text, "%s%s", cases[i].good, cases[i].bad);
        if (pass(&f, text, size, size ? size : 1) != good || f.kind != cases[i].kind)
            fail_msg("%zu: %s", i, f.why ? f.why : "taken");
    }
}

static void pieces_change_nothing(void **state)
{
    char text[1024];
    struct framing whole, f;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size = (size_t)snprintf(text, sizeof text, "%s%s", cases[i].good, cases[i].bad);
        pass(&whole, text, size, 1024);
        for (size_t piece = 1; piece <= size; piece++) {
            size_t passed = pass(&f, text, size, piece);
            if (f.kind != whole.kind || f.why != whole.why || passed < strlen(cases[i].good))
                fail_msg("%zu in pieces of %zu: %s", i, piece, f.why ? f.why : "taken");
        }
    }
}

static void a_head_has_its_limit(void **state)
{
    static char text[LIMIT_HEAD + 1];
    struct framing f;
    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text, "GET / HTTP/1.1\r\nX:", 18);
    memcpy(text + LIMIT_HEAD - 4, "\r\n\r\n", 4);
    assert_int_equal(pass(&f, text, LIMIT_HEAD, 999), LIMIT_HEAD);
    assert_null(f.kind);
    memcpy(text + LIMIT_HEAD - 4, "a\r\n\r\n", 5);
    pass(&f, text, LIMIT_HEAD + 1, 999);
    assert_ptr_equal(f.kind, &ERR_HEAD_TOO_LARGE);
    memset(text, 'a', sizeof text);
    memcpy(text, "GET /", 5);
    pass(&f, text, sizeof text, 999);
    assert_ptr_equal(f.kind, &ERR_TARGET_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_pass_ends_with_a_message),
        cmocka_unit_test(pieces_change_nothing),
        cmocka_unit_test(a_head_has_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
