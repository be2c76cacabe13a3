/* Declarations shared by the files of users only. */
#pragma once
#include "users.h"

/* --- users_store.c, users_invitation_store.c: one query each --- */

CHECKED err users__insert_person(
    struct ctx *c, const struct users_person *p, struct users_person *out);
CHECKED err users__get_person(struct ctx *c, struct users_person *out);
/* Locks the acting person's row until the transaction ends. */
CHECKED err users__lock_person(struct ctx *c, struct users_person *out);
CHECKED err users__update_person(
    struct ctx *c, const char *name, const char *locale, struct users_person *out);
CHECKED err users__set_person_email(struct ctx *c, const char *email, struct users_person *out);
CHECKED err users__delete_person(struct ctx *c, struct uuid person);
/* hold: the acting person, or the current organisation, is not deleted until the transaction ends.
 * Close, before a deletion: no transaction can add a reference to it. The organisation is locked
 * before a person. Errors: ERR_NOT_FOUND. */
CHECKED err users__hold_person(struct ctx *c);
CHECKED err users__hold_org(struct ctx *c);
CHECKED err users__close_person(struct ctx *c);
CHECKED err users__close_org(struct ctx *c);

struct users__avatar {
    const char *avatar_key; /* in object storage; NULL: none */
};
/* An object in storage and its present or intended person. Nil: the job was written by an older
 * binary for an unreferenced object. */
struct users__picture {
    struct uuid person_id;
    const char *avatar_key;
};
JOB_OF(users__picture);
/* Of the acting person. lock: until the transaction ends. */
CHECKED err users__get_avatar(struct ctx *c, struct users__avatar *out);
CHECKED err users__lock_avatar(struct ctx *c, struct users__avatar *out);
CHECKED err users__set_avatar(struct ctx *c, const char *key);
CHECKED err users__is_avatar_of(
    struct ctx *c, const struct users__picture *picture, bool *is_named);
/* Of a member of the current organisation. Errors: ERR_NOT_FOUND, also without an avatar. */
CHECKED err users__get_member_avatar(struct ctx *c, struct uuid person, struct users__avatar *out);

/* The acting person's organisations, by id after `after` (nil: from the first). */
struct users__place {
    struct uuid id; /* of the organisation */
    const char *role;
};
enum { USERS__PLACES_BITE = 500 };
CHECKED err users__list_places(
    struct ctx *c, struct uuid after, const struct users__place **places, size_t *n);

/* A row of one id. */
struct users__ref {
    struct uuid id;
};
/* Organisations owned by the acting person, in lock order; at most 1,000. */
CHECKED err users__list_owned_orgs(struct ctx *c, const struct users__ref **orgs, size_t *n);

CHECKED err users__list_orgs(struct ctx *c, const struct page_in *page, struct users_org_list *out);
CHECKED err users__insert_org(struct ctx *c, const char *name);
CHECKED err users__get_org(struct ctx *c, struct users_org *out);
/* `suspended` may be NULL. */
CHECKED err users__lock_org(struct ctx *c, bool *suspended);
CHECKED err users__suspend_org(struct ctx *c, const char *reason);
CHECKED err users__restore_org(struct ctx *c);
CHECKED err users__is_org_suspended(struct ctx *c, bool *out);
CHECKED err users__rename_org(struct ctx *c, const char *name);
CHECKED err users__delete_org(struct ctx *c);

CHECKED err users__insert_member(struct ctx *c, struct uuid person, const char *role);
CHECKED err users__list_members(
    struct ctx *c, const struct page_in *page, struct users_member_list *out);
CHECKED err users__get_member(struct ctx *c, struct uuid person, struct users_member *out);
/* Locks the member's row until the transaction ends. Fills person_id and role. */
CHECKED err users__lock_member(struct ctx *c, struct uuid person, struct users_member_event *out);
/* NULL: not a member. */
CHECKED err users__role_of(struct ctx *c, struct uuid person, const char **role);
CHECKED err users__set_member_role(struct ctx *c, struct uuid person, const char *role);
CHECKED err users__delete_member(struct ctx *c, struct uuid person);
CHECKED err users__count_members(struct ctx *c, int64_t *n);
CHECKED err users__is_member_address(struct ctx *c, const char *email, bool *out);

/* Deletes expired invitations first, so that they do not block new ones. */
CHECKED err users__count_open_invitations(struct ctx *c, int64_t *n);
/* users_find_store.c: across tenants, for staff. */
CHECKED err users__find_person(
    struct ctx *c, struct uuid id, struct users_person *out, bool *found);
