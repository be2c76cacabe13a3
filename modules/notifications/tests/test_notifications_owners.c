/* What every owner hears by mail, whoever did it and whatever they prefer. */
#include "testkit.h"
#include "notifications_internal.h"

/* Three owners and an admin, who hears nothing of this. */
struct cast {
    struct org *org;
    struct person *ann, *second, *third, *adam;
};

static void make_cast(struct t *t, struct cast *cast)
{
    cast->ann = make_person(t, .name = "Ann Lee");
    cast->org = make_org(t, .name = "Acme", .owner = cast->ann);
    cast->second = make_member(t, cast->org, "owner");
    cast->third = make_member(t, cast->org, "owner");
    cast->adam = make_member(t, cast->org, "admin");
    drain_jobs(t);
    sql_run(t, "DELETE FROM notifications.mail");
    as_owner_of(t, cast->org);
}

static int warned(struct t *t, const struct person *p, const char *what)
{
    drain_jobs(t);
    return (int)sql_int(t,
        "SELECT count(*) FROM notifications.mail WHERE to_address = '%s' AND template = '%s'",
        p->email, what);
}

static void expect_all_warned(struct t *t, const struct cast *cast, const char *what)
{
    assert_int_equal(warned(t, cast->ann, what), 1);
    assert_int_equal(warned(t, cast->second, what), 1);
    assert_int_equal(warned(t, cast->third, what), 1);
    assert_int_equal(warned(t, cast->adam, what), 0);
}

static const char *member(struct t *t, const struct person *p)
{
    return at(t, "/v1/orgs/%s/members/%s", org_of(t), p->id_text);
}

static void a_new_owner_is_told_to_all_also_to_the_new_one(void **state)
{
    struct t *t = *state;
    struct cast cast;
    const struct caught_mail *mail;

    make_cast(t, &cast);
    PATCH_JSON(t, member(t, cast.adam), "{'role':'owner'}");
    expect(t, 200);
    assert_int_equal(warned(t, cast.ann, "users.owner_made"), 1);
    assert_int_equal(warned(t, cast.third, "users.owner_made"), 1);
    assert_int_equal(warned(t, cast.adam, "users.owner_made"), 1);
    mail = mail_to(t, cast.second->email);
    assert_string_equal(mail->subject, "Acme has a new owner");
    assert_non_null(strstr(mail->text, at(t, "%s is now an owner of Acme.", cast.adam->name)));
    assert_non_null(strstr(mail->text, "made by Ann Lee from 127.0.0.0/24"));
    assert_null(strstr(mail->text, "/unsubscribe/"));
}

static void an_invited_owner_is_told_and_again_when_they_accept(void **state)
{
    struct t *t = *state;
    struct cast cast;
    struct person *bob;
    const char *token;

    make_cast(t, &cast);
    bob = make_person(t);
    as_owner_of(t, cast.org);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)), "{'email':'%s','role':'owner'}",
        bob->email);
    expect(t, 201);
    token = mail_to(t, bob->email)->token;
    expect_all_warned(t, &cast, "users.owner_invited");
    assert_non_null(strstr(mail_to(t, cast.second->email)->text, bob->email));
    as_person(t, bob);
    POST_JSON(t, "/v1/invitations/accept", "{'token':'%s'}", token);
    expect(t, 200, "role", "owner");
    expect_all_warned(t, &cast, "users.owner_made");
    assert_int_equal(warned(t, bob, "users.owner_made"), 1);
}

static void a_demoted_or_removed_owner_hears_it_with_all_others(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    PATCH_JSON(t, member(t, cast.third), "{'role':'viewer'}");
    expect(t, 200);
    expect_all_warned(t, &cast, "users.owner_demoted");
    DELETE_AT(t, "%s", member(t, cast.second));
    expect(t, 200);
    assert_int_equal(warned(t, cast.ann, "users.owner_removed"), 1);
    assert_int_equal(warned(t, cast.second, "users.owner_removed"), 1);
    assert_int_equal(warned(t, cast.third, "users.owner_removed"), 0);
}

static void an_owner_who_erases_themselves_is_told_to_those_who_stay(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    as_person(t, cast.second);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    assert_int_equal(warned(t, cast.ann, "users.owner_removed"), 1);
    assert_int_equal(warned(t, cast.third, "users.owner_removed"), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.mail WHERE to_address = '%s'",
                         cast.second->email),
        0);
}

static void a_deleted_organisation_is_told_though_it_is_gone(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    DELETE_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 204);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.org"), 0);
    expect_all_warned(t, &cast, "users.org_deleted");
    assert_string_equal(mail_to(t, cast.ann->email)->subject, "Acme was deleted");
}

static const char *make_key(struct t *t)
{
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)),
        "{'name':'Billing sync','scopes':['users.read']}");
    expect(t, 201);
    return member_of(t, "api_key.id");
}

static void keys_made_and_adopted_are_told(void **state)
{
    struct t *t = *state;
    struct cast cast;
    const char *key;

    make_cast(t, &cast);
    as_person(t, cast.adam);
    key = make_key(t);
    expect_all_warned(t, &cast, "auth.key_created");
    assert_non_null(strstr(mail_to(t, cast.ann->email)->text, "Billing sync (…"));
    as_person(t, cast.third);
    POST_AT(t, "/v1/orgs/%s/api-keys/%s/adopt", org_of(t), key);
    expect(t, 200, "created_by", cast.third->id_text, "state", "active");
    expect_all_warned(t, &cast, "auth.key_adopted");
}

