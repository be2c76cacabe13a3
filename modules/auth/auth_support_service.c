/* Support views of accounts and of an organisation's keys. */
#include "auth_internal.h"

static const struct page_in first_page = { .limit = 50 };

struct auth_org_keys {
    const struct auth_api_key *keys;
    size_t n_keys;
};
static const struct field auth_org_keys_fields[] = {
    LIST(auth_org_keys, keys, auth_api_key, .doc = "First 50 API keys of the organisation"),
};
static SHAPE(auth_org_keys);

SUPPORT_VIEW(see_org, auth_org_keys)
{
    struct auth_api_key_list keys;

    (void)of;
    TRY(auth__list_keys(c, &first_page, &keys));
    out->keys = keys.data;
    out->n_keys = keys.n_data;
    return NULL;
}

const struct support_view auth__org_support_view = {
    .doc = "API keys that act for the organisation",
    .loader = LOADED_BY(see_org),
};

struct auth_person_sign_in {
    const struct auth_account *account;
    const struct auth_session *sessions;
    size_t n_sessions;
};
static const struct field auth_person_sign_in_fields[] = {
    OBJECT(auth_person_sign_in, account, auth_account,
        .doc = "Email address, suspension and second factor"),
    LIST(auth_person_sign_in, sessions, auth_session,
        .doc = "First 50 active sessions of the person"),
};
static SHAPE(auth_person_sign_in);

SUPPORT_VIEW(see_person, auth_person_sign_in)
{
    struct auth_account *account = arena_alloc(c->arena, sizeof *account);
    struct auth_session_list sessions;

    TRY(auth_get_account(c, of, account));
    TRY(auth_list_sessions_of(c, of, &first_page, &sessions));
    out->account = account;
    out->sessions = sessions.data;
    out->n_sessions = sessions.n_data;
    return NULL;
}

const struct support_view auth__person_support_view = {
    .doc = "Account and sessions of the person",
    .loader = LOADED_BY(see_person),
};
