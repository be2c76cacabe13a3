/* Demo data for development: people with passwords, and one organisation. */
#include "auth_internal.h"

/* Printed on purpose: it opens only a development database. */
static const char demo_email[] = "demo@example.com";
static const char demo_password[] = "open-the-demo-door";
static const char demo_org[] = "Demo Company";

struct making {
    const struct auth_demo *wanted;
    const char *password_hash;
    bool exists;
};

static err look(struct ctx *c, void *arg)
{
    struct making *d = arg;

    return auth__is_address_taken(c, d->wanted->email, &d->exists);
}

static err make(struct ctx *c, void *arg)
{
    const struct making *d = arg;
    const struct users_person wanted = {
        .id = uuid_new(),
        .name = d->wanted->name,
        .email = d->wanted->email,
        .locale = "en",
    };
    struct users_person person;
    struct users_org org;

    TRY(tx_leave_org(c)); /* a seed starts inside the demo organisation */
    TRY(tx_enter_person(c, wanted.id));
    TRY(users_create_person(c, &wanted, &person));
    TRY(auth__insert_credential(c, person.id, person.email, d->password_hash));
    return d->wanted->org ? users_create_org(c, d->wanted->org, &org) : NULL;
}

err auth_make_demo(struct ctx *c, const struct auth_demo *demo)
{
    struct making d = { .wanted = demo };

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

/* The oldest organisation that accepts writes; it may have been renamed. */
static struct uuid usable_org(const struct users_org_list *orgs)
{
    for (size_t i = 0; i < orgs->n_data; i++)
        if (text_equal(orgs->data[i].role, "owner") && orgs->data[i].suspended_at.us == 0)
            return orgs->data[i].id;
    return UUID_NIL;
}

static bool owns_any(const struct users_org_list *orgs)
{
    for (size_t i = 0; i < orgs->n_data; i++)
        if (text_equal(orgs->data[i].role, "owner"))
            return true;
    return false;
}

static err find(struct ctx *c, void *arg)
{
    static const struct page_in page = { .limit = 200 };
    struct demo *out = arg;
    struct users_org_list orgs;
    struct users_org made;

    TRY(tx_leave_org(c));
    TRY(auth__person_of_address(c, demo_email, &out->person));
    TRY(tx_enter_person(c, out->person));
    TRY(users_list_my_orgs(c, &page, &orgs));
    out->org = usable_org(&orgs);
    if (owns_any(&orgs))
        return NULL;
    TRY(users_create_org(c, demo_org, &made)); /* it was deleted during a demo */
    out->org = made.id;
    return NULL;
}

err auth__make_demo(struct ctx *c, struct demo *out)
{
    const struct auth_demo owner = { demo_email, "Demo Owner", demo_password, demo_org };
    struct demo found = { .email = demo_email };

    TRY(auth_make_demo(c, &owner));
    TRY(tx_run(c, find, &found));
    log_info(c, "auth.demo_account_created", log_text("email", demo_email),
        log_text("password", demo_password), log_text("organisation", demo_org));
    *out = found;
    return NULL;
}
