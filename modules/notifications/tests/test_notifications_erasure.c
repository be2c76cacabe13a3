/* People and organisations go while something is being written about them: nothing of it is left,
 * and nobody is told that something broke. */
#include "testkit.h"
#include "jobs/jobs.h"

enum { ROUNDS = 200 };

struct leaving {
    const char *path;    /* of what is deleted */
    const char *more[2]; /* in what is deleted: written to at the same time; NULL: nothing */
    const char *bodies[2];
    int round;
    _Atomic int gone, broken;
};

static void note(struct t *one, struct leaving *l)
{
    if (status_of(one) >= 500) {
        print_error("%d %s\n", status_of(one), body_of(one));
        l->broken++;
    }
}

/* Each round leaves a moment later than the one before, over and over. */
static void wait_a_little(int round)
{
    const struct timespec some = { .tv_nsec = (round % 40) * 500 * 1000 };

    nanosleep(&some, NULL);
}

static void leave_while_delivered(struct t *one, int i, void *arg)
{
    struct leaving *l = arg;

    if (i == 0) {
        wait_a_little(l->round);
        DELETE_AT(one, "%s", l->path);
        l->gone += status_of(one) == 204;
    } else if (i == 1) {
        (void)jobs_drain();
        return;
    } else if (l->more[i - 2] != NULL) {
        POST_JSON(one, l->more[i - 2], "%s", l->bodies[i - 2]);
    }
    note(one, l);
}

static void expect_quiet(struct t *t, const struct leaving *l)
{
    assert_int_equal(l->broken, 0);
    assert_int_equal(l->gone, ROUNDS);
    drain_jobs(t);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.job WHERE last_error IS NOT NULL"), 0);
}

static void erasing_oneself_while_a_notification_is_written_succeeds(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct leaving l = { .path = "/v1/me" };

    for (int i = 0; i < ROUNDS; i++) {
        as_person(t, make_member(t, org, "viewer"));
        l.round = i;
        run_parallel(t, 2, leave_while_delivered, &l);
    }
    expect_quiet(t, &l);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.person"), 1);
    assert_int_equal(sql_int(t, "SELECT count(DISTINCT person_id) FROM notifications.feed"), 1);
}

static void deleting_an_organisation_while_it_is_written_to_succeeds(void **state)
{
    struct t *t = *state;
    struct person *owner = make_person(t);
    struct leaving l = { .path = NULL };

    as_person(t, owner);
    for (int i = 0; i < ROUNDS; i++) {
        const struct org *org = make_org(t, .owner = owner);
        l.path = at(t, "/v1/orgs/%s", org->id_text);
        l.more[0] = at(t, "%s/webhook-endpoints", l.path);
        l.bodies[0] = "{'url':'https://example.org/hook','events':[]}";
        l.more[1] = at(t, "%s/invitations", l.path);
        l.bodies[1] = at(t, "{'email':'guest%d@example.org','role':'member'}", i);
        l.round = i;
        run_parallel(t, 4, leave_while_delivered, &l);
    }
    expect_quiet(t, &l);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.org"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM integrations.feed"), 0);
}

/* The same made certain: whoever writes about it has begun, and is slow. */
struct meeting {
    const char *path;  /* deleted … */
    const char *write; /* … while this is not committed */
    int status;
};

static void delete_in_the_middle(struct t *one, int i, void *arg)
{
    struct meeting *m = arg;
    const struct timespec until_begun = { .tv_nsec = 300 * 1000 * 1000 };

    if (i == 0) {
        nanosleep(&until_begun, NULL);
        DELETE_AT(one, "%s", m->path);
        m->status = status_of(one);
    } else {
        sql_run(one, "BEGIN; %s; SELECT pg_sleep(1); COMMIT", m->write);
    }
}

