/* Support view of the emails to a person: states and reasons. */
#include "notifications_internal.h"

struct notifications_person_mail {
    const char *suppressed; /* the mail server's response; NULL: not suppressed */
    const struct notifications__mail_trace *mails;
    size_t n_mails;
};
static const struct field notifications_person_mail_fields[] = {
    TEXT(notifications_person_mail, suppressed, .optional = true,
        .doc = "Reason why the email address is suppressed. Null if it is not suppressed."),
    LIST(notifications_person_mail, mails, notifications__mail_trace,
        .doc = "Newest 50 emails to the current email address, without their content"),
};
static SHAPE(notifications_person_mail);

SUPPORT_VIEW(see_person, notifications_person_mail)
{
    const char *address;

    TRY(auth_email_of(c, of, &address));
    TRY(notifications__find_suppression(c, address, &out->suppressed));
    return notifications__list_mails(c, /* state= */ NULL, address, &out->mails, &out->n_mails);
}

const struct support_view notifications__person_support_view = {
    .doc = "Emails sent to the person",
    .loader = LOADED_BY(see_person),
};
