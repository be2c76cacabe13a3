/* Queries of invitations, one function each. No rules here. Only a token's hash is stored. */
#include "users_internal.h"
#include "users_sql.h"

#define TOKEN_PURPOSE "users.invitation"

static const struct field users_invitation_fields[] = {
    ID(users_invitation, id, "invitation", .doc = "Id of the invitation"),
    TEXT(users_invitation, email, .format = EMAIL, .doc = "Email address of the invited person"),
    TEXT(users_invitation, role, .one_of = USERS_ROLES, .doc = "Role granted on acceptance"),
    TEXT(users_invitation, state, .one_of = "open|void",
        .doc = "State of the invitation. `void`: its sender is no longer allowed to send it, so it "
               "cannot be accepted."),
    ID(users_invitation, invited_by, "person", .optional = true,
        .doc = "Person who sent the invitation. Null if an API key sent it."),
    ID(users_invitation, invited_by_key, "key", .optional = true,
        .doc = "API key that sent the invitation. Null if a person sent it."),
    TIME(users_invitation, created_at, .doc = "Time at which the invitation was sent"),
    TIME(users_invitation, expires_at, .doc = "Time at which the invitation expires"),
};
SHAPE(users_invitation);
LIST_SHAPE(users_invitation);

static const struct field users__invited_fields[] = {
    ID(users__invited, org_id, "org"),
    ID(users__invited, id, "invitation"),
    TEXT(users__invited, email),
    TEXT(users__invited, role),
};
static SHAPE(users__invited);

err users__count_open_invitations(struct ctx *c, int64_t *n)
{
    TRY(db_exec(c, &SQL_delete_expired_invitations_of_org, ARGS(ARG(c->org))));
    return db_int(c, &SQL_count_invitations, n, ARGS(ARG(c->org)));
}

err users__insert_invitation(
    struct ctx *c, const struct users__new_invitation *in, struct users_invitation *out)
{
    struct bytes hash = token_hash(c->arena, TOKEN_PURPOSE, in->token);

    return db_one(c, &SQL_insert_invitation, users_invitation, out,
        ARGS(ARG(c->org), ARG(uuid_new()), ARG(in->email), ARG(in->role), ARG(hash), ARG(in->days),
            ARG(c->actor.kind == ACTOR_PERSON ? c->actor.person : UUID_NIL), ARG(c->actor.key),
            ARG(c->actor.kind == ACTOR_SYSTEM)));
}

err users__list_invitations(
    struct ctx *c, const struct page_in *page, struct users_invitation_list *out)
{
    return db_page(c, &SQL_list_invitations, users_invitation, out, page, ARGS(ARG(c->org)));
}

err users__find_invitation_of_address(
    struct ctx *c, const char *email, struct users_invitation *out, bool *found)
{
    return db_maybe(c, &SQL_find_invitation_of_address, users_invitation, out, found,
        ARGS(ARG(c->org), ARG(email)));
}

err users__lock_invitation(struct ctx *c, struct uuid id, struct users_invitation *out, bool *found)
{
    return db_maybe(
        c, &SQL_lock_invitation, users_invitation, out, found, ARGS(ARG(c->org), ARG(id)));
}

err users__delete_invitation(struct ctx *c, struct uuid id)
{
    return db_exec_one(c, &SQL_delete_invitation, ARGS(ARG(c->org), ARG(id)));
}

err users__find_invitation(
    struct ctx *c, const char *token, struct users__invited *out, bool *found)
{
    struct bytes hash = token_hash(c->arena, TOKEN_PURPOSE, token);

    return db_maybe(c, &SQL_find_invitation, users__invited, out, found, ARGS(ARG(hash)));
}

err users__delete_expired_invitations(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_expired_invitations, gone, ARGS(ARG(most)));
}
