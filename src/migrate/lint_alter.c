/* Lint rules of ALTER TABLE on a table in use. */
#include "lint_rules.h"
#include <ashlar/text.h>

/* A default that is computed for each row rewrites the table. Constants and the stable time
 * functions do not. */
static bool has_volatile_default(const struct lint *l, size_t i, size_t end)
{
    i = lint_seek(l, i, end, "default");
    for (; i + 1 < end; i++)
        if (lint_is(l, i + 1, "(") && !lint_is(l, i, "now") && !lint_is(l, i, "default") &&
            ((l->tokens[i].at[0] | 0x20) >= 'a' && (l->tokens[i].at[0] | 0x20) <= 'z'))
            return true;
    return false;
}

static void check_add_column(struct lint *l, size_t i, size_t end)
{
    bool has_default = lint_has(l, i, end, "DEFAULT");

    if (lint_has(l, i, end, "NOT NULL") && !has_default)
        lint_find(l, "adding-required-field",
            "fails on a table with rows; add it nullable, or with a constant DEFAULT");
    if (has_default && has_volatile_default(l, i, end))
        lint_find(l, "adding-field-with-volatile-default",
            "rewrites the whole table under an exclusive lock; add it without, then backfill");
    if (lint_has(l, i, end, "STORED"))
        lint_find(l, "adding-generated-column",
            "rewrites the whole table under an exclusive lock; compute it in the query, or "
            "backfill a plain column");
    if (lint_has(l, i, end, "REFERENCES") || lint_has(l, i, end, "CHECK"))
        lint_find(l, "constraint-missing-not-valid",
            "scans the table under a lock; add the constraint NOT VALID in its own statement");
    if (lint_has(l, i, end, "UNIQUE") || lint_has(l, i, end, "PRIMARY KEY"))
        lint_find(l, "disallowed-unique-constraint",
            "builds an index under an exclusive lock; create it CONCURRENTLY, then USING INDEX");
}

static void check_add_constraint(struct lint *l, size_t i, size_t end)
{
    bool scans = lint_has(l, i, end, "FOREIGN KEY") || lint_has(l, i, end, "CHECK");

    if (scans && !lint_has(l, i, end, "NOT VALID"))
        lint_find(l, "constraint-missing-not-valid",
            "scans the table under a lock; add it NOT VALID, and VALIDATE it in the next file");
    if (!scans && !lint_has(l, i, end, "USING INDEX"))
        lint_find(l, "disallowed-unique-constraint",
            "builds an index under an exclusive lock; create it CONCURRENTLY, then USING INDEX");
}

static void check_add(struct lint *l, size_t i, size_t end)
{
    static const char kinds[] = "constraint|foreign|check|unique|primary|exclude";

    if (lint_is_one_of(l, i, kinds))
        check_add_constraint(l, i, end);
    else
        check_add_column(l, i, end);
}

/* ALTER [COLUMN] name … */
static void check_alter_column(struct lint *l, size_t i)
{
    lint_skip(l, &i, "COLUMN");
    i++;
    if (lint_skip(l, &i, "SET NOT NULL"))
        lint_find(l, "adding-not-nullable-field",
            "scans the table under an exclusive lock; add CHECK (… IS NOT NULL) NOT VALID, "
            "validate it, then allow this with the reason");
    lint_skip(l, &i, "SET DATA");
    if (lint_is(l, i, "TYPE"))
        lint_find(l, "changing-column-type",
            "rewrites the table and breaks the running binary; add a new column instead");
}

static void check_drop_or_rename(struct lint *l, size_t i, size_t end)
{
    bool keeps_data = lint_has(l, i, end, "DROP CONSTRAINT");

    if (!lint_is_expand(l) || keeps_data)
        return;
    if (lint_is(l, i, "RENAME"))
        lint_find(l, lint_has(l, i, end, "COLUMN") ? "renaming-column" : "renaming-table",
            "the running binary knows the old name; add the new one, move over, contract later");
    else
        lint_find(l, "ban-drop-column",
            "the running binary may still read it; drop in a contract migration");
}

static void check_action(struct lint *l, size_t i, size_t end)
{
    size_t next = i + 1;

    if (lint_is(l, i, "ADD"))
        check_add(l, next, end);
    else if (lint_is(l, i, "ALTER"))
        check_alter_column(l, next);
    else if (lint_is(l, i, "DROP") || lint_is(l, i, "RENAME"))
        check_drop_or_rename(l, i, end);
}

/* Index of the comma after this action of ALTER TABLE. */
static size_t end_of_action(const struct lint *l, size_t i)
{
    int depth = 0;

    for (; i < l->n; i++) {
        depth += lint_is(l, i, "(") - lint_is(l, i, ")");
        if (depth == 0 && lint_is(l, i, ","))
            break;
    }
    return i;
}

void lint_alter(struct lint *l)
{
    size_t i = 1, end;

    if (!lint_skip(l, &i, "TABLE"))
        return;
    lint_skip(l, &i, "IF EXISTS");
    lint_skip(l, &i, "ONLY");
    if (lint_table(l, lint_name(l, &i)) != NULL)
        return;
    for (; i < l->n; i = end + 1) {
        end = end_of_action(l, i);
        check_action(l, i, end);
    }
}
