/* The enabled modules, in start order. Set once before threads start; knows only struct module. */
#pragma once
#include <ashlar/module.h>

/* All modules linked into this binary (src/modules.c), NULL-terminated. */
extern const struct module *const modules_linked[];

/* The platform itself as a module: its queries, settings, jobs, metrics, probes. First in every
 * list. */
extern const struct module platform_module;

/* `list` is NULL-terminated and stays alive; by default modules_linked. Tests may pass fewer. */
void registry_set(const struct module *const *list);
/* Of modules_linked those whose names `list` holds ("users, auth"), in their own order; all for
 * NULL and "". Names it does not know it passes over: who takes a list from outside checks them. */
void registry_enable(const char *list);
const struct module *const *registry_modules(void);
const struct module *registry_find(const char *name);

/* Of the module that knows who belongs to an organisation; NULL: none does. */
const struct authorizer *registry_authorizer(void);

/* Does `role` hold `permission`, by the modules' permission tables? */
bool registry_role_may(const char *role, const char *permission);
bool registry_permission_exists(const char *permission);

/* The same of staff, by the modules' staff_permissions: no permission is in both kinds of table. */
bool registry_staff_may(const char *staff_role, const char *permission);
bool registry_staff_permission_exists(const char *permission);

/* A sentence for each role that a table of permissions names and nobody declares, and for each
 * permission that two tables have; false when there was any. */
bool permissions_check(const struct module *const *modules, struct buf *problems);

/* Why views of cases cannot be shown, a sentence each; false when there was any. */
bool case_views_check(const struct module *const *modules, struct buf *problems);
