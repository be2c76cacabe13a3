/* Mail messages as bytes: RFC 5322 headers, RFC 2047 words, RFC 2045 bodies. */
#pragma once
#include <ashlar/buf.h>

/* One mailbox as SMTP takes it: printable ASCII, one @, nothing that could end or add an address.
 */
bool mime_is_mailbox(const char *text);

/* "Name <a@b>" or "a@b": where the address begins and how long it is; false when there is none. */
bool mime_mailbox_of(const char *text, const char **at, size_t *size);

/*
 * "Name: value" CRLF. Control characters in the value become spaces, so no value can begin another
 * header; what is not ASCII is written as encoded words, in lines of at most 76 characters
 * where `name` has no more than 10.
 */
void mime_header(struct buf *b, const char *name, const char *value);

/* The same of an operator's "Name <a@b>": a name such as "Acme, Inc." is quoted, or its comma would
 * end the address. */
void mime_sender(struct buf *b, const char *name, const char *value);

/* Quoted-printable with CRLF line ends and lines of at most 76 characters. */
void mime_quoted_printable(struct buf *b, const char *text);
