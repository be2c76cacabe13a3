/* Check of table declarations. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/table.h>

/* Writes a sentence for each invalid row of the enabled modules' tables. */
void tables_check(struct buf *problems);
