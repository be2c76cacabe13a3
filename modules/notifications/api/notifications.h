/*
 * notifications — what people are told, and how it reaches them: for now mail. Listens to what
 * users and auth publish; modules above it call it. Decides no business rule.
 */
#pragma once
#include <ashlar/ashlar.h>

enum { NOTIFICATIONS_PARAGRAPHS_MAX = 4 };

/* One mail's content. The layout, text and HTML, is the same for all; every text is plain UTF-8 and
 * is escaped where it has to be. */
struct notifications_letter {
    const char *template; /* stable name for logs, e.g. "auth.verify_email" */
    const char *to;       /* one address, lower-cased */
    const char *subject;
    const char *paragraphs[NOTIFICATIONS_PARAGRAPHS_MAX + 1]; /* ends with NULL */
    const char *action, *url; /* label and address of the one thing to do; NULL: none */
    const char *code;         /* to be typed instead; NULL: none */
    const char *footer;       /* why this came, what to do if it should not have */
};

/*
 * Put a letter on its way in the open transaction: it is sent when, and only when, that commits.
 * The body is encrypted while it waits and wiped when it was handed over. ERR_INTERNAL when it is
 * longer than 32 KiB: a mail is never cut.
 */
PUBLIC CHECKED err notifications_mail(struct ctx *c, const struct notifications_letter *letter);
