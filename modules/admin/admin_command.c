/* Operators' commands, and demo data. */
#include "admin_internal.h"

struct creation {
    const char *email, *role;
    struct admin_staff staff;
    struct auth_account account;
};

static err create(struct ctx *c, void *arg)
{
    static const struct page_in page = { .limit = 1 };
    struct creation *made = arg;
    struct users_person_list people;

    TRY(users_find_people(c, made->email, &page, &people));
    if (people.n_data == 0)
        return problem(c, &ERR_NOT_FOUND, NULL,
            "No account has the email address %s. Sign up first, then repeat this command.",
            made->email);
    TRY(admin_put_staff(c, people.data[0].id, made->role, &made->staff));
    return auth_get_account(c, people.data[0].id, &made->account);
}

err admin__create_command(struct ctx *c, int argc, char **argv)
{
    struct creation made = { .role = "superadmin" };

    if (argc < 2 || argc > 3 || strchr(argv[1], '@') == NULL)
        return &COMMAND_USAGE;
    made.email = text_email(c->arena, argv[1]);
    if (argc == 3)
        made.role = argv[2];
    if (!text_is_one_of(ADMIN_ROLES, made.role, strlen(made.role)))
        return problem(c, &ERR_INVALID, NULL, "The role must be one of %s.", ADMIN_ROLES);
    TRY(tx_run(c, create, &made));
    command_say("%s is staff: %s", made.account.email, made.staff.role);
    if (!made.account.has_second_factor)
        command_say("Staff routes require a second factor, and the account has none. Sign in, then "
                    "call POST /v1/auth/totp (docs/admin.md).");
    return NULL;
}

/* A candidate for staff: created with `ashlar admin create`, as in deploy/dev. */
err admin__seed(struct ctx *c)
{
    static const struct auth_demo staff = {
        .email = "staff@example.com",
        .name = "Demo Staff",
        .password = "open-the-staff-door",
    };

    return config_is_local() ? auth_make_demo(c, &staff) : NULL;
}
