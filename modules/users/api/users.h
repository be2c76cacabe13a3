/*
 * users — people, the organisations they work in (the tenants), their memberships with roles, and
 * invitations. Authentication is in auth, above this module.
 *
 * The only header of this module that others may include. Functions run in the caller's open
 * transaction unless stated otherwise. Outputs are filled on success and unchanged on failure.
 * Strings in outputs are in the context's arena. Times are UTC. Every change writes its audit row.
 */
#pragma once
#include <ashlar/ashlar.h>

#define USERS_ROLES "owner|admin|member|viewer|billing"

/* --- People --- */

struct users_person {
    struct uuid id; /* "person_…" */
    const char *name;
    const char *email;  /* verified, lower-cased; auth verifies and changes it */
    const char *locale; /* BCP 47, e.g. "en" or "pt-BR" */
    struct instant created_at;
};
PUBLIC extern const struct shape users_person_shape;

/*
 * Create a person with a verified email address; for auth. The caller has entered the person
 * (tx_enter_person with p->id) and keeps addresses unique. p->created_at is not read.
 */
PUBLIC CHECKED err users_create_person(
    struct ctx *c, const struct users_person *p, struct users_person *out);

/* The acting person. Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err users_get_me(struct ctx *c, struct users_person *out);

/* Change the acting person's profile. NULL leaves a field unchanged. */
PUBLIC CHECKED err users_update_me(
    struct ctx *c, const char *name, const char *locale, struct users_person *out);

/* Set the acting person's verified email address; for auth, which keeps addresses unique. Open
 * invitations match the new address from then on. */
PUBLIC CHECKED err users_change_email(struct ctx *c, const char *email, struct users_person *out);

/*
 * Erase the acting person from every module, with the organisations that have no other member, and
 * publish USERS_PERSON_ERASED. Each remaining organisation gets USERS_MEMBER_REMOVED and an audit
 * row, as for a member who leaves; the id in them resolves to no person. The owners of remaining
 * organisations are notified when an owner is erased. Runs a few statements for each organisation.
 * Errors: USERS_LAST_OWNER when an organisation with other members would be left without an owner.
 */
PUBLIC CHECKED err users_erase_me(struct ctx *c);

/*
 * The acting person's avatar: PNG, JPEG, WebP or GIF, detected from its bytes. Not in a
 * transaction: the object is stored before a row refers to it. Errors: USERS_UNSUPPORTED_IMAGE,
 * those of storage.h.
 */
enum { USERS_AVATAR_MAX = 1024 * 1024 };
PUBLIC CHECKED err users_set_avatar(struct ctx *c, struct bytes body);
PUBLIC CHECKED err users_remove_avatar(struct ctx *c); /* in the caller's transaction */

/* Not in a transaction. Errors: ERR_NOT_FOUND when there is no avatar, or no such member. */
PUBLIC CHECKED err users_get_avatar(struct ctx *c, struct content *out);
PUBLIC CHECKED err users_get_member_avatar(struct ctx *c, struct uuid person, struct content *out);

/* --- Organisations --- */

struct users_org {
    struct uuid id; /* "org_…" */
    const char *name;
    const char *role; /* of the acting person; NULL when no person acts */
    int64_t version;  /* 1 at first, incremented by each change */
    struct instant created_at;
    struct instant suspended_at;  /* none: not suspended */
    const char *suspended_reason; /* NULL: not suspended */
};
PUBLIC extern const struct shape users_org_shape;
LIST_OF(users_org);
PUBLIC extern const struct shape users_org_list_shape;

/* The acting person's organisations, oldest first. */
PUBLIC CHECKED err users_list_my_orgs(
    struct ctx *c, const struct page_in *page, struct users_org_list *out);

/* Create an organisation owned by the acting person; c enters it. Publishes USERS_ORG_CREATED. */
PUBLIC CHECKED err users_create_org(struct ctx *c, const char *name, struct users_org *out);

/* The current organisation (c->org). Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err users_get_org(struct ctx *c, struct users_org *out);

/* As users_get_org. No other transaction changes the organisation or adds a member to it until this
 * one ends. */
PUBLIC CHECKED err users_lock_org(struct ctx *c, struct users_org *out);

/*
 * Prevent the deletion of the current organisation, or of the acting person, until the transaction
 * ends. For work that writes its own rows about them and must not fail by a deletion, above all
 * jobs and event consumers. Lock order: the organisation, then the person. Errors: ERR_NOT_FOUND
 * when the deletion came first.
 */
PUBLIC CHECKED err users_hold_org(struct ctx *c);
PUBLIC CHECKED err users_hold_me(struct ctx *c);

