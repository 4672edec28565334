"""Starts a program with sockets that listen already, as systemd does: listen_fds.py NAME=HOST:PORT... -- COMMAND..."""

import os
import socket
import sys

end = sys.argv.index("--")
names = []
kept = []
for number, word in enumerate(sys.argv[1:end]):
    name, place = word.split("=", 1)
    host, port = place.rsplit(":", 1)
    kept.append(socket.create_server((host, int(port)), backlog=64))
    names.append(name)
for number, listener in enumerate(kept):
    held = os.dup2(os.dup(listener.fileno()), 100 + number, inheritable=False)
    os.dup2(held, 3 + number, inheritable=True)
os.environ |= {"LISTEN_FDS": str(len(names)), "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": ":".join(names)}
os.execvp(sys.argv[end + 1], sys.argv[end + 1 :])
