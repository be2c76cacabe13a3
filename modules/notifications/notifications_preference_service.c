/* Which kinds reach a person on which channel: the kind's rule first, then the person's word, then
 * the kind's default. Knows no HTTP and no SQL. */
#include "notifications_internal.h"

static bool is_wanted(const struct notifications_kind *kind, unsigned channel, const char *word,
    const struct notifications__wish *wishes, size_t n)
{
    if ((kind->channels & channel) == 0)
        return false;
    for (size_t i = 0; i < n && !notifications__is_mandatory(kind); i++) {
        if (text_equal(wishes[i].channel, word) && text_equal(wishes[i].kind, kind->name))
            return wishes[i].wanted;
    }
    return notifications__is_wanted_by_default(kind, channel);
}

static struct notifications__wishes decide(
    const struct notifications_kind *kind, const struct notifications__wish *wishes, size_t n)
{
    return (struct notifications__wishes){
        .inbox = is_wanted(kind, NOTIFICATIONS_INBOX, "inbox", wishes, n),
        .mail = is_wanted(kind, NOTIFICATIONS_MAIL, "mail", wishes, n),
    };
}

err notifications__get_wishes(
    struct ctx *c, const struct notifications_kind *kind, struct notifications__wishes *out)
{
    const struct notifications__wish *wishes;
    size_t n;

    TRY(notifications__list_wishes(c, c->actor.person, kind->name, &wishes, &n));
    *out = decide(kind, wishes, n);
    return NULL;
}
