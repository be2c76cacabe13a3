/* Mail the platform caught instead of sending it, read where a developer reads it: /dev/mail; or,
 * where no module mails, what the kit kept itself. */
#include "kit.h"

enum { LINK_TOKEN_MIN = 40, ADDRESS_ROOM = 1024 };

static const char *escape(struct arena *a, const char *text)
{
    struct buf b;

    buf_init(&b, a, ADDRESS_ROOM);
    for (; *text; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9');
        if (plain)
            buf_char(&b, *text);
        else
            buf_printf(&b, "%%%02X", (unsigned char)*text);
    }
    return b.data;
}

/* The test's last response and its jar stay as they were. */
static json_t *read_mailbox(struct t *t, const char *address)
{
    struct t reader = *t;
    json_t *mails;

    reader.json = NULL;
    reader.n_next = 0;
    reader.jar = kit_jar(t);
    GET_AT(&reader, "/dev/mail?format=json&to=%s", escape(t->arena, text_lower(t->arena, address)));
    if (status_of(&reader) != 200)
        kit_fail(
            t, __FILE__, __LINE__, "%s: %d %s", reader.sent, status_of(&reader), body_of(&reader));
    mails = json_incref(json_object_get(reader.json, "data"));
    json_decref(reader.json);
    return mails;
}

/* The last run of token characters of the last link in the text. */
static const char *token_in(struct arena *a, const char *text)
{
    static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *found = NULL;

    for (const char *p = text; (p = strstr(p, "http")) != NULL; p += strcspn(p, "\n ")) {
        const char *end = p + strcspn(p, "\n ");
        const char *from = end;
        while (from > p && memchr(token, from[-1], sizeof token - 1))
            from--;
        if (end - from >= LINK_TOKEN_MIN)
            found = arena_strndup(a, from, (size_t)(end - from));
        if (*end == '\0')
            break;
    }
    return found;
}

/* A line of eight base32 digits, however grouped. */
static const char *code_in(struct arena *a, const char *text)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    size_t size;

    for (; *text; text += size + (text[size] == '\n')) {
        size_t n = 0;
        bool other = false;
        size = strcspn(text, "\n");
        for (size_t i = 0; i < size; i++) {
            bool digit = memchr(digits, text[i], sizeof digits - 1) != NULL;
            n += digit;
            other = other || !(digit || text[i] == '-' || text[i] == ' ');
        }
        if (n == CODE_SIZE && !other)
            return arena_strndup(a, text, size);
    }
    return NULL;
}

static const char *text_at(struct arena *a, const json_t *mail, const char *name)
{
    return arena_strdup(a, json_string_value(json_object_get(mail, name)));
}

/* How many there are; the newest of them in *out. */
static int look_into_mailbox(struct t *t, const char *address, struct caught_mail *out)
{
    json_t *mails = read_mailbox(t, address);
    const json_t *newest = json_array_get(mails, 0);
    size_t n = json_array_size(mails);

    if (newest) {
        out->to = text_at(t->arena, newest, "to");
        out->subject = text_at(t->arena, newest, "subject");
        out->text = text_at(t->arena, newest, "text");
        out->html = text_at(t->arena, newest, "html");
        out->token = out->text ? token_in(t->arena, out->text) : NULL;
        out->code = out->text ? code_in(t->arena, out->text) : NULL;
    }
    json_decref(mails);
    return (int)n;
}

static int look(struct t *t, const char *address, struct caught_mail *out)
{
    drain_jobs(t);
    return kit_mails_itself() ? kit_event_mails_to(t, address, out)
                              : look_into_mailbox(t, address, out);
}

const struct caught_mail *mail_to(struct t *t, const char *address)
{
    struct caught_mail *mail = arena_alloc(t->arena, sizeof *mail);

    if (look(t, address, mail) == 0)
        kit_fail(t, __FILE__, __LINE__, "no mail to %s", address);
    return mail;
}

int mails_to(struct t *t, const char *address)
{
    struct caught_mail newest;

    return look(t, address, &newest);
}
