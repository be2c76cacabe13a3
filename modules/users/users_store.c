/* Queries of people, organisations and memberships, one function each. No rules here. */
#include "users_internal.h"
#include "users_sql.h"

enum { OWNED_ORGS_MAX = 1000 };

static const struct field users_person_fields[] = {
    ID(users_person, id, "person", .doc = "Id of the person"),
    TEXT(users_person, name, .max = 200, .doc = "Display name of the person", .example = "Ann Lee"),
    TEXT(users_person, email, .format = EMAIL, .doc = "Verified email address"),
    TEXT(users_person, locale, .format = LOCALE, .max = 35,
        .doc = "Preferred language of the person"),
    TIME(users_person, created_at, .doc = "Time at which the account was created"),
};
SHAPE(users_person);

static const struct field users_org_fields[] = {
    ID(users_org, id, "org", .doc = "Id of the organisation"),
    TEXT(users_org, name, .max = 200, .doc = "Name of the organisation", .example = "Acme"),
    TEXT(users_org, role, .one_of = USERS_ROLES, .optional = true,
        .doc = "Role of the caller. Null for API keys."),
    INT(users_org, version, .etag = true,
        .doc = "Version, incremented by each change. Send it in If-Match."),
    TIME(users_org, created_at, .doc = "Time at which the organisation was created"),
    TIME(users_org, suspended_at, .optional = true,
        .doc = "Time at which staff suspended the organisation. Null if it is not suspended."),
    TEXT(users_org, suspended_reason, .max = USERS_SUSPENSION_REASON_MAX, .optional = true,
        .doc = "Reason of the suspension, as staff wrote it. Null if the organisation is not "
               "suspended."),
};
SHAPE(users_org);
LIST_SHAPE(users_org);

static const struct field users_member_fields[] = {
    ID(users_member, id, "person", .doc = "Id of the person"),
    TEXT(users_member, name, .max = 200, .doc = "Name of the member"),
    TEXT(users_member, email, .format = EMAIL, .doc = "Verified email address of the member"),
    TEXT(
        users_member, role, .one_of = USERS_ROLES, .doc = "Role of the member in the organisation"),
    TIME(users_member, joined_at, .doc = "Time at which the member joined the organisation"),
};
SHAPE(users_member);
LIST_SHAPE(users_member);

static const struct field users_access_explanation_fields[] = {
    BOOL(users_access_explanation, allowed,
        .doc = "Whether the role and the scopes allow it. Plan and flags are checked when the "
               "operation runs."),
    ID(users_access_explanation, person_id, "person", .optional = true,
        .doc = "Person whose access was checked. For an API key the person whose authority it has, "
               "null if there is none."),
    ID(users_access_explanation, key_id, "key", .optional = true,
        .doc = "API key whose access was checked. Null for a person."),
    TEXT(users_access_explanation, permission, .max = 100, .doc = "Permission that was checked"),
    TEXT(users_access_explanation, role, .one_of = USERS_ROLES, .optional = true,
        .doc = "Role of the person in the organisation. Null if they are not a member."),
    TEXT(users_access_explanation, reason, .max = 200,
        .doc = "Reason of the decision, in one sentence"),
    LIST(users_access_explanation, entitlements, access_entitlement,
        .doc = "Entitlements of the plan that belong to the permission's module"),
    LIST(users_access_explanation, flags, flag_evaluation, .max = 1000,
        .doc = "Values of the module's flags for the person, and the reasons"),
};
SHAPE(users_access_explanation);

static const struct field users__avatar_fields[] = {
    TEXT(users__avatar, avatar_key, .max = STORAGE_KEY_MAX, .optional = true),
};
static SHAPE(users__avatar);

struct users__name {
    const char *name;
};
static const struct field users__name_fields[] = { TEXT(users__name, name) };
static SHAPE(users__name);

static const struct field users__owner_fields[] = {
    ID(users__owner, id, "person"),
    TEXT(users__owner, name),
    TEXT(users__owner, email),
};
static SHAPE(users__owner);

static const struct field users_member_removal_fields[] = {
    LIST(users_member_removal, orphaned_keys, access_key, .max = 1000,
        .doc = "API keys with the authority of the removed member. They return 401 until an owner "
               "adopts them. Revoke those that are not needed."),
};
SHAPE(users_member_removal);

