/* Version of this build, set by CMake (src/cmake/BuildFacts.cmake). */
#include "version.h"

const char build_version[] = BUILD_VERSION;
const char build_commit[] = BUILD_COMMIT;
