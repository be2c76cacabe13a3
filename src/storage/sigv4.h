/*
 * Signatures of requests to S3: AWS Signature Version 4, for a header or for a URL. Source:
 * "Authenticating Requests: AWS Signature Version 4", Amazon S3 API Reference.
 */
#pragma once
#include <ashlar/clock.h>
#include <ashlar/net.h>

struct sigv4_keys {
    const char *id, *secret;
    const char *region;  /* "eu-central-1" */
    const char *service; /* "s3" */
};

enum { SIGV4_PAIRS_MAX = 16 };
#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"

/* The signed parts. Texts are not percent-encoded. */
struct sigv4_request {
    const char *method, *path;        /* path begins with "/" */
    const struct net_header *query;   /* names and values, any order */
    const struct net_header *headers; /* names lower-case, any order; `host` must be among them */
    size_t n_query, n_headers;        /* at most SIGV4_PAIRS_MAX each */
    const char *payload;              /* SHA-256 of the body in hex, or SIGV4_UNSIGNED */
};

/* "20130524T000000Z": the value the header x-amz-date must have. */
char *sigv4_date(struct arena *a, struct instant at);

/* Percent-encoded as S3 requires (RFC 3986 unreserved characters stay; "/" too in a path). */
char *sigv4_encode(struct arena *a, const char *text, bool is_path);

/* The value of the header Authorization. `q->headers` must contain x-amz-date of the same time. */
char *sigv4_authorization(
    struct arena *a, const struct sigv4_keys *k, const struct sigv4_request *q, struct instant at);

/* The query of a URL that is valid for `seconds` from `at`, without "?". `q->query` must be
 * empty. */
char *sigv4_presigned_query(struct arena *a, const struct sigv4_keys *k,
    const struct sigv4_request *q, struct instant at, int seconds);
