/* Defects of declared flags, each as a sentence for the flag's author. */
#include "flags.h"
#include "module/registry.h"
#include <ashlar/text.h>

enum { FLAGS_MAX = 1000, LONGEST_NAME = 100 };

/* The same rule as in platform.flag, so that every declared flag can have a row. */
static bool is_flag_name(const char *name)
{
    if (name[0] < 'a' || name[0] > 'z')
        return false;
    return strlen(name) <= LONGEST_NAME &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(name);
}

static bool is_date(const char *date)
{
    char text[32];
    struct instant at;

    snprintf(text, sizeof text, "%sT00:00:00Z", date);
    return strlen(date) == 10 && instant_parse(text, strlen(text), &at);
}

static bool may_have_default(const struct flag *f)
{
    char number[24];

    if (f->type == FLAG_BOOL)
        return true;
    if (f->type == FLAG_TEXT)
        return f->fallback_text != NULL && flag_may_have(f, f->fallback_text);
    snprintf(number, sizeof number, "%lld", (long long)f->fallback_int);
    return flag_may_have(f, number);
}

static const char *what_is_wrong(const struct flag *f)
{
    if (f->name == NULL || !is_flag_name(f->name))
        return "its name is lower case letters, digits, _ and ., at most 100";
    if (f->doc == NULL || f->doc[0] == '\0')
        return "it has no doc";
    if (!may_have_default(f))
        return "its default is not an allowed value";
    if (f->expires != NULL && !is_date(f->expires))
        return "expires is a date like 2027-01-31";
    return NULL;
}

static bool is_known(const struct flag *const *seen, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(seen[i]->name, name))
            return true;
    }
    return false;
}

void flags_check(struct buf *problems)
{
    struct arena *a = arena_new(0);
    const struct flag **seen = arena_array(a, FLAGS_MAX, sizeof *seen);
    size_t n = 0;

    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        for (const struct flag *const *f = (*m)->flags; f != NULL && *f != NULL; f++) {
            const char *wrong = what_is_wrong(*f);
            if (wrong == NULL && is_known(seen, n, (*f)->name))
                wrong = "the name is used twice";
            if (wrong == NULL && n == FLAGS_MAX)
                wrong = "there are more than 1000 flags";
            if (wrong != NULL)
                buf_printf(problems, "%s: flag %s: %s.\n", (*m)->name,
                    (*f)->name ? (*f)->name : "(without name)", wrong);
            else
                seen[n++] = *f;
        }
    }
    arena_free(a);
}
