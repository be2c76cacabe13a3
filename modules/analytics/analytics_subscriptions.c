/* Subscriptions of analytics: events of the modules below become milestones of the platform's own
 * customers, exactly once. */
#include "analytics_internal.h"
#include <auth.h>
#include <payments.h>
#include <users.h>

static struct bytes signup_hash(struct ctx *c, const char *email)
{
    return token_hash(c->arena, "analytics.signup", email);
}

EVENT_HANDLER(note_signup, auth_signup_started)
{
    return analytics__insert_milestone(c, &(struct analytics__milestone){ .event_id = meta->id,
                                              .name = "signed up",
                                              .signup_hash = signup_hash(c, in->email),
                                              .occurred_at = meta->at });
}

EVENT_HANDLER(note_verified, auth_email_verified)
{
    return analytics__insert_milestone(c, &(struct analytics__milestone){ .event_id = meta->id,
                                              .name = "verified",
                                              .person_id = in->person_id,
                                              .signup_hash = signup_hash(c, in->email),
                                              .occurred_at = meta->at });
}

EVENT_HANDLER(note_org, users_org_event)
{
    return analytics__insert_milestone(c, &(struct analytics__milestone){ .event_id = meta->id,
                                              .name = "created organisation",
                                              .person_id = in->by,
                                              .org_id = in->org_id,
                                              .occurred_at = meta->at });
}

EVENT_HANDLER(note_member, users_member_event)
{
    return analytics__insert_milestone(c, &(struct analytics__milestone){ .event_id = meta->id,
                                              .name = "joined organisation",
                                              .person_id = in->person_id,
                                              .org_id = c->org,
                                              .occurred_at = meta->at });
}

EVENT_HANDLER(note_paid, payments_subscription_event)
{
    (void)in;
    return analytics__insert_milestone(
        c, &(struct analytics__milestone){
               .event_id = meta->id, .name = "paid", .org_id = c->org, .occurred_at = meta->at });
}

const struct subscription analytics__subscriptions[] = {
    { HEARS(AUTH_SIGNUP_STARTED, note_signup), .consumer = "analytics.note_signup",
        .system = true },
    { HEARS(AUTH_EMAIL_VERIFIED, note_verified), .consumer = "analytics.note_verified",
        .system = true },
    { HEARS(USERS_ORG_CREATED, note_org), .consumer = "analytics.note_org", .system = true },
    { HEARS(USERS_MEMBER_ADDED, note_member), .consumer = "analytics.note_member", .system = true },
    { HEARS(PAYMENTS_SUBSCRIPTION_STARTED, note_paid), .consumer = "analytics.note_paid",
        .system = true },
    { .consumer = NULL },
};
