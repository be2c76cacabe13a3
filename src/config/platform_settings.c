/* The platform's settings: name, type, default, range, rule, description. docs/config.md is
 * generated from them. */
#include "platform_settings.h"
#include "load.h"
#include "settings_rules.h"

#define DEPLOYED (ENV_STAGING | ENV_PRODUCTION)

const struct setting ASHLAR_ENV = {
    .name = "ASHLAR_ENV",
    .type = SETTING_WORD,
    .one_of = "development|test|staging|production",
    .fallback = "production",
    .doc = "Environment, which determines the rules of the other settings. Unset is production, "
           "the strictest environment.",
};

const struct setting ASHLAR_LISTEN = {
    .name = "ASHLAR_LISTEN",
    .type = SETTING_TEXT,
    .fallback = "127.0.0.1:8080",
    .min = 2,
    .max = 300,
    .refuse = rule_listen,
    .doc = "Address and port of the API listener. Use a loopback address behind nginx, "
           "0.0.0.0:8080 in a container.",
};

const struct setting ASHLAR_OPS_LISTEN = {
    .name = "ASHLAR_OPS_LISTEN",
    .type = SETTING_TEXT,
    .min = 2,
    .max = 300,
    .refuse = rule_listen,
    .doc = "Address and port of a separate listener for /metrics, reachable only by your "
           "monitoring. Unset: no metrics outside development.",
};

const struct setting ASHLAR_PUBLIC_URL = {
    .name = "ASHLAR_PUBLIC_URL",
    .type = SETTING_URL,
    .fallback_local = "http://localhost:8080",
    .required_in = DEPLOYED,
    .refuse = rule_origin,
    .doc = "Base URL at which browsers reach this server, e.g. https://api.acme.example.",
};

const struct setting ASHLAR_APP_URL = {
    .name = "ASHLAR_APP_URL",
    .type = SETTING_URL,
    .fallback_local = "http://localhost:8080",
    .required_in = DEPLOYED,
    .refuse = rule_app_url,
    .doc = "Base URL of the front end, used for links in emails, e.g. https://app.acme.example.",
};

const struct setting ASHLAR_CORS_ORIGINS = {
    .name = "ASHLAR_CORS_ORIGINS",
    .type = SETTING_TEXT,
    .refuse = rule_origins,
    .doc = "Comma-separated exact origins whose pages may call the API with the person's cookie. "
           "Apps and extensions have origins such as capacitor://localhost. Development also "
           "allows localhost on any port.",
};

const struct setting ASHLAR_TRUSTED_PROXIES = {
    .name = "ASHLAR_TRUSTED_PROXIES",
    .type = SETTING_TEXT,
    .refuse = rule_proxies,
    .doc = "Comma-separated networks (CIDR) of the proxies whose X-Forwarded-For is trusted. "
           "Unset: none, the client address is that of the connection.",
};

const struct setting ASHLAR_SECRET_KEY = {
    .name = "ASHLAR_SECRET_KEY",
    .type = SETTING_TEXT,
    .fallback_local = DEVELOPMENT_SECRET_KEY,
    .required_in = DEPLOYED,
    .secret = true,
    .refuse = rule_secret_key,
    .doc = "32 random bytes (`openssl rand -hex 32`) from which all keys are derived. Replacing it "
           "revokes all sessions and emailed links. Stored secrets need the old key in "
           "ASHLAR_SECRET_KEY_PREVIOUS.",
};

const struct setting ASHLAR_SECRET_KEY_PREVIOUS = {
    .name = "ASHLAR_SECRET_KEY_PREVIOUS",
    .type = SETTING_TEXT,
    .secret = true,
    .refuse = rule_secret_key,
    .doc = "Previous ASHLAR_SECRET_KEY, for reading secrets that were stored with it.",
};

const struct setting ASHLAR_MODULES = {
    .name = "ASHLAR_MODULES",
    .type = SETTING_TEXT,
    .doc = "Comma-separated modules to enable. Unset: all linked modules.",
};