static void orphaned_keys_are_told_when_their_maker_is_removed_or_leaves(void **state)
{
    struct t *t = *state;
    struct cast cast;
    struct person *eve;

    make_cast(t, &cast);
    as_person(t, cast.adam);
    make_key(t);
    as_owner_of(t, cast.org);
    DELETE_AT(t, "%s", member(t, cast.adam));
    expect(t, 200, "orphaned_keys.0.name", "Billing sync");
    expect_all_warned(t, &cast, "users.keys_orphaned");
    assert_non_null(strstr(mail_to(t, cast.ann->email)->text, "Billing sync (…"));

    sql_run(t, "DELETE FROM notifications.mail");
    eve = as_admin_of(t, cast.org);
    make_key(t);
    DELETE_AT(t, "%s", member(t, eve));
    expect(t, 200, "orphaned_keys.0.name", "Billing sync");
    expect_all_warned(t, &cast, "users.keys_orphaned");
    assert_int_equal(warned(t, eve, "users.keys_orphaned"), 0);
}

static void who_leaves_no_key_leaves_no_warning(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    DELETE_AT(t, "%s", member(t, cast.adam));
    expect(t, 200);
    assert_int_equal(count_of(t, "orphaned_keys"), 0);
    assert_int_equal(warned(t, cast.ann, "users.keys_orphaned"), 0);
}

/* In every organisation they have keys in. */
static void orphaned_keys_are_told_when_their_maker_is_erased(void **state)
{
    struct t *t = *state;
    struct cast cast;
    struct org *other;

    make_cast(t, &cast);
    other = make_org(t);
    as_owner_of(t, other);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", other->id_text), "{'email':'%s','role':'admin'}",
        cast.adam->email);
    expect(t, 201);
    as_person(t, cast.adam);
    POST_JSON(t, "/v1/invitations/accept", "{'token':'%s'}", mail_to(t, cast.adam->email)->token);
    expect(t, 200);
    make_key(t);
    as_owner_of(t, cast.org);
    as_person(t, cast.adam);
    make_key(t);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    expect_all_warned(t, &cast, "users.keys_orphaned");
    assert_int_equal(warned(t, other->owner, "users.keys_orphaned"), 1);
}

static err suspend(struct ctx *c, void *arg)
{
    const struct person *p = arg;

    return auth_suspend_person(c, p->id);
}

static void orphaned_keys_are_told_when_their_maker_is_suspended(void **state)
{
    struct t *t = *state;
    struct cast cast;
    struct ctx *c;

    make_cast(t, &cast);
    as_person(t, cast.second);
    make_key(t);
    c = make_ctx(t, NULL, NULL);
    expect_ok(tx_run(c, suspend, cast.second));
    assert_int_equal(warned(t, cast.ann, "users.keys_orphaned"), 1);
    assert_int_equal(warned(t, cast.third, "users.keys_orphaned"), 1);
    assert_int_equal(warned(t, cast.second, "users.keys_orphaned"), 0);
}

/* Many of one kind are bounded, and hide nothing of another. */
static void warnings_are_bounded_by_kind(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    for (int i = 0; i < 25; i++)
        make_key(t);
    assert_int_equal(warned(t, cast.second, "auth.key_created"), 20);
    PATCH_JSON(t, member(t, cast.adam), "{'role':'owner'}");
    expect(t, 200);
    assert_int_equal(warned(t, cast.second, "users.owner_made"), 1);
    advance(t, HOURS(1) + MINUTES(1));
    as_person(t, cast.third);
    POST_JSON(t, "/v1/auth/sudo", "{'password':'%s'}", me(t)->password);
    expect(t, 200);
    make_key(t);
    assert_int_equal(warned(t, cast.second, "auth.key_created"), 21);
}

/* The address of who was invited, and names, are nowhere in clear beside the mail. */
static void a_warning_keeps_no_name_in_clear(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    PATCH_JSON(t, member(t, cast.adam), "{'role':'owner'}");
    expect(t, 200);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.event e WHERE name = "
                                "'users.owner_warned' AND to_jsonb(e)::text LIKE '%%Ann Lee%%'"),
        0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job j WHERE kind LIKE "
                                "'%%mail_owner%%' AND to_jsonb(j)::text LIKE '%%Ann Lee%%'"),
        0);
}

int main(void)
{
    return run_db_tests(a_new_owner_is_told_to_all_also_to_the_new_one,
        an_invited_owner_is_told_and_again_when_they_accept,
        a_demoted_or_removed_owner_hears_it_with_all_others,
        an_owner_who_erases_themselves_is_told_to_those_who_stay,
        a_deleted_organisation_is_told_though_it_is_gone, keys_made_and_adopted_are_told,
        orphaned_keys_are_told_when_their_maker_is_removed_or_leaves,
        who_leaves_no_key_leaves_no_warning, orphaned_keys_are_told_when_their_maker_is_erased,
        orphaned_keys_are_told_when_their_maker_is_suspended, warnings_are_bounded_by_kind,
        a_warning_keeps_no_name_in_clear);
}
