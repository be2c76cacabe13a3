/* The platform's own settings: name, type, default, range, rule, prose. docs/config.md is made of
 * it. */
#include "platform_settings.h"
#include "load.h"
#include "rules.h"

#define DEPLOYED (ENV_STAGING | ENV_PRODUCTION)

const struct setting ASHLAR_ENV = {
    .name = "ASHLAR_ENV",
    .type = SETTING_WORD,
    .one_of = "development|test|staging|production",
    .fallback = "production",
    .doc =
        "Which rules hold. Unset means production, so that forgetting it can only be too strict.",
};

const struct setting ASHLAR_LISTEN = {
    .name = "ASHLAR_LISTEN",
    .type = SETTING_TEXT,
    .fallback = "127.0.0.1:8080",
    .min = 2,
    .max = 300,
    .refuse = rule_listen,
    .doc = "host:port of the API. Keep it on loopback behind nginx; 0.0.0.0:8080 in a container.",
};

const struct setting ASHLAR_OPS_LISTEN = {
    .name = "ASHLAR_OPS_LISTEN",
    .type = SETTING_TEXT,
    .min = 2,
    .max = 300,
    .refuse = rule_listen,
    .doc = "host:port of a listener of its own for /metrics, reachable only by your monitoring. "
           "Unset: "
           "no metrics outside development.",
};

const struct setting ASHLAR_PUBLIC_URL = {
    .name = "ASHLAR_PUBLIC_URL",
    .type = SETTING_URL,
    .fallback_local = "http://localhost:8080",
    .required_in = DEPLOYED,
    .refuse = rule_origin,
    .doc = "Where browsers reach this server, e.g. https://api.acme.example.",
};

const struct setting ASHLAR_APP_URL = {
    .name = "ASHLAR_APP_URL",
    .type = SETTING_URL,
    .fallback_local = "http://localhost:8080",
    .required_in = DEPLOYED,
    .refuse = rule_app_url,
    .doc = "The front end that links in mails point to, e.g. https://app.acme.example.",
};

const struct setting ASHLAR_CORS_ORIGINS = {
    .name = "ASHLAR_CORS_ORIGINS",
    .type = SETTING_TEXT,
    .refuse = rule_origins,
    .doc = "Comma-separated exact origins whose pages may call the API with the person's cookie: "
           "https://…, and of apps and extensions their own, e.g. capacitor://localhost or "
           "chrome-extension://… . Development also allows localhost on any port.",
};

const struct setting ASHLAR_TRUSTED_PROXIES = {
    .name = "ASHLAR_TRUSTED_PROXIES",
    .type = SETTING_TEXT,
    .refuse = rule_proxies,
    .doc =
        "Comma-separated networks (CIDR) of the proxies whose X-Forwarded-For is believed. Unset: "
        "nobody's, the client is whoever connects.",
};

const struct setting ASHLAR_SECRET_KEY = {
    .name = "ASHLAR_SECRET_KEY",
    .type = SETTING_TEXT,
    .fallback_local = DEVELOPMENT_SECRET_KEY,
    .required_in = DEPLOYED,
    .secret = true,
    .refuse = rule_secret_key,
    .doc =
        "32 random bytes from which all keys are derived: `openssl rand -hex 32`. Replacing it "
        "signs "
        "everybody out and ends links already mailed; stored secrets stay readable while the old "
        "one is ASHLAR_SECRET_KEY_PREVIOUS.",
};

const struct setting ASHLAR_SECRET_KEY_PREVIOUS = {
    .name = "ASHLAR_SECRET_KEY_PREVIOUS",
    .type = SETTING_TEXT,
    .secret = true,
    .refuse = rule_secret_key,
    .doc = "The key before the present one, for opening what was sealed with it.",
};

const struct setting ASHLAR_MODULES = {
    .name = "ASHLAR_MODULES",
    .type = SETTING_TEXT,
    .doc = "Comma-separated modules to enable. Unset: all that are linked.",
};

