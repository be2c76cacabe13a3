/*
 * users — people, the organisations they work in (the tenants), who belongs to which with what
 * role, and invitations. Knows no password and no session: auth, above it, proves who somebody is.
 *
 * The only header of this module that others may include. Functions run in the caller's open
 * transaction unless they say otherwise. Outputs are filled on success and left alone on failure;
 * strings in them live in the context's arena. Times are UTC. Every change writes its audit row.
 */
#pragma once
#include <ashlar/ashlar.h>

#define USERS_ROLES "owner|admin|member|viewer|billing"

/* --- People --- */

struct users_person {
    struct uuid id; /* "person_…" */
    const char *name;
    const char *email;  /* verified, lower-cased; auth proves and changes it */
    const char *locale; /* BCP 47, e.g. "en" or "pt-BR" */
    struct instant created_at;
};
PUBLIC extern const struct shape users_person_shape;

/*
 * Make a person of an address that was just proved; for auth. The caller has entered the person
 * (tx_enter_person with p->id) and keeps addresses unique. p->created_at is not read.
 */
PUBLIC CHECKED err users_create_person(
    struct ctx *c, const struct users_person *p, struct users_person *out);

/* The person who acts. Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err users_get_me(struct ctx *c, struct users_person *out);

/* Change the acting person's profile; NULL leaves a field as it is. */
PUBLIC CHECKED err users_update_me(
    struct ctx *c, const char *name, const char *locale, struct users_person *out);

/* The acting person has another address, which was just proved; for auth, which keeps addresses
 * unique. Open invitations go by the new one from here on. */
PUBLIC CHECKED err users_change_email(struct ctx *c, const char *email, struct users_person *out);

/*
 * Erase the acting person from every module, with the organisations that have no other member, and
 * publish USERS_PERSON_ERASED. In each organisation that stays USERS_MEMBER_REMOVED is published
 * and an audit row written, as when somebody leaves; when they are read, the id leads nowhere.
 * Takes a few statements for each organisation. Errors: USERS_LAST_OWNER when an organisation with
 * other members would be left without an owner. Owners of organisations that stay hear of an owner
 * who goes.
 */
PUBLIC CHECKED err users_erase_me(struct ctx *c);

/*
 * The acting person's picture: a PNG, JPEG, WebP or GIF, by its bytes. Not in a transaction: it is
 * put into object storage first, and only then named. Errors: USERS_UNSUPPORTED_IMAGE, those of
 * storage.h.
 */
enum { USERS_AVATAR_MAX = 1024 * 1024 };
PUBLIC CHECKED err users_set_avatar(struct ctx *c, struct bytes body);
PUBLIC CHECKED err users_remove_avatar(struct ctx *c); /* in the caller's transaction */

/* Not in a transaction. Errors: ERR_NOT_FOUND when there is none, or no such member. */
PUBLIC CHECKED err users_get_avatar(struct ctx *c, struct content *out);
PUBLIC CHECKED err users_get_member_avatar(struct ctx *c, struct uuid person, struct content *out);

/* --- Organisations --- */

struct users_org {
    struct uuid id; /* "org_…" */
    const char *name;
    const char *role; /* of the acting person in it; NULL when no person acts */
    int64_t version;  /* 1 at first, raised by each change */
    struct instant created_at;
    struct instant suspended_at;  /* none: it is not suspended */
    const char *suspended_reason; /* NULL: it is not suspended */
};
PUBLIC extern const struct shape users_org_shape;
LIST_OF(users_org);
PUBLIC extern const struct shape users_org_list_shape;

/* The acting person's organisations, oldest first. */
PUBLIC CHECKED err users_list_my_orgs(
    struct ctx *c, const struct page_in *page, struct users_org_list *out);

/* A new organisation owned by the acting person; c enters it. Publishes USERS_ORG_CREATED. */
PUBLIC CHECKED err users_create_org(struct ctx *c, const char *name, struct users_org *out);

/* The current organisation (c->org). Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err users_get_org(struct ctx *c, struct users_org *out);

/* As users_get_org, and nobody else changes it, or adds a member to it, until the transaction ends.
 */
