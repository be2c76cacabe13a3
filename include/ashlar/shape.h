/*
 * shape — one static description of a C struct, used for everything that crosses the border:
 * parsing and validating JSON, path and query; rendering JSON; mapping SQL rows by column name;
 * JSON Schema in the OpenAPI document; redaction in logs.
 *
 *     struct invite_in {
 *         const char *email;
 *         const char *role;
 *     };
 *     static const struct field invite_in_fields[] = {
 *         TEXT(invite_in, email, .format = EMAIL, .doc = "Where the invitation goes"),
 *         TEXT(invite_in, role, .one_of = "admin|member", .doc = "Role granted on acceptance"),
 *     };
 *     static SHAPE(invite_in);
 *
 * The field macros check the member's C type at compile time, so a shape cannot lie. The zero value
 * of a member means "none": it renders as null where the field is `optional`.
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

/* Where an input field comes from. */
enum field_in { BODY, PATH, QUERY };

enum text_format {
    ANY_TEXT,    /* no control characters except tab and newline */
    LINE,        /* one line: no control characters at all, and something that shows */
    EMAIL,       /* one mailbox (RFC 5321 limits), kept as text_email writes it; default max 254 */
    URL,         /* absolute http(s) URL */
    SLUG,        /* a-z 0-9 and inner hyphens */
    LOCALE,      /* BCP 47 language tag, e.g. "de" or "pt-BR" */
    TOKEN,       /* printable ASCII without spaces */
    PASSWORD,    /* any characters; never trimmed, never logged */
    MAILED_NAME, /* a LINE that mails to others show: no address in it, kept bare (text.h) */
    TYPED_CODE,  /* letters and digits, kept as text_typed_code writes them */
    VERBATIM, /* any characters: what names something that strangers named. Not as PATH: a segment
                 cannot carry every character, a query can */
};

struct shape;

/* One member of an OPEN_JSON object whose members are known by name, but not to who declares it. */
struct shape_member {
    const char *name; /* NULL: there are no more */
    const struct shape *of;
    const char *doc;
};

struct field {
    const char *name; /* in JSON, query, path and SQL */
    enum field_kind kind;
    size_t offset;
    size_t count_offset; /* KIND_LIST, KIND_TEXTS: where the size_t is */
    const char *doc;
    const char *example;
    enum field_in in;
    enum text_format format;
    const char *one_of;     /* "admin|member": closed list of words */
    const char *prefix;     /* KIND_ID: TypeID prefix */
    const char *fallback;   /* input: value when absent, as it would be written in a query */
    const struct shape *of; /* KIND_OBJECT, KIND_LIST */
    int64_t min, max;       /* TEXT: code points (0: min 1, max 1000); INT, NUMBER: value (both 0:
                               any; max below min: no upper limit);
                               LIST, TEXTS: items (max 0: 100) */
    bool optional;          /* input: may be absent, or null unless in a PATCH; output and SQL:
                               may be null */
    bool nullable;          /* input: may be null (PATCH: "take it away") */
    bool empty;             /* TEXT: "" is allowed */
    bool secret; /* never logged; encrypted where responses, jobs or events are stored; so
                    is every EMAIL, secret or not */
    bool etag;   /* INT, output: the resource's version, for ETag and If-Match */
    /* KIND_JSON, output: the object may hold the first, the second … of these; NULL: any JSON */
    struct shape_member (*members)(size_t index);
};

struct shape {
    const char *name;
    size_t size;
    const struct field *fields;
    size_t n_fields;
    size_t present_at; /* 1 + offset of `struct present`, 0: the struct has none */
    size_t raw_at;     /* 1 + offset of `struct raw`, 0: the struct has none */
    const char *doc;
};

/* Member of structs filled from PATCH bodies: which fields were in the body, by index. */
struct present {
    uint64_t bits;
};

/*
 * What takes a shape takes a struct of that shape: such functions are macros that are given the
 * struct's name and hand over both, so no call can pair one struct with another's shape. A pointer
 * to something else, a void pointer too, does not compile ("'_Generic' selector … not compatible").
 * The functions they call end in an underscore; the platform alone calls those, where a table of
 * rows gives it the shape.
 */
#define STRUCT_IN_(S, ...)                                                                         \
    _Generic((__VA_ARGS__), struct S * : (__VA_ARGS__), const struct S * : (__VA_ARGS__))
