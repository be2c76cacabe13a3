/* Loading of all settings at start, with all problems reported together. */
#include "load.h"
#include "settings_check.h"
#include "declared.h"
#include "nearest.h"
#include "platform_settings.h"
#include "source.h"
#include <ashlar/text.h>

struct loading {
    struct sources from;
    struct declared_list all;
    struct value *values; /* one per declared setting */
    const char *modules;  /* ASHLAR_MODULES, NULL: all */
    struct buf *problems;
    struct buf why; /* scratch */
    size_t n_problems;
    bool env_given;
};

/* One line: setting, problem, cure. */
static void report(struct loading *l, const char *name, const char *repair)
{
    buf_printf(
        l->problems, "%s: %s%s%s\n", name, l->why.data, repair ? ". " : "", repair ? repair : "");
    buf_clear(&l->why);
    l->n_problems++;
}

/* The environment is read first, because it selects the rules. Unset means production, so that a
 * missing variable can only be too strict. False: the value is not an environment, and other
 * messages would not help. */
static bool load_environment(struct loading *l)
{
    const char *text;
    enum value_source source;
    l->from.env = ENV_PRODUCTION;
    if (!source_read(&l->from, &ASHLAR_ENV, &text, &source, &l->why)) {
        report(l, ASHLAR_ENV.name, NULL);
        return false;
    }
    l->env_given = text != NULL;
    if (!text || environment_parse(text, &l->from.env))
        return true;
    buf_printf(&l->why, "\"%.40s\" is not an environment", text);
    report(l, ASHLAR_ENV.name, "Use development, test, staging or production.");
    return false;
}

static bool is_enabled(const struct loading *l, const struct module *owner)
{
    if (!owner || !l->modules || !owner->name)
        return true;
    size_t size = strlen(owner->name);
    for (const char *at = l->modules; *(at += strspn(at, ", \t")); at += strcspn(at, ", \t"))
        if (strcspn(at, ", \t") == size && memcmp(at, owner->name, size) == 0)
            return true;
    return false;
}

static const char *fallback_of(const struct loading *l, const struct setting *s)
{
    bool local = (l->from.env & ENV_LOCAL) != 0;
    return local && s->fallback_local ? s->fallback_local : s->fallback;
}

static void report_missing(struct loading *l, const struct setting *s)
{
    buf_printf(&l->why, "must be set in %s", environment_name(l->from.env));
    report(l, s->name, s->doc);
}

static void load_one(struct loading *l, const struct declared *d, struct value *v)
{
    const struct setting *s = d->setting;
    v->setting = s;
    if (!source_read(&l->from, s, &v->text, &v->source, &l->why)) {
        report(l, s->name, NULL);
        return;
    }
    if (!v->text) {
        v->text = fallback_of(l, s);
        v->source = v->text ? SOURCE_DEFAULT : SOURCE_UNSET;
    }
    bool wanted = is_enabled(l, d->owner);
    if (!v->text && wanted && (s->required_in & l->from.env))
        report_missing(l, s);
    if (v->text && wanted && !setting_check(s, l->from.env, v->text, &v->number, &l->why))
        report(l, s->name, NULL);
    if (s == &ASHLAR_MODULES)
        l->modules = v->text;
}

/* Whether "NAME=…" names a setting or a setting's _FILE. */
static bool is_known(const struct declared_list *all, const char *name, size_t size)
{
    static const char suffix[] = "_FILE";
    size_t bare = size > 5 && memcmp(name + size - 5, suffix, 5) == 0 ? size - 5 : size;
    for (size_t i = 0; i < all->n; i++) {
        const char *known = all->rows[i].setting->name;
        size_t length = strlen(known);
        if ((length == size || length == bare) && memcmp(known, name, length) == 0)
            return true;
    }
    return false;
}

static void check_unknown(struct loading *l)
{
    for (char **at = l->from.environ_list; at && *at; at++) {
        size_t size = strcspn(*at, "=");
        if (!text_starts_with(*at, "ASHLAR_") || is_known(&l->all, *at, size))
            continue;
        const char *name = arena_strndup(l->from.arena, *at, size);
        const char *nearest = nearest_setting(&l->all, name);
        buf_text(&l->why, "unknown setting");
        report(l, name,
            nearest ? arena_printf(l->from.arena, "Did you mean %s?", nearest)
                    : "Unset it; `ashlar config show` lists all settings");
    }
}

static void check_twice(struct loading *l)
{
    for (size_t i = 0; i < l->all.n; i++)
        for (size_t j = 0; j < i; j++) {
            if (!text_equal(l->all.rows[i].setting->name, l->all.rows[j].setting->name))
                continue;
            buf_text(&l->why, "two modules declare this setting");
            report(l, l->all.rows[i].setting->name, "Rename one of them in the code");
        }
}

/* Advice on all lines above it, printed once. */
static void put_advice(const struct loading *l)
{
    buf_text(l->problems, "A value can also come from a file named by NAME_FILE or from a systemd "
                          "credential NAME.\n");
    if (!l->env_given)
        buf_text(l->problems, "ASHLAR_ENV is unset, which means production. On your own machine "
                              "set ASHLAR_ENV=development.\n");
}

bool config_load(const struct module *const *modules, char **environ_list, struct buf *problems)
{
    struct loading l = {
        .from = { .environ_list = environ_list, .arena = arena_new(0) },
        .problems = problems,
    };
    struct arena *a = l.from.arena;
    buf_init(&l.why, a, 1024);
    declared_collect(a, modules, &l.all);
    l.values = arena_array(a, l.all.n, sizeof *l.values);
    if (load_environment(&l)) {
        for (size_t i = 0; i < l.all.n; i++)
            load_one(&l, &l.all.rows[i], &l.values[i]);
        check_unknown(&l);
        check_twice(&l);
    }
    if (l.n_problems)
        put_advice(&l);
    else
        values_set(l.from.env, l.values, l.all.n);
    for (size_t i = 0; i < l.all.n; i++)
        if (l.all.rows[i].setting->secret)
            source_wipe(&l.from, l.all.rows[i].setting);
    arena_free(a);
    return !l.n_problems;
}

const char *config_next_stranger(
    struct arena *a, const struct module *const *modules, char **environ_list, size_t *at)
{
    struct declared_list all;

    declared_collect(a, modules, &all);
    while (environ_list[*at]) {
        const char *variable = environ_list[(*at)++];
        size_t size = strcspn(variable, "=");
        if (text_starts_with(variable, "DATABASE_") && variable[size] == '=' &&
            variable[size + 1] != '\0' && !is_known(&all, variable, size))
            return arena_strndup(a, variable, size);
    }
    return NULL;
}