PUBLIC CHECKED err users_lock_org(struct ctx *c, struct users_org *out);

/*
 * The current organisation, or the acting person, stays until the transaction ends: who deletes it
 * waits, and after one who was quicker it is gone. For work that writes rows of its own about them
 * and must not fail by that, jobs and consumers of events before all. The organisation first, then
 * the person. Errors: ERR_NOT_FOUND.
 */
PUBLIC CHECKED err users_hold_org(struct ctx *c);
PUBLIC CHECKED err users_hold_me(struct ctx *c);

/* Errors: ERR_NOT_FOUND, ERR_CHANGED. */
PUBLIC CHECKED err users_rename_org(struct ctx *c, const char *name, struct users_org *out);

/* Is the current organisation suspended? Who comes to it otherwise than by a route of it (an
 * invitation, a public key) asks, after tx_enter_org. Errors: USERS_ORG_SUSPENDED, ERR_NOT_FOUND.
 */
PUBLIC CHECKED err users_require_open_org(struct ctx *c);

/* Remove the current organisation from every module. Publishes USERS_ORG_DELETED; its owners are
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

/* Publishes USERS_ROLE_CHANGED, unless it is the member's role already; owners are warned when an
 * owner is made or is one no more. Errors: ERR_NOT_FOUND; USERS_ROLE_NOT_ALLOWED: who acts lacks a
 * permission of the old role or the new one, or is a key and one of them is owner;
 * ERR_SUDO_REQUIRED when one of them is owner; ERR_CONFLICT when the role of who acts changed
 * meanwhile; USERS_LAST_OWNER, of which the database makes sure when the transaction commits. */
PUBLIC CHECKED err users_set_role(
    struct ctx *c, struct uuid person, const char *role, struct users_member *out);

/* What a removal leaves behind: keys nobody stands for any more. Their owners are warned. */
struct users_removal {
    const struct access_key *orphaned_keys;
    size_t n_orphaned_keys;
};
PUBLIC extern const struct shape users_removal_shape;

/* Others need the permission users.manage_members, oneself may always leave. Publishes
 * USERS_MEMBER_REMOVED; owners are warned of a removed owner. Errors: as users_set_role,
 * ERR_FORBIDDEN. */
PUBLIC CHECKED err users_remove_member(
    struct ctx *c, struct uuid person, struct users_removal *out);

/*
 * As users_lock_org, and whoever acts still has the role they came with: for changes of authority,
 * so that one waits for the other. In an organisation that is suspended meanwhile only what takes
 * authority away (leaving, revoking a key) goes on. Errors: ERR_NOT_FOUND, ERR_CONFLICT,
 * USERS_ORG_SUSPENDED.
 */
enum users_purpose { USERS_TAKE_AWAY = 1, USERS_CHANGE };
PUBLIC CHECKED err users_lock_authority(struct ctx *c, enum users_purpose purpose);

/* --- Invitations into the current organisation --- */

struct users_invitation {
    struct uuid id; /* "invitation_…" */
    const char *email;
    const char *role;                       /* granted on acceptance */
    const char *state;                      /* "open"; "void": its sender could not send it now */
    struct uuid invited_by, invited_by_key; /* one of them; both nil: the system, or nobody known */
    struct instant created_at, expires_at;
};
PUBLIC extern const struct shape users_invitation_shape;
LIST_OF(users_invitation);
PUBLIC extern const struct shape users_invitation_list_shape;

/* Invite `email` and publish USERS_INVITED, whose token goes out by mail and is stored only as a
 * hash. A void invitation of the address is replaced. Owners are warned when the role is owner.
 * Errors: USERS_ALREADY_INVITED, USERS_ALREADY_MEMBER, USERS_TOO_MANY_INVITATIONS,
 * USERS_ROLE_NOT_ALLOWED, ERR_SUDO_REQUIRED and ERR_CONFLICT as users_set_role. */
PUBLIC CHECKED err users_invite(
    struct ctx *c, const char *email, const char *role, struct users_invitation *out);

