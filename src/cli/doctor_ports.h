/* Check that this process could listen on an address. */
#pragma once

/* `address` is "host:port". NULL when binding it succeeded, otherwise the reason (static text). */
const char *port_problem(const char *address);
