/*
 * shape — one static description of a C struct for all input and output. It is used to parse and
 * validate JSON, path and query, to render JSON and to map SQL rows by column name. It is also used
 * for the OpenAPI document and for redaction in logs.
 *
 *     struct create_invitation {
 *         const char *email;
 *         const char *role;
 *     };
 *     static const struct field create_invitation_fields[] = {
 *         TEXT(create_invitation, email, .format = EMAIL, .doc = "Where the invitation goes"),
 *         TEXT(create_invitation, role, .one_of = "admin|member", .doc = "Role granted on
 * acceptance"),
 *     };
 *     static SHAPE(create_invitation);
 *
 * The field macros check the member's C type at compile time, so a shape always matches its struct.
 * The zero value of a member means "none": it renders as null where the field is `optional`.
 *
 * Home: shape.c, request_parts.c and shape_render.c.
 */
#pragma once
#include "buf.h"
#include "clock.h"
#include "error.h"
#include "id.h"

enum field_kind {
    KIND_TEXT,   /* const char *        JSON string     text */
    KIND_INT,    /* int64_t             JSON integer    bigint, integer (within +-2^53) */
    KIND_NUMBER, /* double              JSON number     double precision */
    KIND_BOOL,   /* bool                JSON boolean    boolean */
    KIND_ID,     /* struct uuid         JSON TypeID     uuid */
    KIND_TIME,   /* struct instant      JSON RFC 3339   timestamptz */
    KIND_JSON,   /* const char *        any JSON        jsonb: text of one JSON value */
    KIND_OBJECT, /* const struct E *    JSON object     (not from SQL) */
    KIND_LIST,   /* const struct E * and size_t n_…     (not from SQL) */
    KIND_TEXTS,  /* const char *const * and size_t n_…  text[] */
};

/* Source of an input field. */
enum field_in { BODY, PATH, QUERY };

enum text_format {
    ANY_TEXT,    /* no control characters except tab and newline */
    LINE,        /* one line: no control characters, and at least one visible character */
    EMAIL,       /* one mailbox (RFC 5321 limits), stored as text_email formats it, default max
                  * 254 */
    URL,         /* absolute http(s) URL */
    SLUG,        /* a-z 0-9 and inner hyphens */
    LOCALE,      /* BCP 47 language tag, e.g. "de" or "pt-BR" */
    TOKEN,       /* printable ASCII without spaces */
    PASSWORD,    /* any characters, never trimmed, never logged */
    MAILED_NAME, /* a LINE that emails to other people display: without an address, stored bare
                  * (text.h) */
    TYPED_CODE,  /* letters and digits, stored as text_typed_code formats them */
    VERBATIM,    /* any characters: names chosen by third parties. Not as PATH: a query can contain
                  * every character, a path segment cannot */
};

struct shape;

/* One member of an OPEN_JSON object whose members have names unknown to the declaring code. */
struct shape_member {
    const char *name; /* NULL: end of the members */
    const struct shape *of;
    const char *doc;
};

struct field {
    const char *name; /* in JSON, query, path and SQL */
    enum field_kind kind;
    size_t offset;
    size_t count_offset; /* KIND_LIST, KIND_TEXTS: offset of the size_t */
    const char *doc;
    const char *example;
    enum field_in in;
    enum text_format format;
    const char *one_of;     /* "admin|member": closed list of words */
    const char *prefix;     /* KIND_ID: TypeID prefix */
    const char *fallback;   /* input: default, as written in a query */
    const struct shape *of; /* KIND_OBJECT, KIND_LIST */
    int64_t min, max;       /* TEXT: code points (0: min 1, max 1000). INT, NUMBER: value (both 0:
                             * any, max below min: no upper limit). LIST, TEXTS: items (max 0:
                             * 100) */
    bool optional;          /* input: may be absent, or null unless in a PATCH. Output and SQL: may
                             * be null */
    bool nullable;          /* input: may be null (PATCH: remove the value) */
    bool empty;             /* TEXT: "" is allowed */
    bool secret; /* never logged, and encrypted in stored responses, jobs and events. The same holds
                  * for every EMAIL */
    bool etag;   /* INT, output: the resource's version, for ETag and If-Match */
    /* KIND_JSON, output: possible members of the object, by index. NULL: any JSON */
    struct shape_member (*members)(size_t index);
};