/* Errors: ERR_NOT_FOUND, ERR_CHANGED. */
PUBLIC CHECKED err users_rename_org(struct ctx *c, const char *name, struct users_org *out);

/* Require that the current organisation is not suspended. For access that does not come through a
 * route of the organisation (an invitation, a public key), after tx_enter_org. Errors:
 * USERS_ORG_SUSPENDED, ERR_NOT_FOUND. */
PUBLIC CHECKED err users_require_open_org(struct ctx *c);

/* Remove the current organisation from every module. Publishes USERS_ORG_DELETED. Its owners are
 * warned. Errors: ERR_CHANGED. */
PUBLIC CHECKED err users_delete_org(struct ctx *c);

/* --- Members of the current organisation --- */

struct users_member {
    struct uuid id; /* of the person */
    const char *name;
    const char *email;
    const char *role;
    struct instant joined_at;
};
PUBLIC extern const struct shape users_member_shape;
LIST_OF(users_member);
PUBLIC extern const struct shape users_member_list_shape;

PUBLIC CHECKED err users_list_members(
    struct ctx *c, const struct page_in *page, struct users_member_list *out);

/* Publishes USERS_ROLE_CHANGED, unless the member has the role already. Owners are warned when an
 * owner is added or demoted. Errors: ERR_NOT_FOUND. USERS_ROLE_NOT_ALLOWED: the actor lacks a
 * permission of the old role or the new role, or is a key and one of them is owner.
 * ERR_SUDO_REQUIRED when one of the two is owner. ERR_CONFLICT when the actor's role changed
 * concurrently. USERS_LAST_OWNER, which the database checks at commit. */
PUBLIC CHECKED err users_set_role(
    struct ctx *c, struct uuid person, const char *role, struct users_member *out);

/* The API keys that a removal leaves without a responsible person. The owners are warned. */
struct users_member_removal {
    const struct access_key *orphaned_keys;
    size_t n_orphaned_keys;
};
PUBLIC extern const struct shape users_member_removal_shape;

/* Removal of another member requires the permission users.manage_members; a member may always
 * leave. Publishes USERS_MEMBER_REMOVED. Owners are warned when an owner is removed. Errors: as
 * users_set_role, ERR_FORBIDDEN. */
PUBLIC CHECKED err users_remove_member(
    struct ctx *c, struct uuid person, struct users_member_removal *out);

/*
 * As users_lock_org, and the actor still has the role of the request. Serialises changes of
 * authority. If the organisation was suspended since, only changes that remove authority (leaving,
 * revoking a key) are allowed. Errors: ERR_NOT_FOUND, ERR_CONFLICT, USERS_ORG_SUSPENDED.
 */
enum users_purpose { USERS_TAKE_AWAY = 1, USERS_CHANGE };
PUBLIC CHECKED err users_lock_authority(struct ctx *c, enum users_purpose purpose);

/* --- Invitations into the current organisation --- */

struct users_invitation {
    struct uuid id; /* "invitation_…" */
    const char *email;
    const char *role;                       /* granted on acceptance */
    const char *state;                      /* "open"; "void": its sender no longer has the
                                             * permission to send it */
    struct uuid invited_by, invited_by_key; /* one of them; both nil: the system, or unknown */
    struct instant created_at, expires_at;
};
PUBLIC extern const struct shape users_invitation_shape;
LIST_OF(users_invitation);
PUBLIC extern const struct shape users_invitation_list_shape;

/* Invite `email` and publish USERS_INVITED. The token is sent by email and stored only as a hash. A
 * void invitation of the address is replaced. Owners are warned when the role is owner. Errors:
 * USERS_ALREADY_INVITED, USERS_ALREADY_MEMBER, USERS_TOO_MANY_INVITATIONS, USERS_ROLE_NOT_ALLOWED,
 * ERR_SUDO_REQUIRED and ERR_CONFLICT as users_set_role. */
PUBLIC CHECKED err users_invite(
    struct ctx *c, const char *email, const char *role, struct users_invitation *out);

/* Invitations that have not expired, oldest first. */
PUBLIC CHECKED err users_list_invitations(
    struct ctx *c, const struct page_in *page, struct users_invitation_list *out);

/* Errors: ERR_NOT_FOUND, USERS_ROLE_NOT_ALLOWED, ERR_CONFLICT. */
PUBLIC CHECKED err users_revoke_invitation(struct ctx *c, struct uuid id);

/*
 * Add the acting person to the organisation of the token; c enters it. A token works once.
 * Publishes USERS_MEMBER_ADDED. Owners are warned of a new owner. Errors: USERS_INVITATION_INVALID,
 * USERS_ALREADY_MEMBER. USERS_INVITATION_VOID when the sender no longer has the permission to send
 * it. USERS_INVITATION_FOR_OTHER when the acting person's verified address is not the invited one.
 * ENTITLEMENT_EXCEEDED when every seat of the plan is taken.
 */
