/* Notifications to owners when staff suspend or restore an organisation. Written outside the
 * organisation, whose own events wait. */
#include "notifications_internal.h"

static const struct field notifications__suspension_news_fields[] = {
    TEXT(notifications__suspension_news, org_name, .max = 200, .doc = "Name of the organisation"),
    TEXT(notifications__suspension_news, reason, .max = USERS_SUSPENSION_REASON_MAX,
        .doc = "Reason of the suspension, as staff wrote it"),
};
SHAPE(notifications__suspension_news);

NOTIFICATION_WORDS(say_suspended, notifications__suspension_news)
{
    (void)locale;
    *out = (struct notifications_content){
        .title = arena_printf(c->arena, "%s is suspended", in->org_name),
        .text = arena_printf(c->arena,
            "Our staff suspended %s. The reason: %s. Requests of its members and API keys are "
            "rejected, and its jobs, webhooks and emails are held. Nothing is deleted, and all of "
            "it continues when the suspension is lifted. You can still pay its bills, read its "
            "members, events and audit log, and leave it. Contact us if you think that this is a "
            "mistake.",
            in->org_name, in->reason),
        .action = "Open",
        .path = "/",
    };
}

NOTIFICATION_WORDS(say_restored, notifications__suspension_news)
{
    (void)locale;
    *out = (struct notifications_content){
        .title = arena_printf(c->arena, "%s is no longer suspended", in->org_name),
        .text = arena_printf(c->arena,
            "Our staff lifted the suspension of %s. The reason: %s. Its members and API keys have "
            "access again, and held jobs, webhooks and emails continue.",
            in->org_name, in->reason),
        .action = "Open",
        .path = "/",
    };
}

/* Mandatory: owners must act on it, so it cannot be switched off. */
NOTIFICATION_KIND(NOTIFICATIONS__ORG_SUSPENDED, notifications__suspension_news, say_suspended,
    .name = "users.org_suspended", .title = "Organisation suspended",
    .doc = "Sent to owners when staff suspended their organisation",
    .category = NOTIFICATIONS_SECURITY, .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .resend_when_unknown = true);
NOTIFICATION_KIND(NOTIFICATIONS__ORG_RESTORED, notifications__suspension_news, say_restored,
    .name = "users.org_restored", .title = "Organisation's suspension lifted",
    .doc = "Sent to owners when staff lifted the suspension of their organisation",
    .category = NOTIFICATIONS_SECURITY, .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .resend_when_unknown = true);

/* The owners are read in the organisation … */
static err list_owners(struct ctx *c, struct uuid org, struct notifications__suspension_news *news,
    struct users_member_list *page, const char *cursor)
{
    const struct page_in wanted = { .limit = 200, .cursor = cursor };
    struct users_org known;

    TRY(tx_enter_org(c, org));
    TRY(users_get_org(c, &known));
    TRY(users_list_members(c, &wanted, page));
    news->org_name = text_in_mail(c->arena, known.name);
    return tx_leave_org(c);
}

/* … and their notifications are written outside it. */
static err notify_page(struct ctx *c,
    const NOTIFICATION(notifications__suspension_news) * notification,
    const struct notifications__suspension_news *news, const struct users_member_list *page)
{
    for (size_t i = 0; i < page->n_data; i++) {
        const struct notifications_audience owner = { .person = page->data[i].id };
        if (text_equal(page->data[i].role, "owner"))
            TRY(notifications_notify(c, notification, &owner, news));
    }
    return NULL;
}

err notifications__notify_owners(
    struct ctx *c, const struct users_suspension_event *e, bool suspended)
{
    struct notifications__suspension_news news = { .reason = e->reason };
    struct users_member_list page = { .next_cursor = NULL };

    do {
        err failed = list_owners(c, e->org_id, &news, &page, page.next_cursor);
        if (failed == &ERR_NOT_FOUND) /* deleted concurrently: there is no recipient */
            return tx_leave_org(c);
        TRY(failed);
        TRY(notify_page(c, suspended ? &NOTIFICATIONS__ORG_SUSPENDED : &NOTIFICATIONS__ORG_RESTORED,
            &news, &page));
    } while (page.next_cursor != NULL);
    return NULL;
}
