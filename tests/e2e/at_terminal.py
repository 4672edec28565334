"""Runs a program at a terminal of its own, and presses Ctrl-C there.

    at_terminal.py OUTPUT CAUSE... -- PROGRAM ARGUMENT...

Ctrl-C is pressed once for each CAUSE: `file:PATH`, when that file is there; or words, when the program has said them. What
it says goes to the file OUTPUT, and what the terminal shows of it at the end to OUTPUT.shown. Ends as the program ends.
"""

import os
import pty
import re
import select
import sys


def shown(text):
    """The lines of a terminal that understands what the program uses: the return to the first line of several below."""
    lines = [""]
    for piece in re.split(r"(\r\n|\r\x1b\[\d+A\x1b\[J)", text):
        if piece == "\r\n":
            lines.append("")
        elif piece.startswith("\r\x1b"):
            del lines[-1 - int(re.search(r"\d+", piece)[0]):]
            lines.append("")
        else:
            lines[-1] += piece
    return lines


separator = sys.argv.index("--")
output, causes, command = sys.argv[1], sys.argv[2:separator], sys.argv[separator + 1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)

said = b""
with open(output, "wb", buffering=0) as file:
    while True:
        if causes:
            kind, _, path = causes[0].partition("file:")
            if os.path.exists(path) if path else causes[0].encode() in said:
                causes.pop(0)
                os.write(terminal, b"\x03")
        if not select.select([terminal], [], [], 0.05)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the program has ended
            break
        if not data:
            break
        said += data
        file.write(data)
with open(output + ".shown", "w") as file:
    print("\n".join(shown(said.decode(errors="replace"))), file=file)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