#define STRUCT_OUT_(S, ...)   _Generic((__VA_ARGS__), struct S * : (__VA_ARGS__))
#define STRUCT_OR_NULL_(S, p) _Generic((1 ? (p) : (const struct S *)0), const struct S * : (p))

/*
 * A kind (of event, of job, …) that carries a struct S knows so at compile time: it is a union
 * whose member `kind` is what tables list; the others hold nothing and give the pointer's type.
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
/* The function descriptor `handler`, when `fn` was written for what kind k carries. */
#define CARRIES_(k, fn, handler) _Generic((fn##_takes_ *)0, __typeof__(&*(k)->out_) : &(handler))

/* The offset of a member, which has this type. */
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

/* SHAPE(s) ties S_fields to S_shape. PATCH_SHAPE also wants a member `struct present present`:
 * every BODY field may be absent, none has a fallback, and there are at most 64. */
#define SHAPE(S, ...)                                                                              \
    const struct shape S##_shape = { .name = #S,                                                   \
        .size = sizeof(struct S),                                                                  \
        .fields = S##_fields,                                                                      \
        .n_fields = COUNT(S##_fields),                                                             \
        __VA_ARGS__ }
#define PATCH_SHAPE(S, ...)                                                                        \
    SHAPE(S, .present_at = 1 + FIELD_AT_(S, present, struct present), __VA_ARGS__)

/* Was `m` in the PATCH body? (Then a zero value means it was null.) */
#define PRESENT(S, in, m) shape_is_present_(&S##_shape, STRUCT_IN_(S, in), offsetof(struct S, m))
PUBLIC bool shape_is_present_(const struct shape *s, const void *in, size_t offset);

/*
 * A route's body as its bytes came, whatever their type: for signatures over them, and for what is
 * no JSON. RAW_SHAPE wants a member `struct raw raw`; its other fields come from path and query.
 */
struct raw {
    const char *type;  /* Content-Type as sent, in lower case, without parameters; NULL: none */
    struct bytes body; /* NUL behind its end, which is not counted; data NULL: no body */
};
#define RAW_SHAPE(S, ...) SHAPE(S, .raw_at = 1 + FIELD_AT_(S, raw, struct raw), __VA_ARGS__)

/* Nothing in, or nothing out (204). */
struct nothing {
    char unused;
};
PUBLIC extern const struct shape nothing_shape;

/*
 * shape_parse(c, invite_in, json, size, &in): fill the struct from a JSON object: BODY fields only.
 * Limits: depth 32, 10,000 values, no duplicate keys, UTF-8. Unknown members are errors that name
 * them. Strings live in c's arena. On failure `out` is left alone. Codes in errors[]: required,
 * unknown, type, null, format, one_of, too_short, too_long, too_small, too_large, too_few,
 * too_many; of query parameters also repeated. Errors: ERR_BAD_JSON (line and column in the
 * detail), ERR_INVALID (each field in errors[]).
 */
#define shape_parse(c, S, json, size, out)                                                         \
    shape_parse_(c, &S##_shape, json, size, STRUCT_OUT_(S, out))
PUBLIC CHECKED err shape_parse_(
    struct ctx *c, const struct shape *s, const char *json, size_t size, void *out);

/* shape_render(&buf, invite_in, &in): write the struct as one JSON object. It must hold valid
 * UTF-8. */
#define shape_render(b, S, ...) shape_render_(b, &S##_shape, STRUCT_IN_(S, __VA_ARGS__))
PUBLIC void shape_render_(struct buf *b, const struct shape *s, const void *in);

/* As shape_render, but private fields are written as "[secret]": for logs and audit rows. Private
 * is what is secret, and every address of a person (.format = EMAIL): it goes when its person goes.
 */
#define shape_render_redacted(b, S, in) shape_render_redacted_(b, &S##_shape, STRUCT_IN_(S, in))
PUBLIC void shape_render_redacted_(struct buf *b, const struct shape *s, const void *in);

PUBLIC bool shape_has_secrets(const struct shape *s);
/* Has it a private field? Then jobs, events and responses kept for a repeated request are
 * encrypted.
 */
PUBLIC bool shape_is_private(const struct shape *s);
