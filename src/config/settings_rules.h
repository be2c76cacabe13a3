/* Rules of the platform's settings (struct setting's `refuse`): NULL, or the reason why `env` does
 * not allow `value`. Static texts. */
#pragma once
#include <ashlar/config.h>

/* A fixed, public key for development and test. Rejected elsewhere. */
#define DEVELOPMENT_SECRET_KEY "6465766c6f706d656e74206f6e6c792c206e6f7420612073656372657420212e"

const char *rule_secret_key(enum environment env, const char *value);
const char *rule_listen(enum environment env, const char *value);
const char *rule_origin(enum environment env, const char *value); /* one origin, https */
const char *rule_app_url(enum environment env, const char *value);
/* Comma-separated, including origins of apps and extensions. */
const char *rule_origins(enum environment env, const char *value);
const char *rule_proxies(enum environment env, const char *value); /* comma-separated CIDRs */
const char *rule_rate_limits(enum environment env, const char *value);
const char *rule_password_memory(enum environment env, const char *value);
const char *rule_password_passes(enum environment env, const char *value);
const char *rule_log_level(enum environment env, const char *value);
const char *rule_database(enum environment env, const char *value);
const char *rule_role_prefix(enum environment env, const char *value);
const char *rule_smtp(enum environment env, const char *value);
const char *rule_mail_from(enum environment env, const char *value);
const char *rule_addresses(enum environment env, const char *value); /* comma-separated */

/* 64 hex digits or 43 characters of base64url. False: neither. */
CHECKED bool secret_key_decode(const char *text, uint8_t out[32]);
