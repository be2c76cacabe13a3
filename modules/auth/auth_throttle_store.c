/* Counters that throttle attempts and emails, exact across all processes. The table contains keyed
 * hashes, no addresses or networks. Expired rows are deleted here too. */
#include "auth_internal.h"
#include "auth_sql.h"

struct keys {
    struct bytes account, pair, guesses;
};

static struct keys keys_of(struct ctx *c, const char *subject)
{
    const char *network = c->actor.network != NULL ? c->actor.network : "none";

    return (struct keys){
        .account = token_hash(c->arena, "auth.tries_of_account", subject),
        .pair = token_hash(
            c->arena, "auth.tries_of_pair", arena_printf(c->arena, "%s %s", subject, network)),
        .guesses = token_hash(c->arena, "auth.guesses_at", subject),
    };
}

err auth__lock_throttles(struct ctx *c, const char *subject, int64_t *wait_s)
{
    const struct keys k = keys_of(c, subject);

    return db_int(c, &SQL_lock_throttles, wait_s, ARGS(ARG(k.account), ARG(k.pair)));
}

err auth__count_failure(struct ctx *c, const char *subject, int64_t *in_a_row)
{
    const struct keys k = keys_of(c, subject);

    TRY(db_exec(c, &SQL_count_failure, ARGS(ARG(k.account), ARG((int)AUTH__FREE_TRIES_ACCOUNT))));
    TRY(db_exec(c, &SQL_count_failure, ARGS(ARG(k.pair), ARG((int)AUTH__FREE_TRIES))));
    return db_int(c, &SQL_count_guess, in_a_row, ARGS(ARG(k.guesses)));
}

err auth__take_back_failure(struct ctx *c, const char *subject)
{
    const struct keys k = keys_of(c, subject);

    TRY(db_exec(c, &SQL_take_back_failure, ARGS(ARG(k.account))));
    TRY(db_exec(c, &SQL_take_back_failure, ARGS(ARG(k.pair))));
    return db_exec(c, &SQL_take_back_failure, ARGS(ARG(k.guesses)));
}

err auth__clear_throttles(struct ctx *c, const char *subject)
{
    const struct keys k = keys_of(c, subject);

    /* The account's row first, in one lock order, so that two attempts cannot deadlock. */
    TRY(db_exec(c, &SQL_clear_throttle, ARGS(ARG(k.account))));
    TRY(db_exec(c, &SQL_clear_throttle, ARGS(ARG(k.pair))));
    return db_exec(c, &SQL_clear_throttle, ARGS(ARG(k.guesses)));
}

static err spend(struct ctx *c, struct bytes key, int hours, int64_t most, bool *may)
{
    int64_t spent;

    TRY(db_int(c, &SQL_spend, &spent, ARGS(ARG(key), ARG(hours))));
    *may = spent <= most;
    return NULL;
}

err auth__may_mail(struct ctx *c, const char *email, bool *may)
{
    return spend(c, token_hash(c->arena, "auth.mails_to", email), 1, AUTH__MAILS_PER_HOUR, may);
}

err auth__may_change_email(struct ctx *c, bool *may)
{
    const char *person = typeid_text(c->arena, "person", c->actor.person);

    return spend(c, token_hash(c->arena, "auth.email_changes_of", person), 1,
        AUTH__EMAIL_CHANGES_PER_HOUR, may);
}

static err log_bound(struct ctx *c, const char *of, int64_t per_day)
{
    log_warn(c, "auth.invitation_rate_limited", log_text("of", of), log_int("per_day", per_day));
    return NULL;
}

/* The organisation first: an email above its limit is not sent, so it must not use up the limit of
 * the address. */
err auth_may_invite_by_mail(struct ctx *c, const char *email, bool *may)
{
    const char *org = typeid_text(c->arena, "org", c->org);

    TRY(spend(
        c, token_hash(c->arena, "auth.invitations_of", org), 24, AUTH_INVITATIONS_OF_ORG, may));
    if (!*may)
        return log_bound(c, "organisation", AUTH_INVITATIONS_OF_ORG);
    TRY(spend(c, token_hash(c->arena, "auth.invitations_to", email), 24,
        AUTH_INVITATIONS_TO_ADDRESS, may));
    return *may ? NULL : log_bound(c, "address", AUTH_INVITATIONS_TO_ADDRESS);
}

/* --- Expired rows --- */

err auth__sweep_signups(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_expired_signups, gone, ARGS(ARG(most)));
}

err auth__sweep_sessions(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_expired_sessions, gone, ARGS(ARG(most)));
}

err auth__sweep_throttles(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_idle_throttles, gone, ARGS(ARG(most)));
}

err auth__sweep_challenges(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_expired_challenges, gone, ARGS(ARG(most)));
}

err auth__sweep_resets(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_expired_resets, gone, ARGS(ARG(most)));
}

err auth__sweep_email_changes(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_expired_email_changes, gone, ARGS(ARG(most)));
}