const struct setting ASHLAR_RUNTIME = {
    .name = "ASHLAR_RUNTIME",
    .type = SETTING_WORD,
    .one_of = "threads|reactors",
    .fallback = "reactors",
    .doc = "How requests are run: `reactors` is one event loop per core with each request on a "
           "fiber; `threads` is a pool of threads, one request each.",
};

const struct setting ASHLAR_THREADS = {
    .name = "ASHLAR_THREADS",
    .type = SETTING_INT,
    .fallback = "8",
    .min = 1,
    .max = 64,
    .doc = "HTTP threads of the `threads` runtime, that is requests worked on at once.",
};

const struct setting ASHLAR_CONNECTIONS = {
    .name = "ASHLAR_CONNECTIONS",
    .type = SETTING_INT,
    .fallback = "1000",
    .min = 10,
    .max = 100000,
    .doc = "Client connections held at once, event streams among them. Reactors each take a "
           "quarter more than their share, because the kernel does not deal evenly; with "
           "ASHLAR_RUNTIME=threads at most 126 for each of ASHLAR_THREADS.",
};

const struct setting ASHLAR_DRAIN_DELAY_S = {
    .name = "ASHLAR_DRAIN_DELAY_S",
    .type = SETTING_INT,
    .fallback = "0",
    .min = 0,
    .max = 300,
    .doc = "Seconds after SIGTERM in which `/readyz` answers 503 while everything else is still "
           "accepted and answered, so that a load balancer looks away first: two of its checks and "
           "some. Not below a supervisor or socket unit that keeps the listening socket. Whoever "
           "ends the process must wait so much longer (docs/deploy.md).",
};

const struct setting ASHLAR_BODIES_MIB = {
    .name = "ASHLAR_BODIES_MIB",
    .type = SETTING_INT,
    .fallback = "64",
    .min = 4,
    .max = 65536,
    .doc = "MiB that the bodies of all requests take that are read or worked on in this process. "
           "Past it 503, before the body is read. A quarter is kept for bodies of at most 16 KiB; "
           "one address may have a quarter, 16 MiB at most, and is answered 429 past that.",
};

const struct setting ASHLAR_STREAMS = {
    .name = "ASHLAR_STREAMS",
    .type = SETTING_INT,
    .fallback = "500",
    .min = 1,
    .max = 100000,
    .doc = "Event streams open at once in this process; each holds one of ASHLAR_CONNECTIONS. "
           "Past it 503.",
};

const struct setting ASHLAR_STREAMS_PER_PERSON = {
    .name = "ASHLAR_STREAMS_PER_PERSON",
    .type = SETTING_INT,
    .fallback = "20",
    .min = 1,
    .max = 100000,
    .doc = "Event streams one person may have open in this process: one for each tab of a browser. "
           "Past it 429.",
};

const struct setting ASHLAR_STREAMS_PER_ORG = {
    .name = "ASHLAR_STREAMS_PER_ORG",
    .type = SETTING_INT,
    .fallback = "250",
    .min = 1,
    .max = 100000,
    .doc = "Event streams one organisation may have open in this process. Past it 429.",
};

const struct setting ASHLAR_RATE_LIMITS = {
    .name = "ASHLAR_RATE_LIMITS",
    .type = SETTING_BOOL,
    .fallback = "true",
    .refuse = rule_rate_limits,
    .doc = "Limits per address, account and organisation. Only development and test may turn them "
           "off.",
};

const struct setting ASHLAR_PASSWORD_MEMORY_MIB = {
    .name = "ASHLAR_PASSWORD_MEMORY_MIB",
    .type = SETTING_INT,
    .fallback = "64",
    .min = 1,
    .max = 1024,
    .refuse = rule_password_memory,
    .doc =
        "MiB of memory one argon2id hash takes. Raising it rehashes each password at its next use.",
};

const struct setting ASHLAR_PASSWORD_PASSES = {
    .name = "ASHLAR_PASSWORD_PASSES",
    .type = SETTING_INT,
    .fallback = "2",
    .min = 1,
    .max = 20,
    .refuse = rule_password_passes,
    .doc = "Passes of argon2id over its memory.",
};

