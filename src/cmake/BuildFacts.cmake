# Build facts for single source files: the version, and embedded data files.

# git's description of the tree. ASHLAR_BUILD_COMMIT without .git (container builds).
find_package(Git QUIET)
set(commit "unknown")
if(DEFINED ENV{ASHLAR_BUILD_COMMIT})
    set(commit $ENV{ASHLAR_BUILD_COMMIT})
elseif(GIT_FOUND)
    execute_process(
        COMMAND ${GIT_EXECUTABLE} describe --always --dirty --abbrev=12
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE described
        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed)
        set(commit ${described})
    endif()
endif()

# Definitions for one file each, so that a commit does not recompile all files.
set_source_files_properties(src/base/version.c PROPERTIES
    COMPILE_DEFINITIONS "BUILD_VERSION=\"${PROJECT_VERSION}\";BUILD_COMMIT=\"${commit}\"")
set(breached ${CMAKE_SOURCE_DIR}/src/crypto/breached.bin)
set_source_files_properties(src/crypto/breached.c PROPERTIES
    COMPILE_DEFINITIONS "BREACHED_FILE=\"${breached}\"" OBJECT_DEPENDS ${breached})
