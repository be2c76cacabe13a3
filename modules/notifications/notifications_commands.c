/* Operators' commands: show the state of emails, send one again, unsuppress an address. */
#include "notifications_internal.h"

struct wanted {
    const char *state, *to;
};

static void say(struct ctx *c, const struct notifications__mail_trace *mail)
{
    char at[INSTANT_TEXT_SIZE];

    instant_format(mail->created_at, at);
    command_say("%s  %s  %-12s  %lld  %s  %s%s%s", typeid_text(c->arena, "mail", mail->id), at,
        mail->state, (long long)mail->attempts, mail->to_address, mail->template,
        mail->why != NULL ? "  " : "", mail->why != NULL ? mail->why : "");
}

static err list(struct ctx *c, void *arg)
{
    const struct wanted *wanted = arg;
    const struct notifications__mail_trace *mails;
    size_t n;

    TRY(notifications__list_mails(c, wanted->state, wanted->to, &mails, &n));
    for (size_t i = 0; i < n; i++)
        say(c, &mails[i]);
    if (n == 0)
        command_say("No emails found.");
    return NULL;
}

/* An argument with an @ is an address, any other a state. */
static err mails(struct ctx *c, int argc, char **argv)
{
    struct wanted wanted = { .state = NULL };

    if (argc > 3)
        return &COMMAND_USAGE;
    for (int i = 1; i < argc; i++) {
        if (strchr(argv[i], '@') != NULL)
            wanted.to = text_email(c->arena, argv[i]);
        else
            wanted.state = argv[i];
    }
    return tx_read(c, list, &wanted);
}

static err send_one(struct ctx *c, void *id)
{
    return notifications__send_again(c, *(const struct uuid *)id);
}

static err send_again(struct ctx *c, int argc, char **argv)
{
    struct uuid id;
    err failed;

    if (argc != 2)
        return &COMMAND_USAGE;
    if (!typeid_parse("mail", argv[1], strlen(argv[1]), &id))
        return problem(c, &ERR_NOT_FOUND, NULL,
            "%s is not an email id. `ashlar notifications mails` lists them.", argv[1]);
    failed = tx_run(c, send_one, &id);
    if (failed == &ERR_NOT_FOUND)
        return problem(c, &ERR_NOT_FOUND, NULL,
            "The email is neither unknown nor failed, or its body was deleted.");
    TRY(failed);
    command_say("The email is queued again.");
    return NULL;
}

static err unsuppress_one(struct ctx *c, void *address)
{
    return notifications__lift_suppression(c, address);
}

static err unsuppress(struct ctx *c, int argc, char **argv)
{
    if (argc != 2)
        return &COMMAND_USAGE;
    TRY(tx_run(c, unsuppress_one, text_email(c->arena, argv[1])));
    command_say("%s receives email again.", argv[1]);
    return NULL;
}

const struct command notifications__commands[] = {
    {
        .name = "mails",
        .arguments = "[STATE] [ADDRESS]",
        .summary = "List the newest 50 emails with state and reason",
        .system = true,
        .run = mails,
    },
    {
        .name = "send-again",
        .arguments = "MAIL",
        .summary = "Send an unknown or failed email again",
        .system = true,
        .run = send_again,
    },
    {
        .name = "unsuppress",
        .arguments = "ADDRESS",
        .summary = "Remove an address from the suppression list",
        .system = true,
        .run = unsuppress,
    },
    { .name = NULL },
};
