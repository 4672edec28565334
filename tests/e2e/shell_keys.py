"""Types lines at the prompt of an interactive shell, and checks what the program got from each.

    shell_keys.py LINES RESULTS COMMAND...

LINES has two lines for each case: what is typed, with \\t for a press of TAB, and what `ferrotunnel` on the PATH, a
script of the test, must add to the file RESULTS when Enter is pressed. COMMAND is the shell.
"""

import os
import pty
import re
import select
import sys
import time

patience = 60


def results():
    try:
        with open(results_path) as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def read_for(seconds):
    """Reads what the shell prints. Returns False when it has ended."""
    global shown
    if select.select([terminal], [], [], seconds)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return False
        shown += data
        return bool(data)
    return True


def same(got, expected):
    """zsh adds `=` behind an option, where the others add a blank, and no slash behind a folder."""
    def common(words):
        return re.sub(r"<(--[a-z-]+)=", r"<\1><", words).replace("/>", ">")
    return common(got) == common(expected)


def type_line(typed, expected):
    before = len(results())
    os.write(terminal, typed.replace("\\t", "\t").encode() + b"\r")
    deadline = time.monotonic() + patience
    while len(results()) == before:
        if time.monotonic() > deadline or not read_for(0.05):
            sys.exit(f"{typed}: nothing was run. The terminal shows:\n{shown.decode(errors='replace')}")
    if not same(results()[before], expected):
        sys.exit(f"{typed}: expected {expected}, got {results()[before]}\n{shown.decode(errors='replace')}")


lines_path, results_path, command = sys.argv[1], sys.argv[2], sys.argv[3:]
with open(lines_path) as file:
    lines = file.read().splitlines()
shown = b""
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
type_line("ferrotunnel ready", "<ready>")  # the shell has read its set-up
for typed, expected in zip(lines[::2], lines[1::2]):
    type_line(typed, expected)
os.write(terminal, b"exit\r")
deadline = time.monotonic() + patience
while time.monotonic() < deadline and read_for(0.05):
    pass
os.close(terminal)
os.waitpid(child, 0)
