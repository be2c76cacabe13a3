/* What the compiler cannot see in a module's lists; see lists.c. */
#pragma once

/* All sources of one module (or the platform). Each defect is a line on stderr, "file:line: …"; 0:
 * there was none. */
int lists_check(int n, char **paths);

/* The whole of a file, NUL behind it; malloc's. Ends the program when it cannot be read. */
char *embed_read_file(const char *path);