CHECKED err users__find_people_by_email(
    struct ctx *c, const char *email, const struct page_in *page, struct users_person_list *out);
CHECKED err users__find_people_by_part(
    struct ctx *c, const char *part, const struct page_in *page, struct users_person_list *out);
CHECKED err users__find_org(
    struct ctx *c, struct uuid id, struct users_org_summary *out, bool *found);
CHECKED err users__find_orgs_by_part(struct ctx *c, const char *part, const struct page_in *page,
    struct users_org_summary_list *out);
CHECKED err users__find_orgs_of_person(
    struct ctx *c, struct uuid person, const struct page_in *page, struct users_org_list *out);

/* The actor is its sender. */
struct users__new_invitation {
    const char *email, *role, *token;
    int days; /* validity */
};
CHECKED err users__insert_invitation(
    struct ctx *c, const struct users__new_invitation *in, struct users_invitation *out);
CHECKED err users__list_invitations(
    struct ctx *c, const struct page_in *page, struct users_invitation_list *out);
/* All but the system's are "void" until users__judge_senders has checked their senders. */
CHECKED err users__find_invitation_of_address(
    struct ctx *c, const char *email, struct users_invitation *out, bool *found);
CHECKED err users__lock_invitation(
    struct ctx *c, struct uuid id, struct users_invitation *out, bool *found);
CHECKED err users__delete_invitation(struct ctx *c, struct uuid id);
/* The invitation of a token, read before its organisation is entered. */
struct users__invited {
    struct uuid org_id, id;
    const char *email, *role;
};
CHECKED err users__find_invitation(
    struct ctx *c, const char *token, struct users__invited *out, bool *found);
CHECKED err users__delete_expired_invitations(struct ctx *c, int64_t most, int64_t *gone);

/* --- users_member_service.c: changes of one organisation's members are serialised --- */

/* Require that the actor holds every permission of the role that is granted or removed. Errors:
 * USERS_ROLE_NOT_ALLOWED. */
CHECKED err users__check_grant(struct ctx *c, const char *role);
CHECKED err users__publish_member_event(struct ctx *c, const EVENT(users_member_event) * kind,
    const struct users_member_event *before, const struct users_member_event *after);
bool users__is_owner(const char *role);

/* --- users_invitation_service.c --- */

/* Sets the state of each invitation: "open" if its sender has the permission to invite to that role
 * now. */
CHECKED err users__judge_senders(struct ctx *c, struct users_invitation *list, size_t n);

/* --- users_owner_service.c: warnings to all owners --- */

enum { USERS__OWNERS_WARNED_MAX = 100 };
struct users__owner {
    struct uuid id;
    const char *name, *email;
};
/* At most one more than are warned. */
CHECKED err users__list_owners(struct ctx *c, const struct users__owner **out, size_t *n);
/* Of c->org, for any actor. */
CHECKED err users__org_name(struct ctx *c, const char **out);
/* As users_warn_owners, except for the leaving owner `except`. */
CHECKED err users__warn_owners_except(
    struct ctx *c, const char *what, const char *about, struct uuid except);

/* --- users_service.c --- */

CHECKED err users__purge_org(struct ctx *c);
CHECKED err users__erase_person(struct ctx *c, struct uuid person);

/* --- users_suspension_service.c --- */

/* The problem USERS_ORG_SUSPENDED. */
CHECKED err users__org_is_suspended(struct ctx *c);

/* --- users_avatar_service.c --- */

/* Before the acting person is erased: the avatar is deleted after the commit. */
CHECKED err users__forget_avatar(struct ctx *c);
/* Deletes the object unless a row refers to it. TX_MANUAL. */
CHECKED err users__drop_picture(struct ctx *c, const struct users__picture *picture);

/* --- Tables, for users_module.c --- */

extern const struct support_view users__org_support_view, users__person_support_view;
extern const struct route users__access_routes[], users__avatar_routes[], users__me_routes[],
    users__org_routes[], users__member_routes[], users__invitation_routes[];
extern const struct constraint users__constraints[];
extern const JOB(nothing) users__sweep_job;
extern const struct job_worker users__workers[];
extern const struct table users__tables[];
extern const JOB(users__picture) users__drop_picture_job;
extern const struct authorizer users__authorizer;
extern const struct shape users_org_event_shape, users_member_event_shape,
    users_invited_event_shape, users_suspension_event_shape, users_person_event_shape,
    users_owner_warning_shape;
