/* Rules of invitations. */
#include "users_internal.h"

enum { INVITATION_DAYS = 7, INVITATIONS_MAX = 100 };

const struct entitlement USERS_SEATS = {
    .name = "users.seats",
    .doc = "Members of the organisation. Pending invitations do not count.",
    .kind = ENTITLEMENT_LIMIT,
};

/* A separate statement after the lock: its snapshot includes seats taken while this one waited. */
static err require_seats(struct ctx *c)
{
    int64_t members;

    TRY(users__count_members(c, &members));
    return entitlement_require(c, &USERS_SEATS, members);
}

static bool stands_for(const struct authority *sender, const struct users_invitation *i)
{
    return authority_may(sender, "users.invite") && authority_lacks(sender, i->role) == NULL;
}

err users__judge_senders(struct ctx *c, struct users_invitation *list, size_t n)
{
    struct principal *senders = arena_array(c->arena, n, sizeof *senders);
    struct authority *has = arena_array(c->arena, n, sizeof *has);

    for (size_t i = 0; i < n; i++)
        senders[i] = (struct principal){ list[i].invited_by, list[i].invited_by_key };
    TRY(authority_of(c, senders, n, has));
    for (size_t i = 0; i < n; i++)
        if (stands_for(&has[i], &list[i]))
            list[i].state = "open";
    return NULL;
}

static err publish_invitation(
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
            .inviter_id = inviter.id,
            .email = invitation->email,
            .role = invitation->role,
            .token = token,
            .expires_at = invitation->expires_at,
        });
}

/* Each invitation sends an email to a stranger, so the open invitations of an organisation are
 * limited. The organisation is locked: concurrent requests are counted one after another. */
static err check_room(struct ctx *c)
{
    int64_t open;

    TRY(users__count_open_invitations(c, &open));
    if (open < INVITATIONS_MAX)
        return NULL;
    return problem(c, &USERS_TOO_MANY_INVITATIONS, NULL, "%d invitations are open already.",
        (int)INVITATIONS_MAX);
}

static err withdraw(struct ctx *c, const struct users_invitation *gone)
{
    TRY(users__delete_invitation(c, gone->id));
    return audit(
        c, "users.invitation_revoked", "invitation", gone->id, users_invitation, gone, NULL);
}

/* An invitation that cannot be accepted must not block a new one. */
static err drop_void(struct ctx *c, const char *email)
{
    struct users_invitation waiting;
    bool found;

    TRY(users__find_invitation_of_address(c, email, &waiting, &found));
    if (!found)
        return NULL;
    TRY(users__judge_senders(c, &waiting, 1));
    return text_equal(waiting.state, "void") ? withdraw(c, &waiting) : NULL;
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

    TRY(users_lock_authority(c, USERS_CHANGE));
    TRY(users__check_grant(c, role));
    if (users__is_owner(role))
        TRY(ctx_require_sudo(c));
    TRY(users__is_member_address(c, email, &is_member));
    if (is_member)
        return problem(c, &USERS_ALREADY_MEMBER, "email", "This person is already a member.");
    TRY(drop_void(c, email));
    TRY(check_room(c));
    TRY(users__insert_invitation(c, &in, &invitation));
    TRY(publish_invitation(c, &invitation, in.token));
    if (users__is_owner(role))
        TRY(users_warn_owners(c, USERS_OWNER_INVITED, email));

    *out = invitation;
    return NULL;
}

err users_list_invitations(
    struct ctx *c, const struct page_in *page, struct users_invitation_list *out)
{
    struct users_invitation_list list;
    struct users_invitation *judged;

    TRY(users__list_invitations(c, page, &list));
    judged = arena_memdup(c->arena, list.data, list.n_data * sizeof *judged);
    TRY(users__judge_senders(c, judged, list.n_data));
    list.data = judged;

    *out = list;
    return NULL;
}

/* Revoking an invitation requires the same authority as removing its role. */
err users_revoke_invitation(struct ctx *c, struct uuid id)
{
    struct users_invitation gone;
    bool found;

    TRY(users_lock_authority(c, USERS_CHANGE));
    TRY(users__lock_invitation(c, id, &gone, &found));
    if (!found)
        return problem(c, &ERR_NOT_FOUND, NULL, "The invitation does not exist.");
    TRY(users__check_grant(c, gone.role));
    TRY(users__judge_senders(c, &gone, 1));
    return withdraw(c, &gone);
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

/* The sender is checked under the organisation's lock: a concurrent demotion or removal comes
 * entirely before or after. */
static err take_invitation(struct ctx *c, struct uuid id, struct users_invitation *out)
{
    bool found;

    TRY(users__lock_invitation(c, id, out, &found));
    if (!found) /* a concurrent request used the same token */
        return problem(c, &USERS_INVITATION_INVALID, "token", "This invitation was used already.");
    TRY(users__judge_senders(c, out, 1));
    if (text_equal(out->state, "void"))
        return problem(c, &USERS_INVITATION_VOID, "token",
            "The sender of this invitation is no longer allowed to invite to this role.");
    return users__delete_invitation(c, id);
}

static err warn_of_new_owner(struct ctx *c)
{
    struct users_person self;

    TRY(users__get_person(c, &self));
    return users_warn_owners(c, USERS_OWNER_MADE, self.name);
}

err users_accept_invitation(struct ctx *c, const char *token, struct users_org *out)
{
    struct users__invited invited;
    struct users_invitation taken;
    struct users_org org;
    bool suspended;

    TRY(find_invitation_for_me(c, token, &invited));
    TRY(tx_enter_org(c, invited.org_id));
    /* Held until commit: seats are taken one after another, and a concurrent deletion of the
     * organisation comes entirely before or after. */
    TRY(users__lock_org(c, &suspended));
    if (suspended)
        return users__org_is_suspended(c);
    TRY(take_invitation(c, invited.id, &taken));
    TRY(users__insert_member(c, c->actor.person, taken.role));
    TRY(require_seats(c));
    TRY(users__get_org(c, &org));
    TRY(users__publish_member_event(c, &USERS_MEMBER_ADDED, NULL,
        &(struct users_member_event){ .person_id = c->actor.person, .role = taken.role }));
    if (users__is_owner(taken.role))
        TRY(warn_of_new_owner(c));

    *out = org;
    return NULL;
}
