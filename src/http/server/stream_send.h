/* A stream's bytes through libmicrohttpd. Knows no event. */
#pragma once
#include "http/request/http.h"
#include "http/stream/streams.h"
#include <microhttpd.h>

/* The response's head and its stream, which `line` (go_on, loop: the server's) belongs to from now
 * on, go out on `connection`; it is closed at the end. The response may end before the stream does.
 */
enum MHD_Result stream_send(struct MHD_Connection *connection, const struct http_response *response,
    const struct stream_line *line);
