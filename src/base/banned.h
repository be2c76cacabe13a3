/* Functions that do not compile. The build includes this header before every file of the tree. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BANNED_(name) use_of_banned_function_##name
#undef strcpy
#define strcpy(a, b) BANNED_(strcpy)
#undef strcat
#define strcat(a, b) BANNED_(strcat)
#undef strncpy
#define strncpy(a, b, c) BANNED_(strncpy)
#undef strncat
#define strncat(a, b, c) BANNED_(strncat)
#undef sprintf
#define sprintf(...) BANNED_(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED_(vsprintf)
#undef strtok
#define strtok(a, b) BANNED_(strtok)
#undef gets
#define gets(a) BANNED_(gets)
#undef atoi
#define atoi(a) BANNED_(atoi)
#undef atol
#define atol(a) BANNED_(atol)
#undef gmtime
#define gmtime(a) BANNED_(gmtime)
#undef localtime
#define localtime(a) BANNED_(localtime)
#undef ctime
#define ctime(a) BANNED_(ctime)
#undef rand
#define rand() BANNED_(rand)
#undef system
#define system(a) BANNED_(system)
#undef popen
#define popen(a, b) BANNED_(popen)
#undef tmpnam
#define tmpnam(a) BANNED_(tmpnam)
#undef alloca
#define alloca(a) BANNED_(alloca)
