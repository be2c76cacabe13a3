/* What the files of src/http share of the started server. Knows no request. */
#pragma once
#include "http.h"
#include "routes.h"

/* Of the tables http_start checked. */
const struct router *http_router(void);
