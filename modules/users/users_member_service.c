/* Rules of membership and roles. */
#include "users_internal.h"

bool users__is_owner(const char *role)
{
    return text_equal(role, "owner");
}

err users_lock_authority(struct ctx *c, enum users_purpose purpose)
{
    const bool by_key = c->actor.kind == ACTOR_KEY;
    const char *role = by_key ? c->maker_role : c->role;
    struct users_member_event self;
    bool suspended;
    err failed;

    TRY(users__lock_org(c, &suspended));
    if (role == NULL) /* the system or staff act, not a member */
        return NULL;
    if (suspended && purpose != USERS_TAKE_AWAY)
        return users__org_is_suspended(c);
    failed = users__lock_member(c, by_key ? c->actor.maker : c->actor.person, &self);
    if (failed == &ERR_NOT_FOUND || (failed == NULL && !text_equal(self.role, role)))
        return problem(c, &ERR_CONFLICT, NULL, "%s changed while the request was running. Retry.",
            by_key ? "The role of this key's creator" : "Your own role");
    return failed;
}

err users__check_grant(struct ctx *c, const char *role)
{
    const char *lacking = ctx_lacks(c, role);

    if (lacking != NULL)
        return problem(c, &USERS_ROLE_NOT_ALLOWED, "role",
            "The role %s holds the permission %s, which %s not.", role, lacking,
            c->actor.kind == ACTOR_KEY ? "this API key does" : "you do");
    if (users__is_owner(role) && c->actor.kind == ACTOR_KEY)
        return problem(c, &USERS_ROLE_NOT_ALLOWED, "role",
            "API keys cannot create, change or remove owners, regardless of their scopes.");
    return NULL;
}

err users_list_members(struct ctx *c, const struct page_in *page, struct users_member_list *out)
{
    return users__list_members(c, page, out);
}

/* `before` or `after` is NULL when the person is no member before or after. */
err users__publish_member_event(struct ctx *c, const EVENT(users_member_event) * kind,
    const struct users_member_event *before, const struct users_member_event *after)
{
    const struct users_member_event *now = after != NULL ? after : before;

    TRY(audit(c, kind->kind.name, "person", now->person_id, users_member_event, before, after));
    return event_publish(c, kind, c->org, now);
}

/* Owners are warned while the affected owner is still one of them. */
static err change_role(
    struct ctx *c, const struct users_member_event *before, const struct users_member_event *after)
{
    struct users_member member;

    if (users__is_owner(before->role) || users__is_owner(after->role))
        TRY(ctx_require_sudo(c));
    TRY(users__get_member(c, before->person_id, &member));
    if (users__is_owner(before->role))
        TRY(users_warn_owners(c, USERS_OWNER_DEMOTED, member.name));
    TRY(users__set_member_role(c, after->person_id, after->role));
    if (users__is_owner(after->role))
        TRY(users_warn_owners(c, USERS_OWNER_MADE, member.name));
    return users__publish_member_event(c, &USERS_ROLE_CHANGED, before, after);
}

err users_set_role(struct ctx *c, struct uuid person, const char *role, struct users_member *out)
{
    struct users_member_event before, after = { .person_id = person, .role = role };
    struct users_member member;

    /* Allowed in a suspended organisation: its last owner needs another owner in order to leave. */
    TRY(users_lock_authority(c, users__is_owner(role) ? USERS_TAKE_AWAY : USERS_CHANGE));
    TRY(users__lock_member(c, person, &before));
    TRY(users__check_grant(c, before.role));
    TRY(users__check_grant(c, role));
    if (!text_equal(before.role, role))
        TRY(change_role(c, &before, &after));
    TRY(users__get_member(c, person, &member));

    *out = member;
    return NULL;
}

static err warn_of_removal(struct ctx *c, const struct users_member_event *before)
{
    struct users_member member;

    TRY(ctx_require_sudo(c));
    TRY(users__get_member(c, before->person_id, &member));
    return users_warn_owners(c, USERS_OWNER_REMOVED, member.name);
}

err users_remove_member(struct ctx *c, struct uuid person, struct users_member_removal *out)
{
    const bool leaves = uuid_equal(person, c->actor.person);
    struct users_member_event before;
    struct users_member_removal left;

    if (!leaves)
        TRY(ctx_require(c, "users.manage_members"));
    TRY(users_lock_authority(c, leaves ? USERS_TAKE_AWAY : USERS_CHANGE));
    TRY(users__lock_member(c, person, &before));
    TRY(users__check_grant(c, before.role));
    if (users__is_owner(before.role))
        TRY(warn_of_removal(c, &before));
    TRY(access_keys_of(c, person, &left.orphaned_keys, &left.n_orphaned_keys));
    TRY(users__delete_member(c, person));
    TRY(users_warn_of_orphans(c, left.orphaned_keys, left.n_orphaned_keys, person));
    TRY(users__publish_member_event(c, &USERS_MEMBER_REMOVED, &before, NULL));

    *out = left;
    return NULL;
}
