/* Stack switch: fourteen instructions on x86-64, ucontext elsewhere. */
#include "fiber_switch.h"
#include <stdint.h>

#if defined(__x86_64__) && !defined(ASHLAR_UCONTEXT)

/* System V ABI: rbx, rbp and r12 to r15 are callee-saved. A call may change all others. */
__asm__(".text\n"
        ".globl fiber_switch\n"
        ".hidden fiber_switch\n"
        ".type fiber_switch,@function\n"
        "fiber_switch:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size fiber_switch,.-fiber_switch\n");

enum { SAVED_REGISTERS = 6 };

/* A return address of 0 ends the debugger's backtrace, and aligns the stack as a call does. */
void *fiber_first_frame(char *stack, size_t size, void (*entry)(void))
{
    uintptr_t *top = (uintptr_t *)(void *)(stack + size);

    *--top = 0;
    *--top = (uintptr_t)entry;
    for (int i = 0; i < SAVED_REGISTERS; i++)
        *--top = 0;
    return top;
}

#else
#include <string.h>
#include <ucontext.h>

/* The "stack pointer" of a parked stack is the address of its context, which is on that stack. */
void fiber_switch(void **from, void *to)
{
    ucontext_t here;

    *from = &here;
    swapcontext(&here, to);
}

void *fiber_first_frame(char *stack, size_t size, void (*entry)(void))
{
    ucontext_t first, *kept = (ucontext_t *)(void *)(stack + size - sizeof first - 64);

    kept = (ucontext_t *)((uintptr_t)kept & ~(uintptr_t)63);
    getcontext(kept);
    kept->uc_stack.ss_sp = stack;
    kept->uc_stack.ss_size = (size_t)((char *)kept - stack);
    kept->uc_link = NULL;
    makecontext(kept, entry, 0);
    return kept;
}
#endif
