/* Flag rules of operators, and the explanation of flag values. */
#include "db/tx.h"
#include "flag_sql.h"
#include "flags.h"
#include "module/registry.h"
#include <ashlar/audit.h>
#include <ashlar/db.h>
#include <ashlar/log.h>
#include <ashlar/text.h>

enum { ANSWERS_MAX = 1024 * 1024 };

const struct error_kind FLAG_TOO_MANY_TARGETS = { "flags/too-many-targets", 409,
    "Too many flag targets", "Use the rollout, a permission or a plan instead of single targets." };

static const struct field flag_evaluation_fields[] = {
    TEXT(flag_evaluation, name, .doc = "Name of the flag"),
    TEXT(flag_evaluation, value, .doc = "Value of the flag", .empty = true),
    TEXT(flag_evaluation, reason, .one_of = "default|killed|target|rollout|outside",
        .doc = "Rule that determined the value"),
};
SHAPE(flag_evaluation);

static const struct field flag_target_fields[] = {
    TEXT(flag_target, subject, .doc = "Organisation or person that gets the value"),
    TEXT(flag_target, value, .doc = "Value of the flag for the target", .empty = true),
};
SHAPE(flag_target);

static const struct field flag_state_fields[] = {
    TEXT(flag_state, name, .doc = "Name of the flag in the code"),
    TEXT(flag_state, type, .one_of = "bool|text|int", .doc = "Type of the values"),
    TEXT(flag_state, doc, .doc = "Description of the feature that the flag switches"),
    TEXT(flag_state, owner, .optional = true, .doc = "Contact for questions about the flag"),
    TEXT(flag_state, expires, .optional = true,
        .doc = "Date by which the flag should be removed from the code"),
    TEXT(flag_state, fallback, .doc = "Default value, compiled into the binary", .empty = true),
    BOOL(flag_state, killed,
        .doc = "Whether the flag is off for all, regardless of rollout and targets"),
    INT(flag_state, rollout,
        .doc = "Share of organisations that get the value, in hundredths of a per cent"),
    TEXT(flag_state, value, .optional = true,
        .doc = "Value for the organisations of the rollout. Null is on.", .empty = true),
    INT(flag_state, target_count,
        .doc = "Number of organisations and persons with a separate value"),
    LIST(flag_state, targets, flag_target, .max = LIMIT_FLAG_TARGETS, .optional = true,
        .doc = "Organisations and persons with a separate value. Null in lists of flags."),
    INT(flag_state, version, .etag = true,
        .doc = "Version, incremented by each change. 0: never changed."),
    TIME(flag_state, updated_at, .optional = true, .doc = "Time of the last change"),
};
SHAPE(flag_state);

struct stated {
    const char *name;
    int64_t rollout;
    bool killed;
    const char *value;
    int64_t version, targets;
    struct instant updated_at;
};
static const struct field stated_fields[] = {
    TEXT(stated, name),
    INT(stated, rollout),
    BOOL(stated, killed),
    TEXT(stated, value, .optional = true),
    INT(stated, version),
    INT(stated, targets),
    TIME(stated, updated_at),
};
static SHAPE(stated);

/* State in audit rows: the change itself, without the targets. */
struct flag_said {
    const char *name;
    bool killed;
    int64_t rollout;
    const char *value;
};
static const struct field flag_said_fields[] = {
    TEXT(flag_said, name),
    BOOL(flag_said, killed),
    INT(flag_said, rollout),
    TEXT(flag_said, value, .optional = true),
};
static SHAPE(flag_said);

struct flag_aimed {
    const char *name, *subject;
    const char *value; /* NULL: not a target */
};
static const struct field flag_aimed_fields[] = {
    TEXT(flag_aimed, name),
    TEXT(flag_aimed, subject),
    TEXT(flag_aimed, value, .optional = true),
};
static SHAPE(flag_aimed);

struct aimed {
    struct uuid subject;
    const char *subject_kind, *value;
};
static const struct field aimed_fields[] = {
    ID(aimed, subject, ""),
    TEXT(aimed, subject_kind),
    TEXT(aimed, value),
};
static SHAPE(aimed);

/* --- Iteration over all flags --- */

struct flag_walk {
    const struct module *const *module;
    size_t next;
};

static const struct flag *next_flag(struct flag_walk *w)
{
    for (; *w->module != NULL; w->module++, w->next = 0) {
        const struct flag *const *flags = (*w->module)->flags;
        if (flags != NULL && flags[w->next] != NULL)
            return flags[w->next++];
    }
    return NULL;
}

static size_t count_flags(void)
{
    struct flag_walk w = { .module = registry_modules() };
    size_t n = 0;

    while (next_flag(&w) != NULL)
        n++;
    return n;
}

static const struct flag *find_flag(const char *name)
{
    struct flag_walk w = { .module = registry_modules() };
    const struct flag *f;

    while ((f = next_flag(&w)) != NULL && !text_equal(f->name, name))
        ;
    return f;
}