const struct setting ASHLAR_RUNTIME = {
    .name = "ASHLAR_RUNTIME",
    .type = SETTING_WORD,
    .one_of = "threads|reactors",
    .fallback = "reactors",
    .doc = "Runtime of requests. `reactors`: one event loop per core, with a fiber for each "
           "request. `threads`: a thread pool with one request per thread.",
};

const struct setting ASHLAR_THREADS = {
    .name = "ASHLAR_THREADS",
    .type = SETTING_INT,
    .fallback = "8",
    .min = 1,
    .max = 64,
    .doc = "Number of HTTP threads of the `threads` runtime, which is the number of concurrent "
           "requests.",
};

const struct setting ASHLAR_CONNECTIONS = {
    .name = "ASHLAR_CONNECTIONS",
    .type = SETTING_INT,
    .fallback = "1000",
    .min = 10,
    .max = 100000,
    .doc = "Maximum number of client connections, including event streams. Each reactor accepts a "
           "quarter more than its share, because the kernel distributes unevenly. With "
           "ASHLAR_RUNTIME=threads at most 126 per thread.",
};

const struct setting ASHLAR_DRAIN_DELAY_S = {
    .name = "ASHLAR_DRAIN_DELAY_S",
    .type = SETTING_INT,
    .fallback = "0",
    .min = 0,
    .max = 300,
    .doc =
        "Seconds after SIGTERM in which requests are still accepted but `/readyz` returns 503. Set "
        "it above two checks of the load balancer. Leave it 0 under a supervisor (docs/deploy.md).",
};

const struct setting ASHLAR_BODIES_MIB = {
    .name = "ASHLAR_BODIES_MIB",
    .type = SETTING_INT,
    .fallback = "64",
    .min = 4,
    .max = 65536,
    .doc = "Memory limit of all request bodies in this process, in MiB. Requests above it return "
           "503, those above the share of one address 429 (docs/runtime.md).",
};

const struct setting ASHLAR_STREAMS = {
    .name = "ASHLAR_STREAMS",
    .type = SETTING_INT,
    .fallback = "500",
    .min = 1,
    .max = 100000,
    .doc = "Maximum number of open event streams in this process. Each is one of "
           "ASHLAR_CONNECTIONS. Requests above it return 503.",
};

const struct setting ASHLAR_STREAMS_PER_PERSON = {
    .name = "ASHLAR_STREAMS_PER_PERSON",
    .type = SETTING_INT,
    .fallback = "20",
    .min = 1,
    .max = 100000,
    .doc = "Maximum number of open event streams of one person in this process, one for each "
           "browser tab. Requests above it return 429.",
};

const struct setting ASHLAR_STREAMS_PER_ORG = {
    .name = "ASHLAR_STREAMS_PER_ORG",
    .type = SETTING_INT,
    .fallback = "250",
    .min = 1,
    .max = 100000,
    .doc = "Maximum number of open event streams of one organisation in this process. Requests "
           "above it return 429.",
};

const struct setting ASHLAR_RATE_LIMITS = {
    .name = "ASHLAR_RATE_LIMITS",
    .type = SETTING_BOOL,
    .fallback = "true",
    .refuse = rule_rate_limits,
    .doc = "Rate limits per client address, account and organisation. They can be off only in "
           "development and test.",
};

const struct setting ASHLAR_PASSWORD_MEMORY_MIB = {
    .name = "ASHLAR_PASSWORD_MEMORY_MIB",
    .type = SETTING_INT,
    .fallback = "64",
    .min = 1,
    .max = 1024,
    .refuse = rule_password_memory,
    .doc = "Memory of one argon2id hash, in MiB. After an increase each password is rehashed at "
           "its next use.",
};

const struct setting ASHLAR_PASSWORD_PASSES = {
    .name = "ASHLAR_PASSWORD_PASSES",
    .type = SETTING_INT,
    .fallback = "2",
    .min = 1,
    .max = 20,
    .refuse = rule_password_passes,
    .doc = "Number of argon2id passes over its memory.",
};

