/* Channels on which a kind reaches a person: the kind's rule first, then the person's preference,
 * then the kind's default. */
#include "notifications_internal.h"

static bool is_wanted(const struct notifications_kind *kind, unsigned channel, const char *word,
    const struct notifications__channel_preference *preferences, size_t n)
{
    if ((kind->channels & channel) == 0)
        return false;
    for (size_t i = 0; i < n && !notifications__is_mandatory(kind); i++) {
        if (text_equal(preferences[i].channel, word) && text_equal(preferences[i].kind, kind->name))
            return preferences[i].wanted;
    }
    return notifications__is_wanted_by_default(kind, channel);
}

static struct notifications__wanted_channels decide(const struct notifications_kind *kind,
    const struct notifications__channel_preference *preferences, size_t n)
{
    return (struct notifications__wanted_channels){
        .inbox = is_wanted(kind, NOTIFICATIONS_INBOX, "inbox", preferences, n),
        .mail = is_wanted(kind, NOTIFICATIONS_MAIL, "mail", preferences, n),
    };
}

err notifications__get_wanted_channels(struct ctx *c, const struct notifications_kind *kind,
    struct notifications__wanted_channels *out)
{
    const struct notifications__channel_preference *preferences;
    size_t n;

    TRY(notifications__list_channel_preferences(c, c->actor.person, kind->name, &preferences, &n));
    *out = decide(kind, preferences, n);
    return NULL;
}

err notifications__is_mail_wanted(
    struct ctx *c, struct uuid person, const char *kind_name, bool *out)
{
    const struct notifications_kind *kind = notifications__kind_named(kind_name);
    const struct notifications__channel_preference *preferences;
    size_t n;

    TRY(notifications__list_channel_preferences(c, person, kind_name, &preferences, &n));
    *out = kind == NULL || decide(kind, preferences, n).mail;
    return NULL;
}

/* --- All preferences of a person --- */

static void list_channels(struct ctx *c, const struct notifications_kind *kind,
    struct notifications__wanted_channels wanted,
    struct notifications__notification_preference *out)
{
    struct notifications__preference_channel *channels = arena_array(c->arena, 2, sizeof *channels);
    size_t n = 0;

    if ((kind->channels & NOTIFICATIONS_INBOX) != 0)
        channels[n++] = (struct notifications__preference_channel){ "inbox", wanted.inbox };
    if ((kind->channels & NOTIFICATIONS_MAIL) != 0)
        channels[n++] = (struct notifications__preference_channel){ "mail", wanted.mail };
    out->channels = channels;
    out->n_channels = n;
}

static struct notifications__notification_preference describe(struct ctx *c,
    const struct notifications_kind *kind,
    const struct notifications__channel_preference *preferences, size_t n)
{
    struct notifications__notification_preference preference = {
        .kind = kind->name,
        .title = kind->title,
        .doc = kind->doc,
        .category = notifications__category_word(kind->category),
        .mandatory = notifications__is_mandatory(kind),
    };

    list_channels(c, kind, decide(kind, preferences, n), &preference);
    return preference;
}

err notifications__get_preferences(
    struct ctx *c, struct notifications__notification_preferences *out)
{
    struct notifications__notification_preference *all =
        arena_array(c->arena, NOTIFICATIONS__KINDS_MAX, sizeof *all);
    struct notifications__walk walk = { .at = 0 };
    const struct notifications_kind *kind;
    const struct notifications__channel_preference *preferences;
    size_t n_preferences, n = 0;

    *out = (struct notifications__notification_preferences){ .data = all };
    TRY(notifications__list_channel_preferences(
        c, c->actor.person, NULL, &preferences, &n_preferences));
    TRY(notifications__version_of_preferences(c, &out->version));
    while (n < NOTIFICATIONS__KINDS_MAX && (kind = notifications__next_kind(&walk)) != NULL)
        all[n++] = describe(c, kind, preferences, n_preferences);

    out->n_data = n;
    return NULL;
}

static err check_preference(
    struct ctx *c, const struct notifications__channel_preference *preference, size_t i)
{
    const struct notifications_kind *kind = notifications__kind_named(preference->kind);
    const unsigned channel =
        text_equal(preference->channel, "inbox") ? NOTIFICATIONS_INBOX : NOTIFICATIONS_MAIL;
    const char *pointer = arena_printf(c->arena, "/data/%zu", i);

    if (kind == NULL || (kind->channels & channel) == 0) {
        problem_add(c, pointer, "unknown", "The kind does not exist on this channel.");
        return problem(c, &ERR_INVALID, NULL, "One of the kinds does not exist.");
    }
    if (notifications__is_mandatory(kind) && !preference->wanted) {
        problem_add(c, pointer, "mandatory", "This one cannot be switched off.");
        return problem(c, &NOTIFICATIONS_MANDATORY, NULL, "%s is mandatory for all.", kind->name);
    }
    return NULL;
}

static bool is_among(const struct notifications__channel_preference *preference,
    const struct notifications__channel_preference *left, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(preference->kind, left[i].kind) &&
            text_equal(preference->channel, left[i].channel))
            return true;
    }
    return false;
}

/* A page loaded before an unsubscription by link shows that email as switched on, like all others.
 * Only a client that has seen the unsubscription can enable it again. */
static err keep_left(
    struct ctx *c, const struct notifications__channel_preference *preferences, size_t n)
{
    const struct notifications__channel_preference *left;
    size_t n_left;

    TRY(notifications__list_left(c, &left, &n_left));
    for (size_t i = 0; i < n; i++) {
        if (!preferences[i].wanted || !is_among(&preferences[i], left, n_left))
            continue;
        problem_add(c, arena_printf(c->arena, "/data/%zu", i), "left-by-link",
            "This email was unsubscribed by its link.");
        return problem(c, &NOTIFICATIONS_LEFT_BY_LINK, NULL,
            "%s was unsubscribed by the link in an email, possibly after this page was loaded.",
            preferences[i].kind);
    }
    return NULL;
}

err notifications__put_preferences(
    struct ctx *c, const struct notifications__channel_preference *preferences, size_t n)
{
    int64_t version;

    for (size_t i = 0; i < n; i++)
        TRY(check_preference(c, &preferences[i], i));
    TRY(notifications__lock_preferences(c));
    TRY(notifications__version_of_preferences(c, &version));
    TRY(ctx_match_version(c, version));
    if (!ctx_names_version(c, version))
        TRY(keep_left(c, preferences, n));
    TRY(notifications__delete_channel_preferences(c));
    for (size_t i = 0; i < n; i++)
        TRY(notifications__put_channel_preference(c, &preferences[i], "preferences"));
    return NULL;
}
