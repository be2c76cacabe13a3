/*
 * limits — all limits in one table, and their relations. docs/limits.md is generated from it
 * (docs/generate).
 *
 * A limit on a client's data is reported to the client. A limit on internal memory fails the unit
 * of work that exceeds it (ERR_OUTGROWN), never the process.
 */
#pragma once
#include <stddef.h>

#define LIMIT_KIB(n) ((n)*1024)
#define LIMIT_MIB(n) ((n)*1024 * 1024)

/* X(name, value, in bytes?, limited resource, result above the limit) */
#define LIMITS(X)                                                                                  \
    X(LIMIT_HEAD, LIMIT_KIB(16), true,                                                             \
        "Head of a request. Cookies count twice, and each field and cookie for 64 bytes more, of " \
        "24 KiB together",                                                                         \
        "431 `head-too-large`, 414 `target-too-long`, and the connection is closed")               \
    X(LIMIT_BODY, LIMIT_MIB(1), true, "Body of a request, if the route allows the maximum",        \
        "413 `content-too-large`, before it is read")                                              \
    X(LIMIT_BODY_DEFAULT, LIMIT_KIB(64), true, "Body of a request, if the route sets no other",    \
        "413 `content-too-large`, before it is read")                                              \
    X(LIMIT_BODIES_ADDRESS, LIMIT_MIB(16), true,                                                   \
        "Concurrent bodies of one client address. Less if ASHLAR_BODIES_MIB is below 64",          \
        "429 `rate-limited`, before it is read")                                                   \
    X(LIMIT_PAYLOAD, LIMIT_KIB(256), true,                                                         \
        "Payload of an event or a job, as JSON. 512 KiB as PostgreSQL writes it",                  \
        "publishing or enqueueing fails, log `payload.size_exceeded`")                             \
    X(LIMIT_STATE, LIMIT_KIB(64), true, "State before or after the change in an audit log entry",  \
        "the change fails, log `audit.state_size_exceeded`")                                       \
    X(LIMIT_ROW, LIMIT_MIB(1), true, "One item of a list, as JSON",                                \
        "not enforced: authors of modules must respect it, since a larger item may not fit a "     \
        "response")                                                                                \
    X(LIMIT_PAGE, LIMIT_MIB(4), true, "Items of one page, as JSON",                                \
        "the page ends early, with `next_cursor`")                                                 \
    X(LIMIT_REPLY, LIMIT_MIB(8), true, "Body of a response",                                       \
        "500 `too-much-at-once`, log `http.response_size_exceeded`")                               \
    X(LIMIT_LIST_ROWS, 1000, false, "Rows of one query that is not a page",                        \
        "500 `internal`, log `db.result_mismatched`: its LIMIT is missing")                        \
    X(LIMIT_RESULT, LIMIT_MIB(32), true, "Rows of one query that is not a page",                   \
        "500 `too-much-at-once`, log `db.result_size_exceeded`")                                   \
    X(LIMIT_ARENA_SOFT, LIMIT_MIB(48), true, "Memory of one request, job or command",              \
        "fails at its next call of the platform: 500 `too-much-at-once`, log "                     \
        "`unit.memory_exceeded`")                                                                  \
    X(LIMIT_ARENA, LIMIT_MIB(64), true, "Memory of one request, job or command, in total",         \
        "a function of a module is aborted immediately and fails in the same way")                 \
    X(LIMIT_FAREWELL, LIMIT_MIB(1), true, "Memory for reporting such a failure",                   \
        "the process ends")                                                                        \
    X(LIMIT_OBJECT, LIMIT_MIB(16), true, "Stored object that is transferred by this process",      \
        "`ERR_TOO_LARGE`. Larger objects need a presigned URL")                                    \
    X(LIMIT_UPLOAD, LIMIT_MIB(1), true,                                                            \
        "Object uploaded to a presigned URL of the directory backend", "413 `content-too-large`")  \
    X(LIMIT_RECEIVED, LIMIT_MIB(1), true,                                                          \
        "Response of another server, unless the caller sets more",                                 \
        "the call fails, log `net.failed`")                                                        \
    X(LIMIT_RECEIVED_HEADERS, LIMIT_KIB(64), true, "Headers of such a response",                   \
        "the call fails, log `net.failed`")                                                        \
    X(LIMIT_SENT, LIMIT_KIB(640), true, "Body of a webhook's delivery",                            \
        "the attempt fails as `too_large`, log `integrations.event_size_exceeded`")                \
    X(LIMIT_MAIL, LIMIT_MIB(4), true, "Message sent to the mail server",                           \
        "`mail-refused`, log `mail.size_exceeded`")                                                \
    X(LIMIT_FLAG_TARGETS, 1000, false, "Targets of one feature flag",                              \
        "setting another returns 409 `flags/too-many-targets`")                                    \
    X(LIMIT_ALL_TARGETS, 100000, false, "Targets of all flags together",                           \
        "setting another returns 409 `flags/too-many-targets`. If there are more rows, the first " \
        "by flag and subject count, log `flags.target_limit_exceeded`")                            \
    X(LIMIT_STREAM_EVENT, LIMIT_KIB(256), true, "One event on a stream",                           \
        "the event is omitted, log `stream.event_dropped`")                                        \
    X(LIMIT_STREAM_BATCH, LIMIT_KIB(64), true, "Events of one poll of a stream",                   \
        "the others are sent by the next poll")

