/* Text for display by Unicode's properties (libunistring), domains by IDNA (libidn2). Sources: UAX
 * 29, UAX 44, UTS 46, RFC 5891. */
#include "utf8.h"
#include <ashlar/buf.h>
#include <ashlar/text.h>
#include <idn2.h>
#include <stdlib.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uninorm.h>
#include <unistr.h>

enum { DOTS_OF_IPV4 = 3 };

/* Returns the code point at *text and advances past it. */
static ucs4_t next_point(const char **text)
{
    ucs4_t point;
    int size = u8_strmbtouc(&point, (const uint8_t *)*text);

    *text += size > 0 ? size : 1;
    return size > 0 ? point : 0xfffd;
}

static bool is_category(ucs4_t point, uint32_t mask)
{
    return uc_is_general_category_withtable(point, mask);
}

static bool is_ignorable(ucs4_t point)
{
    return uc_is_property_default_ignorable_code_point(point);
}

/* Signs by category with an empty glyph: the Braille pattern without dots, the musical null
 * notehead, the object replacement character. */
static bool is_blank_glyph(ucs4_t point)
{
    return point == 0x2800 || point == 0x1d159 || point == 0xfffc;
}

/* Unassigned code points count as visible: later versions may assign them to emoji. */
static bool is_visible(ucs4_t point)
{
    static const uint32_t shown = UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_P |
                                  UC_CATEGORY_MASK_S | UC_CATEGORY_MASK_Cn;

    return is_category(point, shown) && !is_ignorable(point) && !is_blank_glyph(point) &&
           !uc_is_property_not_a_character(point);
}

static bool is_outside(ucs4_t point)
{
    return uc_is_property_white_space(point) || is_ignorable(point) || is_blank_glyph(point) ||
           is_category(point, UC_CATEGORY_MASK_Cf);
}

bool text_is_visible(const char *text)
{
    while (*text) {
        if (is_visible(next_point(&text)))
            return true;
    }
    return false;
}

char *text_bare(struct arena *a, const char *text)
{
    const char *from = NULL, *end = text;

    for (const char *at = text; *at;) {
        const char *here = at;
        if (is_outside(next_point(&at)))
            continue;
        from = from ? from : here;
        end = at;
    }
    return arena_strndup(a, from ? from : "", from ? (size_t)(end - from) : 0);
}

/* Compatibility forms replaced: full-width letters, ligatures, dot leaders. */
static const char *normalised(struct arena *a, const char *text)
{
    size_t size = strlen(text), room = 18 * size + 1; /* NFKC's maximum expansion: U+FDFA */
    uint8_t *out = arena_alloc(a, room);
    uint8_t *made = u8_normalize(UNINORM_NFKC, (const uint8_t *)text, size, out, &room);

    if (made == NULL)
        return text;
    char *copy = arena_strndup(a, (const char *)made, room);
    if (made != out)
        free(made);
    return copy;
}

char *text_typed_code(struct arena *a, const char *text)
{
    struct buf b;

    text = normalised(a, text);
    buf_init(&b, a, strlen(text) + 1);
    buf_text(&b, "");
    while (*text) {
        const char *at = text;
        ucs4_t point = next_point(&text);
        if (!is_outside(point) && !is_category(point, UC_CATEGORY_MASK_Pd) && point != 0x2212)
            buf_add(&b, at, (size_t)(text - at));
    }
    return arena_strndup(a, b.data, b.size);
}

/* --- Addresses --- */

struct points {
    ucs4_t *at; /* followed by a zero */
    size_t n;
};

/* Other characters that browsers or readers treat as a dot, a slash or a colon. */
static ucs4_t plain(ucs4_t point)
{
    switch (point) {
    case 0x3002: /* ideographic full stop: a dot of IDNA */
    case 0x06d4:
        return '.';
    case 0x2044:
    case 0x2215:
    case 0x29f8:
    case '\\':
        return '/';
    case 0x2236:
    case 0xa789:
        return ':';
    default:
        return point;
    }
}

static struct points points_of(struct arena *a, const char *text)
{
    struct points p = { .n = 0 };