/* Those that have not expired, oldest first. */
PUBLIC CHECKED err users_list_invitations(
    struct ctx *c, const struct page_in *page, struct users_invitation_list *out);

/* Errors: ERR_NOT_FOUND, USERS_ROLE_NOT_ALLOWED, ERR_CONFLICT. */
PUBLIC CHECKED err users_revoke_invitation(struct ctx *c, struct uuid id);

/*
 * The acting person joins the organisation the token belongs to; c enters it. A token works once.
 * Publishes USERS_MEMBER_ADDED; owners are warned of a new owner. Errors: USERS_INVITATION_INVALID,
 * USERS_INVITATION_VOID when its sender could not send it now, USERS_INVITATION_FOR_OTHER when
 * the acting person's verified address is not the invited one, USERS_ALREADY_MEMBER,
 * ENTITLEMENT_EXCEEDED when every seat of the plan is taken.
 */
PUBLIC CHECKED err users_accept_invitation(struct ctx *c, const char *token, struct users_org *out);

/* --- Who may do what, and who did --- */

/* A front end's first screen in one call. */
struct users_screen_in {
    struct uuid org_id; /* what the last three are about; nil: the oldest organisation */
    bool orgs, permissions, entitlements, flags;
};
struct users_screen {
    struct users_person person;
    const struct users_org *orgs; /* the first 200, oldest first; NULL: not asked for */
    size_t n_orgs;
    struct uuid org_id; /* nil: in no organisation yet, or nothing about one was asked for */
    const char *const *permissions;
    size_t n_permissions;
    const struct access_entitlement *entitlements;
    size_t n_entitlements;
    const char *flags; /* JSON object of those shown to front ends */
};

/* The acting person's; c enters the organisation. Errors: ERR_NOT_FOUND when the person does not
 * belong to org_id. */
PUBLIC CHECKED err users_get_screen(
    struct ctx *c, const struct users_screen_in *in, struct users_screen *out);

struct users_explanation {
    bool allowed; /* by the role, of a key by its scopes too; plan and flags are asked when it is
                     done */
    struct uuid person_id; /* of a key: whose authority it has; nil: nobody's */
    struct uuid key_id;    /* nil: asked about a person */
    const char *permission;
    const char *role;   /* NULL: not a member */
    const char *reason; /* one sentence */
    const struct access_entitlement *entitlements;
    size_t n_entitlements;
    const struct flag_answer *flags;
    size_t n_flags;
};
PUBLIC extern const struct shape users_explanation_shape;

/* May this person, or this key, do that in the current organisation? About others it needs
 * users.manage_members. Errors: ERR_FORBIDDEN, ERR_INVALID when no module declares the permission,
 * or unless it is about one of the two. */
PUBLIC CHECKED err users_explain(struct ctx *c, const struct principal *who, const char *permission,
    struct users_explanation *out);

/* The current organisation's audit trail, newest first. */
PUBLIC CHECKED err users_list_audit(struct ctx *c, const struct audit_filter *filter,
    const struct page_in *page, struct audit_row_list *out);

/* How many may be members; open invitations do not count. */
PUBLIC extern const struct entitlement USERS_SEATS;

/* --- For staff (admin): across tenants, so in a unit of work as ashlar_system --- */

LIST_OF(users_person);
PUBLIC extern const struct shape users_person_list_shape;

struct users_found_org {
    struct uuid id; /* "org_…" */
    const char *name;
    int64_t members;
    struct instant created_at;
    struct instant suspended_at; /* none: it is not suspended */
    struct uuid suspended_by;
    const char *suspended_reason;
};
PUBLIC extern const struct shape users_found_org_shape;
LIST_OF(users_found_org);
PUBLIC extern const struct shape users_found_org_list_shape;

/* `q` is an id ("person_…", "org_…"), of people a whole address, or the beginning of a name; "" is
 * the beginning of all. Ordered by id: oldest first. */
PUBLIC CHECKED err users_find_people(
    struct ctx *c, const char *q, const struct page_in *page, struct users_person_list *out);
