/* Settings of object storage (ashlar/storage.h). */
#include "platform_settings.h"
#include "settings_rules.h"

/* Both become part of host names and signatures. */
static const char *refuse_name(enum environment env, const char *value)
{
    (void)env;
    return value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789.-")] == '\0'
               ? NULL
               : "it may hold only a-z, 0-9, dots and hyphens";
}

const struct setting ASHLAR_STORAGE = {
    .name = "ASHLAR_STORAGE",
    .type = SETTING_WORD,
    .one_of = "folder|s3",
    .fallback = "folder",
    .doc = "Storage of avatars and files: a directory of this machine, or an S3 bucket of any "
           "provider. Several machines require s3.",
};

const struct setting ASHLAR_STORAGE_FOLDER = {
    .name = "ASHLAR_STORAGE_FOLDER",
    .type = SETTING_TEXT,
    .fallback = "/var/lib/ashlar/storage",
    .fallback_local = "var/storage",
    .min = 1,
    .max = 1000,
    .doc = "Directory for ASHLAR_STORAGE=folder. It is created if missing. Back it up with the "
           "database.",
};

const struct setting ASHLAR_STORAGE_S3_URL = {
    .name = "ASHLAR_STORAGE_S3_URL",
    .type = SETTING_URL,
    .refuse = rule_origin,
    .doc = "S3 endpoint without the bucket, e.g. https://s3.eu-central-1.amazonaws.com.",
};

const struct setting ASHLAR_STORAGE_S3_BUCKET = {
    .name = "ASHLAR_STORAGE_S3_BUCKET",
    .type = SETTING_TEXT,
    .min = 3,
    .max = 63,
    .refuse = refuse_name,
    .doc = "Name of an existing, private bucket.",
};

const struct setting ASHLAR_STORAGE_S3_REGION = {
    .name = "ASHLAR_STORAGE_S3_REGION",
    .type = SETTING_TEXT,
    .fallback = "us-east-1",
    .min = 1,
    .max = 63,
    .refuse = refuse_name,
    .doc = "Region for signing requests, as documented by the provider, often us-east-1 or auto.",
};

const struct setting ASHLAR_STORAGE_S3_PATH_STYLE = {
    .name = "ASHLAR_STORAGE_S3_PATH_STYLE",
    .type = SETTING_BOOL,
    .fallback = "false",
    .doc = "Use URLs of the form https://endpoint/bucket instead of https://bucket.endpoint.",
};

const struct setting ASHLAR_STORAGE_S3_KEY_ID = {
    .name = "ASHLAR_STORAGE_S3_KEY_ID",
    .type = SETTING_TEXT,
    .min = 3,
    .max = 200,
    .doc = "Access key id. Grant it only reading, writing and deleting objects of the bucket.",
};

const struct setting ASHLAR_STORAGE_S3_SECRET = {
    .name = "ASHLAR_STORAGE_S3_SECRET",
    .type = SETTING_TEXT,
    .min = 6,
    .max = 200,
    .secret = true,
    .doc = "Secret access key of ASHLAR_STORAGE_S3_KEY_ID.",
};
