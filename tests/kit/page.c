/* See page.h. */
#include "page.h"
#include <stdio.h>
#include <stdlib.h>

#define BEGIN_MARK "<!-- generated -->\n"
#define END_MARK   "<!-- /generated -->\n"

enum { PAGE_MAX = 256 * 1024 };

static char *read_page(struct t *t, const char *file)
{
    char *text = arena_alloc(arena_of(t), PAGE_MAX + 1);
    FILE *f = fopen(file, "r");
    size_t size = f ? fread(text, 1, PAGE_MAX, f) : 0;

    if (f)
        fclose(f);
    if (size == 0 || size == PAGE_MAX)
        fail_msg("%s cannot be read, or is too large", file);
    return text;
}

static void write_page(
    const char *file, const char *head, size_t head_size, const char *found, const char *tail)
{
    FILE *f = fopen(file, "w");
    bool good = f && fwrite(head, 1, head_size, f) == head_size && fputs(found, f) >= 0 &&
                fputs(tail, f) >= 0;

    if (f == NULL || fclose(f) != 0 || !good)
        fail_msg("%s cannot be written", file);
}

static bool has_line(const char *text, const char *line, size_t size)
{
    for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
        if (strcspn(p, "\n") == size && strncmp(p, line, size) == 0)
            return true;
    return false;
}

static void print_lines_only_in(const char *text, const char *other, const char *sign)
{
    for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
        if (!has_line(other, p, strcspn(p, "\n")))
            print_error("%s%.*s\n", sign, (int)strcspn(p, "\n"), p);
}

void expect_page(struct t *t, const char *file, const char *found)
{
    const char *page = read_page(t, file), *begin = strstr(page, BEGIN_MARK);
    const char *end = begin ? strstr(begin, END_MARK) : NULL;
    const char *wanted = getenv("ASHLAR_TEST_WRITE_DOCS"), *said;

    if (end == NULL)
        fail_msg("%s has no generated part", file);
    begin += sizeof BEGIN_MARK - 1;
    said = arena_strndup(arena_of(t), begin, (size_t)(end - begin));
    if (text_equal(said, found))
        return;
    if (wanted && text_equal(wanted, "1")) {
        write_page(file, page, (size_t)(begin - page), found, end);
        return;
    }
    print_lines_only_in(said, found, "- ");
    print_lines_only_in(found, said, "+ ");
    fail_msg("%s does not say what is so (-: the page, +: found). Should it be so, write it anew "
             "with ASHLAR_TEST_WRITE_DOCS=1",
        file);
}
