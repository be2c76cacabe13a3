/* Demo data for development: people with passwords, and one organisation. Knows no HTTP and no SQL.
 */
#include "auth_internal.h"

/* Printed on purpose: it opens nothing but a database to play with. */
static const char demo_email[] = "demo@example.com";
static const char demo_password[] = "open-the-demo-door";

struct demo {
    const struct auth_demo *wanted;
    const char *password_hash;
    bool exists;
};

static err look(struct ctx *c, void *arg)
{
    struct demo *d = arg;

    return auth__is_address_taken(c, d->wanted->email, &d->exists);
}

static err make(struct ctx *c, void *arg)
{
    const struct demo *d = arg;
    const struct users_person wanted = {
        .id = uuid_new(),
        .name = d->wanted->name,
        .email = d->wanted->email,
        .locale = "en",
    };
    struct users_person person;
    struct users_org org;

    TRY(tx_enter_person(c, wanted.id));
    TRY(users_create_person(c, &wanted, &person));
    TRY(auth__insert_credential(c, person.id, person.email, d->password_hash));
    return d->wanted->org ? users_create_org(c, d->wanted->org, &org) : NULL;
}

err auth_make_demo(struct ctx *c, const struct auth_demo *demo)
{
    struct demo d = { .wanted = demo };

    if (!config_is_local()) {
        log_error(c, "auth.demo_refused", log_text("why", "only in development and test"));
        return &ERR_INTERNAL;
    }
    TRY(tx_run(c, look, &d));
    if (!d.exists) {
        TRY(password_hash(c, demo->password, &d.password_hash));
        TRY(tx_run(c, make, &d));
    }
    return NULL;
}

err auth__seed(struct ctx *c)
{
    const struct auth_demo owner = { demo_email, "Demo Owner", demo_password, "Demo Company" };

    if (!config_is_local())
        return NULL;
    TRY(auth_make_demo(c, &owner));
    log_info(c, "auth.demo_account", log_text("email", demo_email),
        log_text("password", demo_password), log_text("organisation", "Demo Company"));
    return NULL;
}
