"""Backends at one address, and visitors, for backend_names.sh and loopbacks.sh.

  serve tcp|udp ADDRESS PORT READY   answers what it receives with "ADDRESS: " in front; creates READY when it listens
  tcp HOST PORT                      connects once, sends one line and prints the answer; "none" without one
  udp HOST PORT [FILE WANTED]        one visitor that sends every 0.2 s until an answer arrives, and prints that; with
                                     FILE it appends each new answer to it, and ends when that begins with WANTED
"""

import os
import socket
import sys
import time

PATIENCE = 60
SEND_EVERY = 0.2


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(kind, address, port, ready):
    listener = socket.socket(family_of(address), socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, int(port)))
    if kind == "tcp":
        listener.listen(64)
    os.close(os.open(ready, os.O_CREAT | os.O_WRONLY))
    name = address.encode() + b": "
    while True:
        if kind == "udp":
            data, visitor = listener.recvfrom(65536)
            listener.sendto(name + data, visitor)
            continue
        connection, _ = listener.accept()
        with connection:
            data = connection.recv(65536)
            if data:
                connection.sendall(name + data)


def tcp(host, port):
    try:
        with socket.create_connection((host, int(port)), PATIENCE) as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(b"hello\n")
            answer = connection.recv(65536)
    except OSError:
        answer = b""
    print(answer.decode().strip() or "none")


def udp(host, port, file=None, wanted=None):
    visitor = socket.socket(family_of(host), socket.SOCK_DGRAM)
    visitor.connect((host, int(port)))
    visitor.settimeout(SEND_EVERY)
    last = None
    deadline = time.monotonic() + 2 * PATIENCE
    while time.monotonic() < deadline:
        began = time.monotonic()
        try:
            visitor.send(b"hello")
            answer = visitor.recv(65536).decode()
        except OSError:
            time.sleep(max(0.0, began + SEND_EVERY - time.monotonic()))
            continue
        if file is None:
            print(answer)
            return
        if answer != last:
            with open(file, "a") as out:
                out.write(answer + "\n")
            last = answer
        if answer.startswith(wanted):
            return
        time.sleep(SEND_EVERY)
    print("none")
    sys.exit(1)


{"serve": serve, "tcp": tcp, "udp": udp}[sys.argv[1]](*sys.argv[2:])
