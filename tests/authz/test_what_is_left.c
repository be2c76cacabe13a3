/* What can still be done with only one credential: each is held against every operation, and what
 * it opens is what docs/what-is-left.md says. */
#include "credential_factory.h"
#include "app_factory.h"
#include "page.h"
#include "module/registry.h"

enum { FOUND_MAX = 64 * 1024, AREAS_MAX = 16 };

struct opened {
    struct t *t;
    const struct route *const *routes;
    size_t n;
};

static struct opened table_of(struct t *t)
{
    struct opened all = { .t = t };

    all.n = routes_in_test(t, &all.routes);
    return all;
}

/* --- A key --- */

struct key {
    const char *token;
    struct org *org;
    struct person *maker;
    const char *id;
};

static struct key make_write_key(struct t *t)
{
    struct key key = { .org = make_org(t) };

    as_owner_of(t, key.org);
    POST_JSON(t, at(t, "/v1/orgs/%s/analytics/write-keys", key.org->id_text), "{'name':'Page'}");
    expect(t, 201);
    key.token = member_of(t, "key");
    key.id = id_of(t);
    return key;
}

static const char *make_key(struct t *t, struct person *maker, struct org *org)
{
    const char *list = "";

    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct permission *p = (*m)->permissions; p && p->name; p++)
            list = at(t, "%s%s'%s'", list, *list ? "," : "", p->name);
    as_person(t, maker);
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org->id_text), "{'name':'K','scopes':[%s]}", list);
    expect(t, 201);
    return member_of(t, "token");
}

static struct key make_owners_key(struct t *t)
{
    struct key key = { .org = make_org(t) };

    key.maker = make_member(t, key.org, "owner");
    key.token = make_key(t, key.maker, key.org);
    return key;
}

static void revoke_write_key(struct t *t, const struct key *key)
{
    as_owner_of(t, key->org);
    DELETE_AT(t, "/v1/orgs/%s/analytics/write-keys/%s", key->org->id_text, key->id);
    expect(t, 204);
}

static void remove_maker(struct t *t, const struct key *key)
{
    as_owner_of(t, key->org);
    DELETE_AT(t, "/v1/orgs/%s/members/%s", key->org->id_text, key->maker->id_text);
    expect(t, 200);
}

static void suspend_maker(struct t *t, const struct key *key)
{
    as_staff(t, "superadmin");
    POST_JSON(t, at(t, "/v1/admin/people/%s/suspend", key->maker->id_text), "{'reason':'stolen'}");
    expect(t, 204);
}

/* `answers`: of the operations in `of` that are not opened. */
static struct words opened_by(
    const struct opened *all, const struct key *key, const struct words *of, struct words *answers)
{
    struct words opened = { .n = 0 };

    as_nobody(all->t);
    for (size_t i = 0; i < all->n; i++) {
        const struct route *r = all->routes[i];
        if (is_opened_by(all->t, r, key->org->id_text, key->token))
            add_word(&opened, r->id);
        else if (of && has_word(of, r->id))
            add_word(answers, answer_of(all->t));
    }
    return opened;
}

/* What it opens before something happens, for a write key, and what it opens then. */
static void key_rows(struct buf *b, const struct opened *all, const char *what,
    struct key (*make)(struct t *t), void (*happens)(struct t *t, const struct key *key))
{
    struct t *t = all->t;
    struct key key = make(t);
    struct words before = opened_by(all, &key, NULL, NULL), answers = { .n = 0 }, after;

    if (key.maker == NULL)
        buf_printf(b, "| a public write key | %s | |\n", joined(t, &before, "nothing"));
    happens(t, &key);
    after = opened_by(all, &key, &before, &answers);
    assert_true(before.n > 10);
    buf_printf(b, "| %s | %s | %zu operations: %s |\n", what, joined(t, &after, "nothing"),
        before.n, joined(t, &answers, "nothing"));
}

/* --- A mailed link --- */

/* Everyone in it is new with each link. */
struct mail_link {
    const char *token;
    struct person *addressee; /* NULL: nobody yet */
};

static const char *new_address(struct t *t)
{
    return at(t, "%s@example.com", typeid_text(arena_of(t), "new", uuid_new()));
}

static struct mail_link confirm_mail(struct t *t)
{
    const char *email = new_address(t);

