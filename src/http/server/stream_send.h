/* Writes a stream's bytes through libmicrohttpd. */
#pragma once
#include "http/request/http.h"
#include "http/stream/streams.h"
#include <microhttpd.h>

/* Sends the response's head and its stream on `connection`, which is closed at the end. `line`
 * (go_on and loop are the server's) then belongs to the stream. The response may end before the
 * stream does. */
enum MHD_Result stream_send(struct MHD_Connection *connection, const struct http_response *response,
    const struct stream_line *line);