static void deleting_waits_for_who_is_writing_about_it(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "viewer");
    struct meeting feed = {
        .path = "/v1/me",
        .write = at(t,
            "INSERT INTO notifications.feed (person_id, last_seq) SELECT id, 1 FROM users.person "
            "WHERE email = '%s'",
            bob->email),
    };
    struct meeting events = {
        .path = at(t, "/v1/orgs/%s", org->id_text),
        .write = "INSERT INTO integrations.feed (org_id) SELECT id FROM users.org",
    };

    sql_run(t, "DELETE FROM notifications.feed; DELETE FROM integrations.feed");
    as_person(t, bob);
    run_parallel(t, 2, delete_in_the_middle, &feed);
    assert_int_equal(feed.status, 204);
    as_owner_of(t, org);
    run_parallel(t, 2, delete_in_the_middle, &events);
    assert_int_equal(events.status, 204);
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM integrations.feed"), 0);
}

/* The address somebody asked for, one that never answered, and the one they had before. */
static void no_address_a_person_ever_had_or_wanted_is_left(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t, .email = "first@example.org");

    as_person(t, ann);
    POST_JSON(t, "/v1/auth/password-resets", "{'email':'first@example.org'}");
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'first@example.org','password':'another pass phrase','name':'Ann'}");
    POST_JSON(t, "/v1/auth/email-changes", "{'email':'second@example.org'}");
    POST_JSON(t, "/v1/auth/email-changes/confirm", "{'token':'%s'}",
        mail_to(t, "second@example.org")->token);
    expect(t, 204);
    POST_JSON(t, "/v1/auth/email-changes", "{'email':'third@example.org'}");
    expect(t, 202);
    drain_jobs(t);
    sql_run(t, "INSERT INTO notifications.suppression (address, answer, until) VALUES "
               "('third@example.org', '550', platform.now() + interval '1 day')");
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    drain_jobs(t);
    assert_int_equal(tables_with(t, "first@example.org"), 0);
    assert_int_equal(tables_with(t, "second@example.org"), 0);
    assert_int_equal(tables_with(t, "third@example.org"), 0);
}

/* Erased before the answering job, or between it and the mail. */
static void a_mail_that_comes_too_late_is_not_written(void **state)
{
    struct t *t = *state;

    as_person(t, make_person(t));
    POST_JSON(t, "/v1/auth/email-changes", "{'email':'wanted@example.org'}");
    expect(t, 202);
    sql_run(t, "UPDATE platform.job SET run_at = run_at + interval '1 hour' "
               "WHERE kind <> 'auth.answer_email_change' AND state <> 'done'");
    while (sql_int(t, "SELECT count(*) FROM platform.event WHERE name = "
                      "'auth.email_change_started'") == 0)
        (void)jobs_drain();
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    advance(t, HOURS(2));
    drain_jobs(t);
    assert_int_equal(tables_with(t, "wanted@example.org"), 0);
}

/* Whoever is invited, and never comes, is named nowhere but in the invitation. */
static void no_address_stays_in_the_trail_or_in_jobs(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob;

    as_owner_of(t, org);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'stranger@example.org','role':'member'}");
    expect(t, 201);
    drain_jobs(t);
    DELETE_AT(t, "/v1/orgs/%s/invitations/%s", org_of(t), id_of(t));
    expect(t, 204);
    bob = make_member(t, org, "viewer");
    drain_jobs(t);
    as_person(t, bob);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    drain_jobs(t);
    assert_int_equal(tables_with(t, bob->email), 0);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.job j WHERE j::text LIKE '%%%s%%'", bob->name),
        0);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.event e WHERE e::text LIKE '%%%s%%'", bob->name),
        0);
    sql_run(t, "DELETE FROM notifications.mail WHERE to_address = 'stranger@example.org'");
    assert_int_equal(tables_with(t, "stranger@example.org"), 0);
    as_owner_of(t, org);
    GET_AT(t, "/v1/orgs/%s/audit", org_of(t));
    assert_non_null(strstr(body_of(t), "users.invited"));
}

