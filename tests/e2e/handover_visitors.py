"""Visitors of HTTP, WebSocket, TCP and UDP who come and go all the time, and check every byte that they get back.

    handover_visitors.py FOLDER                     the backends; their addresses are then in FOLDER/handover.ports
                                                    (http, tcp, udp)
    handover_visitors.py FOLDER HTTP TCP UDP        visitors at these addresses until FOLDER/enough is there: a line
                                                    "round N" when each of them has been served again, then how often
                                                    each kind was, "failed N" and the first failures

Requests over connections that are kept and over fresh ones; exchanges over a switched protocol, transfers and flows of
datagrams that last for about a second, so that each of them may be under way when a client takes another one's place.
"""

import hashlib
import http.client
import http.server
import os
import socket
import sys
import threading
import time
from collections import Counter

folder = sys.argv[1]
patience = 120
host = "app.test"


# --- backends ---


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("Upgrade") == "echo":
            self.send_response(101)
            self.send_header("Upgrade", "echo")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.wfile.flush()
            while data := self.connection.recv(65536):
                self.connection.sendall(data)
            self.close_connection = True
            return
        body = self.path.encode() * 100
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def backends():
    pages = Server(("127.0.0.1", 0), Pages)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def give_back(connection):
        while data := connection.recv(65536):
            connection.sendall(data)
        connection.close()

    def accept():
        while True:
            threading.Thread(target=give_back, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    with open(f"{folder}/handover.new", "w", encoding="ascii") as ports:
        ports.write(f"{pages.server_address[1]} {listener.getsockname()[1]} {udp.getsockname()[1]}\n")
    os.rename(f"{folder}/handover.new", f"{folder}/handover.ports")
    while True:
        data, visitor = udp.recvfrom(65536)
        udp.sendto(data, visitor)


# --- visitors ---


def address(text):
    name, port = text.rsplit(":", 1)
    return name, int(port)


def receive(connection, size):
    got = bytearray()
    while len(got) < size:
        data = connection.recv(min(size - len(got), 65536))
        if not data:
            raise EOFError(f"the end after {len(got)} of {size} bytes")
        got += data
    return bytes(got)


def ask(connection, number):
    path = f"/page/{number}"
    if number % 5 == 0:
        sent = os.urandom(20_000)
        connection.request("POST", path, body=sent, headers={"Host": host})
    else:
        sent = path.encode() * 100
        connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200 or body != sent:
        raise ValueError(f"{answer.status} {answer.getheader('X-FerroTunnel-Error')} {body[:60]}")


class Kept:
    # `requests_per_connection` of the server: after so many responses it ends a connection, and another one continues.
    answers = 100

    def __init__(self, at):
        self.connection = http.client.HTTPConnection(*address(at), timeout=patience)

    def turn(self, number):
        if self.connection.sock is None and number % self.answers != 1:
            raise EOFError("the kept connection has ended")
        ask(self.connection, number)


class Short:
    def __init__(self, at):
        self.at = at

    def turn(self, number):
        connection = http.client.HTTPConnection(*address(self.at), timeout=patience)
        ask(connection, number)
        connection.close()


def exchange(connection, seconds):
    """Pieces there and back for so long, each with its hash."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        piece = os.urandom(30_000)
        connection.sendall(piece)
        if hashlib.sha256(receive(connection, len(piece))).digest() != hashlib.sha256(piece).digest():
            raise ValueError("other bytes came back")
        time.sleep(0.02)


class Switched:
    def __init__(self, at):
        self.at = at

    def turn(self, _):
        with socket.create_connection(address(self.at), patience) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n".encode())
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += receive(connection, 1)
            if not head.startswith(b"HTTP/1.1 101"):
                raise ValueError(head[:80])
            exchange(connection, 0.7)


class Transfer:
    def __init__(self, at):
        self.at = at

    def turn(self, _):
        with socket.create_connection(address(self.at), patience) as connection:
            exchange(connection, 0.7)
            connection.shutdown(socket.SHUT_WR)
            if connection.recv(1):
                raise ValueError("more came than was sent")


class Flow:
    """Datagrams may be lost anywhere, so one is sent again after a second; whatever comes must be what was sent."""

    def __init__(self, at):
        self.at = at

    def turn(self, _):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
            connection.settimeout(1)
            connection.connect(address(self.at))
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                sent = os.urandom(600)
                for _ in range(patience):
                    connection.send(sent)
                    try:
                        while connection.recv(65536) != sent:  # an answer that was late
                            pass
                    except TimeoutError:
                        continue
                    break
                else:
                    raise TimeoutError("no answer to a datagram")
                time.sleep(0.02)


def visit(at_http, at_tcp, at_udp):
    served, failures, lock = Counter(), [], threading.Lock()
    visitors = [Kept(at_http) for _ in range(4)] + [Short(at_http) for _ in range(4)]
    visitors += [Switched(at_http) for _ in range(2)] + [Transfer(at_tcp) for _ in range(3)] + [Flow(at_udp) for _ in range(2)]
    turns = [0] * len(visitors)

    def keep_on(at):
        visitor = visitors[at]
        while not os.path.exists(f"{folder}/enough"):
            try:
                visitor.turn(turns[at] + 1)
            except Exception as problem:  # pylint: disable=broad-except
                with lock:
                    failures.append(f"{type(visitor).__name__} {at}, turn {turns[at] + 1}: {problem!r}")
                if isinstance(visitor, Kept):
                    visitors[at] = visitor = Kept(at_http)
            with lock:
                served[type(visitor).__name__] += 1
            turns[at] += 1
            if isinstance(visitor, (Kept, Short)):
                time.sleep(0.01)

    threads = [threading.Thread(target=keep_on, args=(at,)) for at in range(len(visitors))]
    for thread in threads:
        thread.start()
    told = 0
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.05)
        if min(turns) > told:
            told = min(turns)
            print(f"round {told}", flush=True)
    for thread in threads:
        thread.join()
    print(" ".join(f"{name} {count}" for name, count in sorted(served.items())))
    print("failed", len(failures), *failures[:8], sep="\n")


if len(sys.argv) == 2:
    backends()
visit(*sys.argv[2:5])
