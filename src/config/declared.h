/* All declared settings, the platform's first. */
#pragma once
#include <ashlar/arena.h>
#include <ashlar/module.h>

struct declared {
    const struct module *owner; /* NULL: the platform */
    const struct setting *setting;
};

struct declared_list {
    struct declared *rows;
    size_t n;
};

/* `modules` may or may not name the platform itself. */
void declared_collect(
    struct arena *a, const struct module *const *modules, struct declared_list *out);