struct shape {
    const char *name;
    size_t size;
    const struct field *fields;
    size_t n_fields;
    size_t present_at; /* 1 + offset of `struct present`. 0: none */
    size_t raw_at;     /* 1 + offset of `struct raw`. 0: none */
    const char *doc;
};

/* Member of structs filled from PATCH bodies: the set of fields in the body, by index. */
struct present {
    uint64_t bits;
};

/*
 * Typed calls. A function of a shape and a struct is a macro that derives both from the struct's
 * name. So a call cannot combine a struct with another's shape. A pointer of another type,
 * including void, does not compile ("'_Generic' selector … not compatible"). The called functions
 * end in an underscore. Only the platform calls them directly, where a table's row provides the
 * shape.
 */
#define STRUCT_IN_(S, ...)                                                                         \
    _Generic((__VA_ARGS__), struct S * : (__VA_ARGS__), const struct S * : (__VA_ARGS__))
#define STRUCT_OUT_(S, ...)   _Generic((__VA_ARGS__), struct S * : (__VA_ARGS__))
#define STRUCT_OR_NULL_(S, p) _Generic((1 ? (p) : (const struct S *)0), const struct S * : (p))

/*
 * A kind (of event, of job, …) with payload struct S has its type at compile time. It is a union:
 * tables list its member `kind`, the other members are unused and provide the pointer's type.
 */
#define CARRIER_(K, S)                                                                             \
    {                                                                                              \
        struct K kind;                                                                             \
        const struct S *in_;                                                                       \
        struct S *out_;                                                                            \
    }
#define CARRIED_(k, ...)                                                                           \
    _Generic((__VA_ARGS__), __typeof__(&*(k)->in_)                                                 \
             : (__VA_ARGS__), __typeof__(&*(k)->out_)                                              \
             : (__VA_ARGS__))
/* The descriptor `handler` of `fn`, if `fn` takes the payload of kind k. */
#define CARRIES_(k, fn, handler) _Generic((fn##_takes_ *)0, __typeof__(&*(k)->out_) : &(handler))

