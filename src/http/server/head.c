/* The head of a request in libmicrohttpd's memory. */
#include "head.h"

void head_drop_query(const char *target)
{
    char *query = target ? strchr((char *)(uintptr_t)target, '?') : NULL;

    if (query && query[1] != '\0')
        query[1] = '\0';
}

static enum MHD_Result lend_field(void *arg, enum MHD_ValueKind kind, const char *name,
    size_t name_size, const char *value, size_t value_size)
{
    struct lent_head *lent = arg;

    (void)kind;
    if (lent->n_fields > HEAD_FIELDS_MAX)
        return MHD_NO;
    lent->fields[lent->n_fields++] = (struct head_field){
        .name = name,
        .name_size = name_size,
        .value = value ? value : "",
        .value_size = value ? value_size : 0,
    };
    return MHD_YES;
}

void head_lend(struct lent_head *lent, struct MHD_Connection *connection, const char *method,
    const char *version)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    lent->method = method;
    lent->version = version;
    lent->n_fields = 0;
    lent->size = info ? info->header_size : 0;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, lend_field, lent);
}

const char *head_fault(const struct lent_head *lent, uintptr_t target_at, const char *target)
{
    const struct head_where head = {
        .method = lent->method,
        .version = lent->version,
        .target_at = target_at,
        .target_size = strlen(target),
        .size = lent->size,
    };
    const char *why = head_check(lent->method, lent->version, lent->fields, lent->n_fields);

    return why ? why : head_where(&head, lent->fields, lent->n_fields);
}