static const char *fallback_of(struct arena *a, const struct flag *f)
{
    if (f->type == FLAG_TEXT)
        return f->fallback_text;
    if (f->type == FLAG_INT)
        return arena_printf(a, "%lld", (long long)f->fallback_int);
    return f->fallback ? "true" : "false";
}

/* --- Evaluation --- */

static struct flag_evaluation answer_of(
    struct arena *a, const struct flag *f, struct uuid org, struct uuid person)
{
    struct flag_evaluation answer = { .name = f->name };

    answer.value = flag_value(a, f, org, person, &answer.reason);
    if (answer.value == NULL)
        answer.value = fallback_of(a, f);
    return answer;
}

void flag_explain(const struct ctx *c, struct uuid org, struct uuid person,
    const struct flag_evaluation **out, size_t *n)
{
    struct flag_walk w = { .module = registry_modules() };
    struct flag_evaluation *all = arena_array(c->arena, count_flags(), sizeof *all);
    const struct flag *f;

    for (*n = 0; (f = next_flag(&w)) != NULL; (*n)++)
        all[*n] = answer_of(c->arena, f, org, person);
    *out = all;
}

const char *flag_answers(const struct ctx *c)
{
    struct flag_walk w = { .module = registry_modules() };
    const struct flag *f;
    const char *between = "{";
    struct buf b;

    buf_init(&b, c->arena, ANSWERS_MAX);
    while ((f = next_flag(&w)) != NULL) {
        if (!f->shown)
            continue;
        struct flag_evaluation answer = answer_of(c->arena, f, c->org, c->actor.person);
        buf_text(&b, between);
        buf_json_text(&b, f->name);
        buf_char(&b, ':');
        if (f->type == FLAG_TEXT)
            buf_json_text(&b, answer.value);
        else
            buf_text(&b, answer.value);
        between = ",";
    }
    buf_text(&b, *between == '{' ? "{}" : "}");
    if (!buf_is_full(&b))
        return b.data;
    log_error(c, "flags.values_size_exceeded", log_int("most", ANSWERS_MAX));
    return "{}";
}

/* --- Queries of operators --- */

static const char *type_word(enum flag_type type)
{
    static const char *const words[] = { "bool", "text", "int" };
    return words[type];
}

/* `said` NULL: no row is stored. The state is then that of a rule that repeats the default. */
static void fill_state(
    struct ctx *c, const struct flag *f, const struct stated *said, struct flag_state *out)
{
    *out = (struct flag_state){ .name = f->name,
        .type = type_word(f->type),
        .doc = f->doc,
        .owner = f->owner,
        .expires = f->expires,
        .fallback = fallback_of(c->arena, f),
        .rollout = f->type == FLAG_BOOL && f->fallback ? FLAG_EVERYBODY : 0 };
    if (said == NULL)
        return;
    out->killed = said->killed;
    out->rollout = said->rollout;
    out->value = said->value;
    out->version = said->version;
    out->target_count = said->targets;
    out->updated_at = said->updated_at;
}

static err load_targets(struct ctx *c, struct flag_state *state)
{
    const struct aimed *aimed;
    struct flag_target *targets;
    size_t n;

    TRY(db_list(c, &SQL_flag_targets, aimed, &aimed, &n, ARGS(ARG(state->name))));
    targets = arena_array(c->arena, n, sizeof *targets);
    for (size_t i = 0; i < n; i++) {
        targets[i].subject = typeid_text(c->arena, aimed[i].subject_kind, aimed[i].subject);
        targets[i].value = aimed[i].value;
    }
    state->targets = targets;
    state->n_targets = n;
    return NULL;
}

static const struct stated *find_stated(const struct stated *all, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(all[i].name, name))
            return &all[i];
    }
    return NULL;
}

err flag_list(struct ctx *c, const struct flag_state **out, size_t *n)
{
    struct flag_walk w = { .module = registry_modules() };
    size_t n_all = count_flags(), n_said, i = 0;
    struct flag_state *all = arena_array(c->arena, n_all, sizeof *all);
    const struct flag *f;
    const struct stated *said;

    TRY(db_list(c, &SQL_flag_all_stated, stated, &said, &n_said, NO_ARGS));
    for (; (f = next_flag(&w)) != NULL; i++)
        fill_state(c, f, find_stated(said, n_said, f->name), &all[i]);
    *out = all;
    *n = n_all;
    return NULL;
}

static err require_flag(struct ctx *c, const char *name, const struct flag **out)
{
    *out = find_flag(name);
    return *out != NULL ? NULL
                        : problem(c, &ERR_NOT_FOUND, NULL, "No enabled module declares this flag.");
}

static err read_state(struct ctx *c, const struct flag *f, struct flag_state *out)
{
    struct stated said;
    bool found;

    TRY(db_maybe(c, &SQL_flag_stated, stated, &said, &found, ARGS(ARG(f->name))));
    fill_state(c, f, found ? &said : NULL, out);
    return load_targets(c, out);
}

err flag_get(struct ctx *c, const char *name, struct flag_state *out)
{
    const struct flag *f;

    TRY(require_flag(c, name, &f));
    return read_state(c, f, out);
}

