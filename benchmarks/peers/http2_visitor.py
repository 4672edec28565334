"""A visitor of HTTP/2 over TLS, by frames.

  http2_visitor.py beside PORT SECONDS    requests beside a download: prints p50 and p99 in us, and the download's MB/s
  http2_visitor.py flood PORT KIND        floods until it is killed, on one connection after the other
"""

import itertools
import socket
import ssl
import struct
import sys
import time

DATA, HEADERS, RST, SETTINGS, PING, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
HOST, SMALL, FILE = "localhost", "/small", "/file"
OPEN = 0x7FFFFFFF - 65535  # how much further a window may be opened


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def head(path, method="GET"):
    named = ((":method", method), (":scheme", "https"), (":path", path), (":authority", HOST))
    return b"".join(b"\0" + bytes([len(name)]) + name.encode() + bytes([len(text)]) + text.encode()
                    for name, text in named)


class Connection:
    def __init__(self, port):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        raw = socket.create_connection(("127.0.0.1", port), 10)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname=HOST)
        if self.socket.selected_alpn_protocol() != "h2":
            sys.exit("it does not choose h2")
        self.ids = itertools.count(1, 2)
        self.buffer = bytearray()
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0x7FFFFFFF)) +
                            frame(WINDOW, 0, 0, struct.pack(">I", OPEN)))

    def ask(self, path):
        stream = next(self.ids)
        self.socket.sendall(frame(HEADERS, END_HEADERS | END_STREAM, stream, head(path)))
        return stream

    def read(self):
        """The next frame as (kind, flags, stream, payload)."""
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            got = self.socket.recv(1 << 18)
            if not got:
                sys.exit("the connection has ended")
            self.buffer += got
        size = int.from_bytes(self.buffer[:3], "big")
        kind, flags, stream = self.buffer[3], self.buffer[4], int.from_bytes(self.buffer[5:9], "big")
        payload = bytes(self.buffer[9 : 9 + size])
        del self.buffer[: 9 + size]
        if kind == SETTINGS and not flags & ACK:
            self.socket.sendall(frame(SETTINGS, ACK, 0))
        return kind, flags, stream, payload


def beside(port, seconds):
    connection = Connection(port)
    bulk, bulk_bytes, given, times = connection.ask(FILE), 0, 0, []
    began = time.perf_counter()
    asked, waiting = time.perf_counter(), connection.ask(SMALL)
    while time.perf_counter() - began < seconds or not times:
        kind, flags, stream, payload = connection.read()
        if kind == RST:
            sys.exit(f"stream {stream} was reset")
        if kind == DATA:
            given += len(payload)
            bulk_bytes += len(payload) if stream == bulk else 0
        if given > 1 << 24:
            connection.socket.sendall(frame(WINDOW, 0, 0, struct.pack(">I", given)))
            given = 0
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            if stream == bulk:
                bulk = connection.ask(FILE)
            elif stream == waiting:
                times.append(time.perf_counter() - asked)
                asked, waiting = time.perf_counter(), connection.ask(SMALL)
    took = time.perf_counter() - began
    times.sort()
    print(*(times[int((len(times) - 1) * part)] * 1e6 for part in (0.5, 0.99)), bulk_bytes / took / 1e6)


def burst(kind, begin):
    """A thousand rounds of a flood."""
    ids = range(begin, begin + 2000, 2)
    if kind == "reset":
        return b"".join(frame(HEADERS, END_HEADERS | END_STREAM, at, head(SMALL)) + frame(RST, 0, at, b"\0\0\0\x08")
                        for at in ids)
    if kind == "ping":
        return frame(PING, 0, 0, b"12345678") * 1000
    if kind == "settings":
        return frame(SETTINGS, 0, 0) * 1000
    if kind == "window":
        return frame(WINDOW, 0, 0, b"\0\0\0\x01") * 1000
    if kind == "continuation":
        return (frame(HEADERS, END_STREAM, begin, head(SMALL)) if begin == 1 else b"") + frame(CONTINUATION, 0, 1) * 1000
    return (frame(HEADERS, END_HEADERS, begin, head(SMALL, "POST")) if begin == 1 else b"") + frame(DATA, 0, 1) * 1000


def flood(port, kind):
    print("flooding", flush=True)
    while True:
        try:
            connection = Connection(port)
            connection.socket.settimeout(0.05)
            for begin in itertools.count(1, 2000):
                connection.socket.sendall(burst(kind, begin))
                try:
                    while connection.socket.recv(1 << 18):
                        pass
                    break
                except TimeoutError:
                    continue
        except OSError:
            continue  # the server has ended it: the next one


if __name__ == "__main__":
    what, at = sys.argv[1], int(sys.argv[2])
    if what == "beside":
        beside(at, float(sys.argv[3]))
    else:
        flood(at, sys.argv[3])
