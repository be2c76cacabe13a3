/* Fan-out of a notification into one copy for each person: in the inbox, by email, or neither. */
#include "notifications_internal.h"

enum { DATA_MAX = 16 * 1024, PAGE_SIZE = 200, TITLE_MAX = 200, TEXT_MAX = 2000 };

static const char *data_text(struct ctx *c, const struct notifications_kind *kind, const void *data)
{
    struct buf json;

    buf_init(&json, c->arena, DATA_MAX);
    shape_render_(&json, kind->words->data, data);
    return buf_is_full(&json) ? NULL : json.data;
}

static err enqueue(
    struct ctx *c, const struct notifications_audience *to, const char *kind, const char *data)
{
    const struct notifications__copy copy = {
        .person_id = to->person,
        .about_id = to->about,
        .kind = kind,
        .data = data,
    };
    const struct notifications__call call = {
        .permission = to->permission,
        .except_id = to->except,
        .about_id = to->about,
        .kind = kind,
        .data = data,
    };

    if (!uuid_is_nil(to->person))
        return job_enqueue(c, &notifications__deliver_copy_job, &copy);
    return job_enqueue(c, &notifications__fan_out_job, &call);
}

err notifications_notify_(struct ctx *c, const struct notifications_kind *kind,
    const struct notifications_audience *to, const void *data)
{
    const char *json = data_text(c, kind, data);

    if (notifications__kind_named(kind->name) != kind || json == NULL ||
        uuid_is_nil(to->person) == (to->permission == NULL) ||
        (to->permission != NULL && uuid_is_nil(c->org))) {
        log_error(c, "notifications.notification_rejected", log_text("kind", kind->name),
            log_text("why", json == NULL ? "its data is too long"
                                         : "no enabled module lists the kind, or the audience is "
                                           "not one person or a permission in an organisation"));
        return &ERR_INTERNAL;
    }
    return enqueue(c, to, kind->name, json);
}

/* --- Recipients --- */

static err call_member(
    struct ctx *c, const struct notifications__call *call, const struct users_member *member)
{
    const struct notifications__copy copy = {
        .person_id = member->id,
        .about_id = call->about_id,
        .permission = call->permission,
        .kind = call->kind,
        .data = call->data,
    };

    if (!modules_role_may(member->role, call->permission) ||
        uuid_equal(member->id, call->except_id))
        return NULL;
    return job_enqueue(c, &notifications__deliver_copy_job, &copy);
}

/* One page of members per transaction; the next job continues. */
err notifications__fan_out(struct ctx *c, const struct notifications__call *call)
{
    const struct page_in page = { .limit = PAGE_SIZE, .cursor = call->cursor };
    struct notifications__call rest = *call;
    struct users_member_list members;

    TRY(users_list_members(c, &page, &members));
    for (size_t i = 0; i < members.n_data; i++)
        TRY(call_member(c, call, &members.data[i]));
    if (members.next_cursor == NULL)
        return NULL;
    rest.cursor = members.next_cursor;
    return job_enqueue(c, &notifications__fan_out_job, &rest);
}

/* --- One person's copy --- */

/* One person's copy while it is written. */
struct copy {
    const struct notifications_kind *kind;
    struct users_person person;
    struct notifications_content content;
    const char *data;
    bool by_inbox, by_mail;
    struct uuid item, about;
};

static err decide(struct ctx *c, struct copy *copy)
{
    struct notifications__wanted_channels preferences;

    TRY(notifications__get_wanted_channels(c, copy->kind, &preferences));
    copy->by_inbox = preferences.inbox;
    copy->by_mail = preferences.mail;
    return NULL;
}

/* At a whole character. */
static const char *cut(struct ctx *c, const char *text, size_t most)
{
    size_t at = 0, n = 0;

    for (; text[at] != '\0' && n < most; n++) {
        at++;
        while (((unsigned char)text[at] & 0xc0) == 0x80)
            at++;
    }
    return text[at] == '\0' ? text : arena_strndup(c->arena, text, at);
}

static err say(struct ctx *c, const char *json, struct copy *copy)
{
    void *data = arena_alloc(c->arena, copy->kind->words->data->size);

    TRY(shape_parse_(c, copy->kind->words->data, json, strlen(json), data));
    copy->kind->words->say(c, copy->person.locale, data, &copy->content);
    copy->content.title = cut(c, copy->content.title, TITLE_MAX);
    copy->content.text = cut(c, copy->content.text, TEXT_MAX);
    copy->data = json;
    return NULL;
}

static err put_into_inbox(struct ctx *c, struct copy *copy)
{
    copy->item = uuid_new();
    return notifications__add_item(c, &(struct notifications__new_item){
                                          .id = copy->item,
                                          .about = copy->about,
                                          .kind = copy->kind->name,
                                          .content = &copy->content,
                                          .data = copy->data,
                                      });
}

static err put_into_mail(struct ctx *c, const struct copy *copy)
{
    struct notifications_mail_text mail_text;

    notifications__mail_text_of(c, &copy->person, &copy->content, &mail_text);
    mail_text.template = copy->kind->name;
    mail_text.resend_when_unknown = copy->kind->resend_when_unknown;
    return notifications__queue_notification(c, copy->kind, copy->item, copy->about, &mail_text);
}

/* A deleted organisation has no notifications; a late one is discarded, because nothing would
 * delete it later. */
err notifications__is_org_gone(struct ctx *c, bool *out)
{
    err failed = uuid_is_nil(c->org) ? NULL : users_hold_org(c);

    *out = failed == &ERR_NOT_FOUND;
    return *out ? NULL : failed;
}

/* A member who has left, or has lost the permission, gets no notification of the organisation. */
static err may_still_hear(struct ctx *c, const struct notifications__copy *in, bool *out)
{
    struct authority has;

    *out = true;
    if (in->permission == NULL)
        return NULL;
    TRY(authority_of(c, &(struct principal){ .person = in->person_id }, 1, &has));
    *out = authority_may(&has, in->permission);
    return NULL;
}

err notifications__enter_if_there(struct ctx *c, struct uuid person, bool *out)
{
    err failed;

    TRY(tx_enter_person(c, person));
    failed = users_hold_me(c);
    *out = failed == NULL;
    return failed == &ERR_NOT_FOUND ? NULL : failed;
}

/* Locks the named person and the recipient, unless one of them was erased in the meantime. */
static err are_both_there(struct ctx *c, const struct notifications__copy *in, bool *out)
{
    *out = true;
    if (!uuid_is_nil(in->about_id))
        TRY(notifications__enter_if_there(c, in->about_id, out));
    return *out ? notifications__enter_if_there(c, in->person_id, out) : NULL;
}

err notifications__deliver_copy(struct ctx *c, const struct notifications__copy *in)
{
    struct copy copy = { .kind = notifications__kind_named(in->kind), .about = in->about_id };
    bool gone, may, there;

    if (copy.kind == NULL) {
        log_error(c, "notifications.kind_unknown", log_text("kind", in->kind),
            log_text("why", "the module that lists it is switched off"));
        return &JOB_GIVE_UP;
    }
    TRY(notifications__is_org_gone(c, &gone));
    if (gone)
        return NULL;
    TRY(may_still_hear(c, in, &may));
    if (!may)
        return NULL;
    TRY(are_both_there(c, in, &there));
    if (!there)
        return NULL;
    TRY(users_get_me(c, &copy.person));
    TRY(decide(c, &copy));
    TRY(say(c, in->data, &copy));
    if (copy.by_inbox)
        TRY(put_into_inbox(c, &copy));
    return copy.by_mail ? put_into_mail(c, &copy) : NULL;
}
