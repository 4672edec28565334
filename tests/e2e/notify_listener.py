"""A service manager as far as a program talks to it: notify_listener.py SOCKET prints each message that comes, as
sd_notify(3) describes them, its lines joined by blanks. A name that begins with @ is abstract."""

import os
import socket
import sys

path = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("\0" + path[1:] if path.startswith("@") else path)
print("listening", flush=True)
while True:
    print(listener.recv(65536).decode().replace("\n", " "), flush=True)
