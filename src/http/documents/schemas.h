/* The schemas of the OpenAPI document: which shapes it has, and their names. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/shape.h>

/* Collects the shapes of the installed routes that are not hidden. False when two shapes have one
 * name; `problems` then has a sentence for each pair. schemas_stop frees them in either case. */
bool schemas_start(struct buf *problems);
void schemas_stop(void);

/* The name of a collected shape. Valid until schemas_stop. */
const char *schemas_name(const struct shape *s, bool for_input);

/* "schemas":{…}, with the one of problems. */
void schemas_write(struct buf *b);