struct lock_row {
    struct uuid id;
    bool suspended;
};
static const struct field lock_row_fields[] = {
    ID(lock_row, id, "org"),
    BOOL(lock_row, suspended),
};
static SHAPE(lock_row);

static const struct field users__place_fields[] = {
    ID(users__place, id, "org"),
    TEXT(users__place, role),
};
static SHAPE(users__place);

static const struct field users__ref_fields[] = { ID(users__ref, id, "org") };
static SHAPE(users__ref);

/* Maps a violated constraint to the error to return. */
const struct constraint users__constraints[] = {
    { "membership_pkey", &USERS_ALREADY_MEMBER, NULL },
    { "membership_keeps_an_owner", &USERS_LAST_OWNER, NULL },
    { "invitation_org_email_key", &USERS_ALREADY_INVITED, "email" },
    { NULL, NULL, NULL },
};

const struct authorizer users__authorizer = {
    .grant = &SQL_role_in_org,
    .roles = &SQL_roles_in_org,
    .suspended = &USERS_ORG_SUSPENDED,
    .role_names = USERS_ROLES,
};

err users__insert_person(struct ctx *c, const struct users_person *p, struct users_person *out)
{
    return db_one(c, &SQL_insert_person, users_person, out,
        ARGS(ARG(p->id), ARG(p->name), ARG(p->email), ARG(p->locale)));
}

err users__get_person(struct ctx *c, struct users_person *out)
{
    return db_one(c, &SQL_get_person, users_person, out, ARGS(ARG(c->actor.person)));
}

err users__lock_person(struct ctx *c, struct users_person *out)
{
    return db_one(c, &SQL_lock_person, users_person, out, ARGS(ARG(c->actor.person)));
}

err users__update_person(
    struct ctx *c, const char *name, const char *locale, struct users_person *out)
{
    return db_one(c, &SQL_update_person, users_person, out,
        ARGS(ARG(c->actor.person), ARG(name), ARG(locale)));
}

err users__set_person_email(struct ctx *c, const char *email, struct users_person *out)
{
    return db_one(
        c, &SQL_set_person_email, users_person, out, ARGS(ARG(c->actor.person), ARG(email)));
}

err users__get_avatar(struct ctx *c, struct users__avatar *out)
{
    return db_one(c, &SQL_get_avatar, users__avatar, out, ARGS(ARG(c->actor.person)));
}

err users__lock_avatar(struct ctx *c, struct users__avatar *out)
{
    return db_one(c, &SQL_lock_avatar, users__avatar, out, ARGS(ARG(c->actor.person)));
}

err users__set_avatar(struct ctx *c, const char *key)
{
    return db_exec_one(c, &SQL_set_avatar, ARGS(ARG(c->actor.person), ARG(key)));
}

err users__is_avatar_of(struct ctx *c, const struct users__picture *picture, bool *is_named)
{
    return db_bool(
        c, &SQL_is_avatar_of, is_named, ARGS(ARG(picture->person_id), ARG(picture->avatar_key)));
}

err users__get_member_avatar(struct ctx *c, struct uuid person, struct users__avatar *out)
{
    return db_one(c, &SQL_get_member_avatar, users__avatar, out, ARGS(ARG(person)));
}

err users__delete_person(struct ctx *c, struct uuid person)
{
    return db_exec_one(c, &SQL_delete_person, ARGS(ARG(person)));
}

err users__list_places(
    struct ctx *c, struct uuid after, const struct users__place **places, size_t *n)
{
    return db_list(c, &SQL_list_places_of_person, users__place, places, n,
        ARGS(ARG(after), ARG((int64_t)USERS__PLACES_BITE)));
}

err users__list_owned_orgs(struct ctx *c, const struct users__ref **orgs, size_t *n)
{
    return db_list(
        c, &SQL_list_owned_orgs_of_person, users__ref, orgs, n, ARGS(ARG(OWNED_ORGS_MAX)));
}

err users__list_orgs(struct ctx *c, const struct page_in *page, struct users_org_list *out)
{
    return db_page(c, &SQL_list_orgs_of_person, users_org, out, page, NO_ARGS);
}

err users__insert_org(struct ctx *c, const char *name)
{
    return db_exec(c, &SQL_insert_org, ARGS(ARG(c->org), ARG(name)));
}

