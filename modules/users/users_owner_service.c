/* Warnings to owners: one event for each owner, in the transaction of the change. */
#include "users_internal.h"

/* Of the acting member. Staff and the system have no name in the organisation. */
static err name_of_actor(struct ctx *c, const char **out)
{
    struct users_person self;
    err failed;

    *out = NULL;
    if (c->actor.kind != ACTOR_PERSON || c->staff_role != NULL)
        return NULL;
    failed = users__get_person(c, &self);
    if (failed == NULL)
        *out = self.name;
    return failed == &ERR_NOT_FOUND ? NULL : failed;
}

err users__warn_owners_except(
    struct ctx *c, const char *what, const char *about, struct uuid except)
{
    struct users_owner_warning warning = {
        .what = what,
        .about = about,
        .network = c->staff_role == NULL ? c->actor.network : NULL,
    };
    const struct users__owner *owners;
    size_t n;

    TRY(users__org_name(c, &warning.org_name));
    TRY(name_of_actor(c, &warning.by));
    TRY(users__list_owners(c, &owners, &n));
    if (n > USERS__OWNERS_WARNED_MAX) {
        log_warn(c, "users.owner_warnings_truncated", log_text("what", what),
            log_text("why", "the organisation has more than a hundred owners"));
        n = USERS__OWNERS_WARNED_MAX;
    }
    for (size_t i = 0; i < n; i++) {
        if (uuid_equal(owners[i].id, except))
            continue;
        warning.person_id = owners[i].id;
        warning.name = owners[i].name;
        warning.email = owners[i].email;
        TRY(event_publish(c, &USERS_OWNER_WARNED, owners[i].id, &warning));
    }
    return NULL;
}

err users_warn_owners(struct ctx *c, const char *what, const char *about)
{
    return users__warn_owners_except(c, what, about, UUID_NIL);
}

err users_warn_of_orphans(struct ctx *c, const struct access_key *keys, size_t n, struct uuid whose)
{
    enum { NAMED_MAX = 10, NAMES_SIZE = 8 * 1024 };
    struct buf names;

    if (n == 0)
        return NULL;
    buf_init(&names, c->arena, NAMES_SIZE);
    for (size_t i = 0; i < n && i < NAMED_MAX; i++)
        buf_printf(&names, "%s%s (…%s)", i > 0 ? ", " : "", text_in_mail(c->arena, keys[i].name),
            keys[i].hint);
    if (n > NAMED_MAX)
        buf_printf(&names, " and %zu more", n - NAMED_MAX);
    return users__warn_owners_except(c, USERS_KEYS_ORPHANED, names.data, whose);
}
