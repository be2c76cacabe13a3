/* What would be mailed, where no module mails: the kit hears of it by the same events. Knows the
 * events of users and auth and no mail's words. */
#include "kit.h"
#include "auth.h"
#include "module/registry.h"
#include "users.h"
#include <pthread.h>

enum { MODULES_MAX = 64 };

struct event_mail {
    struct event_mail *next;
    char *to, *subject, *token, *code;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* jobs may run on any thread */
static struct event_mail *mails;                         /* newest first */

/* A text member of a payload, by its name; NULL: it has none. */
static const char *text_of(const struct event_meta *meta, const void *payload, const char *name)
{
    const struct shape *s = meta->kind->payload;

    for (size_t i = 0; i < s->n_fields; i++)
        if (text_equal(s->fields[i].name, name))
            return *(const char *const *)((const char *)payload + s->fields[i].offset);
    return NULL;
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static err keep(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    const char *old = text_of(meta, payload, "old_email"); /* of who is told of a new one */
    struct event_mail *l = malloc(sizeof *l);

    (void)c;
    if (l == NULL)
        abort();
    *l = (struct event_mail){
        .to = copy(old ? old : text_of(meta, payload, "email")),
        .subject = copy(meta->kind->name),
        .token = copy(text_of(meta, payload, "token")),
        .code = copy(text_of(meta, payload, "code")),
    };
    pthread_mutex_lock(&lock);
    l->next = mails;
    mails = l;
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* One for events of all shapes, which it reads by name. */
static const struct event_handler keeper = { keep };

#define EVENT_MAIL(event_kind)                                                                     \
    {                                                                                              \
        .event = &event_kind.kind, .consumer = "testkit." #event_kind, .handler = &keeper          \
    }

static const struct subscription subscriptions[] = {
    EVENT_MAIL(USERS_INVITED),
    EVENT_MAIL(AUTH_SIGNUP_STARTED),
    EVENT_MAIL(AUTH_SIGNUP_FOR_EXISTING_ACCOUNT),
    EVENT_MAIL(AUTH_RESET_REQUESTED),
    EVENT_MAIL(AUTH_EMAIL_CHANGE_STARTED),
    EVENT_MAIL(AUTH_EMAIL_CHANGE_FOR_EXISTING_ACCOUNT),
    EVENT_MAIL(AUTH_EMAIL_CHANGED),
    EVENT_MAIL(AUTH_EMAIL_CHANGE_ASKED),
    EVENT_MAIL(AUTH_EMAIL_RESTORED),
    EVENT_MAIL(AUTH_PASSWORD_CHANGED),
    EVENT_MAIL(AUTH_PASSWORD_RESET),
    EVENT_MAIL(AUTH_PASSWORD_GUESSED_AT),
    EVENT_MAIL(AUTH_SECOND_FACTOR_ADDED),
    EVENT_MAIL(AUTH_SECOND_FACTOR_REMOVED),
    EVENT_MAIL(AUTH_RECOVERY_CODE_USED),
    EVENT_MAIL(AUTH_RECOVERY_CODES_RENEWED),
    { .consumer = NULL },
};

static const struct module event_mail_module = {
    .name = "testkit",
    .summary = "Keeps what would be mailed",
    .subscriptions = subscriptions,
};

bool kit_mails_itself(void)
{
    return registry_find(event_mail_module.name) != NULL;
}

void kit_mail_itself(void)
{
    const struct module *list[MODULES_MAX + 2];
    size_t n = 0;

    if (registry_find("auth") == NULL || registry_find("notifications") != NULL)
        return;
    for (const struct module *const *m = registry_modules(); *m && n < MODULES_MAX; m++)
        list[n++] = *m;
    list[n++] = &event_mail_module;
    list[n] = NULL;
    registry_set(list);
}

int kit_event_mails_to(struct t *t, const char *address, struct caught_mail *newest)
{
    int n = 0;

    pthread_mutex_lock(&lock);
    for (const struct event_mail *l = mails; l; l = l->next) {
        if (!text_equal_nocase(l->to, address) || n++ > 0)
            continue;
        *newest = (struct caught_mail){
            .to = arena_strdup(t->arena, l->to),
            .subject = arena_strdup(t->arena, l->subject),
            .token = arena_strdup(t->arena, l->token),
            .code = arena_strdup(t->arena, l->code),
        };
    }
    pthread_mutex_unlock(&lock);
    return n;
}

void kit_forget_event_mails(void)
{
    struct event_mail *next;

    pthread_mutex_lock(&lock);
    for (struct event_mail *l = mails; l; l = next) {
        next = l->next;
        free(l->to), free(l->subject), free(l->token), free(l->code), free(l);
    }
    mails = NULL;
    pthread_mutex_unlock(&lock);
}