const struct setting ASHLAR_PASSWORD_SLOTS = {
    .name = "ASHLAR_PASSWORD_SLOTS",
    .type = SETTING_INT,
    .fallback = "0",
    .min = 0,
    .max = 16,
    .doc =
        "Blocking computations (password hashes) run at once; each takes "
        "ASHLAR_PASSWORD_MEMORY_MIB. 0: one fewer than the machine has cores, at least one. "
        "More wait, 64 at most, as long as they begin within two seconds; others are answered 503.",
};

const struct setting ASHLAR_LOG_LEVEL = {
    .name = "ASHLAR_LOG_LEVEL",
    .type = SETTING_WORD,
    .one_of = "debug|info|warn|error",
    .fallback = "info",
    .refuse = rule_log_level,
    .doc = "The least important lines that are written.",
};

const struct setting ASHLAR_LOG_FORMAT = {
    .name = "ASHLAR_LOG_FORMAT",
    .type = SETTING_WORD,
    .one_of = "json|readable",
    .fallback = "json",
    .fallback_local = "readable",
    .doc = "One JSON object per line, or lines for people.",
};

const struct setting DATABASE_URL = {
    .name = "DATABASE_URL",
    .type = SETTING_URL,
    .fallback_local = "postgresql:///ashlar",
    .required_in = DEPLOYED,
    .secret = true,
    .refuse = rule_database,
    .doc = "postgresql:// URL the server works with: as ashlar_app, or as a login that may SET "
           "ROLE to "
           "it. sslmode=verify-full across a network.",
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
    .doc =
        "What the names of this database's three roles begin with: ashlar_owner, ashlar_app and "
        "ashlar_system unless set. Roles belong to the whole cluster, so each environment in one "
        "cluster wants its own. Chosen before the first `ashlar migrate up`; deploy/restore "
        "changes it (docs/deploy.md).",
};

const struct setting ASHLAR_DB_CONNECTIONS = {
    .name = "ASHLAR_DB_CONNECTIONS",
    .type = SETTING_INT,
    .fallback = "20",
    .min = 2,
    .max = 500,
    .doc = "Connections to PostgreSQL this process may hold. Two generations of all processes must "
           "fit "
           "into max_connections during a release.",
};

const struct setting ASHLAR_DB_WAIT_MS = {
    .name = "ASHLAR_DB_WAIT_MS",
    .type = SETTING_INT,
    .fallback = "2000",
    .min = 10,
    .max = 30000,
    .doc = "Milliseconds a request waits for a connection before it is answered 503.",
};

const struct setting ASHLAR_DB_STATEMENT_MS = {
    .name = "ASHLAR_DB_STATEMENT_MS",
    .type = SETTING_INT,
    .fallback = "5000",
    .min = 50,
    .max = 300000,
    .doc = "Milliseconds one statement may take (statement_timeout).",
};

/* The least leaves reads behind a migration's lock time to be answered: lane.h. */
const struct setting ASHLAR_DB_SHARED_STATEMENT_MS = {
    .name = "ASHLAR_DB_SHARED_STATEMENT_MS",
    .type = SETTING_INT,
    .fallback = "1000",
    .min = 1000,
    .max = 300000,
    .doc = "Milliseconds one short read may take on a connection it shares with others, which wait "
           "behind it; never more than ASHLAR_DB_STATEMENT_MS, which reads declared slow have. A "
           "shared connection on which nothing comes for 3,000 is given up, whatever this says.",
};

const struct setting ASHLAR_WORKERS = {
    .name = "ASHLAR_WORKERS",
    .type = SETTING_INT,
    .fallback = "4",
    .min = 0,
    .max = 64,
    .doc = "Job threads inside this process; 0 when jobs run in `ashlar worker` processes. One of "
           "several never runs a job that calls others (mail, webhooks, payments).",
};

const struct setting ASHLAR_JOBS_PER_ORG = {
    .name = "ASHLAR_JOBS_PER_ORG",
    .type = SETTING_INT,
    .fallback = "10",
    .min = 1,
    .max = 10000,
    .doc = "Most jobs of one organisation running at once, over all processes, so that one "
           "customer's import leaves workers to the others.",
};