/* The tables that hold a text in clear. */
static const char *tables_of(struct t *t, const char *text)
{
    return sql_text(t,
        "SELECT coalesce(string_agg(schemaname || '.' || tablename, ' ' ORDER BY schemaname, "
        "tablename), '') FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'testkit') AND "
        "strpos(query_to_xml(format('SELECT r::text FROM %%I.%%I AS r', schemaname, tablename), "
        "true, true, '')::text, '%s') > 0",
        text);
}

#define NAME "Zaphod Quux"

/* Somebody who does what others are told of: joins, becomes owner, invites, names, removes. */
static struct person *make_known(struct t *t, struct org *org)
{
    struct person *guest, *zaphod = make_member(t, org, "owner");

    as_person(t, zaphod);
    PATCH_JSON(t, "/v1/me", "{'name':'" NAME "'}");
    expect(t, 200);
    drain_jobs(t);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org->id_text),
        "{'email':'stranger@example.org','role':'owner'}");
    expect(t, 201);
    guest = make_member(t, org, "admin");
    as_person(t, zaphod);
    PATCH_JSON(
        t, at(t, "/v1/orgs/%s/members/%s", org->id_text, guest->id_text), "{'role':'owner'}");
    expect(t, 200);
    POST_JSON(
        t, at(t, "/v1/orgs/%s/api-keys", org->id_text), "{'name':'K','scopes':['users.read']}");
    expect(t, 201);
    POST_JSON(t, at(t, "/v1/orgs/%s/webhook-endpoints", org->id_text),
        "{'url':'https://example.org/hook','events':[]}");
    expect(t, 201);
    drain_jobs(t);
    return zaphod;
}

static void leave(struct t *t, struct org *org, struct person *person)
{
    as_owner_of(t, org);
    DELETE_AT(t, "/v1/orgs/%s/members/%s", org->id_text, person->id_text);
    expect(t, 200);
}

static void erase(struct t *t, struct person *person)
{
    as_person(t, person);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
}

static void no_name_stays_with_others(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t, .name = "Acme");
    struct person *zaphod = make_known(t, org);

    leave(t, org, zaphod);
    drain_jobs(t);
    assert_string_equal(tables_of(t, NAME), "notifications.item notifications.mail users.person");
    assert_string_equal(tables_of(t, zaphod->name), "notifications.item notifications.mail");
    erase(t, zaphod);
    drain_jobs(t);
    assert_string_equal(tables_of(t, NAME), "");
    assert_string_equal(tables_of(t, zaphod->name), "");
    as_owner_of(t, org);
    GET_AT(t, "/v1/me/inbox");
    expect(t, 200);
    assert_non_null(strstr(body_of(t), "joined Acme")); /* the guest did */
}

