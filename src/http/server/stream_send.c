/* Writes a stream's bytes through libmicrohttpd. */
#include "stream_send.h"
#include "mhd_request.h"

enum { BLOCK = 512 }; /* for HTTP/1.0 only: chunks are written into the connection's own memory */

static ssize_t read_more(void *cls, uint64_t position, char *out, size_t max)
{
    ssize_t n = stream_read(cls, out, max);

    (void)position;
    return n == STREAM_END ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static void closed(void *cls)
{
    stream_closed(cls);
}

static void park(struct stream_line *l)
{
    MHD_suspend_connection(l->connection);
}

static void attach(struct MHD_Connection *connection, struct stream *s, struct stream_line line)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    line.connection = connection;
    line.fd = info ? info->connect_fd : -1;
    line.park = park;
    stream_attach(s, &line);
}

enum MHD_Result stream_send(struct MHD_Connection *connection, const struct http_response *response,
    const struct stream_line *line)
{
    struct MHD_Response *mhd_response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK, read_more, response->stream, closed);
    enum MHD_Result sent;

    if (mhd_response == NULL) {
        stream_closed(response->stream);
        return MHD_NO;
    }
    attach(connection, response->stream, *line);
    for (size_t i = 0; i < response->n_headers; i++)
        mhd_request_add_header(mhd_response, &response->headers[i]);
    MHD_add_response_header(mhd_response, "Connection", "close");
    sent = MHD_queue_response(connection, (unsigned)response->status, mhd_response);
    MHD_destroy_response(mhd_response);
    return sent;
}
