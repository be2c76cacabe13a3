/* HTTP surface of second factors. Rules are in auth_factor_service.c. */
#include "auth_internal.h"

struct auth_second_factors {
    bool totp;
    struct instant totp_since;
    int64_t recovery_codes_left;
};
static const struct field auth_second_factors_fields[] = {
    BOOL(auth_second_factors, totp,
        .doc = "Whether signing in requires a code of an authenticator app"),
    TIME(auth_second_factors, totp_since, .optional = true,
        .doc = "Time at which the authenticator app was confirmed. Null if there is none."),
    INT(auth_second_factors, recovery_codes_left, .doc = "Number of unused recovery codes"),
};
static SHAPE(auth_second_factors);

HANDLER(get_factors, nothing, auth_second_factors)
{
    struct auth__factors f;

    (void)in;
    TRY(auth__get_factors(c, &f));
    *out = (struct auth_second_factors){ f.totp, f.totp_since, f.recovery_codes_left };
    return NULL;
}

struct auth_totp_enrolment {
    const char *secret;
    const char *uri;
};
static const struct field auth_totp_enrolment_fields[] = {
    TEXT(auth_totp_enrolment, secret, .secret = true,
        .doc = "Secret to type into the app, in base32"),
    TEXT(auth_totp_enrolment, uri, .secret = true,
        .doc = "Secret as an otpauth:// URI for a QR code"),
};
static SHAPE(auth_totp_enrolment);

HANDLER(start_totp, nothing, auth_totp_enrolment)
{
    struct auth__enrolment e;

    (void)in;
    TRY(auth__start_totp(c, &e));
    *out = (struct auth_totp_enrolment){ e.secret, e.uri };
    return NULL;
}

struct confirm_totp {
    const char *code;
};
static const struct field confirm_totp_fields[] = {
    TEXT(confirm_totp, code, .format = TYPED_CODE, .max = 20, .secret = true,
        .doc = "Six digits of the authenticator app"),
};
static SHAPE(confirm_totp);

struct auth_recovery_codes {
    const char *const *recovery_codes;
    size_t n_recovery_codes;
};
static const struct field auth_recovery_codes_fields[] = {
    TEXTS(auth_recovery_codes, recovery_codes, .secret = true,
        .doc = "Recovery codes. Each signs in once instead of the app. They are returned only in "
               "this response."),
};
static SHAPE(auth_recovery_codes);

HANDLER(confirm_totp, confirm_totp, auth_recovery_codes)
{
    struct auth__recovery_codes r;

    TRY(auth__confirm_totp(c, in->code, &r));
    *out = (struct auth_recovery_codes){ r.codes, r.n_codes };
    return NULL;
}

HANDLER(remove_totp, nothing, nothing)
{
    (void)in, (void)out;
    return auth__remove_totp(c);
}

HANDLER(renew_recovery_codes, nothing, auth_recovery_codes)
{
    struct auth__recovery_codes r;

    (void)in;
    TRY(auth__renew_recovery_codes(c, &r));
    *out = (struct auth_recovery_codes){ r.codes, r.n_codes };
    return NULL;
}

const struct route auth__factor_routes[] = {
    {
        .method = GET,
        .path = "/v1/auth/factors",
        .id = "getFactors",
        .summary = "Get second-factor status",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_factors),
    },
    {
        .method = POST,
        .path = "/v1/auth/totp",
        .id = "startTotp",
        .summary = "Start authenticator app enrolment",
        .doc = "Nothing changes until the first code is confirmed. Starting again replaces an "
               "unconfirmed secret.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .scope = SCOPE_SELF,
        .rate = RATE_SENSITIVE,
        .status = 201,
        .errors = ERRORS(&AUTH_FACTOR_EXISTS),
        .handler = BY(start_totp),
    },
    {
        .method = POST,
        .path = "/v1/auth/totp/confirm",
        .id = "confirmTotp",
        .summary = "Confirm authenticator app enrolment",
        .doc = "Requires the first code of the app. Revokes all other sessions.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .scope = SCOPE_SELF,
        .rate = RATE_SENSITIVE,
        .status = 200,
        .errors = ERRORS(&AUTH_NO_FACTOR, &AUTH_FACTOR_EXISTS, &AUTH_WRONG_CODE),
        .handler = BY(confirm_totp),
    },
    {
        .method = DELETE_,
        .path = "/v1/auth/totp",
        .id = "removeTotp",
        .summary = "Remove the authenticator app",
        .doc = "Deletes its recovery codes with it.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .scope = SCOPE_SELF,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = ERRORS(&AUTH_NO_FACTOR),
        .handler = BY(remove_totp),
    },
    {
        .method = POST,
        .path = "/v1/auth/recovery-codes",
        .id = "renewRecoveryCodes",
        .summary = "Regenerate recovery codes",
        .doc = "The previous recovery codes become invalid.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .scope = SCOPE_SELF,
        .rate = RATE_SENSITIVE,
        .status = 201,
        .errors = ERRORS(&AUTH_NO_FACTOR),
        .handler = BY(renew_recovery_codes),
    },
    { .id = NULL },
};
