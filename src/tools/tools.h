/* Parts of `ashlar-dev`. */
#pragma once
#include <ashlar/module.h>

/* The verb `module`. */
int module_new(int argc, char **argv);

/* Hidden routes for tests/bench, in test only. It has no schema. */
extern const struct module bench_module;