#define LIMIT_NAMED_(name, value, in_bytes, what, past) name = (value),
enum { LIMITS(LIMIT_NAMED_) LIMIT_END_ };

/* For an arena with limit `c`: its soft limit, and the reserve that contained work cannot use. */
#define LIMIT_SOFT_OF(c)    ((c) / 4 * 3)
#define LIMIT_RESERVE_OF(c) ((c) / 16)

/* Size as PostgreSQL writes jsonb: blanks after commas and colons, exponents as digits. */
#define LIMIT_STORED(json) ((json)*2)

_Static_assert(LIMIT_ARENA_SOFT == LIMIT_SOFT_OF(LIMIT_ARENA), "the soft limit of arena_new");
_Static_assert(LIMIT_BODY_DEFAULT <= LIMIT_BODY && LIMIT_UPLOAD <= LIMIT_BODY,
    "no route and no upload exceeds the largest body");
_Static_assert(LIMIT_BODY <= LIMIT_BODIES_ADDRESS, "the largest body fits an address's share");
_Static_assert(
    LIMIT_STORED(LIMIT_PAYLOAD) <= LIMIT_ROW && LIMIT_STORED(2 * LIMIT_STATE) <= LIMIT_ROW,
    "rows of the event feed and the audit log fit a list");
_Static_assert(LIMIT_PAGE + 2 * LIMIT_ROW <= LIMIT_REPLY,
    "the page that ends with its largest row fits a response");
/* Received rows, returned rows, a module's copies, and the response under construction. */
_Static_assert(3 * (LIMIT_PAGE + LIMIT_ROW) + 2 * LIMIT_REPLY + LIMIT_BODY <= LIMIT_ARENA_SOFT,
    "the largest request with the largest page fits an arena");
_Static_assert(LIMIT_RESULT + LIMIT_REPLY <= LIMIT_ARENA_SOFT, "the largest list fits an arena");
/* Its transfer, and a module's copy of it or a decoded form of twice its size. */
_Static_assert(3 * LIMIT_OBJECT <= LIMIT_ARENA_SOFT, "an object fits an arena");
_Static_assert(LIMIT_STORED(LIMIT_PAYLOAD) + LIMIT_KIB(64) <= LIMIT_SENT, "an event can be sent");
/* Between two checks of the soft limit the platform allocates at most this, twice. */
_Static_assert(2 * LIMIT_PAGE + LIMIT_RESERVE_OF(LIMIT_ARENA) <= LIMIT_ARENA - LIMIT_ARENA_SOFT,
    "the platform does not reach the hard limit");