const struct setting ASHLAR_PASSWORD_SLOTS = {
    .name = "ASHLAR_PASSWORD_SLOTS",
    .type = SETTING_INT,
    .fallback = "0",
    .min = 0,
    .max = 16,
    .doc = "Maximum number of concurrent password hashes, each with ASHLAR_PASSWORD_MEMORY_MIB. 0: "
           "processor cores minus one, at least one. At most 64 more wait two seconds, further "
           "requests return 503.",
};

const struct setting ASHLAR_LOG_LEVEL = {
    .name = "ASHLAR_LOG_LEVEL",
    .type = SETTING_WORD,
    .one_of = "debug|info|warn|error",
    .fallback = "info",
    .refuse = rule_log_level,
    .doc = "Minimum level of log lines.",
};

const struct setting ASHLAR_LOG_FORMAT = {
    .name = "ASHLAR_LOG_FORMAT",
    .type = SETTING_WORD,
    .one_of = "json|readable",
    .fallback = "json",
    .fallback_local = "readable",
    .doc = "Format of log lines: one JSON object per line, or text for people.",
};

const struct setting DATABASE_URL = {
    .name = "DATABASE_URL",
    .type = SETTING_URL,
    .fallback_local = "postgresql:///ashlar",
    .required_in = DEPLOYED,
    .secret = true,
    .refuse = rule_database,
    .doc = "postgresql:// URL of a login for ashlar_app, or of one that may SET ROLE to it. "
           "Requires sslmode=verify-full across a network.",
};

const struct setting DATABASE_SYSTEM_URL = {
    .name = "DATABASE_SYSTEM_URL",
    .type = SETTING_URL,
    .secret = true,
    .refuse = rule_database,
    .doc = "URL of a login for ashlar_system (jobs, events). Unset: DATABASE_URL with SET ROLE.",
};

const struct setting DATABASE_OWNER_URL = {
    .name = "DATABASE_OWNER_URL",
    .type = SETTING_URL,
    .secret = true,
    .refuse = rule_database,
    .doc = "URL of a login for ashlar_owner, used by `ashlar migrate` only. Unset: DATABASE_URL "
           "with SET "
           "ROLE.",
};

const struct setting ASHLAR_DB_ROLE_PREFIX = {
    .name = "ASHLAR_DB_ROLE_PREFIX",
    .type = SETTING_TEXT,
    .fallback = "ashlar_",
    .min = 2,
    .max = 40,
    .refuse = rule_role_prefix,
    .doc = "Prefix of the role names (ashlar_owner, ashlar_app, ashlar_system), different for each "
           "environment in one cluster. Set it before the first `ashlar migrate up`. Only "
           "deploy/restore changes it (docs/deploy.md).",
};

const struct setting ASHLAR_DB_CONNECTIONS = {
    .name = "ASHLAR_DB_CONNECTIONS",
    .type = SETTING_INT,
    .fallback = "20",
    .min = 2,
    .max = 500,
    .doc = "Maximum number of PostgreSQL connections of this process. Twice the sum over all "
           "processes must fit into max_connections during a release.",
};

const struct setting ASHLAR_DB_WAIT_MS = {
    .name = "ASHLAR_DB_WAIT_MS",
    .type = SETTING_INT,
    .fallback = "2000",
    .min = 10,
    .max = 30000,
    .doc = "Milliseconds that a request waits for a database connection before it returns 503.",
};

const struct setting ASHLAR_DB_STATEMENT_MS = {
    .name = "ASHLAR_DB_STATEMENT_MS",
    .type = SETTING_INT,
    .fallback = "5000",
    .min = 50,
    .max = 300000,
    .doc = "Time limit of a statement in milliseconds (statement_timeout).",
};

/* The minimum allows reads that wait for a migration's lock to complete: pipeline.h. */
const struct setting ASHLAR_DB_SHARED_STATEMENT_MS = {
    .name = "ASHLAR_DB_SHARED_STATEMENT_MS",
    .type = SETTING_INT,
    .fallback = "1000",
    .min = 1000,
    .max = 300000,
    .doc = "Time limit in milliseconds of a short read on a shared connection. At most "
           "ASHLAR_DB_STATEMENT_MS, which applies to slow reads. A shared connection without data "
           "for 3,000 ms is closed.",
};