PUBLIC CHECKED err users_accept_invitation(struct ctx *c, const char *token, struct users_org *out);

/* --- Permissions and the audit log --- */

/* The data of a front end's first screen in one call. */
struct users_screen_in {
    struct uuid org_id; /* the organisation of the last three fields; nil: the oldest */
    bool orgs, permissions, entitlements, flags;
};
struct users_screen {
    struct users_person person;
    const struct users_org *orgs; /* the first 200, oldest first; NULL: not requested */
    size_t n_orgs;
    struct uuid org_id; /* nil: member of no organisation, or none of its fields was requested */
    const char *const *permissions;
    size_t n_permissions;
    const struct access_entitlement *entitlements;
    size_t n_entitlements;
    const char *flags; /* JSON object of the flags visible to front ends */
};

/* The acting person's screen; c enters the organisation. Errors: ERR_NOT_FOUND when the person is
 * not a member of org_id. */
PUBLIC CHECKED err users_get_screen(
    struct ctx *c, const struct users_screen_in *in, struct users_screen *out);

struct users_access_explanation {
    bool allowed; /* by the role, and the scopes of a key; plan and flags are checked at use */
    struct uuid person_id; /* for a key: the person whose authority it has; nil: none */
    struct uuid key_id;    /* nil: the question is about a person */
    const char *permission;
    const char *role;   /* NULL: not a member */
    const char *reason; /* one sentence */
    const struct access_entitlement *entitlements;
    size_t n_entitlements;
    const struct flag_evaluation *flags;
    size_t n_flags;
};
PUBLIC extern const struct shape users_access_explanation_shape;

/* Explain whether a person, or a key, has a permission in the current organisation. Questions about
 * others require users.manage_members. Errors: ERR_FORBIDDEN; ERR_INVALID when no module declares
 * the permission, or `who` does not name exactly one of a person and a key. */
PUBLIC CHECKED err users_explain(struct ctx *c, const struct principal *who, const char *permission,
    struct users_access_explanation *out);

/* The current organisation's audit log, newest first. */
PUBLIC CHECKED err users_list_audit(struct ctx *c, const struct audit_filter *filter,
    const struct page_in *page, struct audit_entry_list *out);

/* Number of members allowed. Open invitations do not count. */
PUBLIC extern const struct entitlement USERS_SEATS;

/* --- For staff (admin): across tenants, so in a unit of work as ashlar_system --- */

LIST_OF(users_person);
PUBLIC extern const struct shape users_person_list_shape;

struct users_org_summary {
    struct uuid id; /* "org_…" */
    const char *name;
    int64_t members;
    struct instant created_at;
    struct instant suspended_at; /* none: not suspended */
    struct uuid suspended_by;
    const char *suspended_reason;
};
PUBLIC extern const struct shape users_org_summary_shape;
LIST_OF(users_org_summary);
PUBLIC extern const struct shape users_org_summary_list_shape;

/* `q` is an id ("person_…", "org_…"), a whole email address (people only), or the beginning of a
 * name. "" matches all. Ordered by id: oldest first. */
PUBLIC CHECKED err users_find_people(
    struct ctx *c, const char *q, const struct page_in *page, struct users_person_list *out);
PUBLIC CHECKED err users_find_orgs(
    struct ctx *c, const char *q, const struct page_in *page, struct users_org_summary_list *out);

/* Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err users_find_person(struct ctx *c, struct uuid id, struct users_person *out);
PUBLIC CHECKED err users_find_org(struct ctx *c, struct uuid id, struct users_org_summary *out);

/* --- Warnings to all owners --- */

/* Names of warnings. The texts are in notifications. Modules above add their own. */
#define USERS_OWNER_MADE    "users.owner_made"    /* about: the person */
#define USERS_OWNER_INVITED "users.owner_invited" /* about: the address */
#define USERS_OWNER_DEMOTED "users.owner_demoted" /* about: the person */
#define USERS_OWNER_REMOVED "users.owner_removed" /* about: the person */
#define USERS_ORG_GONE      "users.org_deleted"
#define USERS_KEYS_ORPHANED "users.keys_orphaned" /* about: names of the keys */

/*
 * Publish USERS_OWNER_WARNED once for each present owner of c->org (the first 100), the actor
 * included. Each owner gets an email that cannot be switched off and that is sent even when the
 * organisation is deleted next. Call it while the recipients still are owners. `about` may be NULL.
 */
PUBLIC CHECKED err users_warn_owners(struct ctx *c, const char *what, const char *about);

/* Warn of keys that are left without a responsible person: all owners except `whose`, the person
 * the keys belong to. Nothing when n is 0. */
