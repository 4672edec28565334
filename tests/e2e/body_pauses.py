#!/usr/bin/env python3
"""Visitors whose requests pause, and a backend for them.

body_pauses.py EDGE HOST PAUSE: every visitor at once; prints a line each, "NAME ok" or "NAME problem". Visitors whose
name begins with "slow" expect to be cut; PAUSE is in seconds.
body_pauses.py --backend PORTFILE: /late responds to a whole request with the number of its bytes, /echo responds at
once and sends back each piece that it receives.
"""
import socket
import sys
import threading
import time

import h2_frames as h2

PATIENCE = 120
HALF = b"x" * 100


def read_head(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(1)
        if not part:
            raise ConnectionError("ended within a head")
        head += part
    return head.lower()


def read_chunk(stream):
    size = int(stream.readline(), 16)
    return stream.read(size + 2)[:-2]


def chunk(text):
    return b"%x\r\n%b\r\n" % (len(text), text)


# --- the backend ---


def serve(connection):
    with connection:
        try:
            serve_requests(connection)
        except (OSError, ValueError):
            pass  # the edge has reset it, or closed it between two requests


def serve_requests(connection):
    while True:
        head = read_head(connection)
        with connection.makefile("rb") as stream:
            if b"/echo" in head.split(b"\r\n")[0]:
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while piece := read_chunk(stream):
                    connection.sendall(chunk(piece))
                connection.sendall(b"0\r\n\r\n")
                continue
            size = 0
            if b"transfer-encoding" in head:
                while piece := read_chunk(stream):
                    size += len(piece)
            else:
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                size = len(stream.read(length))
                if size != length:
                    return
        text = b"%d" % size
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text))


def backend(portfile):
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    with open(portfile, "w", encoding="ascii") as file:
        file.write(f"{listener.getsockname()[1]}\n")
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


# --- visitors ---


class Http1:
    """A request of HTTP/1.1 with a chunked body, and its response."""

    def __init__(self, edge, host, path, kind):
        address, port = edge.rsplit(":", 1)
        self.socket = socket.create_connection((address, int(port)), PATIENCE)
        self.stream = self.socket.makefile("rb")
        self.socket.sendall(b"POST %b HTTP/1.1\r\nHost: %b\r\nContent-Type: %b\r\nTransfer-Encoding: chunked\r\n\r\n"
                            % (path.encode(), host.encode(), kind.encode()))

    def send(self, piece):
        self.socket.sendall(chunk(piece))

    def end(self):
        self.socket.sendall(b"0\r\n\r\n")

    def status(self):
        line = self.stream.readline()
        self.chunked = False
        self.left = 0
        while (field := self.stream.readline().lower()) not in (b"\r\n", b""):
            self.chunked = self.chunked or field.startswith(b"transfer-encoding:")
            if field.startswith(b"content-length:"):
                self.left = int(field.split(b":")[1])
        return line.split(b" ")[1].decode() if b" " in line else "none"

    def read(self):
        return read_chunk(self.stream) if self.chunked else self.stream.read(self.left)


class Http2:
    """The same by HTTP/2."""

    def __init__(self, edge, host, path, kind):
        self.visitor = h2.Visitor(edge)
        self.visitor.socket.settimeout(PATIENCE)
        self.visitor.send(h2.frame(h2.HEADERS, h2.END_HEADERS, 1,
                                   h2.request(host, path, ("content-type", kind), method="POST")))

    def send(self, piece):
        self.visitor.send(h2.frame(h2.DATA, 0, 1, piece))

    def end(self):
        self.visitor.send(h2.frame(h2.DATA, h2.END_STREAM, 1))

    def next(self, kind):
        got = self.visitor.until(lambda which, flags, stream, payload: stream == 1 and which in (kind, h2.RST))
        if got is None or got[0] == h2.RST:
            raise ConnectionError("the stream was reset" if got else "the connection has ended")
        return got[3]

    def status(self):
        return str(h2.read_status(self.next(h2.HEADERS)))

    def read(self):
        return self.next(h2.DATA)


def pausing_upload(protocol, edge, host, pause, kind="application/octet-stream"):
    visitor = protocol(edge, host, "/late", kind)
    visitor.send(HALF)
    time.sleep(pause)
    visitor.send(HALF)
    visitor.end()
    status = visitor.status()
    if status != "200":
        raise ConnectionError(f"status {status}")
    if (text := visitor.read()) != b"200":
        raise ConnectionError(f"the backend received {text} bytes")


def silent_stream(protocol, edge, host, pause):
    visitor = protocol(edge, host, "/echo", "application/connect+proto")
    status = visitor.status()
    for piece in b"one", b"two":
        visitor.send(piece)
        if (text := visitor.read()) != piece:
            raise ConnectionError(f"status {status}, then {text}")
        time.sleep(pause)
    visitor.send(b"last")
    if (text := visitor.read()) != b"last":
        raise ConnectionError(f"at the end {text}")


def slow_drip(protocol, edge, host, pause):
    """One byte shortly before each time at which a silent visitor would be cut."""
    visitor = protocol(edge, host, "/late", "application/octet-stream")
    ended = threading.Event()

    def drip():
        try:
            while not ended.wait(pause):
                visitor.send(b"x")
        except OSError:
            pass

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    status = visitor.status()
    ended.set()
    if status != "408":
        raise ConnectionError(f"status {status}")


def attempt(name, what, *arguments):
    try:
        what(*arguments)
        print(f"{name} ok\n", end="", flush=True)  # in one write: other threads print too
    except (OSError, ValueError) as problem:
        print(f"{name} {problem}\n", end="", flush=True)


def main():
    if sys.argv[1] == "--backend":
        backend(sys.argv[2])
    edge, host, pause = sys.argv[1], sys.argv[2], float(sys.argv[3])
    threads = []
    for word in sys.argv[4:]:
        what, protocol = word.split("-", 1)
        rest = {"upload": (pausing_upload,), "stream": (silent_stream,), "slow": (slow_drip,),
                "call": (lambda *all_of_them: pausing_upload(*all_of_them, kind="application/connect+json"),)}[what]
        arguments = (word, *rest, {"http1": Http1, "http2": Http2}[protocol], edge, host, pause)
        threads.append(threading.Thread(target=attempt, args=arguments))
        threads[-1].start()
    for thread in threads:
        thread.join()


main()