const struct setting ASHLAR_WORKERS = {
    .name = "ASHLAR_WORKERS",
    .type = SETTING_INT,
    .fallback = "4",
    .min = 0,
    .max = 64,
    .doc = "Number of job threads in this process. 0 if jobs run in `ashlar worker` processes. If "
           "there are several, one never runs jobs that call other servers (email, webhooks, "
           "payments).",
};

const struct setting ASHLAR_JOBS_PER_ORG = {
    .name = "ASHLAR_JOBS_PER_ORG",
    .type = SETTING_INT,
    .fallback = "10",
    .min = 1,
    .max = 10000,
    .doc = "Maximum number of concurrent jobs of one organisation in all processes, so that one "
           "customer's import leaves workers for other customers.",
};

const struct setting ASHLAR_JOBS_LISTEN = {
    .name = "ASHLAR_JOBS_LISTEN",
    .type = SETTING_BOOL,
    .fallback = "true",
    .doc = "Use LISTEN to receive new jobs. Occupies one pooled connection. false: workers poll "
           "once a second. A pooler must be in session mode in both cases (docs/pooler.md).",
};

const struct setting ASHLAR_SMTP_URL = {
    .name = "ASHLAR_SMTP_URL",
    .type = SETTING_URL,
    .required_in = ENV_PRODUCTION,
    .refuse = rule_smtp,
    .doc = "URL of the mail server: smtp://host:587 (STARTTLS is required) or smtps://host:465. "
           "May be unset only if all emails are captured (ASHLAR_MAIL=catch).",
};

const struct setting ASHLAR_SMTP_USER = {
    .name = "ASHLAR_SMTP_USER",
    .type = SETTING_TEXT,
    .max = 300,
    .doc = "User name at the mail server.",
};

const struct setting ASHLAR_SMTP_PASSWORD = {
    .name = "ASHLAR_SMTP_PASSWORD",
    .type = SETTING_TEXT,
    .max = 1000,
    .secret = true,
    .doc = "Password at the mail server.",
};

const struct setting ASHLAR_SMTP_CA_FILE = {
    .name = "ASHLAR_SMTP_CA_FILE",
    .type = SETTING_TEXT,
    .doc = "PEM file of the certificate authorities that are trusted for the mail server. Unset: "
           "those of the system.",
};

const struct setting ASHLAR_MAIL_FROM = {
    .name = "ASHLAR_MAIL_FROM",
    .type = SETTING_TEXT,
    .fallback_local = "Ashlar <no-reply@localhost>",
    .required_in = DEPLOYED,
    .max = 320,
    .refuse = rule_mail_from,
    .doc = "Sender of all emails, e.g. \"Acme <hello@acme.example>\".",
};

const struct setting ASHLAR_ALERT_TO = {
    .name = "ASHLAR_ALERT_TO",
    .type = SETTING_TEXT,
    .max = 1000,
    .refuse = rule_addresses,
    .doc = "Comma-separated email addresses, at most five, that receive an email when a built-in "
           "alert fires and resolves (docs/alerts.md). Unset: none.",
};
const struct setting ASHLAR_ALERT_ERRORS_PERCENT = {
    .name = "ASHLAR_ALERT_ERRORS_PERCENT",
    .type = SETTING_INT,
    .fallback = "5",
    .min = 1,
    .max = 100,
    .doc = "Alert threshold: percentage of a process's requests within five minutes that return "
           "5xx, out of at least 20.",
};
const struct setting ASHLAR_ALERT_QUEUE_S = {
    .name = "ASHLAR_ALERT_QUEUE_S",
    .type = SETTING_INT,
    .fallback = "300",
    .min = 10,
    .max = 86400,
    .doc = "Alert threshold: seconds that a due job has been waiting.",
};
const struct setting ASHLAR_ALERT_CLAIMS_S = {
    .name = "ASHLAR_ALERT_CLAIMS_S",
    .type = SETTING_INT,
    .fallback = "30",
    .min = 10,
    .max = 86400,
    .doc = "Alert threshold: seconds without a claimed job while jobs are due.",
};
const struct setting ASHLAR_ALERT_CALLBACKS_S = {
    .name = "ASHLAR_ALERT_CALLBACKS_S",
    .type = SETTING_INT,
    .fallback = "1800",
    .min = 60,
    .max = 604800,
    .doc = "Alert threshold: seconds that a provider's callback has been overdue.",
};
const struct setting ASHLAR_ALERT_DATABASE_S = {
    .name = "ASHLAR_ALERT_DATABASE_S",
    .type = SETTING_INT,
    .fallback = "30",
    .min = 5,
    .max = 3600,
    .doc = "Alert threshold: seconds without a response from the database.",
};
const struct setting ASHLAR_ALERT_DISK = {
    .name = "ASHLAR_ALERT_DISK",
    .type = SETTING_TEXT,
    .fallback = "/",
    .max = 4096,
    .doc = "Directory on the disk to watch. Use that of the database if it is on this machine.",
};
const struct setting ASHLAR_ALERT_DISK_PERCENT = {
    .name = "ASHLAR_ALERT_DISK_PERCENT",
    .type = SETTING_INT,
    .fallback = "90",
    .min = 10,
    .max = 99,
    .doc = "Alert threshold: used percentage of that disk.",
};

