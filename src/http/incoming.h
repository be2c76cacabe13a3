/* One request between libmicrohttpd's callbacks and http_handle: its bytes come in, its reply goes
 * out. Knows no route and no thread. */
#pragma once
#include "guard.h"
#include "http.h"
#include "reaper.h"
#include "streams.h"
#include <ashlar/buf.h>
#include <microhttpd.h>

struct incoming {
    struct arena *arena;
    struct http_request q;
    const char *target; /* where it lay in libmicrohttpd's memory, which has decoded it since */
    struct guard_field fields[GUARD_HEADERS_MAX + 1]; /* one more: to notice too many */
    struct http_header headers[GUARD_HEADERS_MAX];
    size_t n_fields;
    struct buf body;
    struct watched *watched;
    struct http_reply reply;
    bool begun, has_body;

    /* The reactors' own: the handler is on a fiber, has ended; the client left meanwhile. */
    void *loop;
    bool working, done, orphaned;
};

enum {
    INCOMING_IDLE_S = 30,      /* keep-alive between requests */
    INCOMING_HEADER_MS = 5000, /* absolute deadlines, by the reaper */
    INCOMING_BODY_MS = 30000,
    INCOMING_WRITE_MS = 30000,
};

/* For MHD_OPTION_URI_LOG_CALLBACK and NOTIFY_CONNECTION (cls: `const bool *ops`), and
 * NOTIFY_COMPLETED. */
void *incoming_open(void *cls, const char *target, struct MHD_Connection *connection);
void incoming_close(void *cls, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode why);
void incoming_connection(void *cls, struct MHD_Connection *connection, void **watched,
    enum MHD_ConnectionNotificationCode what);

/*
 * A call of the access handler before the request is whole: the head is guarded and may be refused,
 * the body is collected. True when it was dealt with and `*result` is the handler's; false when the
 * request is whole and in->q ready for http_handle.
 */
bool incoming_take(struct incoming *in, struct MHD_Connection *connection, const char *method,
    const char *version, const char *upload, size_t *upload_size, enum MHD_Result *result);

/* Queue the reply. A stream goes on without its request, which is freed and forgotten (NULL);
 * `line` says how the door resumes it. */
enum MHD_Result incoming_answer(
    void **request, struct MHD_Connection *connection, struct stream_line line);

/* What incoming_close left to a fiber that still worked on it. */
void incoming_drop(struct incoming *in);

/* A header of a reply. */
void incoming_add_header(struct MHD_Response *response, const struct http_header *h);

/* Requests between their first byte and the last of their reply, over all listeners. */
int incoming_in_flight(void);
/* Open connections of the main listener. */
int incoming_connections(void);
