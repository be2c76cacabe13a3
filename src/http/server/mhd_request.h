/*
 * One request between libmicrohttpd's callbacks and http_handle: its bytes come in, its response
 * goes out. Knows no route and no thread.
 *
 * What libmicrohttpd lends is there for one call. Its client may leave while the handler waits, and
 * then the library frees the connection's memory or reads the next head into it. So a request owns
 * copies of all that can be reached from it, and where the library keeps its own is known as
 * numbers only: no pointer into its memory stands in this struct, and none may be added.
 */
#pragma once
#include "http/connection/head_check.h"
#include "http/request/http.h"
#include "http/connection/reaper.h"
#include "http/stream/streams.h"
#include <ashlar/buf.h>
#include <microhttpd.h>

struct mhd_request {
    struct arena *arena;
    struct http_request q; /* its bytes lie in the arena */
    struct http_header headers[HEAD_FIELDS_MAX];
    struct buf body;
    struct body_hold hold;         /* of all bodies' room, until its memory is given back */
    struct watched *watched;       /* the connection's; NULL when that is gone */
    struct connection *connection; /* NULL when that is gone, or there was no memory for it */
    int64_t body_due_us;           /* on clock_monotonic_us's scale */
    uintptr_t target_at; /* where the target lay in libmicrohttpd's memory, for head_where */
    uintptr_t head_at;   /* where the head lies in it, 0: not known … */
    size_t head_size;
    bool head_hidden; /* … and may not be read now */
    struct http_response response;
    bool begun, has_body, chunked;
    size_t dropped; /* bytes of chunks past the most, which nobody keeps */

    /* The reactors' own: the handler is on a fiber, has ended; the client left meanwhile. */
    void *loop;
    bool working, done, orphaned;
};

enum {
    INCOMING_IDLE_S = 30,          /* keep-alive between requests */
    INCOMING_HEADER_MS = 5000,     /* absolute deadlines, by the reaper */
    INCOMING_FIRST_BODY_MS = 5000, /* what only announces a body holds room for it */
    INCOMING_BODY_MS = 30000,
    INCOMING_WRITE_MS = 30000,
    INCOMING_LINGER_MS = 1000, /* what could not be read is answered; its client hangs up */
    INCOMING_DROPPED_MAX = 1024 * 1024, /* bytes of chunks past the most; then the line is cut */
};

/* For MHD_OPTION_URI_LOG_CALLBACK and NOTIFY_CONNECTION (cls: `const bool *ops`), and
 * NOTIFY_COMPLETED. */
void *mhd_request_open(void *cls, const char *target, struct MHD_Connection *connection);
void mhd_request_close(void *cls, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode why);
void mhd_request_connection(void *cls, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what);

/*
 * A call of the access handler before the request is whole: the head is guarded and may be refused,
 * the body is collected. True when it was dealt with and `*result` is the handler's; false when the
 * request is whole and in->q ready for http_handle.
 */
bool mhd_request_take(struct mhd_request *in, struct MHD_Connection *connection, const char *method,
    const char *version, const char *upload, size_t *upload_size, enum MHD_Result *result);

/* http_handle. It may wait, on a fiber, and its client leave meanwhile (`orphaned`). Where
 * AddressSanitizer is there, a handler that reaches into the library's memory ends the process,
 * whether anybody left or not. */
void mhd_request_handle(struct mhd_request *in);

/* Queue the response. A stream goes on without its request, which is freed and forgotten (NULL);
 * `line` says how the server resumes it. */
enum MHD_Result mhd_request_answer(
    void **request, struct MHD_Connection *connection, struct stream_line line);

/* What mhd_request_close left to a fiber that still worked on it. */
void mhd_request_drop(struct mhd_request *in);

/* A header of a response. */
void mhd_request_add_header(struct MHD_Response *mhd_response, const struct http_header *h);

/* Requests between their first byte and the last of their response, over all listeners. */
int mhd_request_in_flight(void);
/* Open connections of the main listener. */
int mhd_connections(void);