err users__get_org(struct ctx *c, struct users_org *out)
{
    return db_one(c, &SQL_get_org, users_org, out, ARGS(ARG(c->org), ARG(c->actor.person)));
}

err users__lock_org(struct ctx *c, bool *suspended)
{
    struct lock_row row;

    TRY(db_one(c, &SQL_lock_org, lock_row, &row, ARGS(ARG(c->org))));
    if (suspended != NULL)
        *suspended = row.suspended;
    return NULL;
}

err users__suspend_org(struct ctx *c, const char *reason)
{
    return db_exec_one(c, &SQL_suspend_org, ARGS(ARG(c->org), ARG(c->actor.person), ARG(reason)));
}

err users__restore_org(struct ctx *c)
{
    return db_exec_one(c, &SQL_restore_org, ARGS(ARG(c->org)));
}

err users__is_org_suspended(struct ctx *c, bool *out)
{
    return db_bool(c, &SQL_is_org_suspended, out, ARGS(ARG(c->org)));
}

err users__rename_org(struct ctx *c, const char *name)
{
    return db_exec_one(c, &SQL_rename_org, ARGS(ARG(c->org), ARG(name)));
}

static err lock_ref(struct ctx *c, const struct query *q, struct uuid id)
{
    struct users__ref row;

    return db_one(c, q, users__ref, &row, ARGS(ARG(id)));
}

err users__hold_person(struct ctx *c)
{
    return lock_ref(c, &SQL_hold_person, c->actor.person);
}

err users__hold_org(struct ctx *c)
{
    return lock_ref(c, &SQL_hold_org, c->org);
}

err users__close_person(struct ctx *c)
{
    return lock_ref(c, &SQL_close_person, c->actor.person);
}

err users__close_org(struct ctx *c)
{
    return lock_ref(c, &SQL_close_org, c->org);
}

err users__delete_org(struct ctx *c)
{
    return db_exec_one(c, &SQL_delete_org, ARGS(ARG(c->org)));
}

err users__insert_member(struct ctx *c, struct uuid person, const char *role)
{
    return db_exec(c, &SQL_insert_member, ARGS(ARG(c->org), ARG(person), ARG(role)));
}

err users__list_members(struct ctx *c, const struct page_in *page, struct users_member_list *out)
{
    return db_page(c, &SQL_list_members, users_member, out, page, NO_ARGS);
}

err users__get_member(struct ctx *c, struct uuid person, struct users_member *out)
{
    return db_one(c, &SQL_get_member, users_member, out, ARGS(ARG(person)));
}

err users__lock_member(struct ctx *c, struct uuid person, struct users_member_event *out)
{
    return db_one(c, &SQL_lock_member, users_member_event, out, ARGS(ARG(c->org), ARG(person)));
}

err users__role_of(struct ctx *c, struct uuid person, const char **role)
{
    struct users_member member;
    bool found;

    TRY(db_maybe(c, &SQL_get_member, users_member, &member, &found, ARGS(ARG(person))));
    *role = found ? member.role : NULL;
    return NULL;
}

err users__set_member_role(struct ctx *c, struct uuid person, const char *role)
{
    return db_exec_one(c, &SQL_set_member_role, ARGS(ARG(c->org), ARG(person), ARG(role)));
}

err users__delete_member(struct ctx *c, struct uuid person)
{
    return db_exec_one(c, &SQL_delete_member, ARGS(ARG(c->org), ARG(person)));
}

err users__org_name(struct ctx *c, const char **out)
{
    struct users__name row;

    TRY(db_one(c, &SQL_get_org_name, users__name, &row, ARGS(ARG(c->org))));
    *out = row.name;
    return NULL;
}

err users__list_owners(struct ctx *c, const struct users__owner **out, size_t *n)
{
    return db_list(
        c, &SQL_list_owners, users__owner, out, n, ARGS(ARG(USERS__OWNERS_WARNED_MAX + 1)));
}

err users__count_members(struct ctx *c, int64_t *n)
{
    return db_int(c, &SQL_count_members, n, ARGS(ARG(c->org)));
}

err users__is_member_address(struct ctx *c, const char *email, bool *out)
{
    return db_bool(c, &SQL_is_member_address, out, ARGS(ARG(email)));
}