/* The offset of a member of this type. */
#define FIELD_AT_(S, m, ctype)                                                                     \
    (offsetof(struct S, m) + 0 * sizeof(struct {                                                   \
        _Static_assert(_Generic(((struct S *)0)->m, ctype : 1, default : 0),                       \
            "the member " #m " of struct " #S " must be of type " #ctype);                         \
        char unused;                                                                               \
    }))
#define FIELD_(S, m, ctype, k, ...)                                                                \
    {                                                                                              \
        .name = #m, .kind = k, .offset = FIELD_AT_(S, m, ctype), __VA_ARGS__                       \
    }

#define TEXT(S, m, ...)   FIELD_(S, m, const char *, KIND_TEXT, __VA_ARGS__)
#define INT(S, m, ...)    FIELD_(S, m, int64_t, KIND_INT, __VA_ARGS__)
#define NUMBER(S, m, ...) FIELD_(S, m, double, KIND_NUMBER, __VA_ARGS__)
#define BOOL(S, m, ...)   FIELD_(S, m, bool, KIND_BOOL, __VA_ARGS__)
#define ID(S, m, tid_prefix, ...)                                                                  \
    FIELD_(S, m, struct uuid, KIND_ID, .prefix = tid_prefix, __VA_ARGS__)
#define TIME(S, m, ...)      FIELD_(S, m, struct instant, KIND_TIME, __VA_ARGS__)
#define OPEN_JSON(S, m, ...) FIELD_(S, m, const char *, KIND_JSON, __VA_ARGS__)
#define OBJECT(S, m, E, ...)                                                                       \
    FIELD_(S, m, const struct E *, KIND_OBJECT, .of = &E##_shape, __VA_ARGS__)
#define LIST(S, m, E, ...)                                                                         \
    FIELD_(S, m, const struct E *, KIND_LIST, .of = &E##_shape,                                    \
        .count_offset = FIELD_AT_(S, n_##m, size_t), __VA_ARGS__)
#define TEXTS(S, m, ...)                                                                           \
    FIELD_(S, m, const char *const *, KIND_TEXTS, .count_offset = FIELD_AT_(S, n_##m, size_t),     \
        __VA_ARGS__)

/* SHAPE(s) connects S_fields to S_shape. PATCH_SHAPE also requires a member `struct present
 * present`: every BODY field may be absent, none has a fallback, and there are at most 64. */
#define SHAPE(S, ...)                                                                              \
    const struct shape S##_shape = { .name = #S,                                                   \
        .size = sizeof(struct S),                                                                  \
        .fields = S##_fields,                                                                      \
        .n_fields = COUNT(S##_fields),                                                             \
        __VA_ARGS__ }
#define PATCH_SHAPE(S, ...)                                                                        \
    SHAPE(S, .present_at = 1 + FIELD_AT_(S, present, struct present), __VA_ARGS__)

/* Whether `m` was in the PATCH body (a zero value then means null). */
#define PRESENT(S, in, m) shape_is_present_(&S##_shape, STRUCT_IN_(S, in), offsetof(struct S, m))
PUBLIC bool shape_is_present_(const struct shape *s, const void *in, size_t offset);

/*
 * A route's body as received, of any type: for signatures over it, and for other formats than JSON.
 * RAW_SHAPE requires a member `struct raw raw`. Its other fields come from path and query.
 */
struct raw {
    const char *type;  /* Content-Type as sent, in lower case, without parameters. NULL: none */
    struct bytes body; /* NUL after its end, not counted. data NULL: no body */
};
#define RAW_SHAPE(S, ...) SHAPE(S, .raw_at = 1 + FIELD_AT_(S, raw, struct raw), __VA_ARGS__)

/* Empty input, or no content (204). */
struct nothing {
    char unused;
};
PUBLIC extern const struct shape nothing_shape;

/*
 * shape_parse(c, create_invitation, json, size, &in): fills the struct from the BODY fields of a
 * JSON object. Limits: depth 32, 10,000 values, no duplicate keys, UTF-8. Unknown members are
 * errors that name them. Strings are in c's arena. On failure `out` is unchanged. Codes in
 * errors[]: required, unknown, type, null, format, one_of, too_short, too_long, too_small,
 * too_large, too_few, too_many, and repeated for query parameters. Errors: ERR_BAD_JSON (line and
 * column in the detail), ERR_INVALID (each field in errors[]).
 */
#define shape_parse(c, S, json, size, out)                                                         \
    shape_parse_(c, &S##_shape, json, size, STRUCT_OUT_(S, out))
PUBLIC CHECKED err shape_parse_(
    struct ctx *c, const struct shape *s, const char *json, size_t size, void *out);

/* shape_render(&buf, create_invitation, &in): writes the struct as one JSON object. Its strings
 * must be valid UTF-8. */
#define shape_render(b, S, ...) shape_render_(b, &S##_shape, STRUCT_IN_(S, __VA_ARGS__))
PUBLIC void shape_render_(struct buf *b, const struct shape *s, const void *in);

/* As shape_render, with private fields as "[secret]": for logs and audit rows. Private fields are
 * secrets and all email addresses of people (.format = EMAIL): these must be deleted with the
 * person. */
#define shape_render_redacted(b, S, in) shape_render_redacted_(b, &S##_shape, STRUCT_IN_(S, in))
PUBLIC void shape_render_redacted_(struct buf *b, const struct shape *s, const void *in);

PUBLIC bool shape_has_secrets(const struct shape *s);
/* Whether it has a private field. Jobs, events and stored responses are then encrypted. */
PUBLIC bool shape_is_private(const struct shape *s);
