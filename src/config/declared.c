/* All declared settings, the platform's first. */
#include "declared.h"
#include "load.h"

static size_t count(const struct setting *const *list)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    return n;
}

static void append(
    struct declared_list *out, const struct module *owner, const struct setting *const *list)
{
    for (; list && *list; list++)
        out->rows[out->n++] = (struct declared){ owner, *list };
}

void declared_collect(
    struct arena *a, const struct module *const *modules, struct declared_list *out)
{
    size_t total = count(platform_settings);
    for (const struct module *const *m = modules; *m; m++)
        total += count((*m)->settings);
    out->rows = arena_array(a, total, sizeof *out->rows);
    out->n = 0;
    append(out, NULL, platform_settings);
    for (const struct module *const *m = modules; *m; m++)
        if ((*m)->settings != platform_settings)
            append(out, *m, (*m)->settings);
}
