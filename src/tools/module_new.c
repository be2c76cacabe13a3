/* `module new`: a module's directory, its first migration and its line in src/modules.c. */
#include "cli/cli.h"
#include "module_name.h"
#include "templates.h"
#include "tools.h"
#include <ashlar/buf.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { FILE_MAX = 256 * 1024, PATH_SIZE = 512, ROOT_DEPTH_MAX = 32, BACKSLASH_COLUMN = 99 };

/* Target path of each template. Paths are templates too. */
static const struct {
    const char *template, *path;
} places[] = {
    { "README.md.in", "modules/@module@/README.md" },
    { "CMakeLists.txt.in", "modules/@module@/CMakeLists.txt" },
    { "api.h.in", "modules/@module@/api/@module@.h" },
    { "internal.h.in", "modules/@module@/@module@_internal.h" },
    { "module.c.in", "modules/@module@/@module@_module.c" },
    { "noun.c.in", "modules/@module@/@module@_@noun@.c" },
    { "routes.c.in", "modules/@module@/@module@_routes.c" },
    { "service.c.in", "modules/@module@/@module@_service.c" },
    { "support_service.c.in", "modules/@module@/@module@_support_service.c" },
    { "store.c.in", "modules/@module@/@module@_store.c" },
    { "queries.sql.in", "modules/@module@/@module@.sql" },
    { "test.c.in", "modules/@module@/tests/test_@module@.c" },
    { "migration.sql.in", "migrations/@module@/0001_create_@noun@.sql" },
};

static char to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Writes the replacement in the case of the key: noun, Noun, NOUN. */
static void add_cased(struct buf *out, const char *word, const char *key)
{
    bool first_upper = to_upper(key[0]) == key[0], all_upper = to_upper(key[1]) == key[1];

    for (size_t i = 0; word[i] != '\0'; i++)
        buf_char(out, (i == 0 ? first_upper : all_upper) ? to_upper(word[i]) : word[i]);
}

/* Replaces the text between two @. False when it is not a key, and nothing was written. */
static bool add_key(struct buf *out, const struct module_name *n, const char *key, size_t size)
{
    const char *article = strchr("aeiou", n->noun[0]) != NULL ? "an" : "a";

    if (size == 1 && to_upper(key[0]) == 'A')
        add_cased(out, article, key[0] == 'A' ? "An" : "an");
    else if (size == 6 && strncasecmp(key, "module", size) == 0)
        add_cased(out, n->module, key);
    else if (size == 5 && strncasecmp(key, "nouns", size) == 0)
        add_cased(out, n->nouns, key);
    else if (size == 4 && strncasecmp(key, "noun", size) == 0)
        add_cased(out, n->noun, key);
    else
        return false;
    return true;
}

static void fill_template(struct buf *out, const struct module_name *n, const char *text)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "@"), key;

        buf_add(out, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        key = strcspn(text + 1, "@");
        if (add_key(out, n, text + 1, key)) {
            text += key + 2;
        } else {
            buf_char(out, '@');
            text++;
        }
    }
}

static const char *find_template(const char *name)
{
    for (const struct template *t = templates_embedded; t->name != NULL; t++) {
        if (strcmp(t->name, name) == 0)
            return t->text;
    }
    fprintf(stderr, "ashlar-dev: no template %s\n", name);
    return NULL;
}

/* Creates the directories above the file. */
static bool make_folders(const char *path)
{
    char folder[PATH_SIZE];

    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
            perror(folder);
            return false;
        }
    }
    return true;
}

static bool write_file(const char *path, const char *text, size_t size, const char *mode)
{
    FILE *f = fopen(path, mode);
    bool good;

    if (f == NULL) {
        perror(path);
        return false;
    }
    good = fwrite(text, 1, size, f) == size;
    good = fclose(f) == 0 && good;
    if (!good)
        perror(path);
    return good;
}

/* "x": an existing file is never overwritten. */
static bool stamp_file(const struct module_name *n, const char *template, const char *path_template)
{
    const char *found = find_template(template);
    struct buf path, text;
    bool good;

    if (found == NULL)
        return false;
    buf_init(&path, NULL, PATH_SIZE);
    buf_init(&text, NULL, FILE_MAX);
    fill_template(&path, n, path_template);
    fill_template(&text, n, found);
    good = make_folders(path.data) && write_file(path.data, text.data, text.size, "wx");
    if (good)
        printf("  %s\n", path.data);
    buf_release(&path);
    buf_release(&text);
    return good;
}

static bool read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "r");
    char *room = buf_reserve(out, FILE_MAX);
    size_t got;

    if (f == NULL || room == NULL) {
        perror(path);
        return false;
    }
    got = fread(room, 1, FILE_MAX, f);
    fclose(f);
    buf_extend(out, got);
    return got > 0 && got < FILE_MAX;
}