const struct setting *const platform_settings[] = {
    &ASHLAR_ENV,
    &ASHLAR_PUBLIC_URL,
    &ASHLAR_APP_URL,
    &ASHLAR_LISTEN,
    &ASHLAR_OPS_LISTEN,
    &ASHLAR_TRUSTED_PROXIES,
    &ASHLAR_CORS_ORIGINS,
    &ASHLAR_SECRET_KEY,
    &ASHLAR_SECRET_KEY_PREVIOUS,
    &DATABASE_URL,
    &DATABASE_SYSTEM_URL,
    &DATABASE_OWNER_URL,
    &ASHLAR_DB_ROLE_PREFIX,
    &ASHLAR_DB_CONNECTIONS,
    &ASHLAR_DB_WAIT_MS,
    &ASHLAR_DB_STATEMENT_MS,
    &ASHLAR_DB_SHARED_STATEMENT_MS,
    &ASHLAR_MODULES,
    &ASHLAR_RUNTIME,
    &ASHLAR_THREADS,
    &ASHLAR_CONNECTIONS,
    &ASHLAR_DRAIN_DELAY_S,
    &ASHLAR_BODIES_MIB,
    &ASHLAR_STREAMS,
    &ASHLAR_STREAMS_PER_PERSON,
    &ASHLAR_STREAMS_PER_ORG,
    &ASHLAR_WORKERS,
    &ASHLAR_JOBS_PER_ORG,
    &ASHLAR_JOBS_LISTEN,
    &ASHLAR_RATE_LIMITS,
    &ASHLAR_PASSWORD_MEMORY_MIB,
    &ASHLAR_PASSWORD_PASSES,
    &ASHLAR_PASSWORD_SLOTS,
    &ASHLAR_LOG_LEVEL,
    &ASHLAR_LOG_FORMAT,
    &ASHLAR_SMTP_URL,
    &ASHLAR_SMTP_USER,
    &ASHLAR_SMTP_PASSWORD,
    &ASHLAR_SMTP_CA_FILE,
    &ASHLAR_MAIL_FROM,
    &ASHLAR_ALERT_TO,
    &ASHLAR_ALERT_ERRORS_PERCENT,
    &ASHLAR_ALERT_QUEUE_S,
    &ASHLAR_ALERT_CLAIMS_S,
    &ASHLAR_ALERT_CALLBACKS_S,
    &ASHLAR_ALERT_DATABASE_S,
    &ASHLAR_ALERT_DISK,
    &ASHLAR_ALERT_DISK_PERCENT,
    &ASHLAR_STORAGE,
    &ASHLAR_STORAGE_FOLDER,
    &ASHLAR_STORAGE_S3_URL,
    &ASHLAR_STORAGE_S3_BUCKET,
    &ASHLAR_STORAGE_S3_REGION,
    &ASHLAR_STORAGE_S3_PATH_STYLE,
    &ASHLAR_STORAGE_S3_KEY_ID,
    &ASHLAR_STORAGE_S3_SECRET,
    NULL,
};
