/* The switch of stacks itself, and the first frame of a new one. */
#pragma once
#include <stddef.h>

/* Save the callee-saved registers on this stack, its pointer in `*from`, and go on at `to`. */
void fiber_switch(void **from, void *to);

/* The stack pointer with which fiber_switch will begin at `entry`, which never returns. */
void *fiber_first_frame(char *stack, size_t size, void (*entry)(void));
