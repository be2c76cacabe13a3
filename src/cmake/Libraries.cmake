# External libraries: Debian's packages, found by pkg-config. Only ashlar_platform uses them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2)
find_library(UNISTRING unistring REQUIRED) # it has no .pc file

add_library(ashlar_libraries INTERFACE)
target_link_libraries(ashlar_libraries INTERFACE PkgConfig::MICROHTTPD PkgConfig::PQ
    PkgConfig::JANSSON PkgConfig::SODIUM PkgConfig::CURL PkgConfig::CRYPTO PkgConfig::ZLIB
    PkgConfig::IDN2 ${UNISTRING} Threads::Threads m)