PUBLIC CHECKED err users_find_orgs(
    struct ctx *c, const char *q, const struct page_in *page, struct users_found_org_list *out);

/* Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err users_find_person(struct ctx *c, struct uuid id, struct users_person *out);
PUBLIC CHECKED err users_find_org(struct ctx *c, struct uuid id, struct users_found_org *out);

/* --- What every owner must hear of, whoever did it --- */

/* Names of warnings; notifications has their words. Modules above add theirs. */
#define USERS_OWNER_MADE    "users.owner_made"    /* about: who */
#define USERS_OWNER_INVITED "users.owner_invited" /* about: the address */
#define USERS_OWNER_DEMOTED "users.owner_demoted" /* about: who */
#define USERS_OWNER_REMOVED "users.owner_removed" /* about: who */
#define USERS_ORG_GONE      "users.org_deleted"
#define USERS_KEYS_ORPHANED "users.keys_orphaned" /* about: names of the keys */

/*
 * Publish USERS_OWNER_WARNED once for each owner of c->org there is now (the first 100), whoever
 * acts among them: a mail to each that nobody can switch off, and that survives what happens to
 * the organisation next. Call it while those to be told still are owners. `about` may be NULL.
 */
PUBLIC CHECKED err users_warn_owners(struct ctx *c, const char *what, const char *about);

/* The same of keys that nobody stands for any more, to all owners but `whose` they are; nothing
 * when n is 0. */
PUBLIC CHECKED err users_warn_of_orphans(
    struct ctx *c, const struct access_key *keys, size_t n, struct uuid whose);

/*
 * Suspend an organisation: from the next request on, on every process, its members and keys get
 * USERS_ORG_SUSPENDED but on routes that say .while_suspended; streams in it end; its jobs, events
 * and with them its webhooks and mails wait. Nothing is deleted. Publishes USERS_ORG_WAS_SUSPENDED,
 * outside the organisation, where nothing waits. Twice is once, with the newest reason, which its
 * owners read. Restoring undoes it: what waited goes on in its order; twice is once. Errors:
 * ERR_NOT_FOUND.
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

/* --- Events: the aggregate is the organisation; of USERS_INVITED the invitation, of
 * USERS_PERSON_ERASED the person. The two of suspending are published outside the organisation,
 * because what is in it waits --- */

struct users_org_event { /* USERS_ORG_CREATED, USERS_ORG_DELETED */
    struct uuid org_id;
    const char *name;
    struct uuid by; /* the person who did it; nil: the system */
};
EVENT_OF(users_org_event);
/* USERS_MEMBER_ADDED, USERS_ROLE_CHANGED, USERS_MEMBER_REMOVED. The last one also of who was
 * erased. Members of a deleted organisation get none: there is no organisation to tell it in, and
 * USERS_ORG_DELETED and purge_org speak of all of them. */
struct users_member_event {
    struct uuid person_id;
    const char *role; /* now; of a removed member the last one */
};
EVENT_OF(users_member_event);
struct users_invited_event { /* USERS_INVITED */
    struct uuid invitation_id;
    const char *org_name;
    const char *inviter_name; /* secret; by an API key: the organisation invites */
    struct uuid inviter_id;   /* nil: by an API key */
    const char *email;        /* secret, as the token */
    const char *role;
    const char *token; /* secret: encrypted while it waits, wiped after delivery */
    struct instant expires_at;
};
EVENT_OF(users_invited_event);
struct users_owner_warning { /* USERS_OWNER_WARNED; the aggregate is the owner told */
    struct uuid person_id;
    const char *name, *email; /* secret: theirs */
    const char *what;         /* "users.owner_made" */
    const char *org_name;
    const char *about;   /* secret; NULL: nothing to add */
    const char *by;      /* secret: the name of who did it; NULL: a key, staff, the system */
    const char *network; /* where it was done from; NULL: unknown */
};
EVENT_OF(users_owner_warning);
struct users_suspension_event { /* USERS_ORG_WAS_SUSPENDED, USERS_ORG_WAS_RESTORED */
    struct uuid org_id;
    const char *reason; /* as staff wrote it, for the owners */
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
