"""Visitors of a server that is restarted: of its HTTP edge, a public TCP port, its dashboard, its metrics
and its port for clients. None of them may be refused.

    restart_visitors.py now HTTP TCP DASHBOARD METRICS CLIENTS     each comes once; prints "waiting" when all have
                        connected and have sent what they send, and "answered MS" when all were answered
    restart_visitors.py FOLDER HTTP TCP DASHBOARD METRICS CLIENTS  they come again and again until FOLDER/enough is
                        there; prints "round N", and at last "came N, failed N, longest MS"

HTTP is asked for the host app.test and the path /name/page.
"""

import os
import socket
import sys
import threading
import time

folder, *places = sys.argv[1:]
patience = 60


def place(text):
    name, port = text.rsplit(":", 1)
    return name, int(port)


def request(path, host):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


class Visitor:
    def __init__(self, kind, at):
        self.kind = kind
        self.address = place(at)
        self.socket = socket.create_connection(self.address, timeout=patience)
        self.socket.settimeout(patience)

    def send(self):
        sent = {"http": request("/name/page", "app.test"), "dashboard": request("/", "%s:%d" % self.address),
                "metrics": request("/metrics", "%s:%d" % self.address), "clients": b""}
        self.socket.sendall(sent.get(self.kind, b"hello"))

    def receive(self):
        got = b""
        if self.kind == "clients":
            return  # that somebody accepts it is for the client to see
        while not (got == b"hello" or (self.kind != "tcp" and got.startswith(b"HTTP/1.1 200"))):
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError(f"the end after {got[:200]!r}")
            got += piece
            if len(got) > 100 and not got.startswith(b"HTTP/1.1 200"):
                raise ValueError(f"{got[:300]!r}")

    def close(self):
        self.socket.close()


kinds = list(zip(("http", "tcp", "dashboard", "metrics", "clients"), places))
began = time.monotonic()


def all_at_once():
    visitors = [Visitor(kind, at) for kind, at in kinds]
    for visitor in visitors:
        visitor.send()
    print("waiting", flush=True)
    for visitor in visitors:
        try:
            visitor.receive()
        except (OSError, EOFError, ValueError) as problem:
            sys.exit(f"{visitor.kind}: {problem!r}")
    print(f"answered {int(1000 * (time.monotonic() - began))}", flush=True)


def again_and_again():
    lock = threading.Lock()
    counts = dict.fromkeys((kind for kind, _ in kinds), 0)
    failures, longest = [], [0.0]

    def come(kind, at):
        while not os.path.exists(f"{folder}/enough"):
            came = time.monotonic()
            problem = None
            try:
                visitor = Visitor(kind, at)
                visitor.send()
                visitor.receive()
                visitor.close()
            except (OSError, EOFError, ValueError) as error:
                problem = error
            with lock:
                counts[kind] += 1
                longest[0] = max(longest[0], time.monotonic() - came)
                if problem is not None:
                    failures.append(f"{time.monotonic() - began:.3f} {kind}: {problem!r}")
                    print(f"{failures[-1]}\n", end="", file=sys.stderr, flush=True)
            time.sleep(0.2 if kind in ("dashboard", "metrics", "clients") else 0.01)

    # A datagram may be lost, as anywhere; so none is sent here, where each counts.
    threads = [threading.Thread(target=come, args=one) for one in kinds]
    for thread in threads:
        thread.start()
    told = 0
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.05)
        with lock:
            least = min(count for count in counts.values())
        if least > told:
            told = least
            print(f"round {told}", flush=True)
    print(f"came {sum(counts.values())}, failed {len(failures)}, longest {int(1000 * longest[0])}", flush=True)


if folder == "now":
    all_at_once()
else:
    again_and_again()
