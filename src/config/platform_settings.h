/* The platform's settings, in one list for code and docs/config.md. */
#pragma once
#include <ashlar/config.h>

extern const struct setting ASHLAR_ENV;    /* development|test|staging|production */
extern const struct setting ASHLAR_LISTEN; /* host:port, default 127.0.0.1:8080 */
extern const struct setting
    ASHLAR_OPS_LISTEN; /* separate listener for /metrics; unset: none outside development */
extern const struct setting ASHLAR_THREADS; /* HTTP threads of the blocking runtime, default 8 */
extern const struct setting
    ASHLAR_CONNECTIONS; /* maximum of client connections, default 1000 (threads: <= 126 each) */
extern const struct setting ASHLAR_DRAIN_DELAY_S; /* delay between not ready and not listening */
extern const struct setting ASHLAR_BODIES_MIB;    /* all request bodies in progress, default 64 */
/* Maximum of open event streams: in this process, of one person, of one organisation. */
extern const struct setting ASHLAR_STREAMS, ASHLAR_STREAMS_PER_PERSON, ASHLAR_STREAMS_PER_ORG;
extern const struct setting
    ASHLAR_SECRET_KEY; /* 32 bytes as base64url or hex; required outside local */
extern const struct setting ASHLAR_SECRET_KEY_PREVIOUS;
extern const struct setting
    ASHLAR_TRUSTED_PROXIES; /* comma-separated CIDRs whose X-Forwarded-For counts */
extern const struct setting ASHLAR_CORS_ORIGINS; /* comma-separated exact origins */
extern const struct setting ASHLAR_MODULES;      /* comma-separated; unset: all linked */
extern const struct setting ASHLAR_RUNTIME;      /* reactors or threads */
extern const struct setting ASHLAR_RATE_LIMITS;  /* bool; off only in development and test */
extern const struct setting ASHLAR_PASSWORD_MEMORY_MIB, ASHLAR_PASSWORD_PASSES,
    ASHLAR_PASSWORD_SLOTS;
extern const struct setting ASHLAR_LOG_LEVEL, ASHLAR_LOG_FORMAT;
extern const struct setting DATABASE_URL;        /* for serving; ashlar_app, or a login that may SET
                                                  * ROLE */
extern const struct setting DATABASE_SYSTEM_URL; /* optional login for ashlar_system */
extern const struct setting ASHLAR_DB_ROLE_PREFIX; /* db/roles.h */
extern const struct setting DATABASE_OWNER_URL; /* optional login for ashlar_owner: migrate only */
extern const struct setting ASHLAR_DB_CONNECTIONS; /* limit per process, default 20 */
extern const struct setting ASHLAR_DB_WAIT_MS, ASHLAR_DB_STATEMENT_MS,
    ASHLAR_DB_SHARED_STATEMENT_MS;
extern const struct setting ASHLAR_WORKERS; /* job threads inside `serve`, default 4; 0: none */
extern const struct setting ASHLAR_JOBS_PER_ORG; /* maximum running concurrently, over all
                                                  * processes */
extern const struct setting
    ASHLAR_JOBS_LISTEN;                     /* bool: wake workers by LISTEN, not only by polling */
extern const struct setting ASHLAR_STORAGE; /* folder or s3 */
extern const struct setting ASHLAR_STORAGE_FOLDER, ASHLAR_STORAGE_S3_URL, ASHLAR_STORAGE_S3_BUCKET,
    ASHLAR_STORAGE_S3_REGION, ASHLAR_STORAGE_S3_PATH_STYLE, ASHLAR_STORAGE_S3_KEY_ID,
    ASHLAR_STORAGE_S3_SECRET;
extern const struct setting ASHLAR_SMTP_URL, ASHLAR_SMTP_USER, ASHLAR_SMTP_PASSWORD,
    ASHLAR_SMTP_CA_FILE, ASHLAR_MAIL_FROM;
extern const struct setting ASHLAR_ALERT_TO; /* addresses separated by commas; NULL: no recipient */
extern const struct setting ASHLAR_ALERT_ERRORS_PERCENT, ASHLAR_ALERT_QUEUE_S,
    ASHLAR_ALERT_CLAIMS_S, ASHLAR_ALERT_CALLBACKS_S, ASHLAR_ALERT_DATABASE_S, ASHLAR_ALERT_DISK,
    ASHLAR_ALERT_DISK_PERCENT;