    as_nobody(t);
    POST_JSON(
        t, "/v1/auth/signup", "{'email':'%s','password':'a long pass phrase','name':'A'}", email);
    expect(t, 202);
    return (struct mail_link){ .token = mail_to(t, email)->token };
}

static struct mail_link reset_mail(struct t *t)
{
    struct person *p = make_person(t);

    as_nobody(t);
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'%s'}", p->email);
    expect(t, 202);
    return (struct mail_link){ mail_to(t, p->email)->token, p };
}

static struct mail_link invitation_mail(struct t *t)
{
    struct org *org = make_org(t);
    struct person *p = make_person(t);

    as_owner_of(t, org);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org->id_text), "{'email':'%s','role':'admin'}",
        p->email);
    expect(t, 201);
    return (struct mail_link){ mail_to(t, p->email)->token, p };
}

static struct mail_link change_mail(struct t *t)
{
    struct person *p = make_person(t);
    const char *email = new_address(t);

    as_person(t, p);
    POST_JSON(t, "/v1/auth/email-changes", "{'email':'%s'}", email);
    expect(t, 202);
    return (struct mail_link){ mail_to(t, email)->token, p };
}

static struct mail_link undo_mail(struct t *t)
{
    struct mail_link change = change_mail(t);

    as_person(t, change.addressee);
    POST_JSON(t, "/v1/auth/email-changes/confirm", "{'token':'%s'}", change.token);
    expect(t, 204);
    return (struct mail_link){ mail_to(t, change.addressee->email)->token, change.addressee };
}

static struct mail_link news_mail(struct t *t)
{
    static const char path[] = "/unsubscribe/";
    struct org *org = make_org(t);
    const char *link;

    make_member(t, org, "member");
    link = strstr(mail_to(t, org->owner->email)->text, path);
    assert_non_null(link);
    link += sizeof path - 1;
    return (
        struct mail_link){ arena_strndup(arena_of(t), link, strcspn(link, "\r\n")), org->owner };
}

/* By whom the link is followed, beside nobody: where an operation wants a session. */
static bool opens_mail(struct t *t, const struct route *r, const struct mail_link *mail_link,
    struct person *who, const char *org)
{
    as_nobody(t);
    if (who)
        as_person(t, who);
    return is_opened_by(t, r, org, mail_link->token);
}

static const char *how_opened(struct t *t, const struct route *r, const struct mail_link *mail_link,
    struct person *stranger, const char *org)
{
    if (opens_mail(t, r, mail_link, NULL, org))
        return r->id;
    if (r->auth != AUTH_SESSION)
        return NULL;
    if (opens_mail(t, r, mail_link, stranger, org))
        return at(t, "%s (in anybody's session)", r->id);
    if (mail_link->addressee && opens_mail(t, r, mail_link, mail_link->addressee, org))
        return at(t, "%s (in a session of this address alone)", r->id);
    return NULL;
}

static void mail_row(struct buf *b, const struct opened *all, const char *what,
    struct mail_link (*write)(struct t *t))
{
    struct t *t = all->t;
    struct org *org = make_org(t);
    struct person *stranger = make_person(t);
    struct mail_link mail_link = write(t);
    struct words opened = { .n = 0 }, again = { .n = 0 };

    assert_non_null(mail_link.token);
    for (size_t i = 0; i < all->n; i++) {
        const struct route *r = all->routes[i];
        const char *how = how_opened(t, r, &mail_link, stranger, org->id_text);
        if (how == NULL)
            continue;
        add_word(&opened, how);
        ask_in_earnest(t, r, org->id_text, &(struct values){ .token = mail_link.token });
        add_word(&again, at(t, "%s: %s", r->id, answer_of(t)));
        mail_link = write(t);
    }
    buf_printf(
        b, "| %s | %s | %s |\n", what, joined(t, &opened, "nothing"), joined(t, &again, "nothing"));
}

/* --- A stolen session and the password --- */

struct household {
    struct org *org;
    struct person *owner, *other, *viewer;
    const char *key; /* its id; the other owner made it */
    const char *stolen;
};

static const char *stolen_session(struct t *t, struct person *p)
{
    const char *token;

    as_person(t, p);
    token = cookie_of(t, SESSION_COOKIE);
    as_nobody(t);
    return token;
}

/* Nobody has proved anything for a quarter of an hour. */
static struct household make_household(struct t *t, bool second_factor)
{
    struct household h = { .org = make_org(t) };

