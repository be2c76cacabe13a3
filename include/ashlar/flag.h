/*
 * flag — feature flags, evaluated in the process from a snapshot. Evaluation never fails: while the
 * database is unreachable it uses the last snapshot, or the compiled-in default. Every process
 * applies a change within a second. Threads: any.
 *
 * The first applicable rule decides:
 *   no rule     nothing is stored: the default
 *   killed      off. For text and int: the default
 *   target      the value set for c's organisation, else for its person
 *   rollout     a share of organisations (without one: of persons), in hundredths of a per cent:
 *               the rule's value, or on. The selection is stable, and raising the share only adds
 *               to it. Outside the share: off. For text and int: the default
 *
 * Home: flag.c and flag_rules.c.
 */
#pragma once
#include "limits.h"
#include "shape.h"

struct ctx;

enum flag_type { FLAG_BOOL, FLAG_TEXT, FLAG_INT };
enum { FLAG_EVERYBODY = 10000 };

struct flag {
    const char *name; /* "users.bulk_invite" */
    const char *doc;
    const char *owner;
    const char *expires; /* "2027-06-30": planned removal from the code */
    bool shown;          /* visible to front ends: GET /v1/me?include=flags */
    enum flag_type type;
    bool fallback;             /* FLAG_BOOL: the default */
    const char *fallback_text; /* FLAG_TEXT: the default, not NULL */
    const char *one_of;        /* FLAG_TEXT: "small|large". NULL: any text */
    int64_t fallback_int;      /* FLAG_INT: the default */
    int64_t min, max;          /* FLAG_INT. Both 0: any */
};

/* Value of a flag of that type. The text is in c's arena. */
PUBLIC bool flag_bool(const struct ctx *c, const struct flag *f);
PUBLIC const char *flag_text(const struct ctx *c, const struct flag *f);
PUBLIC int64_t flag_int(const struct ctx *c, const struct flag *f);

/* The shown flags of all enabled modules for c, as one JSON object: {"users.bulk_invite":true}. */
PUBLIC const char *flag_answers(const struct ctx *c);

/* --- Operators' view. Values are text: "true", "42", "large". --- */

struct flag_evaluation {
    const char *name, *value;
    const char *reason; /* default|killed|target|rollout|outside */
};
PUBLIC extern const struct shape flag_evaluation_shape;

/* Every declared flag for an organisation, a person or (both nil) neither, by this process's
 * snapshot. */
PUBLIC void flag_explain(const struct ctx *c, struct uuid org, struct uuid person,
    const struct flag_evaluation **out, size_t *n);

struct flag_target {
    const char *subject; /* "org_…" or "person_…" */
    const char *value;
};
PUBLIC extern const struct shape flag_target_shape;

struct flag_state {
    const char *name, *type, *doc, *owner, *expires;
    const char *fallback;
    bool killed;
    int64_t rollout;   /* 0 … FLAG_EVERYBODY */
    const char *value; /* value inside the rollout. NULL: on */
    int64_t target_count;
    const struct flag_target *targets; /* NULL in flag_list: use flag_get */
    size_t n_targets;
    int64_t version; /* 0: nothing is stored */
    struct instant updated_at;
};
PUBLIC extern const struct shape flag_state_shape;

/*
 * Requires an open transaction as ashlar_system (a staff route, a command). A change writes its
 * audit row. Errors: ERR_NOT_FOUND when no enabled module declares the flag, ERR_INVALID on "value"
 * when the flag does not allow it, FLAG_TOO_MANY_TARGETS.
 */
PUBLIC CHECKED err flag_list(struct ctx *c, const struct flag_state **out, size_t *n);
PUBLIC CHECKED err flag_get(struct ctx *c, const char *name, struct flag_state *out);
/* As flag_get, with a lock against other changes until the transaction ends. */
PUBLIC CHECKED err flag_lock(struct ctx *c, const char *name, struct flag_state *out);

struct flag_change {
    bool killed;
    int64_t rollout;
    const char *value; /* NULL: on. Required for text and int unless the rollout is 0 */
};
PUBLIC CHECKED err flag_set(
    struct ctx *c, const char *name, const struct flag_change *change, struct flag_state *out);

/* `prefix` is "org" or "person". `value` NULL removes the target. */
PUBLIC CHECKED err flag_aim(struct ctx *c, const char *name, const char *prefix,
    struct uuid subject, const char *value, struct flag_state *out);

PUBLIC extern const struct error_kind FLAG_TOO_MANY_TARGETS; /* 409 flag-too-many-targets */
