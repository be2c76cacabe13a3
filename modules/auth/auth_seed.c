/* Demo data for development: one person who owns one organisation. Knows no HTTP and no SQL. */
#include "auth_internal.h"

/* Printed on purpose: it opens nothing but a database to play with. */
static const char demo_email[] = "demo@example.com";
static const char demo_password[] = "open-the-demo-door";

struct demo {
    struct uuid person;
    const char *password_hash;
    bool exists;
};

static err look(struct ctx *c, void *arg)
{
    struct demo *d = arg;

    return auth__is_address_taken(c, demo_email, &d->exists);
}

static err make(struct ctx *c, void *arg)
{
    const struct demo *d = arg;
    const struct users_person wanted = {
        .id = d->person,
        .name = "Demo Owner",
        .email = demo_email,
        .locale = "en",
    };
    struct users_person person;
    struct users_org org;

    TRY(tx_enter_person(c, d->person));
    TRY(users_create_person(c, &wanted, &person));
    TRY(auth__insert_credential(c, person.id, demo_email, d->password_hash));
    return users_create_org(c, "Demo Company", &org);
}

err auth__seed(struct ctx *c)
{
    struct demo d = { .person = uuid_new() };

    if (!config_is_local())
        return NULL;
    TRY(tx_run(c, look, &d));
    if (!d.exists) {
        TRY(password_hash(c, demo_password, &d.password_hash));
        TRY(tx_run(c, make, &d));
    }
    log_info(c, "auth.demo_account", log_text("email", demo_email),
        log_text("password", demo_password), log_text("organisation", "Demo Company"));
    return NULL;
}
