/* People and organisations, made the way a front end makes them. Knows the routes of users and auth
 * and nothing of their insides. */
#include "kit.h"

#define PASSWORD "correct horse battery"

/* Factories speak for somebody else: afterwards the test is who it was. */
struct speaker {
    struct person *actor;
    struct jar *jar;
    const char *org;
};

static struct speaker keep_speaker(const struct t *t)
{
    return (struct speaker){ t->actor, t->jar, t->org };
}

static void restore_speaker(struct t *t, struct speaker s)
{
    t->actor = s.actor;
    t->jar = s.jar;
    t->org = s.org;
    kit_forget_events(t);
}

static void must(struct t *t, int status)
{
    if (status_of(t) != status)
        kit_fail(t, __FILE__, __LINE__, "the kit's own %s: expected %d, got %d %s", t->sent, status,
            status_of(t), body_of(t));
}

static struct uuid typed_id(struct t *t, const char *prefix, const char *text)
{
    struct uuid id = UUID_NIL;

    if (text == NULL || !typeid_parse(prefix, text, strlen(text), &id))
        kit_fail(t, __FILE__, __LINE__, "%s: no %s id: %s", t->sent, prefix, body_of(t));
    return id;
}

struct person *testkit_make_person(struct t *t, const struct person_options *options)
{
    struct speaker was = keep_speaker(t);
    struct person *p = arena_alloc(t->arena, sizeof *p);
    const struct caught_mail *mail;
    int n = ++t->n_people;

    p->email =
        options->email ? text_lower(t->arena, options->email) : at(t, "person%d@example.org", n);
    p->password = options->password ? options->password : PASSWORD;
    p->name = options->name ? options->name : at(t, "Person %d", n);
    as_nobody(t);
    POST_JSON(t, "/v1/auth/signup", "{'email':'%s','password':'%s','name':'%s'}", p->email,
        p->password, p->name);
    must(t, 202);
    mail = mail_to(t, p->email);
    POST_JSON(t, "/v1/auth/email-verifications/confirm", "{'token':'%s'}",
        mail && mail->token ? mail->token : "");
    must(t, 200);
    p->id_text = member_of(t, "person.id");
    p->id = typed_id(t, "person", p->id_text);
    p->jar = t->jar;
    drain_jobs(t);
    restore_speaker(t, was);
    return p;
}

struct person *other_browser_of(struct t *t, struct person *person)
{
    struct speaker was = keep_speaker(t);
    struct person *p = arena_memdup(t->arena, person, sizeof *person);

    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", p->email, p->password);
    must(t, 201);
    p->jar = t->jar;
    restore_speaker(t, was);
    return p;
}

struct org *testkit_make_org(struct t *t, const struct org_options *options)
{
    struct speaker was = keep_speaker(t);
    struct org *o = arena_alloc(t->arena, sizeof *o);

    o->owner = options->owner ? options->owner : make_person(t);
    o->name = options->name ? options->name : at(t, "Organisation %d", t->n_people);
    as_person(t, o->owner);
    POST_JSON(t, "/v1/orgs", "{'name':'%s'}", o->name);
    must(t, 201);
    o->id_text = id_of(t);
    o->id = typed_id(t, "org", o->id_text);
    drain_jobs(t);
    restore_speaker(t, was);
    return o;
}

struct person *make_member(struct t *t, struct org *org, const char *role)
{
    struct speaker was = keep_speaker(t);
    struct person *p = make_person(t);
    const struct caught_mail *mail;

    as_person(t, org->owner);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org->id_text), "{'email':'%s','role':'%s'}",
        p->email, role);
    must(t, 201);
    mail = mail_to(t, p->email);
    as_person(t, p);
    POST_JSON(
        t, "/v1/invitations/accept", "{'token':'%s'}", mail && mail->token ? mail->token : "");
    must(t, 200);
    drain_jobs(t);
    restore_speaker(t, was);
    return p;
}

/* The first staff of a house are made by the command line, and a second factor is read from a
 * device: neither is a request, so the kit writes what they leave behind. */
struct person *make_staff(struct t *t, const char *role)
{
    struct person *p = make_person(t);

    sql_run(t,
        "UPDATE auth.session SET factors = 'password totp' WHERE person_id = "
        "(SELECT id FROM users.person WHERE email = '%s'); "
        "INSERT INTO admin.staff (person_id, role) SELECT id, '%s' FROM users.person "
        "WHERE email = '%s'",
        p->email, role, p->email);
    return p;
}
