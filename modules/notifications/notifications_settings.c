/* The settings of notifications. */
#include "notifications_internal.h"

static const char *refuse_catch(enum environment env, const char *value)
{
    if (env == ENV_PRODUCTION && text_equal(value, "catch"))
        return "production must send its emails";
    return NULL;
}

static const char *refuse_path(enum environment env, const char *value)
{
    (void)env;
    return value[0] == '/' ? NULL : "it is a path and begins with /";
}

static const char *refuse_token_path(enum environment env, const char *value)
{
    if (strstr(value, "token={token}") == NULL)
        return "it must contain token={token}, where the token goes";
    return refuse_path(env, value);
}

const struct setting ASHLAR_MAIL = {
    .name = "ASHLAR_MAIL",
    .type = SETTING_WORD,
    .one_of = "smtp|catch",
    .fallback = "smtp",
    .fallback_local = "catch",
    .doc = "Delivery of emails. `smtp`: by the ASHLAR_SMTP_ settings. `catch`: captured, readable "
           "at /dev/mail.",
    .refuse = refuse_catch,
};
const struct setting ASHLAR_PRODUCT_NAME = {
    .name = "ASHLAR_PRODUCT_NAME",
    .type = SETTING_TEXT,
    .fallback = "Ashlar",
    .min = 1,
    .max = 80,
    .doc = "Name of the product in emails.",
};
const struct setting ASHLAR_VERIFY_PATH = {
    .name = "ASHLAR_VERIFY_PATH",
    .type = SETTING_TEXT,
    .fallback = "/verify#token={token}",
    .min = 1,
    .max = 200,
    .doc = "Page of the front end that confirms an email address. After # the token reaches no "
           "server log and no other site.",
    .refuse = refuse_token_path,
};
const struct setting ASHLAR_INVITATION_PATH = {
    .name = "ASHLAR_INVITATION_PATH",
    .type = SETTING_TEXT,
    .fallback = "/invitations/accept#token={token}",
    .min = 1,
    .max = 200,
    .doc = "Page of the front end that accepts an invitation.",
    .refuse = refuse_token_path,
};
const struct setting ASHLAR_SIGN_IN_PATH = {
    .name = "ASHLAR_SIGN_IN_PATH",
    .type = SETTING_TEXT,
    .fallback = "/sign-in",
    .min = 1,
    .max = 200,
    .doc = "Page of the front end where people sign in.",
    .refuse = refuse_path,
};
const struct setting ASHLAR_RESET_PATH = {
    .name = "ASHLAR_RESET_PATH",
    .type = SETTING_TEXT,
    .fallback = "/reset-password#token={token}",
    .min = 1,
    .max = 200,
    .doc = "Page of the front end that sets a new password.",
    .refuse = refuse_token_path,
};
const struct setting ASHLAR_NEW_EMAIL_PATH = {
    .name = "ASHLAR_NEW_EMAIL_PATH",
    .type = SETTING_TEXT,
    .fallback = "/email/confirm#token={token}",
    .min = 1,
    .max = 200,
    .doc = "Page of the front end that confirms the new email address of an account.",
    .refuse = refuse_token_path,
};
const struct setting ASHLAR_OLD_EMAIL_PATH = {
    .name = "ASHLAR_OLD_EMAIL_PATH",
    .type = SETTING_TEXT,
    .fallback = "/email/undo#token={token}",
    .min = 1,
    .max = 200,
    .doc = "Page of the front end that undoes an email address change, linked in the email to the "
           "old email address.",
    .refuse = refuse_token_path,
};
const struct setting ASHLAR_MEMBERS_PATH = {
    .name = "ASHLAR_MEMBERS_PATH",
    .type = SETTING_TEXT,
    .fallback = "/members",
    .min = 1,
    .max = 200,
    .doc = "Page of the front end that lists an organisation's members.",
    .refuse = refuse_path,
};
const struct setting ASHLAR_SECURITY_PATH = {
    .name = "ASHLAR_SECURITY_PATH",
    .type = SETTING_TEXT,
    .fallback = "/security",
    .min = 1,
    .max = 200,
    .doc = "Page of the front end for password, second factors and sessions.",
    .refuse = refuse_path,
};
const struct setting ASHLAR_SMOKE_TOKEN = {
    .name = "ASHLAR_SMOKE_TOKEN",
    .type = SETTING_TEXT,
    .min = 32,
    .max = 200,
    .secret = true,
    .doc = "Bearer token of smoke tests for /smoke/mail. Not in production. Unset: /smoke/mail is "
           "closed.",
};
const struct setting ASHLAR_SMOKE_DOMAIN = {
    .name = "ASHLAR_SMOKE_DOMAIN",
    .type = SETTING_TEXT,
    .fallback = "smoke.ashlar.invalid",
    .min = 3,
    .max = 200,
    .doc = "Domain whose emails are never sent but captured for /smoke/mail. Not in production.",
};

const struct setting ASHLAR_INBOX_DAYS = {
    .name = "ASHLAR_INBOX_DAYS",
    .type = SETTING_INT,
    .fallback = "180",
    .min = 1,
    .max = 3650,
    .doc = "Days until a notification is deleted from the inbox.",
};