static void however_many_were_told_of_somebody(void **state)
{
    static const char many[] = "SELECT count(*) FROM notifications.item";
    struct t *t = *state;
    struct person *zaphod = make_person(t), *other = make_person(t);

    drain_jobs(t);
    sql_run(t, "DELETE FROM notifications.item; DELETE FROM notifications.mail");
    sql_run(t,
        "INSERT INTO notifications.item (person_id, id, seq, kind, title, text, data, about_id) "
        "SELECT o.id, gen_random_uuid(), 1000 + i, 'k', 't', 't', '{}', "
        "CASE WHEN i > 1 THEN z.id END "
        "FROM users.person z, users.person o, generate_series(1, 2501) i "
        "WHERE z.email = '%s' AND o.email = '%s'",
        zaphod->email, other->email);
    sql_run(t,
        "INSERT INTO notifications.mail (id, to_address, template, subject, about_id) "
        "SELECT gen_random_uuid(), 'a' || i || '@example.org', 't', 's', z.id "
        "FROM users.person z, generate_series(1, 1001) i WHERE z.email = '%s'",
        zaphod->email);
    assert_int_equal(sql_int(t, many), 2501);
    erase(t, zaphod);
    drain_jobs(t);
    assert_int_equal(sql_int(t, many), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.mail WHERE subject = 's'"), 0);
}

/* From here on jobs of this kind wait for an hour. */
static void hold_back(struct t *t, const char *kind)
{
    sql_run(t, "DROP TRIGGER IF EXISTS later ON platform.job");
    sql_run(t, "CREATE OR REPLACE FUNCTION public.later() RETURNS trigger LANGUAGE plpgsql AS $$ "
               "BEGIN NEW.run_at := NEW.run_at + interval '1 hour'; RETURN NEW; END $$");
    sql_run(t,
        "CREATE TRIGGER later BEFORE INSERT ON platform.job FOR EACH ROW "
        "WHEN (NEW.kind = '%s') EXECUTE FUNCTION public.later()",
        kind);
}

/* Erased before the job that finds the readers has run, or those that write to them. */
static void nor_is_one_written_that_comes_too_late(void **state)
{
    static const char *const late[] = { "notifications.fan_out", "notifications.deliver_copy" };
    struct t *t = *state;

    for (size_t i = 0; i < COUNT(late); i++) {
        struct org *org = make_org(t, .name = "Acme");
        struct person *zaphod = make_known(t, org);
        sql_run(t, "DELETE FROM notifications.mail; DELETE FROM notifications.item");
        hold_back(t, late[i]);
        leave(t, org, zaphod);
        drain_jobs(t);
        assert_true(sql_int(t,
                        "SELECT count(*) FROM platform.job WHERE kind = '%s' AND state <> "
                        "'done'",
                        late[i]) > 0);
        erase(t, zaphod);
        drain_jobs(t);
        sql_run(t, "DROP TRIGGER later ON platform.job");
        advance(t, HOURS(2));
        drain_jobs(t);
        assert_string_equal(tables_of(t, NAME), "");
    }
}

/* The migration's statement, as the role that migrates. */
static void apply(struct t *t, const char *path)
{
    enum { FILE_MAX = 8 * 1024 };
    char *text = arena_alloc(arena_of(t), FILE_MAX);
    FILE *f = fopen(path, "r");
    size_t size;

    assert_non_null(f);
    size = fread(text, 1, FILE_MAX - 1, f);
    fclose(f);
    text[size] = '\0';
    *strstr(text, "-- down") = '\0';
    sql_run(t, "SET ROLE ashlar_owner; %s; RESET ROLE", text);
}

static void what_the_trail_kept_before_is_forgotten(void **state)
{
    struct t *t = *state;

    for (int i = 0; i < 4; i++)
        sql_run(t,
            "INSERT INTO platform.audit (id, actor_kind, action, target_type, before, after) "
            "VALUES "
            "(gen_random_uuid(), 'system', '%s', 'x', NULL, '{\"email\": \"a@old.example\", "
            "\"role\": \"admin\"}')",
            (const char *const[]){ "users.invited", "users.invitation_revoked",
                "auth.person_suspended", "auth.person_restored" }[i]);
    apply(t, "migrations/users/0012_forget_invited.sql");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.audit WHERE after::text LIKE '%%old.example%%'"),
        2);
    apply(t, "migrations/auth/0014_forget_suspended.sql");
    assert_int_equal(tables_with(t, "old.example"), 0);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.audit WHERE after ->> 'role' = 'admin'"), 4);
}

int main(void)
{
    return run_db_tests(erasing_oneself_while_a_notification_is_written_succeeds,
        deleting_an_organisation_while_it_is_written_to_succeeds,
        deleting_waits_for_who_is_writing_about_it, no_address_a_person_ever_had_or_wanted_is_left,
        a_mail_that_comes_too_late_is_not_written, no_address_stays_in_the_trail_or_in_jobs,
        what_the_trail_kept_before_is_forgotten, no_name_stays_with_others,
        nor_is_one_written_that_comes_too_late, however_many_were_told_of_somebody);
}
