/* Could this process listen there? Knows no protocol. */
#pragma once

/* `address` is "host:port". NULL when binding it worked, otherwise why not (static text). */
const char *port_problem(const char *address);
