/* Encoding of mail messages: RFC 5322 headers, RFC 2047 words, RFC 2045 bodies. */
#pragma once
#include <ashlar/buf.h>

/* One mailbox for an SMTP command: printable ASCII, one @, no character that ends or adds an
 * address. */
bool mime_is_mailbox(const char *text);

/* "Name <a@b>" or "a@b": position and size of the address. False when there is none. */
bool mime_mailbox_of(const char *text, const char **at, size_t *size);

/*
 * "Name: value" CRLF. Control characters in the value become spaces, so no value can start another
 * header. Other characters than ASCII become encoded words, in lines of at most 76 characters if
 * `name` has at most 10.
 */
void mime_header(struct buf *b, const char *name, const char *value);

/* The same for an operator's "Name <a@b>". A name such as "Acme, Inc." is quoted, because its comma
 * would end the address. */
void mime_sender(struct buf *b, const char *name, const char *value);

/* Quoted-printable with CRLF line ends and lines of at most 76 characters. */
void mime_quoted_printable(struct buf *b, const char *text);
