/* Rules about who belongs to an organisation, and how somebody is invited. Knows no HTTP, no SQL.
 */
#include "users_internal.h"

enum { INVITATION_DAYS = 7, INVITATIONS_MAX = 100 };

/* Changes of one organisation's members follow each other. Who waited here may have been changed by
 * who went before: nobody goes on with a role that is gone. */
static err lock_members(struct ctx *c)
{
    struct users_member_event self;
    err failed;

    TRY(users__lock_org(c));
    if (c->role == NULL) /* no member's doing: an API key's, the system's */
        return NULL;
    failed = users__lock_member(c, c->actor.person, &self);
    if (failed == &ERR_NOT_FOUND || (failed == NULL && !text_equal(self.role, c->role)))
        return problem(c, &ERR_CONFLICT, NULL, "Your own role changed meanwhile; try again.");
    return failed;
}

/* May who acts grant or take away this role? */
static err check_rank(struct ctx *c, const char *role)
{
    if (!text_equal(role, "owner") || text_equal(c->role, "owner"))
        return NULL;
    return problem(
        c, &USERS_ROLE_ABOVE_OWN, "role", "Only an owner makes, changes or removes owners.");
}

const struct entitlement USERS_SEATS = {
    .name = "users.seats",
    .doc = "Members; open invitations do not count",
    .kind = ENTITLEMENT_LIMIT,
};

/* In a statement of its own after the lock: it sees the seats others took while we waited. */
static err require_seats(struct ctx *c)
{
    int64_t members;

    TRY(users__count_members(c, &members));
    return entitlement_require(c, &USERS_SEATS, members);
}

err users_list_members(struct ctx *c, const struct page_in *page, struct users_member_list *out)
{
    return users__list_members(c, page, out);
}

/* Audit row and event of one changed membership; `before` or `after` is NULL when there was none or
 * is none any more. */
static err tell_of_member(struct ctx *c, const EVENT(users_member_event) * kind,
    const struct users_member_event *before, const struct users_member_event *after)
{
    const struct users_member_event *now = after != NULL ? after : before;

    TRY(audit(c, kind->kind.name, "person", now->person_id, users_member_event, before, after));
    return event_publish(c, kind, c->org, now);
}

err users_set_role(struct ctx *c, struct uuid person, const char *role, struct users_member *out)
{
    struct users_member_event before, after = { .person_id = person, .role = role };
    struct users_member member;

    TRY(lock_members(c));
    TRY(users__lock_member(c, person, &before));
    TRY(check_rank(c, before.role));
    TRY(check_rank(c, role));
    if (!text_equal(before.role, role)) {
        TRY(users__set_member_role(c, person, role));
        TRY(tell_of_member(c, &USERS_ROLE_CHANGED, &before, &after));
    }
    TRY(users__get_member(c, person, &member));

    *out = member;
    return NULL;
}

err users_remove_member(struct ctx *c, struct uuid person)
{
    struct users_member_event before;

    if (!uuid_equal(person, c->actor.person))
        TRY(ctx_require(c, "users.manage_members"));
    TRY(lock_members(c));
    TRY(users__lock_member(c, person, &before));
    TRY(check_rank(c, before.role));
    TRY(users__delete_member(c, person));
    return tell_of_member(c, &USERS_MEMBER_REMOVED, &before, NULL);
}

static err tell_of_invitation(
    struct ctx *c, const struct users_invitation *invitation, const char *token)
{
    struct users_person inviter = { .name = NULL };
    struct users_org org;

    TRY(users__get_org(c, &org));
    if (c->actor.kind == ACTOR_PERSON)
        TRY(users__get_person(c, &inviter));
    TRY(audit(
        c, "users.invited", "invitation", invitation->id, users_invitation, NULL, invitation));
    return event_publish(c, &USERS_INVITED, invitation->id,
        &(struct users_invited_event){
            .invitation_id = invitation->id,
            .org_name = org.name,
            .inviter_name = inviter.name ? inviter.name : org.name,
            .email = invitation->email,
            .role = invitation->role,
            .token = token,
            .expires_at = invitation->expires_at,
        });
}

/* Each invitation is a mail to a stranger: how many one organisation has open is bounded. With the
 * organisation locked, many at once are counted one after the other. */
static err check_room(struct ctx *c)
{
    int64_t open;

    TRY(users__count_open_invitations(c, &open));
    if (open < INVITATIONS_MAX)
        return NULL;
    return problem(c, &USERS_TOO_MANY_INVITATIONS, NULL, "%d invitations are open already.",
        (int)INVITATIONS_MAX);
}

err users_invite(struct ctx *c, const char *email, const char *role, struct users_invitation *out)
{
    const struct users__new_invitation in = {
        .email = email,
        .role = role,
        .token = secret_token(c->arena, "invitation"),
        .days = INVITATION_DAYS,
    };
    struct users_invitation invitation;
    bool is_member;

    TRY(lock_members(c));
    TRY(check_rank(c, role));
    TRY(users__is_member_address(c, email, &is_member));
    if (is_member)
        return problem(c, &USERS_ALREADY_MEMBER, "email", "This person is already a member.");
    TRY(check_room(c));
    TRY(users__insert_invitation(c, &in, &invitation));
    TRY(tell_of_invitation(c, &invitation, in.token));

    *out = invitation;
    return NULL;
}

err users_list_invitations(
    struct ctx *c, const struct page_in *page, struct users_invitation_list *out)
{
    return users__list_invitations(c, page, out);
}

err users_revoke_invitation(struct ctx *c, struct uuid id)
{
    struct users_invitation gone;

    TRY(users__delete_invitation(c, id, &gone));
    return audit(c, "users.invitation_revoked", "invitation", id, users_invitation, &gone, NULL);
}

static err find_invitation_for_me(struct ctx *c, const char *token, struct users__invited *out)
{
    struct users__invited invited;
    bool found;

    TRY(users__find_invitation(c, token, &invited, &found));
    if (!found)
        return problem(c, &USERS_INVITATION_INVALID, "token",
            "This invitation was used or withdrawn, or it has expired.");
    if (!text_equal(invited.email, c->actor.email))
        return problem(c, &USERS_INVITATION_FOR_OTHER, NULL,
            "Sign in with the address the invitation was sent to.");

    *out = invited;
    return NULL;
}

err users_accept_invitation(struct ctx *c, const char *token, struct users_org *out)
{
    struct users__invited invited;
    struct users_invitation taken;
    struct users_org org;
    err failed;

    TRY(find_invitation_for_me(c, token, &invited));
    TRY(tx_enter_org(c, invited.org_id));
    /* Held until commit: seats are taken one after the other, and who deletes the organisation sees
     * us, or we see it gone. */
    TRY(users__lock_org(c));
    failed = users__delete_invitation(c, invited.id, &taken);
    if (failed == &ERR_NOT_FOUND) /* somebody was faster with the same token */
        return problem(c, &USERS_INVITATION_INVALID, "token", "This invitation was used already.");
    TRY(failed);

    TRY(users__insert_member(c, c->actor.person, taken.role));
    TRY(require_seats(c));
    TRY(users__get_org(c, &org));
    TRY(tell_of_member(c, &USERS_MEMBER_ADDED, NULL,
        &(struct users_member_event){ .person_id = c->actor.person, .role = taken.role }));

    *out = org;
    return NULL;
}