    text = normalised(a, text);
    p.at = arena_array(a, strlen(text) + 3, sizeof *p.at);
    while (*text) {
        ucs4_t point = plain(next_point(&text));
        if (!is_ignorable(point))
            p.at[p.n++] = point;
    }
    return p;
}

static bool is_letter(ucs4_t point)
{
    return is_category(point, UC_CATEGORY_MASK_L);
}

static bool is_digit(ucs4_t point)
{
    return point >= '0' && point <= '9';
}

static bool is_word(ucs4_t point)
{
    return point &&
           is_category(point, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_M);
}

/* Whether the label after the dot at i can be a top-level domain: it begins with a letter and has
 * at least two characters. */
static bool is_domain(const struct points *p, size_t i)
{
    return p->at[i] == '.' && i > 0 && is_word(p->at[i - 1]) && is_letter(p->at[i + 1]) &&
           (is_word(p->at[i + 2]) || p->at[i + 2] == '-');
}

/* "://" after a letter or digit. */
static bool is_scheme(const struct points *p, size_t i)
{
    return p->at[i] == ':' && i > 0 && is_word(p->at[i - 1]) && p->at[i + 1] == '/' &&
           p->at[i + 2] == '/';
}

/* Four numbers separated by dots, and no fifth. */
static bool is_ipv4(const struct points *p, size_t i)
{
    size_t dots = 0;

    if (!is_digit(p->at[i]) || (i > 0 && (is_word(p->at[i - 1]) || p->at[i - 1] == '.')))
        return false;
    while (is_digit(p->at[i]) || (p->at[i] == '.' && is_digit(p->at[i + 1])))
        dots += p->at[i++] == '.';
    return dots == DOTS_OF_IPV4 && !is_word(p->at[i]);
}

bool text_has_address(struct arena *a, const char *text)
{
    const struct points p = points_of(a, text);

    for (size_t i = 0; i < p.n; i++) {
        if (is_domain(&p, i) || is_scheme(&p, i) || is_ipv4(&p, i))
            return true;
    }
    return false;
}

static bool joins_words(const struct points *p, size_t i)
{
    return (p->at[i] == '.' || p->at[i] == ':') && i > 0 && is_word(p->at[i - 1]) &&
           p->at[i + 1] != 0 && !uc_is_property_white_space(p->at[i + 1]);
}

const char *text_without_address(struct arena *a, const char *text)
{
    struct points p;
    struct buf b;

    if (text == NULL || !text_has_address(a, text))
        return text;
    p = points_of(a, text);
    buf_init(&b, a, 8 * p.n + 1);
    for (size_t i = 0; i < p.n; i++) {
        uint8_t bytes[6];
        int size = u8_uctomb(bytes, p.at[i], sizeof bytes);
        buf_add(&b, bytes, size > 0 ? (size_t)size : 0);
        if (joins_words(&p, i))
            buf_char(&b, ' ');
    }
    return b.data;
}

/* Limits bytes as well, because a grapheme cluster has no maximum length: a letter and any number
 * of accents. */
static const char *cut(struct arena *a, const char *name)
{
    enum { BYTES_MAX = 8 * MAIL_NAME_MAX };
    const uint8_t *from = (const uint8_t *)name, *at = from, *end = from + strlen(name), *next;

    for (size_t n = 0; n < MAIL_NAME_MAX && at < end; n++, at = next) {
        next = u8_grapheme_next(at, end);
        if (next - from > BYTES_MAX)
            break;
    }
    return at == end ? name : arena_printf(a, "%.*s…", (int)(at - from), name);
}

/* In this order: cutting "1.2.3.4.5", which is not an address, may leave one. */
const char *text_in_mail(struct arena *a, const char *name)
{
    return name ? text_without_address(a, cut(a, name)) : NULL;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

char *text_email(struct arena *a, const char *text)
{
    const char *bare = text_bare(a, text), *at = strrchr(bare, '@');
    char *domain = NULL;
    const char *kept;

    if (at == NULL || is_ascii(at))
        return text_lower(a, bare);
    if (idn2_to_ascii_8z(at + 1, &domain, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
        return text_lower(a, bare);
    kept = arena_printf(a, "%.*s@%s", (int)(at - bare), bare, domain);
    idn2_free(domain);
    return text_lower(a, kept);
}