/* --- Changes by operators --- */

/* Creates the flag's row if missing, locks it, and returns its state. */
static err lock_state(
    struct ctx *c, const char *name, const struct flag **f, struct flag_state *before)
{
    struct stated said;
    int64_t rollout;

    TRY(require_flag(c, name, f));
    rollout = (*f)->type == FLAG_BOOL && (*f)->fallback ? FLAG_EVERYBODY : 0;
    TRY(db_one(c, &SQL_flag_lock, stated, &said, ARGS(ARG(name), ARG(rollout))));
    fill_state(c, *f, &said, before);
    return load_targets(c, before);
}

err flag_lock(struct ctx *c, const char *name, struct flag_state *out)
{
    const struct flag *f;

    return lock_state(c, name, &f, out);
}

static err note_change(
    struct ctx *c, const struct flag_state *before, const struct flag_state *after)
{
    const struct flag_said was = { before->name, before->killed, before->rollout, before->value };
    const struct flag_said is = { after->name, after->killed, after->rollout, after->value };

    return audit(c, "platform.flag_changed", "flag", UUID_NIL, flag_said, &was, &is);
}

static err check_value(struct ctx *c, const struct flag *f, const char *value)
{
    if (flag_may_have(f, value))
        return NULL;
    if (f->type == FLAG_BOOL)
        return problem(c, &ERR_INVALID, "value", "This flag is true or false.");
    if (f->type == FLAG_INT)
        return problem(c, &ERR_INVALID, "value", "This flag is a whole number%s.",
            f->min || f->max
                ? arena_printf(c->arena, " from %lld to %lld", (long long)f->min, (long long)f->max)
                : "");
    return problem(c, &ERR_INVALID, "value", "This flag is one of %s.", f->one_of);
}

static err check_change(struct ctx *c, const struct flag *f, const struct flag_change *change)
{
    if (change->value != NULL)
        return check_value(c, f, change->value);
    if (f->type == FLAG_BOOL || change->rollout == 0)
        return NULL;
    return problem(c, &ERR_INVALID, "value", "Set the value of the rollout.");
}

err flag_set(
    struct ctx *c, const char *name, const struct flag_change *change, struct flag_state *out)
{
    struct flag_state before;
    const struct flag *f;

    TRY(lock_state(c, name, &f, &before));
    TRY(check_change(c, f, change));
    TRY(db_exec_one(c, &SQL_flag_update,
        ARGS(ARG(name), ARG(change->killed), ARG(change->rollout), ARG(change->value))));
    TRY(read_state(c, f, out));
    return note_change(c, &before, out);
}

static err add_target(
    struct ctx *c, const struct flag *f, const char *prefix, struct uuid subject, const char *value)
{
    int64_t n;

    TRY(check_value(c, f, value));
    TRY(db_exec(c, &SQL_flag_aim, ARGS(ARG(f->name), ARG(subject), ARG(prefix), ARG(value))));
    TRY(db_int(c, &SQL_flag_count_targets, &n, ARGS(ARG(f->name))));
    if (n > LIMIT_FLAG_TARGETS)
        return problem(
            c, &FLAG_TOO_MANY_TARGETS, NULL, "A flag has at most %d targets.", LIMIT_FLAG_TARGETS);
    TRY(db_int(c, &SQL_flag_count_all_targets, &n, ARGS(ARG((int)LIMIT_ALL_TARGETS + 1))));
    if (n > LIMIT_ALL_TARGETS)
        return problem(c, &FLAG_TOO_MANY_TARGETS, NULL,
            "All flags together have at most %d targets.", LIMIT_ALL_TARGETS);
    return NULL;
}

static const char *value_of_target(const struct flag_state *state, const char *subject)
{
    for (size_t i = 0; i < state->n_targets; i++) {
        if (text_equal(state->targets[i].subject, subject))
            return state->targets[i].value;
    }
    return NULL;
}

static err note_aim(struct ctx *c, const struct flag_state *before, const char *prefix,
    struct uuid subject, const char *value)
{
    const char *text = typeid_text(c->arena, prefix, subject);
    const struct flag_aimed was = { before->name, text, value_of_target(before, text) };
    const struct flag_aimed is = { before->name, text, value };

    return audit(c, "platform.flag_aimed", prefix, subject, flag_aimed, &was, &is);
}

err flag_aim(struct ctx *c, const char *name, const char *prefix, struct uuid subject,
    const char *value, struct flag_state *out)
{
    struct flag_state before;
    const struct flag *f;

    TRY(lock_state(c, name, &f, &before));
    if (value == NULL)
        TRY(db_exec_one(c, &SQL_flag_unaim, ARGS(ARG(name), ARG(subject))));
    else
        TRY(add_target(c, f, prefix, subject, value));
    TRY(db_exec_one(c, &SQL_flag_touch, ARGS(ARG(name))));
    TRY(note_aim(c, &before, prefix, subject, value));
    return read_state(c, f, out);
}
