/* Avatars. The bytes are in object storage; the row names the valid object. */
#include "users_internal.h"

enum { AVATAR_SIDE_MAX = 4096 };

/* --- Deletion of unreferenced objects --- */

struct dropping {
    const struct users__picture *picture;
    bool is_named;
};

static err look_who_names_it(struct ctx *c, void *arg)
{
    struct dropping *d = arg;

    return users__is_avatar_of(c, d->picture, &d->is_named);
}

err users__drop_picture(struct ctx *c, const struct users__picture *picture)
{
    struct dropping d = { .picture = picture };

    TRY(tx_read(c, look_who_names_it, &d));
    return d.is_named ? NULL : storage_delete(c, picture->avatar_key);
}

/* After the commit that removes the reference. A NULL key: there is nothing to delete. */
static err drop_later(struct ctx *c, const struct users__avatar *old)
{
    const struct users__picture picture = { c->actor.person, old->avatar_key };

    return old->avatar_key ? job_enqueue(c, &users__drop_picture_job, &picture) : NULL;
}

/* Committed before the object is stored: if this request or this process fails, the job deletes the
 * object once no request can refer to it. */
static err drop_if_left_behind(struct ctx *c, void *arg)
{
    const struct users__avatar *next = arg;
    const struct users__picture picture = { c->actor.person, next->avatar_key };

    return job_enqueue(
        c, &users__drop_picture_job, &picture, .run_at = instant_add(clock_now(), HOURS(1)));
}

/* --- The caller's avatar --- */

static err check_picture(struct ctx *c, struct bytes body, struct picture *out)
{
    if (body.data == NULL || !picture_read(body, out))
        return problem(
            c, &USERS_UNSUPPORTED_IMAGE, NULL, "The file is not a PNG, JPEG, WebP or GIF.");
    if (out->width > AVATAR_SIDE_MAX || out->height > AVATAR_SIDE_MAX)
        return problem(c, &USERS_UNSUPPORTED_IMAGE, NULL, "%lld by %lld pixels are too many.",
            (long long)out->width, (long long)out->height);
    return NULL;
}

static err name_picture(struct ctx *c, void *arg)
{
    const struct users__avatar *next = arg;
    struct users__avatar old;

    TRY(users__lock_avatar(c, &old));
    TRY(users__set_avatar(c, next->avatar_key));
    TRY(drop_later(c, &old));
    return audit_act(c, "users.avatar_changed", "person", c->actor.person);
}

/* Stored first, then referenced: a row never refers to a missing object. */
err users_set_avatar(struct ctx *c, struct bytes sent)
{
    struct users__avatar next = { .avatar_key = storage_random_key(c->arena, "avatar") };
    struct picture picture;
    struct bytes body;

    TRY(check_picture(c, sent, &picture));
    if (!picture_strip(c->arena, sent, &body))
        return problem(c, &USERS_UNSUPPORTED_IMAGE, NULL, "The image is incomplete.");
    TRY(tx_run(c, drop_if_left_behind, &next));
    TRY(storage_put(
        c, next.avatar_key, &(struct storage_object){ .type = picture.type, .body = body }));
    return tx_run(c, name_picture, &next);
}

err users_remove_avatar(struct ctx *c)
{
    struct users__avatar old;

    TRY(users__lock_avatar(c, &old));
    if (old.avatar_key == NULL)
        return NULL;
    TRY(users__set_avatar(c, NULL));
    TRY(drop_later(c, &old));
    return audit_act(c, "users.avatar_removed", "person", c->actor.person);
}

err users__forget_avatar(struct ctx *c)
{
    struct users__avatar old;

    TRY(users__lock_avatar(c, &old));
    return drop_later(c, &old);
}

/* --- Reading --- */

struct look {
    struct uuid person; /* nil: the caller */
    struct users__avatar found;
};

static err find_avatar(struct ctx *c, void *arg)
{
    struct look *look = arg;

    return uuid_is_nil(look->person) ? users__get_avatar(c, &look->found)
                                     : users__get_member_avatar(c, look->person, &look->found);
}

/* The bytes are parsed and stripped again: the content type in storage is not trusted, and an
 * earlier release stored images as they were sent. */
static err fetch(struct ctx *c, struct look *look, struct content *out)
{
    struct storage_object object;
    struct picture picture;

    TRY(tx_read(c, find_avatar, look));
    if (look->found.avatar_key == NULL)
        return problem(c, &ERR_NOT_FOUND, NULL, "The person has no avatar.");
    TRY(storage_get(c, look->found.avatar_key, USERS_AVATAR_MAX, &object));
    if (!picture_read(object.body, &picture) || !picture_strip(c->arena, object.body, &object.body))
        return problem(c, &ERR_NOT_FOUND, NULL, "The person has no avatar.");

    *out = (struct content){
        .type = picture.type, .data = object.body.data, .size = object.body.size
    };
    return NULL;
}

err users_get_avatar(struct ctx *c, struct content *out)
{
    return fetch(c, &(struct look){ .person = UUID_NIL }, out);
}

err users_get_member_avatar(struct ctx *c, struct uuid person, struct content *out)
{
    return fetch(c, &(struct look){ .person = person }, out);
}
