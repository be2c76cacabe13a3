/* Memory that must not be accessed for a time, by AddressSanitizer in builds that have it. */
#pragma once
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

/* POISON marks the 8-byte words entirely within `size` bytes from `at`. A read or write there ends
 * the process with a report, in instrumented code and in the C library's memory and string
 * functions. UNPOISON removes the mark. Threads: any. */
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(at, size)   __asan_poison_memory_region(at, size)
#define UNPOISON(at, size) __asan_unpoison_memory_region(at, size)
#else
#define POISON(at, size)   ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif
