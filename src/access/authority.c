/* Current authority of people and keys in an organisation, by the modules' queries and tables. */
#include "module/registry.h"
#include "permission.h"
#include <ashlar/authority.h>
#include <ashlar/log.h>
#include <ashlar/text.h>

enum { PRINCIPALS_MAX = 200 };

bool authority_holds(const struct authority *a, const struct permission *p)
{
    return permission_is_held(p, a->role) &&
           (a->scopes == NULL || text_is_one_of(a->scopes, p->name, strlen(p->name)));
}

bool authority_may(const struct authority *a, const char *permission)
{
    return authority_holds(a, registry_permission(permission, false));
}

const char *authority_lacks(const struct authority *a, const char *role)
{
    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct permission *p = (*m)->permissions; p && p->name; p++)
            if (registry_role_may(role, p->name) && !authority_may(a, p->name))
                return p->name;
    return NULL;
}

static const struct keyring *keyring(void)
{
    for (const struct module *const *m = registry_modules(); *m; m++)
        if ((*m)->keyring)
            return (*m)->keyring;
    return NULL;
}

static void add_id(struct buf *b, struct uuid id)
{
    char text[UUID_TEXT_SIZE + 1];

    if (uuid_is_nil(id))
        return;
    uuid_format(id, text);
    buf_printf(b, "%s%s", b->size > 0 ? "|" : "", text);
}

static struct buf ids_buf(struct ctx *c)
{
    struct buf b;

    buf_init(&b, c->arena, PRINCIPALS_MAX * (UUID_TEXT_SIZE + 1));
    buf_text(&b, "");
    return b;
}

static bool is_of(const struct standing *s, const struct principal *who)
{
    if (uuid_is_nil(s->key_id))
        return uuid_is_nil(who->key) && uuid_equal(s->person_id, who->person);
    return uuid_equal(s->key_id, who->key);
}

/* Sets the person, and of keys the scopes, of each principal with authority. */
static err find_people(struct ctx *c, const struct principal *who, size_t n, struct authority *out)
{
    const struct keyring *ring = keyring();
    struct buf people = ids_buf(c), keys = ids_buf(c);
    const struct standing *rows;
    size_t n_rows;

    for (size_t i = 0; i < n; i++) {
        out[i].person = ring == NULL ? who[i].person : UUID_NIL;
        add_id(&people, who[i].person);
        add_id(&keys, who[i].key);
    }
    if (ring == NULL) /* without auth no person can be suspended, and there are no keys */
        return NULL;
    TRY(db_list(c, ring->standing, standing, &rows, &n_rows,
        ARGS(ARG((const char *)people.data), ARG((const char *)keys.data))));
    for (size_t i = 0; i < n; i++) {
        for (const struct standing *s = rows, *end = s + n_rows; s < end; s++)
            if (is_of(s, &who[i]))
                out[i] = (struct authority){ .person = s->person_id, .scopes = s->scopes };
    }
    return NULL;
}

static err find_roles(struct ctx *c, struct authority *out, size_t n)
{
    const struct authorizer *by = registry_authorizer();
    struct buf people = ids_buf(c);
    const struct member_role *rows;
    size_t n_rows;

    if (by == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        add_id(&people, out[i].person);
    TRY(db_list(c, by->roles, member_role, &rows, &n_rows,
        ARGS(ARG(c->org), ARG((const char *)people.data))));
    for (size_t i = 0; i < n; i++) {
        for (const struct member_role *r = rows, *end = r + n_rows; r < end; r++)
            if (uuid_equal(r->person_id, out[i].person))
                out[i].role = r->role;
    }
    return NULL;
}

err authority_of(struct ctx *c, const struct principal *who, size_t n, struct authority *out)
{
    struct authority *found = arena_array(c->arena, n, sizeof *found);

    if (n > PRINCIPALS_MAX) {
        log_error(c, "authority.limit_exceeded", log_int("asked", (int64_t)n));
        return &ERR_INTERNAL;
    }
    TRY(find_people(c, who, n, found));
    TRY(find_roles(c, found, n));
    memcpy(out, found, n * sizeof *out);
    return NULL;
}
