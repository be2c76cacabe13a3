/* Rules of people and their organisations. */
#include "users_internal.h"

/* The audit log outlives the person: it records that a field changed, without its value. */
struct person_in_trail {
    const char *name, *email, *locale;
};
static const struct field person_in_trail_fields[] = {
    TEXT(person_in_trail, name, .secret = true),
    TEXT(person_in_trail, email, .secret = true),
    TEXT(person_in_trail, locale),
};
static SHAPE(person_in_trail);

static struct person_in_trail in_trail(const struct users_person *p)
{
    return (struct person_in_trail){ .name = p->name, .email = p->email, .locale = p->locale };
}

static err trail(struct ctx *c, const char *action, const struct users_person *before,
    const struct users_person *after)
{
    const struct person_in_trail is = in_trail(after);
    struct person_in_trail was;

    if (before != NULL)
        was = in_trail(before);
    return audit(
        c, action, "person", after->id, person_in_trail, before != NULL ? &was : NULL, &is);
}

err users_create_person(struct ctx *c, const struct users_person *p, struct users_person *out)
{
    struct users_person made;

    TRY(users__insert_person(c, p, &made));
    TRY(trail(c, "users.person_created", NULL, &made));

    *out = made;
    return NULL;
}

err users_get_me(struct ctx *c, struct users_person *out)
{
    return users__get_person(c, out);
}

err users_update_me(struct ctx *c, const char *name, const char *locale, struct users_person *out)
{
    struct users_person before, after;

    TRY(users__lock_person(c, &before));
    TRY(users__update_person(c, name, locale, &after));
    TRY(trail(c, "users.person_changed", &before, &after));

    *out = after;
    return NULL;
}

err users_change_email(struct ctx *c, const char *email, struct users_person *out)
{
    struct users_person before, after;

    TRY(users__lock_person(c, &before));
    TRY(users__set_person_email(c, email, &after));
    TRY(trail(c, "users.person_changed", &before, &after));

    *out = after;
    return NULL;
}

static err remove_org(struct ctx *c, const struct users_org *org)
{
    TRY(audit(c, "users.org_deleted", "org", org->id, users_org, org, NULL));
    TRY(event_publish(c, &USERS_ORG_DELETED, org->id,
        &(struct users_org_event){ .org_id = org->id, .name = org->name, .by = c->actor.person }));
    return modules_purge_org(c);
}

/* To the remaining owners. */
static err warn_of_leaving(struct ctx *c)
{
    struct users_person self;

    TRY(users__get_person(c, &self));
    return users__warn_owners_except(c, USERS_OWNER_REMOVED, self.name, self.id);
}

/* Subscribers of memberships are informed of this one's end. The audit log of an organisation that
 * outlives the account keeps an id without the person's network. */
static err leave_org(struct ctx *c)
{
    const char *network = c->actor.network;
    struct users_member_event before;
    err failed = users__lock_member(c, c->actor.person, &before);

    if (failed == &ERR_NOT_FOUND) /* removed concurrently, and published by that transaction */
        return NULL;
    TRY(failed);
    TRY(users__delete_member(c, before.person_id));
    c->actor.network = NULL;
    failed = users__publish_member_event(c, &USERS_MEMBER_REMOVED, &before, NULL);
    c->actor.network = network;
    return failed;
}

/* Without the organisation's lock: its other members are not blocked, for any number of places. */
static err leave_places(struct ctx *c)
{
    const struct users__place *places;
    struct uuid after = UUID_NIL;
    size_t n;

    do {
        TRY(users__list_places(c, after, &places, &n));
        for (size_t i = 0; i < n; i++) {
            after = places[i].id;
            if (users__is_owner(places[i].role))
                continue;
            TRY(tx_enter_org(c, after));
            TRY(leave_org(c));
            TRY(tx_leave_org(c));
        }
    } while (n == USERS__PLACES_BITE);
    return NULL;
}

