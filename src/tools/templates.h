/* The template files of `ashlar-dev module new`, embedded at build time from src/tools/templates/.
 */
#pragma once

struct template
{
    const char *name; /* "routes.c.in" */
    const char *text; /* with @module@, @noun@ … as placeholders */
};
extern const struct template templates_embedded[]; /* ends with an empty row */
