/* Walking the route table: for suites generated from it. Knows no route by name. */
#pragma once
#include "testkit.h"

/* Routes that exist in the test environment, in table order; how many. */
size_t routes_in_test(struct t *t, const struct route *const **out);

/* "GET", … of a route. */
const char *method_of(const struct route *r);

/* The route's path with `org` for {org_id} and for every other parameter a well-formed value that
 * names nothing. */
const char *path_of(struct t *t, const struct route *r, const char *org);

/* As path_of, but `value` stands for the parameter `name`. */
const char *path_with(
    struct t *t, const struct route *r, const char *org, const char *name, const char *value);

/* The field behind a path parameter, or NULL ({org_id} may have none). */
const struct field *field_of(const struct route *r, const char *name, enum field_in in);
bool has_body_fields(const struct route *r);
bool has_org(const struct route *r);
