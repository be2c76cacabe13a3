/* List and resolution of error groups for operators. */
#include "error_group_sql.h"
#include "errors.h"
#include <ashlar/audit.h>
#include <ashlar/db.h>
#include <ashlar/error_group.h>
#include <ashlar/log.h>
#include <ashlar/table.h>
#include <ashlar/text.h>

static const struct field error_group_fields[] = {
    ID(error_group, id, "error", .doc = "Id of the error group"),
    TEXT(error_group, event, .max = 63, .doc = "Name of the logged event",
        .example = "db.connect_failed"),
    TEXT(error_group, operation, .max = 100, .optional = true,
        .doc = "Route or job in which the error occurred"),
    TEXT(error_group, state, .one_of = "open|resolved", .doc = "State of the error group"),
    INT(error_group, count, .doc = "Number of occurrences"),
    TIME(error_group, first_seen_at, .doc = "Time of the first occurrence"),
    TIME(error_group, last_seen_at, .doc = "Time of the last occurrence"),
    TEXT(error_group, request_id, .max = 63, .optional = true,
        .doc = "Request id of the last occurrence, for finding its log lines"),
    TEXT(error_group, sample, .max = 500, .empty = true, .doc = "Content of the last log line"),
    INT(error_group, reopened,
        .doc = "Number of times the group was reopened after it was resolved"),
    TIME(error_group, resolved_at, .optional = true, .doc = "Time at which the group was resolved"),
};
SHAPE(error_group);
LIST_SHAPE(error_group);

struct resolved {
    const char *event, *operation;
    int64_t count;
};
static const struct field resolved_fields[] = {
    TEXT(resolved, event),
    TEXT(resolved, operation, .optional = true),
    INT(resolved, count),
};
static SHAPE(resolved);

err error_group_find(
    struct ctx *c, const char *state, const struct page_in *page, struct error_group_list *out)
{
    return db_page(c, &SQL_find_error_groups, error_group, out, page, ARGS(ARG(state)));
}

static err get(struct ctx *c, struct uuid id, struct error_group *out)
{
    bool found;

    TRY(db_maybe(c, &SQL_get_error_group, error_group, out, &found, ARGS(ARG(id))));
    return found ? NULL : problem(c, &ERR_NOT_FOUND, NULL, "The error group does not exist.");
}

err error_group_resolve(struct ctx *c, struct uuid id, struct error_group *out)
{
    struct error_group group;
    int64_t n;

    TRY(db_exec_count(c, &SQL_resolve_error_group, &n, ARGS(ARG(id), ARG(c->actor.person))));
    TRY(get(c, id, &group));
    if (n > 0) {
        const struct resolved what = { group.event, group.operation, group.count };
        TRY(audit(c, "platform.error_resolved", "error", id, resolved, NULL, &what));
    }

    *out = group;
    return NULL;
}

err error_group_sweep(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_sweep_error_groups, gone, ARGS(ARG(most)));
}

SWEEP_JOB(ERROR_GROUP_SWEEP, .name = "platform.sweep_error_groups",
    .doc = "Deletes error groups without an occurrence for 90 days", .every_s = 24 * 60 * 60);
