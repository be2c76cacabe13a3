/* Pages a test has written: what it finds stands between `<!-- generated -->` and
 * `<!-- /generated -->` of a committed page. */
#pragma once
#include "testkit.h"

/* Fails, and prints the lines that differ, unless `found` is what the page says. With
 * ASHLAR_TEST_WRITE_DOCS=1 the page is written anew instead. `file` is seen from the tree's top. */
void expect_page(struct t *t, const char *file, const char *found);
