/* What the modules below report becomes milestones of the platform's own customers, exactly once.
 * Knows no page. */
#include "analytics_internal.h"
#include <auth.h>
#include <payments.h>
#include <users.h>

static struct bytes signup_hash(struct ctx *c, const char *email)
{
    return token_hash(c->arena, "analytics.signup", email);
}

static err note_signup(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    const struct auth_signup_started *signup = payload;

    return analytics__insert_milestone(c, &(struct analytics__milestone){ .event_id = meta->id,
                                              .name = "signed up",
                                              .signup_hash = signup_hash(c, signup->email),
                                              .occurred_at = meta->at });
}

static err note_verified(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    const struct auth_email_verified *verified = payload;

    return analytics__insert_milestone(c, &(struct analytics__milestone){ .event_id = meta->id,
                                              .name = "verified",
                                              .person_id = verified->person_id,
                                              .signup_hash = signup_hash(c, verified->email),
                                              .occurred_at = meta->at });
}

static err note_org(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    const struct users_org_event *created = payload;

    return analytics__insert_milestone(c, &(struct analytics__milestone){ .event_id = meta->id,
                                              .name = "created organisation",
                                              .person_id = created->by,
                                              .org_id = created->org_id,
                                              .occurred_at = meta->at });
}

static err note_member(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    const struct users_member_event *added = payload;

    return analytics__insert_milestone(c, &(struct analytics__milestone){ .event_id = meta->id,
                                              .name = "joined organisation",
                                              .person_id = added->person_id,
                                              .org_id = c->org,
                                              .occurred_at = meta->at });
}

static err note_paid(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    (void)payload;
    return analytics__insert_milestone(
        c, &(struct analytics__milestone){
               .event_id = meta->id, .name = "paid", .org_id = c->org, .occurred_at = meta->at });
}

const struct subscription analytics__subscriptions[] = {
    {
        .event = &AUTH_SIGNUP_STARTED,
        .consumer = "analytics.note_signup",
        .system = true,
        .run = note_signup,
    },
    {
        .event = &AUTH_EMAIL_VERIFIED,
        .consumer = "analytics.note_verified",
        .system = true,
        .run = note_verified,
    },
    {
        .event = &USERS_ORG_CREATED,
        .consumer = "analytics.note_org",
        .system = true,
        .run = note_org,
    },
    {
        .event = &USERS_MEMBER_ADDED,
        .consumer = "analytics.note_member",
        .system = true,
        .run = note_member,
    },
    {
        .event = &PAYMENTS_SUBSCRIPTION_STARTED,
        .consumer = "analytics.note_paid",
        .system = true,
        .run = note_paid,
    },
    { .event = NULL, .run = NULL },
};
