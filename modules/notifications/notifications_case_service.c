/* What staff see of the mail to a person: did it go out, and if not, why? Knows no HTTP and no SQL.
 */
#include "notifications_internal.h"

struct notifications_person_case {
    const char *suppressed; /* the mail server's answer; NULL: the address is written to */
    const struct notifications__trace *mails;
    size_t n_mails;
};
static const struct field notifications_person_case_fields[] = {
    TEXT(notifications_person_case, suppressed, .optional = true,
        .doc = "Reason why the email address is suppressed. Null if it is not suppressed."),
    LIST(notifications_person_case, mails, notifications__trace,
        .doc = "Newest 50 emails to the current email address, without their content"),
};
static SHAPE(notifications_person_case);

CASE_VIEW(see_person, notifications_person_case)
{
    const char *address;

    TRY(auth_email_of(c, of, &address));
    TRY(notifications__find_suppression(c, address, &out->suppressed));
    return notifications__list_mails(c, /* state= */ NULL, address, &out->mails, &out->n_mails);
}

const struct case_view notifications__person_case = {
    .doc = "Emails sent to the person",
    .loader = SEEN_BY(see_person),
};
