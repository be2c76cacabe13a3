/* The catalogue of tables. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/table.h>

/* A sentence for each row of the enabled modules' tables that cannot be one. */
void tables_check(struct buf *problems);
