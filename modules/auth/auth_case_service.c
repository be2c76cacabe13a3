/* What staff see of people's accounts and of an organisation's keys. Knows no HTTP and no SQL. */
#include "auth_internal.h"

static const struct page_in first_page = { .limit = 50 };

struct auth_org_case {
    const struct auth_api_key *keys;
    size_t n_keys;
};
static const struct field auth_org_case_fields[] = {
    LIST(auth_org_case, keys, auth_api_key, .doc = "First 50 API keys of the organisation"),
};
static SHAPE(auth_org_case);

CASE_VIEW(see_org, auth_org_case)
{
    struct auth_api_key_list keys;

    (void)of;
    TRY(auth__list_keys(c, &first_page, &keys));
    out->keys = keys.data;
    out->n_keys = keys.n_data;
    return NULL;
}

const struct case_view auth__org_case = {
    .doc = "API keys that act for the organisation",
    .loader = SEEN_BY(see_org),
};

struct auth_person_case {
    const struct auth_account *account;
    const struct auth_session *sessions;
    size_t n_sessions;
};
static const struct field auth_person_case_fields[] = {
    OBJECT(auth_person_case, account, auth_account,
        .doc = "Email address, suspension and second factor"),
    LIST(auth_person_case, sessions, auth_session, .doc = "First 50 active sessions of the person"),
};
static SHAPE(auth_person_case);

CASE_VIEW(see_person, auth_person_case)
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

const struct case_view auth__person_case = {
    .doc = "Account and sessions of the person",
    .loader = SEEN_BY(see_person),
};
