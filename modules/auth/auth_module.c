/* The tables of the auth module. Every table ends with an empty row. */
#include "auth_internal.h"

static const struct permission permissions[] = {
    { "auth.manage_keys", "owner|admin", "List, create and revoke the organisation's API keys" },
    { "auth.adopt_keys", "owner", "Adopt an API key whose creator has left" },
    { .name = NULL },
};

PUBLIC const struct module auth_module = {
    .name = "auth",
    .summary = "Sign-up, sign-in, second factors, sessions and API keys",
    .routes = ROUTES(auth__routes, auth__session_routes, auth__password_routes, auth__email_routes,
        auth__factor_routes, auth__key_routes),
    .constraints = auth__constraints,
    .permissions = permissions,
    .settings =
        (const struct setting *const[]){
            &ASHLAR_SESSION_IDLE_DAYS,
            &ASHLAR_SESSION_MAX_DAYS,
            NULL,
        },
    .tables = auth__tables,
    .jobs =
        (const struct job_kind *const[]){
            &auth__answer_signup_job.kind,
            &auth__answer_again_job.kind,
            &auth__answer_reset_job.kind,
            &auth__answer_email_change_job.kind,
            &auth__report_guessed_job.kind,
            &auth__sweep_job.kind,
            NULL,
        },
    .workers = auth__workers,
    .events =
        (const struct event_kind *const[]){
            &AUTH_SIGNUP_STARTED.kind,
            &AUTH_SIGNUP_FOR_EXISTING_ACCOUNT.kind,
            &AUTH_EMAIL_VERIFIED.kind,
            &AUTH_SIGNED_IN.kind,
            &AUTH_SIGNED_OUT.kind,
            &AUTH_RESET_REQUESTED.kind,
            &AUTH_PASSWORD_CHANGED.kind,
            &AUTH_PASSWORD_RESET.kind,
            &AUTH_PASSWORD_GUESSED_AT.kind,
            &AUTH_EMAIL_CHANGE_ASKED.kind,
            &AUTH_EMAIL_CHANGE_STARTED.kind,
            &AUTH_EMAIL_CHANGE_FOR_EXISTING_ACCOUNT.kind,
            &AUTH_EMAIL_CHANGED.kind,
            &AUTH_EMAIL_RESTORED.kind,
            &AUTH_SECOND_FACTOR_ADDED.kind,
            &AUTH_SECOND_FACTOR_REMOVED.kind,
            &AUTH_SECOND_FACTOR_REMOVED_BY_STAFF.kind,
            &AUTH_RECOVERY_CODE_USED.kind,
            &AUTH_RECOVERY_CODES_RENEWED.kind,
            &AUTH_KEY_CREATED.kind,
            &AUTH_KEY_ADOPTED.kind,
            &AUTH_KEY_REVOKED.kind,
            &AUTH_PERSON_SUSPENDED.kind,
            &AUTH_PERSON_RESTORED.kind,
            NULL,
        },
    .requires = (const char *const[]){ "users", NULL },
    .org_support_view = &auth__org_support_view,
    .person_support_view = &auth__person_support_view,
    .authenticate = auth__authenticators,
    .keyring = &auth__keyring,
    .erase_person = auth__erase_person,
    .purge_org = auth__purge_org,
    .make_demo = auth__make_demo,
    .check = auth__check_settings,
};