    h.owner = h.org->owner;
    h.other = make_member(t, h.org, "owner");
    h.viewer = make_member(t, h.org, "viewer");
    make_key(t, h.other, h.org);
    h.key = member_of(t, "api_key.id");
    if (second_factor)
        enrol(t, h.owner, NULL);
    h.stolen = stolen_session(t, h.owner);
    advance(t, MINUTES(16));
    drain_jobs(t);
    return h;
}

static void with_stolen(struct t *t, const struct household *h)
{
    as_nobody(t);
    with_header(t, "Authorization", at(t, "Bearer %s", h->stolen));
}

/* A thief has an authenticator app, too. */
static const char *code_for(struct t *t, const struct household *h, const struct route *r)
{
    const struct field *f = field_of(r, "code", BODY);
    struct app app;

    if (f == NULL || f->optional)
        return NULL;
    as_person(t, h->owner);
    app = start_app(t);
    return code_at(t, &app, 0);
}

static void ask_as_thief(
    struct t *t, const struct household *h, const struct route *r, const char *code)
{
    const struct values values = {
        .password = h->owner->password,
        .role = "owner",
        .code = code,
        .person = r->method == DELETE_ ? h->other->id_text : h->viewer->id_text,
        .key = h->key,
    };

    with_stolen(t, h);
    ask_in_earnest(t, r, h->org->id_text, &values);
}

static void sudo_by_password(struct t *t, const struct household *h)
{
    with_stolen(t, h);
    POST_JSON(t, "/v1/auth/sudo", "{'password':'%s'}", h->owner->password);
}

static bool takes_password(const struct route *r)
{
    for (size_t i = 0; i < r->handler->in->n_fields; i++)
        if (r->handler->in->fields[i].in == BODY && r->handler->in->fields[i].format == PASSWORD)
            return r->auth == AUTH_SESSION;
    return false;
}

static const char *area_of(const struct route *r)
{
    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct route *const *table = (*m)->routes; table && *table; table++)
            for (const struct route *row = *table; row->id; row++)
                if (row == r)
                    return (*m)->name;
    return "platform";
}

static bool is_public(const struct route *r)
{
    return r->auth == AUTH_PUBLIC || r->auth == AUTH_SIGNATURE;
}

/* "users 20, auth 8" */
static const char *counted(struct t *t, const struct words *opened, const struct opened *all)
{
    struct words areas = { .n = 0 }, lines = { .n = 0 };

    for (size_t i = 0; i < all->n; i++)
        if (has_word(opened, all->routes[i]->id))
            add_word(&areas, area_of(all->routes[i]));
    for (size_t k = 0; k < areas.n; k++) {
        size_t n = 0;
        for (size_t i = 0; i < all->n; i++)
            n += has_word(opened, all->routes[i]->id) &&
                 text_equal(area_of(all->routes[i]), areas.items[k]);
        add_word(&lines, at(t, "%s %zu", areas.items[k], n));
    }
    return joined(t, &lines, "nothing");
}

/* Some operations ask for sudo in the service, for some of what they do: these in earnest. */
static bool is_closed_to_thief(struct t *t, const struct household *h, const struct route *r)
{
    const char *code;

    if (r->sudo_for_some)
        ask_as_thief(t, h, r, NULL);
    else
        is_authorized(t, r, h->org->id_text, h->stolen);
    code = member_of(t, "code");
    return code && text_equal(code, "sudo-required");
}

static const char *name_in_table(struct t *t, const struct route *r)
{
    return r->sudo_for_some ? at(t, "%s (of an owner)", r->id) : r->id;
}

static void must_be_closed(const struct words *closed)
{
    static const char *const ids[] = { "removeTotp", "createApiKey", "adoptApiKey", "deleteOrg",
        "deleteMe", "requestEmailChange", "createInvitation (of an owner)",
        "updateMember (of an owner)", "removeMember (of an owner)" };

    for (size_t i = 0; i < COUNT(ids); i++)
        if (!has_word(closed, ids[i]))
            fail_msg("%s is not closed to a stolen session and the password", ids[i]);
}

