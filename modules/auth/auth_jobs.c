/* Job kinds and payloads of auth. */
#include "auth_internal.h"

static const struct field auth__answer_signup_fields[] = {
    ID(auth__answer_signup, signup_id, "signup"),
    TEXT(auth__answer_signup, token, .format = TOKEN, .secret = true),
    TEXT(auth__answer_signup, code, .format = TOKEN, .secret = true),
};
static SHAPE(auth__answer_signup);

JOB_KIND(auth__answer_signup_job, auth__answer_signup, .name = "auth.answer_signup",
    .doc = "Finds out whether the email address of a sign-up has an account, and publishes what to "
           "email",
    .tx = TX_WRITE, .system = true, .priority = -1);

static const struct field auth__answer_again_fields[] = {
    TEXT(auth__answer_again, email, .format = EMAIL, .secret = true),
    TEXT(auth__answer_again, browser, .format = TOKEN, .secret = true, .optional = true),
};
static SHAPE(auth__answer_again);

JOB_KIND(auth__answer_again_job, auth__answer_again, .name = "auth.answer_again",
    .doc = "Renews a browser's sign-up, or creates a link that sets a password, and has it emailed",
    .tx = TX_WRITE, .system = true, .priority = -1);

static const struct field auth__answer_reset_fields[] = {
    TEXT(auth__answer_reset, email, .format = EMAIL, .secret = true),
};
static SHAPE(auth__answer_reset);

JOB_KIND(auth__answer_reset_job, auth__answer_reset, .name = "auth.answer_reset",
    .doc = "Finds out whether an email address has an account, and creates its password reset link",
    .tx = TX_WRITE, .system = true, .priority = -1);

static const struct field auth__answer_email_change_fields[] = {
    ID(auth__answer_email_change, change_id, "change"),
    TEXT(auth__answer_email_change, token, .format = TOKEN, .secret = true),
};
static SHAPE(auth__answer_email_change);

JOB_KIND(auth__answer_email_change_job, auth__answer_email_change,
    .name = "auth.answer_email_change",
    .doc =
        "Finds out whether a requested email address has an account, and publishes what to email",
    .tx = TX_WRITE, .system = true, .priority = -1);

static const struct field auth__report_guessed_fields[] = {
    TEXT(auth__report_guessed, email, .format = EMAIL, .secret = true),
};
static SHAPE(auth__report_guessed);

JOB_KIND(auth__report_guessed_job, auth__report_guessed, .name = "auth.report_guessed",
    .doc = "Notifies the owner of an account, if there is one, that the password was locked after "
           "failed attempts",
    .tx = TX_WRITE, .system = true);

SWEEP_JOB(auth__sweep_job, .name = "auth.sweep",
    .doc = "Deletes expired sign-ups, sessions and counters", .every_s = 3600);
