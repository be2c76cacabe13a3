/* The linked and the enabled modules, in start order. Set once before threads start. */
#pragma once
#include <ashlar/module.h>

/* All modules of this binary, the platform's own first (src/modules.c). NULL-terminated, must stay
 * valid. main calls it first. All of them are then enabled. */
void registry_link(const struct module *const *linked);
const struct module *const *registry_linked(void);

/* Enables the platform and the modules named in `list` ("users, auth"), in start order. NULL and ""
 * enable all. Unknown names are ignored: start.c checks the list first. */
void registry_enable(const char *list);
/* Enables the platform and the modules of `list`, which is NULL-terminated and must stay valid. */
void registry_set(const struct module *const *list);
const struct module *const *registry_modules(void);
const struct module *registry_find(const char *name);

/* The authorizer of the module that manages members. NULL: no module does. */
const struct authorizer *registry_authorizer(void);

/* The permission of this name in the modules' tables of members, or of staff. No name is in both
 * kinds of table. NULL: there is none, or `name` is NULL. */
const struct permission *registry_permission(const char *name, bool of_staff);
/* Whether it is one of the permission's roles. False for NULL. */
bool permission_is_held(const struct permission *p, const char *role);

/* Whether `role` has `permission`, by the modules' permission tables. */
bool registry_role_may(const char *role, const char *permission);
/* The same for staff, by the modules' staff_permissions. */
bool registry_staff_may(const char *staff_role, const char *permission);

/* Writes a sentence for each undeclared role in a table of permissions, and for each permission in
 * two tables. False when there was any. */
bool permissions_check(const struct module *const *modules, struct buf *problems);

/* Writes a sentence for each invalid support view. False when there was any. */
bool support_views_check(const struct module *const *modules, struct buf *problems);