/* The end (at its newline) of the last line of the MODULES list. NULL when there is no such
 * list. */
static const char *find_list_end(const char *text)
{
    const char *end = strstr(text, "#define MODULES(X)");

    if (end == NULL)
        return NULL;
    end += strcspn(end, "\n");
    while (end[0] == '\n' && end[-1] == '\\')
        end += 1 + strcspn(end + 1, "\n");
    return end;
}

/* The list's last line gets a backslash in the column of the others, and a new line follows. */
static void add_list_line(struct buf *out, const char *text, const char *end, const char *module)
{
    const char *line = end;

    while (line > text && line[-1] != '\n')
        line--;
    buf_add(out, text, (size_t)(end - text));
    for (long column = end - line; column < BACKSLASH_COLUMN; column++)
        buf_char(out, ' ');
    buf_printf(out, "\\\n    X(%s)%s", module, end);
}

static bool list_module(const struct module_name *n)
{
    static const char path[] = "src/modules.c";
    struct buf old, new;
    const char *end;
    bool good;

    buf_init(&old, NULL, FILE_MAX + 1);
    buf_init(&new, NULL, FILE_MAX + 1024);
    good = read_file(path, &old);
    end = good ? find_list_end(old.data) : NULL;
    if (good && end == NULL)
        fprintf(stderr, "ashlar-dev: no \"#define MODULES(X)\" in %s; add X(%s) to its list\n",
            path, n->module);
    if (end != NULL) {
        add_list_line(&new, old.data, end, n->module);
        good = write_file(path, new.data, new.size, "w");
        printf("  %s (one line)\n", path);
    }
    buf_release(&old);
    buf_release(&new);
    return good && end != NULL;
}

/* Changes to the directory with src/modules.c, at or above the current one. */
static bool enter_root(void)
{
    for (int depth = 0; depth < ROOT_DEPTH_MAX; depth++) {
        if (access("src/modules.c", W_OK) == 0 && access("include/ashlar", X_OK) == 0)
            return true;
        if (chdir("..") != 0)
            break;
    }
    fputs("ashlar-dev: no src/modules.c here or above. Run this inside the repository.\n", stderr);
    return false;
}

static bool is_free(const struct module_name *n)
{
    char modules[PATH_SIZE], migrations[PATH_SIZE];

    snprintf(modules, sizeof modules, "modules/%s", n->module);
    snprintf(migrations, sizeof migrations, "migrations/%s", n->module);
    if (access(modules, F_OK) == 0 || access(migrations, F_OK) == 0) {
        fprintf(stderr, "ashlar-dev: the module \"%s\" already exists (%s)\n", n->module,
            access(modules, F_OK) == 0 ? modules : migrations);
        return false;
    }
    return true;
}

/* Line breaks depend on the names' lengths. Without clang-format the tests report the command to
 * run. */
static void format_files(const struct module_name *n)
{
    char shell[] = "sh", option[] = "-c", script[PATH_SIZE];
    char *const command[] = { shell, option, script, NULL };
    pid_t child;
    int status;

    snprintf(script, sizeof script,
        "command -v clang-format >/dev/null || exit 0; "
        "find modules/%s -name '*.[ch]' -exec clang-format -i {} +",
        n->module);
    if (posix_spawnp(&child, shell, NULL, NULL, command, environ) == 0)
        waitpid(child, &status, 0);
}

static int stamp_module(const struct module_name *n)
{
    if (!enter_root() || !is_free(n))
        return CLI_FAILED;
    printf("Created a module for %s (singular: %s):\n", n->module, n->noun);
    for (size_t i = 0; i < COUNT(places); i++) {
        if (!stamp_file(n, places[i].template, places[i].path))
            return CLI_FAILED;
    }
    if (!list_module(n))
        return CLI_FAILED;
    format_files(n);
    printf("\nNext:\n"
           "  deploy/dev            # build, migrate, serve\n"
           "  tests/run %s%*s# its tests\n"
           "  deploy/dev ashlar routes | grep %s\n",
        n->module, (int)(strlen(n->module) < 12 ? 12 - strlen(n->module) : 1), "", n->module);
    return CLI_OK;
}

int module_new(int argc, char **argv)
{
    struct module_name n;
    const char *why;

    if ((argc != 3 && argc != 5) || strcmp(argv[1], "new") != 0 ||
        (argc == 5 && strcmp(argv[3], "--noun") != 0))
        return cli_usage("module");
    why = module_name_make(&n, argv[2], argc == 5 ? argv[4] : NULL);
    if (why != NULL) {
        fprintf(stderr, "ashlar-dev: invalid module name \"%.40s\": %s\n", argv[2], why);
        return CLI_USAGE;
    }
    return stamp_module(&n);
}