PUBLIC CHECKED err users_warn_of_orphans(
    struct ctx *c, const struct access_key *keys, size_t n, struct uuid whose);

/*
 * Suspend an organisation. From the next request on, on every process, its members and keys get
 * USERS_ORG_SUSPENDED except on routes with .while_suspended. Its streams end. Its jobs and events,
 * and so its webhooks and emails, wait. Nothing is deleted. Publishes USERS_ORG_WAS_SUSPENDED
 * outside the organisation, where events are delivered. A second call only replaces the reason,
 * which the owners read. Restoring resumes waiting work in its order; a second call does nothing.
 * Errors: ERR_NOT_FOUND.
 */
enum { USERS_SUSPENSION_REASON_MAX = 500 };
PUBLIC CHECKED err users_suspend_org(struct ctx *c, struct uuid org, const char *reason);
PUBLIC CHECKED err users_restore_org(struct ctx *c, struct uuid org, const char *reason);

/* --- Failures --- */

PUBLIC extern const struct error_kind USERS_ORG_SUSPENDED;

PUBLIC extern const struct error_kind USERS_UNSUPPORTED_IMAGE;
PUBLIC extern const struct error_kind USERS_LAST_OWNER;
PUBLIC extern const struct error_kind USERS_ROLE_NOT_ALLOWED;
PUBLIC extern const struct error_kind USERS_ALREADY_MEMBER;
PUBLIC extern const struct error_kind USERS_ALREADY_INVITED;
PUBLIC extern const struct error_kind USERS_TOO_MANY_INVITATIONS;
PUBLIC extern const struct error_kind USERS_INVITATION_INVALID;
PUBLIC extern const struct error_kind USERS_INVITATION_FOR_OTHER;
PUBLIC extern const struct error_kind USERS_INVITATION_VOID;

/* --- Events. The aggregate is the organisation; of USERS_INVITED the invitation, of
 * USERS_PERSON_ERASED the person. The suspension events are published outside the organisation,
 * because its own events wait --- */

struct users_org_event { /* USERS_ORG_CREATED, USERS_ORG_DELETED */
    struct uuid org_id;
    const char *name;
    struct uuid by; /* the person who changed it; nil: the system */
};
EVENT_OF(users_org_event);
/* USERS_MEMBER_ADDED, USERS_ROLE_CHANGED, USERS_MEMBER_REMOVED (also for an erased person). A
 * deleted organisation publishes none for its members: USERS_ORG_DELETED and purge_org cover
 * them. */
struct users_member_event {
    struct uuid person_id;
    const char *role; /* current; of a removed member the last one */
};
EVENT_OF(users_member_event);
struct users_invited_event { /* USERS_INVITED */
    struct uuid invitation_id;
    const char *org_name;
    const char *inviter_name; /* secret; by an API key: the name of the organisation */
    struct uuid inviter_id;   /* nil: by an API key */
    const char *email;        /* secret, as the token */
    const char *role;
    const char *token; /* secret: encrypted until delivery, then wiped */
    struct instant expires_at;
};
EVENT_OF(users_invited_event);
struct users_owner_warning { /* USERS_OWNER_WARNED; the aggregate is the warned owner */
    struct uuid person_id;
    const char *name, *email; /* secret: the owner's */
    const char *what;         /* "users.owner_made" */
    const char *org_name;
    const char *about;   /* secret; NULL: no detail */
    const char *by;      /* secret: name of the actor; NULL: a key, staff, the system */
    const char *network; /* network of the actor; NULL: unknown */
};
EVENT_OF(users_owner_warning);
struct users_suspension_event { /* USERS_ORG_WAS_SUSPENDED, USERS_ORG_WAS_RESTORED */
    struct uuid org_id;
    const char *reason; /* written by staff, shown to the owners */
};
EVENT_OF(users_suspension_event);
struct users_person_event { /* USERS_PERSON_ERASED */
    struct uuid person_id;
};
EVENT_OF(users_person_event);
PUBLIC extern const EVENT(users_org_event) USERS_ORG_CREATED, USERS_ORG_DELETED;
PUBLIC extern const EVENT(users_member_event) USERS_MEMBER_ADDED, USERS_ROLE_CHANGED,
    USERS_MEMBER_REMOVED;
PUBLIC extern const EVENT(users_invited_event) USERS_INVITED;
PUBLIC extern const EVENT(users_owner_warning) USERS_OWNER_WARNED;
PUBLIC extern const EVENT(users_person_event) USERS_PERSON_ERASED;
PUBLIC extern const EVENT(users_suspension_event) USERS_ORG_WAS_SUSPENDED, USERS_ORG_WAS_RESTORED;
