/* Stack switch, and the first frame of a new stack. */
#pragma once
#include <stddef.h>

/* Saves the callee-saved registers on this stack and its pointer in `*from`, then continues at
 * `to`. */
void fiber_switch(void **from, void *to);

/* The stack pointer with which fiber_switch starts at `entry`, which never returns. */
void *fiber_first_frame(char *stack, size_t size, void (*entry)(void));