static void factor_rows(struct buf *b, const struct opened *all)
{
    struct t *t = all->t;
    struct household h = make_household(t, true);
    struct words open = { .n = 0 }, closed = { .n = 0 }, by_password = { .n = 0 };

    sudo_by_password(t, &h);
    expect_problem(t, 403, "auth/second-factor-required");
    for (size_t i = 0; i < all->n; i++) {
        const struct route *r = all->routes[i];
        if (is_closed_to_thief(t, &h, r))
            add_word(&closed, name_in_table(t, r));
        if (!is_public(r) && !takes_password(r) && is_authorized(t, r, h.org->id_text, h.stolen))
            add_word(&open, r->id);
    }
    for (size_t i = 0; i < all->n; i++) {
        if (!takes_password(all->routes[i]))
            continue;
        ask_as_thief(t, &h, all->routes[i], NULL);
        add_word(&by_password, at(t, "%s: %s", all->routes[i]->id, answer_of(t)));
    }
    must_be_closed(&closed);
    buf_printf(b, "| open to the session | %s |\n", counted(t, &open, all));
    buf_printf(b, "| closed: 403 `sudo-required` | %s |\n", joined(t, &closed, "nothing"));
    buf_printf(b, "| asks for the password itself | %s |\n", joined(t, &by_password, "nothing"));
}

static const char *mailed(struct t *t, const struct person *p)
{
    const char *all = sql_text(t,
        "SELECT string_agg(DISTINCT template, ', ') FROM notifications.mail WHERE to_address = "
        "'%s'",
        p->email);

    return all ? all : "nothing";
}

/* Each in a house of its own: some of it leaves nothing to go on with. */
static const char *told_row(struct t *t, const struct route *r)
{
    struct household h = make_household(t, false);
    const char *code;

    sudo_by_password(t, &h);
    expect(t, 200);
    code = code_for(t, &h, r);
    drain_jobs(t);
    sql_run(t, "DELETE FROM notifications.mail");
    ask_as_thief(t, &h, r, code);
    if (status_of(t) >= 300)
        return at(t, "| %s | %s | | |\n", name_in_table(t, r), answer_of(t));
    drain_jobs(t);
    return at(t, "| %s | %d | %s | %s |\n", name_in_table(t, r), status_of(t), mailed(t, h.owner),
        mailed(t, h.other));
}

static void told_rows(struct buf *b, const struct opened *all)
{
    struct words rows = { .n = 0 };

    for (size_t i = 0; i < all->n; i++) {
        const struct route *r = all->routes[i];
        if (r->scope != SCOPE_STAFF && (r->sudo || r->sudo_for_some || takes_password(r)))
            add_word(&rows, told_row(all->t, r));
    }
    for (size_t i = 0; i < rows.n; i++)
        buf_text(b, rows.items[i]);
}

/* --- The page --- */

static void the_page_says_what_is_left(void **state)
{
    static const struct {
        const char *what;
        struct mail_link (*write)(struct t *t);
    } mail_links[] = {
        { "confirm a sign-up, in another browser", confirm_mail },
        { "set a new password", reset_mail },
        { "accept an invitation", invitation_mail },
        { "take a new address", change_mail },
        { "take a change of address back", undo_mail },
        { "unsubscribe", news_mail },
    };
    const struct opened all = table_of(*state);
    struct buf b;

    buf_init(&b, arena_of(*state), FOUND_MAX);
    buf_text(
        &b, "\n### A key\n\n| With only | Opens | Opened before, answers then |\n|---|---|---|\n");
    key_rows(&b, &all, "the same, revoked", make_write_key, revoke_write_key);
    key_rows(&b, &all, "a removed member's key", make_owners_key, remove_maker);
    key_rows(&b, &all, "a suspended owner's key", make_owners_key, suspend_maker);
    buf_text(&b, "\n### A mailed link\n\n| Link to | Opens | Used again |\n|---|---|---|\n");
    for (size_t i = 0; i < COUNT(mail_links); i++)
        mail_row(&b, &all, mail_links[i].what, mail_links[i].write);
    buf_text(&b, "\n### An owner's stolen session and the password, without the second "
                 "factor\n\n| | Operations |\n|---|---|\n");
    factor_rows(&b, &all);
    buf_text(&b,
        "\n### The same of an owner who has no second factor\n\n"
        "| After sudo by the password | Answer | This owner is mailed | The other owner is "
        "mailed |\n|---|---|---|---|\n");
    told_rows(&b, &all);
    buf_text(&b, "\n");
    assert_false(buf_is_full(&b));
    expect_page(*state, "docs/what-is-left.md", b.data);
}

int main(void)
{
    return run_db_tests(the_page_says_what_is_left);
}
