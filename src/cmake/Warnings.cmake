# Compiler flags for all sources: warnings on gcc and clang, hardening in release, sanitizers on
# request.
include(CheckCCompilerFlag)
add_library(ashlar_flags INTERFACE)

set(wanted
    -Wall -Wextra -Wformat=2 -Wshadow -Wvla -Wcast-qual -Wpointer-arith -Wstrict-prototypes
    -Wmissing-prototypes -Wold-style-definition -Wwrite-strings -Wundef -Wconversion -Wsign-conversion
    -Wimplicit-fallthrough -Wduplicated-cond -Wlogical-op -Wnull-dereference -Wno-missing-field-initializers
    -Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types -Werror=int-conversion
    -fstack-protector-strong -fno-strict-aliasing -fno-delete-null-pointer-checks)
if(NOT ASHLAR_SANITIZE)
    list(APPEND wanted -Wframe-larger-than=16384 -fstack-clash-protection -fcf-protection=full)
endif()
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND wanted -Wtrampolines -Wbidi-chars=any -ftrivial-auto-var-init=zero)
endif()
# -Wnull-dereference requires whole-program analysis, which sanitizer builds and -O0 distort.
if(ASHLAR_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Debug")
    list(REMOVE_ITEM wanted -Wnull-dereference)
endif()
foreach(flag ${wanted})
    string(MAKE_C_IDENTIFIER "HAVE${flag}" known)
    check_c_compiler_flag(${flag} ${known})
    if(${known})
        target_compile_options(ashlar_flags INTERFACE ${flag})
    endif()
endforeach()
if(ASHLAR_WERROR)
    target_compile_options(ashlar_flags INTERFACE -Werror)
endif()

if(CMAKE_BUILD_TYPE MATCHES "Release|RelWithDebInfo" AND NOT ASHLAR_SANITIZE)
    target_compile_options(ashlar_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
target_compile_definitions(ashlar_flags INTERFACE _GNU_SOURCE)
target_link_options(ashlar_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)

if(ASHLAR_SANITIZE)
    target_compile_options(ashlar_flags INTERFACE
        -fsanitize=${ASHLAR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(ashlar_flags INTERFACE -fsanitize=${ASHLAR_SANITIZE})
endif()

# Error-prone functions do not compile (git's banned.h).
target_compile_options(ashlar_flags INTERFACE -include ${CMAKE_SOURCE_DIR}/src/base/banned.h)
