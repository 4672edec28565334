"""Runs a program as a debugger does: `traced.py PROGRAM ARGUMENT...`, until it ends. What signals it gets are passed on."""

import ctypes
import os
import signal
import sys

TRACE_ME, CONTINUE = 0, 7  # linux/ptrace.h

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)

child = os.fork()
if child == 0:
    if libc.ptrace(TRACE_ME, 0, None, None) != 0:
        os._exit(77)
    os.execv(sys.argv[1], sys.argv[1:])
for asked_to_end in (signal.SIGTERM, signal.SIGINT):
    signal.signal(asked_to_end, lambda number, _: os.kill(child, number))
while True:
    _, status = os.waitpid(child, 0)
    if not os.WIFSTOPPED(status):
        sys.exit(os.waitstatus_to_exitcode(status))
    stopped_by = os.WSTOPSIG(status)
    libc.ptrace(CONTINUE, child, None, 0 if stopped_by == signal.SIGTRAP else stopped_by)
