/* Kinds of all enabled modules: lookup, listing, and validation at start, with the other
 * requirements of notifications. */
#include "notifications_internal.h"

enum { MAIL_AFTER_MAX_S = 24 * 3600 };

const struct notifications_kind *notifications__next_kind(struct notifications__walk *walk)
{
    const struct notifications_kind *const *rows = walk->rows;

    while (rows == NULL || *rows == NULL) {
        rows = modules_extensions("notifications", &walk->at);
        if (rows == NULL)
            return NULL;
    }
    walk->rows = rows + 1;
    return *rows;
}

const struct notifications_kind *notifications__kind_named(const char *name)
{
    struct notifications__walk walk = { .at = 0 };
    const struct notifications_kind *kind;

    while ((kind = notifications__next_kind(&walk)) != NULL) {
        if (text_equal(kind->name, name))
            return kind;
    }
    return NULL;
}

bool notifications__is_mandatory(const struct notifications_kind *kind)
{
    return kind->mandatory || kind->category == NOTIFICATIONS_SECURITY;
}

bool notifications__is_wanted_by_default(const struct notifications_kind *kind, unsigned channel)
{
    return notifications__is_mandatory(kind) ||
           (kind->category != NOTIFICATIONS_MARKETING && (kind->off & channel) == 0);
}

const char *notifications__category_word(enum notifications_category category)
{
    static const char *const words[] = {
        [NOTIFICATIONS_SECURITY] = "security",
        [NOTIFICATIONS_TRANSACTIONAL] = "transactional",
        [NOTIFICATIONS_PRODUCT] = "product",
        [NOTIFICATIONS_MARKETING] = "marketing",
    };

    return words[category];
}

static bool is_in_module_form(const char *name)
{
    const char *dot = name != NULL ? strchr(name, '.') : NULL;

    return dot != NULL && dot != name && dot[1] != '\0' && strlen(name) <= 100;
}

static bool is_described(const struct notifications_kind *kind)
{
    return is_in_module_form(kind->name) && kind->title != NULL && kind->doc != NULL &&
           kind->words != NULL && !shape_has_secrets(kind->words->data);
}

static bool is_deliverable(const struct notifications_kind *kind)
{
    const unsigned all = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL;

    return kind->category >= NOTIFICATIONS_SECURITY && kind->category <= NOTIFICATIONS_MARKETING &&
           kind->channels != 0 && (kind->channels & ~all) == 0 &&
           (kind->off & ~kind->channels) == 0 && kind->mail_after_s >= 0 &&
           kind->mail_after_s <= MAIL_AFTER_MAX_S;
}

static bool is_defective(const struct notifications_kind *kind)
{
    return !is_described(kind) || !is_deliverable(kind) ||
           notifications__kind_named(kind->name) != kind;
}

static const char *check_kinds(void)
{
    struct notifications__walk walk = { .at = 0 };
    const struct notifications_kind *kind;
    const char *why = NULL;
    size_t n = 0;

    while ((kind = notifications__next_kind(&walk)) != NULL) {
        if (++n > NOTIFICATIONS__KINDS_MAX)
            return "there are more than 200 kinds of notifications";
        if (!is_defective(kind))
            continue;
        log_error(NULL, "notifications.kind_invalid",
            log_text("kind", kind->name != NULL ? kind->name : "(without name)"));
        why = "a notification kind lacks a member, names no channel, contains a secret field or a "
              "duplicate name. See the log";
    }
    return why;
}

/* Otherwise emails would stay undelivered with a log line as the only sign. */
const char *notifications__check(enum environment env)
{
    const char *why = check_kinds();

    (void)env;
    if (why != NULL)
        return why;
    if (text_equal(setting_text(&ASHLAR_MAIL), "smtp") && !mail_has_server())
        return "ASHLAR_MAIL is smtp, but ASHLAR_SMTP_URL is not set; set it, or outside production "
               "ASHLAR_MAIL=catch";
    return NULL;
}
