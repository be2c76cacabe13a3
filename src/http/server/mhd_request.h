/*
 * The state of a request between libmicrohttpd's callbacks and http_handle.
 *
 * libmicrohttpd's memory is valid for one call only. A client may disconnect while the handler
 * waits; then the library frees the connection's memory or reads the next head into it. So a
 * request owns copies of all its data. Positions in the library's memory are stored as numbers
 * only: this struct has no pointer into it, and none may be added.
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
    struct http_request q; /* its bytes are in the arena */
    struct http_header headers[HEAD_FIELDS_MAX];
    struct buf body;
    struct body_hold hold;         /* share of the bodies' limit, until the memory is freed */
    struct watched *watched;       /* the connection's; NULL after its end */
    struct connection *connection; /* NULL after its end, or without memory */
    int64_t body_due_us;           /* on clock_monotonic_us's scale */
    uintptr_t target_at; /* start of the target in libmicrohttpd's memory, for head_where */
    uintptr_t head_at;   /* position of the head in it, 0: unknown … */
    size_t head_size;
    bool head_hidden; /* … poisoned: it must not be read now */
    struct http_response response;
    bool begun, has_body, chunked;
    size_t dropped; /* bytes of chunks above the limit, discarded */

    /* For reactors: the handler is on a fiber; has ended; the client disconnected before. */
    void *loop;
    bool working, done, orphaned;
};

enum {
    INCOMING_IDLE_S = 30,          /* keep-alive between requests */
    INCOMING_HEADER_MS = 5000,     /* absolute deadlines, by the reaper */
    INCOMING_FIRST_BODY_MS = 5000, /* an announced body already occupies its share */
    INCOMING_BODY_MS = 30000,
    INCOMING_WRITE_MS = 30000,
    INCOMING_LINGER_MS = 1000, /* after the response to an unreadable request, until its client
                                * disconnects */
    INCOMING_DROPPED_MAX = 1024 * 1024, /* bytes of chunks above the limit; then the connection
                                         * is cut */
};

/* For MHD_OPTION_URI_LOG_CALLBACK and NOTIFY_CONNECTION (cls: `const bool *ops`), and
 * NOTIFY_COMPLETED. */
void *mhd_request_open(void *cls, const char *target, struct MHD_Connection *connection);
void mhd_request_close(void *cls, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode why);
void mhd_request_connection(void *cls, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what);

/*
 * A call of the access handler before the request is complete: checks the head, which may be
 * rejected, and collects the body. True: `*result` is the access handler's result. False: the
 * request is complete, and in->q is ready for http_handle.
 */
bool mhd_request_take(struct mhd_request *in, struct MHD_Connection *connection, const char *method,
    const char *version, const char *upload, size_t *upload_size, enum MHD_Result *result);

/* http_handle. It may wait, on a fiber, while its client disconnects (`orphaned`). With
 * AddressSanitizer, a handler that accesses the library's memory ends the process in any case. */
void mhd_request_handle(struct mhd_request *in);

/* Queue the response. A stream continues without its request, which is freed and set to NULL;
 * `line` describes how the server resumes it. */
enum MHD_Result mhd_request_answer(
    void **request, struct MHD_Connection *connection, struct stream_line line);

/* Frees a request that mhd_request_close left to a running fiber. */
void mhd_request_drop(struct mhd_request *in);

/* A header of a response. */
void mhd_request_add_header(struct MHD_Response *mhd_response, const struct http_header *h);

/* Requests between their first byte and the last of their response, over all listeners. */
int mhd_request_in_flight(void);
/* Open connections of the main listener. */
int mhd_connections(void);
