/* The linked and the enabled modules, in start order. Set once before threads start; knows only
 * struct module. */
#pragma once
#include <ashlar/module.h>

/* All modules of this binary, the platform's own first (src/modules.c); NULL-terminated, stays
 * alive. main hands it down before anything else; all of them are enabled then. */
void registry_link(const struct module *const *linked);
const struct module *const *registry_linked(void);

/* Enables the platform and those whose names `list` holds ("users, auth"), in the order of their
 * start; all for NULL and "". Unknown names are passed over: start.c checks the list first. */
void registry_enable(const char *list);
/* Enables the platform and the modules of `list`, NULL-terminated, which stays alive. */
void registry_set(const struct module *const *list);
const struct module *const *registry_modules(void);
const struct module *registry_find(const char *name);

/* Of the module that knows who belongs to an organisation; NULL: none does. */
const struct authorizer *registry_authorizer(void);

/* The permission of this name in the modules' tables of members, or of staff: none is in both kinds
 * of table. NULL: there is none, or `name` is NULL. */
const struct permission *registry_permission(const char *name, bool of_staff);
/* Is it one of the permission's roles? Never of NULL. */
bool permission_is_held(const struct permission *p, const char *role);

/* Does `role` hold `permission`, by the modules' permission tables? */
bool registry_role_may(const char *role, const char *permission);
/* The same of staff, by the modules' staff_permissions. */
bool registry_staff_may(const char *staff_role, const char *permission);

/* A sentence for each role that a table of permissions names and nobody declares, and for each
 * permission that two tables have; false when there was any. */
bool permissions_check(const struct module *const *modules, struct buf *problems);

/* Why support views cannot be shown, a sentence each; false when there was any. */
bool support_views_check(const struct module *const *modules, struct buf *problems);
