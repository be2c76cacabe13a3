"""gdb commands for a live server on reactors: which requests wait, and where.

    gdb -p PID -x deploy/debug/fibers.py -ex fibers -ex detach -ex quit

`fibers` prints a backtrace of every parked fiber of every reactor; `fiber N` only that one. Reads
memory and registers of the stopped process and puts the registers back; x86-64 only, live processes
only (a core file's registers cannot be set).
"""
import gdb

SAVED = ("r15", "r14", "r13", "r12", "rbx", "rbp", "rip")  # as fiber_switch pushes them


def parked():
    loops, n = gdb.parse_and_eval("loops"), int(gdb.parse_and_eval("n_loops"))
    for i in range(n):
        fiber = loops[i]["reactor"]["parked"]
        while int(fiber):
            yield i, fiber
            fiber = fiber["next_parked"]


def backtrace_of(fiber):
    sp = int(fiber["stack_pointer"])
    word = gdb.lookup_type("unsigned long").pointer()
    wanted = {name: int(gdb.Value(sp + 8 * i).cast(word).dereference()) for i, name in enumerate(SAVED)}
    wanted["rsp"] = sp + 8 * len(SAVED)
    before = {name: int(gdb.parse_and_eval("(unsigned long)$" + name)) for name in wanted}
    try:
        for name, value in wanted.items():
            gdb.execute(f"set ${name} = {value}")
        return gdb.execute("backtrace 16", to_string=True)
    finally:
        for name, value in before.items():
            gdb.execute(f"set ${name} = {value}")


class Fibers(gdb.Command):
    """fibers: a backtrace of every parked fiber"""

    def __init__(self):
        super().__init__("fibers", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        count = 0
        for count, (reactor, fiber) in enumerate(parked(), 1):
            label = fiber["label"].string() if int(fiber["label"]) else "-"
            print(f"fiber {count}  reactor {reactor}  {label}")
            print(backtrace_of(fiber))
        print(f"{count} parked")


class Fiber(gdb.Command):
    """fiber N: a backtrace of the Nth parked fiber"""

    def __init__(self):
        super().__init__("fiber", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        wanted = int(argument)
        for count, (_, fiber) in enumerate(parked(), 1):
            if count == wanted:
                print(backtrace_of(fiber))
                return
        raise gdb.GdbError(f"there is no fiber {wanted}")


Fibers()
Fiber()
