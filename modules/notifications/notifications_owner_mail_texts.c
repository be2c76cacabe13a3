/* Texts of mandatory emails to owners, in English. {org} is the organisation, {about} the affected
 * person or object. */
#include "notifications_internal.h"

/* The type of {about}. KEYS: several names, each shortened by their sender and with a hint. */
enum about { NAME, ADDRESS, KEYS };

struct words {
    const char *what, *subject, *text, *action;
    const struct setting *path;
    enum about about;
};

static const struct words all_words[] = {
    { USERS_OWNER_MADE, "{org} has a new owner", "{about} is now an owner of {org}.",
        "View the members", &ASHLAR_MEMBERS_PATH },
    { USERS_OWNER_INVITED, "A new owner was invited to {org}",
        "{about} was invited to become an owner of {org}.", "View the members",
        &ASHLAR_MEMBERS_PATH, ADDRESS },
    { USERS_OWNER_DEMOTED, "{org} has one owner less", "{about} is no longer an owner of {org}.",
        "View the members", &ASHLAR_MEMBERS_PATH },
    { USERS_OWNER_REMOVED, "An owner left {org}",
        "{about}, who was an owner of {org}, left or was removed.", "View the members",
        &ASHLAR_MEMBERS_PATH },
    { USERS_ORG_GONE, "{org} was deleted", "{org} was deleted with all its data.", NULL, NULL },
    { USERS_KEYS_ORPHANED, "API keys of {org} have stopped working",
        "These API keys of {org} no longer work, because the person whose authority they had left "
        "or was suspended: {about}. An owner must adopt or revoke each key.",
        "View the organisation", &ASHLAR_MEMBERS_PATH, KEYS },
    { AUTH_WARNING_KEY_CREATED, "{org} has a new API key",
        "The API key {about} of {org} was created.", "View the organisation", &ASHLAR_MEMBERS_PATH,
        KEYS },
    { AUTH_WARNING_KEY_ADOPTED, "An API key of {org} was adopted",
        "The API key {about} of {org} now has the authority of the owner who adopted it.",
        "View the organisation", &ASHLAR_MEMBERS_PATH, KEYS },
};

static const struct words *words_of(const char *what)
{
    for (size_t i = 0; i < COUNT(all_words); i++)
        if (text_equal(all_words[i].what, what))
            return &all_words[i];
    return NULL;
}

static const char *about_of(
    struct ctx *c, const struct words *words, const struct users_owner_warning *e)
{
    if (e->about == NULL)
        return "Someone";
    if (words->about == ADDRESS)
        return e->about;
    return words->about == KEYS ? text_without_address(c->arena, e->about)
                                : text_in_mail(c->arena, e->about);
}

static const char *who_and_where(struct ctx *c, const struct users_owner_warning *e)
{
    const char *by =
        e->by != NULL ? arena_printf(c->arena, " by %s", text_in_mail(c->arena, e->by)) : "";
    const char *from = e->network != NULL ? arena_printf(c->arena, " from %s", e->network) : "";

    return arena_printf(c->arena,
        "The change was made%s%s. All owners are notified. If no owner intended it, sign in and "
        "check members and API keys now.",
        by, from);
}

bool notifications__owner_warning(
    struct ctx *c, const struct users_owner_warning *e, struct notifications_mail_text *out)
{
    const struct words *words = words_of(e->what);
    const struct notifications__mark marks[] = {
        { "{org}", text_in_mail(c->arena, e->org_name) },
        { "{about}", words != NULL ? about_of(c, words, e) : "" },
        { NULL, NULL },
    };

    if (words == NULL)
        return false;
    *out = (struct notifications_mail_text){
        .template = words->what,
        .to = e->email,
        .subject = notifications__fill(c, words->subject, marks),
        .paragraphs = {
            arena_printf(c->arena, "Hello %s,", text_in_mail(c->arena, e->name)),
            notifications__fill(c, words->text, marks),
            who_and_where(c, e),
        },
        .action = words->action,
        .url = words->path != NULL
                   ? notifications__link_to(c, setting_text(words->path), NULL)
                   : NULL,
        .resend_when_unknown = true,
        .footer = arena_printf(c->arena, "You receive this email because you are or were an owner of %s.",
            text_in_mail(c->arena, e->org_name)),
    };
    return true;
}