/* Deletes the organisation if it has no other member. Otherwise it is kept and locked, and the
 * owner guard decides at commit, without waiting, whether the person may leave it. If the
 * organisation was deleted or the person removed while this waited for the lock, there is nothing
 * left to do. */
static err purge_if_lone(struct ctx *c, struct uuid id)
{
    struct users_org org;
    int64_t members;
    err failed;

    TRY(tx_enter_org(c, id));
    failed = users__close_org(c);
    if (failed == NULL)
        failed = users_lock_org(c, &org);
    if (failed == &ERR_NOT_FOUND)
        return tx_leave_org(c);
    TRY(failed);
    TRY(users__count_members(c, &members));
    if (members == 1) {
        TRY(remove_org(c, &org));
    } else {
        TRY(warn_of_leaving(c));
        TRY(leave_org(c));
    }
    return tx_leave_org(c);
}

/* Organisations the person owns come last: their rows are locked. */
static err leave_everywhere(struct ctx *c)
{
    const struct users__ref *orgs;
    size_t n;

    TRY(leave_places(c));
    TRY(users__list_owned_orgs(c, &orgs, &n));
    for (size_t i = 0; i < n; i++)
        TRY(purge_if_lone(c, orgs[i].id));
    return NULL;
}

err users_erase_me(struct ctx *c)
{
    const struct uuid me = c->actor.person;

    TRY(leave_everywhere(c));
    TRY(users__close_person(c));
    TRY(leave_everywhere(c)); /* organisations joined or created since */
    TRY(users__forget_avatar(c));
    TRY(modules_erase_person(c, me));
    /* The audit row of the erasure contains no personal data: the id no longer resolves. */
    TRY(audit_act(c, "users.person_erased", "person", me));
    return event_publish(
        c, &USERS_PERSON_ERASED, me, &(struct users_person_event){ .person_id = me });
}

err users__erase_person(struct ctx *c, struct uuid person)
{
    return users__delete_person(c, person);
}

err users_list_my_orgs(struct ctx *c, const struct page_in *page, struct users_org_list *out)
{
    return users__list_orgs(c, page, out);
}

err users_create_org(struct ctx *c, const char *name, struct users_org *out)
{
    struct users_org org;

    TRY(tx_enter_org(c, uuid_new()));
    TRY(users__insert_org(c, name));
    TRY(users__insert_member(c, c->actor.person, "owner"));
    TRY(users__get_org(c, &org));
    TRY(audit(c, "users.org_created", "org", org.id, users_org, NULL, &org));
    TRY(event_publish(c, &USERS_ORG_CREATED, org.id,
        &(struct users_org_event){ .org_id = org.id, .name = org.name, .by = c->actor.person }));

    *out = org;
    return NULL;
}

err users_get_org(struct ctx *c, struct users_org *out)
{
    return users__get_org(c, out);
}

err users_lock_org(struct ctx *c, struct users_org *out)
{
    TRY(users__lock_org(c, NULL));
    return users__get_org(c, out);
}

err users_hold_org(struct ctx *c)
{
    return users__hold_org(c);
}

err users_hold_me(struct ctx *c)
{
    return users__hold_person(c);
}

err users_rename_org(struct ctx *c, const char *name, struct users_org *out)
{
    struct users_org before, after;

    TRY(users_lock_org(c, &before));
    TRY(ctx_match_version(c, before.version));
    TRY(users__rename_org(c, name));
    TRY(users__get_org(c, &after));
    TRY(audit(c, "users.org_renamed", "org", after.id, users_org, &before, &after));

    *out = after;
    return NULL;
}

err users_delete_org(struct ctx *c)
{
    struct users_org org;

    TRY(users__close_org(c));
    TRY(users_lock_authority(c, USERS_CHANGE));
    TRY(users__get_org(c, &org));
    TRY(ctx_match_version(c, org.version));
    TRY(users_warn_owners(c, USERS_ORG_GONE, NULL));
    return remove_org(c, &org);
}

/* Memberships and invitations are deleted with their organisation by cascade. */
err users__purge_org(struct ctx *c)
{
    return users__delete_org(c);
}