const struct setting ASHLAR_JOBS_LISTEN = {
    .name = "ASHLAR_JOBS_LISTEN",
    .type = SETTING_BOOL,
    .fallback = "true",
    .doc = "Hear of new jobs by LISTEN, on one connection of the pool. false: workers look once a "
           "second. A pooler must be in session mode either way: docs/pooler.md.",
};

const struct setting ASHLAR_SMTP_URL = {
    .name = "ASHLAR_SMTP_URL",
    .type = SETTING_URL,
    .required_in = ENV_PRODUCTION,
    .refuse = rule_smtp,
    .doc =
        "smtp://host:587 (STARTTLS is demanded) or smtps://host:465. Unset: no mail can be sent; "
        "it may be so only where every mail is caught (ASHLAR_MAIL=catch).",
};

const struct setting ASHLAR_SMTP_USER = {
    .name = "ASHLAR_SMTP_USER",
    .type = SETTING_TEXT,
    .max = 300,
    .doc = "Login at the mail server.",
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
    .doc = "PEM file of the authorities that may vouch for the mail server. Unset: the system's.",
};

const struct setting ASHLAR_MAIL_FROM = {
    .name = "ASHLAR_MAIL_FROM",
    .type = SETTING_TEXT,
    .fallback_local = "Ashlar <no-reply@localhost>",
    .required_in = DEPLOYED,
    .max = 320,
    .refuse = rule_mail_from,
    .doc = "Sender of all mails, e.g. \"Acme <hello@acme.example>\".",
};

const struct setting ASHLAR_ALERT_TO = {
    .name = "ASHLAR_ALERT_TO",
    .type = SETTING_TEXT,
    .max = 1000,
    .refuse = rule_addresses,
    .doc = "Who gets a mail when a built-in alert begins and ends: up to five addresses with "
           "commas between them (docs/alerts.md). Unset: nobody.",
};
const struct setting ASHLAR_ALERT_ERRORS_PERCENT = {
    .name = "ASHLAR_ALERT_ERRORS_PERCENT",
    .type = SETTING_INT,
    .fallback = "5",
    .min = 1,
    .max = 100,
    .doc = "Alert when so many per cent of a process's requests within five minutes end with 5xx "
           "(and there were at least 20).",
};
const struct setting ASHLAR_ALERT_QUEUE_S = {
    .name = "ASHLAR_ALERT_QUEUE_S",
    .type = SETTING_INT,
    .fallback = "300",
    .min = 10,
    .max = 86400,
    .doc = "Alert when a due job has been waiting for so many seconds.",
};
const struct setting ASHLAR_ALERT_CLAIMS_S = {
    .name = "ASHLAR_ALERT_CLAIMS_S",
    .type = SETTING_INT,
    .fallback = "30",
    .min = 10,
    .max = 86400,
    .doc = "Alert when jobs have been due for so many seconds and none was claimed meanwhile.",
};
const struct setting ASHLAR_ALERT_CALLBACKS_S = {
    .name = "ASHLAR_ALERT_CALLBACKS_S",
    .type = SETTING_INT,
    .fallback = "1800",
    .min = 60,
    .max = 604800,
    .doc = "Alert when a provider's callback has been overdue for so many seconds.",
};
const struct setting ASHLAR_ALERT_DATABASE_S = {
    .name = "ASHLAR_ALERT_DATABASE_S",
    .type = SETTING_INT,
    .fallback = "30",
    .min = 5,
    .max = 3600,
    .doc = "Alert when the database did not answer for so many seconds.",
};
const struct setting ASHLAR_ALERT_DISK = {
    .name = "ASHLAR_ALERT_DISK",
    .type = SETTING_TEXT,
    .fallback = "/",
    .max = 4096,
    .doc = "A folder on the disk to watch: the one with the database, if it is on this machine.",
};
const struct setting ASHLAR_ALERT_DISK_PERCENT = {
    .name = "ASHLAR_ALERT_DISK_PERCENT",
    .type = SETTING_INT,
    .fallback = "90",
    .min = 10,
    .max = 99,
    .doc = "Alert when so many per cent of that disk are used.",
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
