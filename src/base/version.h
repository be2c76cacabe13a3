/* Version of this build. */
#pragma once

extern const char build_version[]; /* "0.1.0" */
extern const char build_commit[];  /* git describe, "unknown" outside a checkout */
