/* The files `ashlar module new` stamps, embedded at build time from src/cli/templates/. */
#pragma once

struct template
{
    const char *name; /* "routes.c.in" */
    const char *text; /* with @module@, @noun@ … where names go */
};
extern const struct template templates_embedded[]; /* ends with an empty row */
