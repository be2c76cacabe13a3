/* Authenticator apps as people have them in their pockets, for tests of auth. */
#pragma once
#include "testkit.h"

struct app {
    struct bytes secret;
};

/* The code of now, or of a step before or after it. */
const char *code_at(struct t *t, const struct app *app, int64_t steps_from_now);
/* A code that was not used yet: waits for the next step. */
const char *fresh_code(struct t *t, const struct app *app);
/* The acting person begins with an app; nothing is confirmed. */
struct app start_app(struct t *t);
/* `person` is the actor from here on, with an app. `recovery_code` may be NULL. */
struct app enrol(struct t *t, struct person *person, const char **recovery_code);
/* Nobody's browser gives the right password and is asked for the second factor. */
const char *challenge_for(struct t *t, const struct person *person);
