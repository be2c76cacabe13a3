/* Loaded values of the settings. */
#include "values.h"
#include "base/memory.h"
#include "settings_check.h"
#include "load.h"
#include <ashlar/log.h>
#include <sodium.h>

/* Every returned text stays allocated: callers keep the pointers until exit. */
struct kept {
    struct kept *next;
    char text[];
};

static enum environment current_env = ENV_PRODUCTION; /* before loading, the strictest */
static struct value *table;                           /* sorted by the setting's address */
static size_t n_values;
static struct kept *kept_texts;

static const char *keep_plain(const char *text)
{
    size_t size = strlen(text) + 1;
    struct kept *k = memory_alloc(sizeof *k + size);
    memcpy(k->text, text, size);
    k->next = kept_texts;
    kept_texts = k;
    return k->text;
}

/* Surrounded by guard pages, never swapped, excluded from core dumps. */
static const char *keep_secret(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = sodium_init() < 0 ? NULL : sodium_malloc(size);
    if (!copy)
        memory_abort("config.memory_exhausted", size, 0);
    memcpy(copy, text, size);
    sodium_mprotect_readonly(copy);
    return copy;
}

static const char *keep(const struct setting *s, const char *text)
{
    if (!text)
        return NULL;
    return s->secret ? keep_secret(text) : keep_plain(text);
}

static int by_address(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct value *)a)->setting;
    uintptr_t right = (uintptr_t)((const struct value *)b)->setting;
    return (left > right) - (left < right);
}

void values_set(enum environment env, const struct value *values, size_t n)
{
    struct value *fresh = memory_alloc(n * sizeof *fresh);
    for (size_t i = 0; i < n; i++) {
        fresh[i] = values[i];
        fresh[i].text = keep(values[i].setting, values[i].text);
    }
    qsort(fresh, n, sizeof *fresh, by_address);
    free(table);
    table = fresh;
    n_values = n;
    current_env = env;
}

static struct value *find(const struct setting *s)
{
    const struct value wanted = { .setting = s };
    return n_values ? bsearch(&wanted, table, n_values, sizeof *table, by_address) : NULL;
}

const struct value *values_find(const struct setting *s)
{
    return find(s);
}

static const struct value *declared(const struct setting *s)
{
    const struct value *v = find(s);
    if (!v) {
        log_error(NULL, "config.undeclared_setting", log_text("setting", s->name));
        abort();
    }
    return v;
}

enum environment config_environment(void)
{
    return current_env;
}

bool config_is_local(void)
{
    return (current_env & ENV_LOCAL) != 0;
}

const char *setting_text(const struct setting *s)
{
    return declared(s)->text;
}

int64_t setting_int(const struct setting *s)
{
    return declared(s)->number;
}

bool setting_bool(const struct setting *s)
{
    return declared(s)->number != 0;
}

void config_override(const struct setting *s, const char *value)
{
    struct value *v = find(s);
    struct buf why;
    buf_init(&why, NULL, 1024);
    if (!v || (value && !setting_check(s, current_env, value, &v->number, &why))) {
        log_error(NULL, "config.override_rejected", log_text("setting", s->name),
            log_text("why", v ? why.data : "not declared by a loaded module"));
        abort();
    }
    if (!value)
        v->number = 0;
    v->text = keep(s, value);
    v->source = value ? SOURCE_ENVIRONMENT : SOURCE_UNSET;
    buf_release(&why);
}
