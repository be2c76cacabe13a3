# How modules and SQL become part of the binary.

set_property(GLOBAL PROPERTY ASHLAR_MODULE_NAMES "")
add_library(ashlar_modules INTERFACE)

# ashlar_sql(TARGET MODULE SYMBOL FILE): <symbol>_sql.h with SQL_<name> for each named query of FILE.
function(ashlar_sql target module symbol file)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/generated)
    file(MAKE_DIRECTORY ${out})
    file(RELATIVE_PATH shown ${CMAKE_SOURCE_DIR} ${file}) # as messages name it
    add_custom_command(
        OUTPUT ${out}/${symbol}_sql.h ${out}/${symbol}_sql.c
        COMMAND embed queries ${module} ${symbol} ${shown} ${out}/${symbol}_sql.h ${out}/${symbol}_sql.c
        DEPENDS embed ${file} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM)
    target_sources(${target} PRIVATE ${out}/${symbol}_sql.h ${out}/${symbol}_sql.c)
    target_include_directories(${target} PRIVATE ${out})
endfunction()

# The platform's own queries: src/jobs/jobs.sql gives jobs_sql.h, module "platform".
function(ashlar_platform_sql)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS src/*.sql)
    list(FILTER files EXCLUDE REGEX "/src/tools/")
    foreach(file ${files})
        get_filename_component(symbol ${file} NAME_WE)
        ashlar_sql(ashlar_platform platform ${symbol} ${file})
    endforeach()
endfunction()

# migrations/<module>/NNNN_name.sql, embedded so that the binary needs no further files.
function(ashlar_migrations)
    file(GLOB files CONFIGURE_DEPENDS migrations/*/*.sql)
    list(SORT files)
    set(before)
    foreach(file ${files})
        string(REGEX MATCH "[^/]+/[0-9]+" number ${file})
        if(number STREQUAL before)
            message(FATAL_ERROR "migrations: ${number} is used twice; give the newer one the next number")
        endif()
        set(before ${number})
    endforeach()
    set(out ${CMAKE_CURRENT_BINARY_DIR}/generated/migrations.c)
    file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/generated)
    add_custom_command(OUTPUT ${out} COMMAND embed migrations ${out} ${files} DEPENDS embed ${files} VERBATIM)
    target_sources(ashlar_platform PRIVATE ${out})
endfunction()

# The build fails for defects in the lists of a module's sources that the compiler cannot find
# (src/tools/lists.c).
function(ashlar_lists target)
    set(stamp ${CMAKE_CURRENT_BINARY_DIR}/generated/${target}.lists)
    file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/generated)
    set(shown)
    foreach(file ${ARGN})
        file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${file}) # as messages name it
        list(APPEND shown ${name})
    endforeach()
    add_custom_command(OUTPUT ${stamp} COMMAND embed lists ${stamp} ${shown}
        DEPENDS embed ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM)
    target_sources(${target} PRIVATE ${stamp})
endfunction()

# src/tools/templates/*.in, embedded for `ashlar-dev module new`.
function(ashlar_templates target)
    file(GLOB files CONFIGURE_DEPENDS src/tools/templates/*.in)
    list(SORT files)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/generated/templates.c)
    add_custom_command(OUTPUT ${out} COMMAND embed templates ${out} ${files} DEPENDS embed ${files} VERBATIM)
    target_sources(${target} PRIVATE ${out})
endfunction()

# ashlar_module(payments REQUIRES users notifications): in modules/payments/CMakeLists.txt.
# Other modules can only include its api/ directory, and only when they declare it.
function(ashlar_module name)
    cmake_parse_arguments(ARG "" "" "REQUIRES" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    add_library(${name}_api INTERFACE)
    target_include_directories(${name}_api INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/api)
    target_link_libraries(${name}_api INTERFACE ashlar_api)
    if(ASHLAR_MODULES_SHARED)
        add_library(${name} SHARED ${sources})
        target_link_options(${name} PRIVATE -Wl,-z,defs)
        target_link_libraries(${name} PRIVATE ${ARG_REQUIRES} ashlar_platform_shared)
    else()
        add_library(${name} STATIC ${sources})
        # Archives are searched in order, so a module's dependencies must follow it. For the linker
        # only: no include directory is added.
        foreach(needed ${ARG_REQUIRES} ashlar_platform)
            target_link_libraries(${name} PRIVATE $<LINK_ONLY:${needed}>)
        endforeach()
    endif()
    ashlar_lists(${name} ${sources})
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${name}_api PRIVATE ashlar_flags)
    foreach(needed ${ARG_REQUIRES})
        target_link_libraries(${name} PRIVATE ${needed}_api)
    endforeach()
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}.sql)
        ashlar_sql(${name} ${name} ${name} ${CMAKE_CURRENT_SOURCE_DIR}/${name}.sql)
    endif()
    target_link_libraries(ashlar_modules INTERFACE ${name})
    set_property(GLOBAL APPEND PROPERTY ASHLAR_MODULE_NAMES ${name})
    set_property(GLOBAL PROPERTY ASHLAR_REQUIRES_${name} "${ARG_REQUIRES}")
endfunction()

add_library(ashlar_api INTERFACE)
target_include_directories(ashlar_api INTERFACE ${CMAKE_SOURCE_DIR}/include)

# Whether `wanted` is reachable from `name` through REQUIRES.
function(ashlar_reaches name wanted result)
    get_property(requires GLOBAL PROPERTY ASHLAR_REQUIRES_${name})
    set(found FALSE)
    foreach(next ${requires})
        if(next STREQUAL wanted)
            set(found TRUE)
        elseif(NOT found)
            ashlar_reaches(${next} ${wanted} found)
        endif()
    endforeach()
    set(${result} ${found} PARENT_SCOPE)
endfunction()

# A cycle or an unknown module fails the configuration. Otherwise the graph is written for
# docs/architecture.md.
function(ashlar_check_modules)
    get_property(names GLOBAL PROPERTY ASHLAR_MODULE_NAMES)
    set(graph "")
    foreach(name ${names})
        get_property(requires GLOBAL PROPERTY ASHLAR_REQUIRES_${name})
        foreach(needed ${requires})
            if(NOT needed IN_LIST names)
                message(FATAL_ERROR "module ${name} requires ${needed}, which is no module here")
            endif()
            string(APPEND graph "${name} ${needed}\n")
            ashlar_reaches(${needed} ${name} cycle)
            if(cycle OR needed STREQUAL name)
                message(FATAL_ERROR "modules ${name} and ${needed} require each other")
            endif()
        endforeach()
        if(requires STREQUAL "")
            string(APPEND graph "${name}\n")
        endif()
    endforeach()
    file(WRITE ${CMAKE_BINARY_DIR}/modules.txt "${graph}")
endfunction()
