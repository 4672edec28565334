"""HTTP/2 as a visitor writes it, frame by frame, and a backend of HTTP/1.1 that keeps what it gets: for h2_peer.py."""

import base64
import hashlib
import socket
import struct
import threading

DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
patience = 60
once = ("content-length", "transfer-encoding", "host", "connection", "upgrade", "sec-websocket-key")


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def length(size):
    if size < 127:
        return bytes([size])
    text = b"\x7f"
    size -= 127
    while size >= 128:
        text += bytes([size % 128 + 128])
        size //= 128
    return text + bytes([size])


def field(name, value):
    name, value = (text.encode("latin-1") for text in (name, value))
    return b"\0" + length(len(name)) + name + length(len(value)) + value


def fields(*all_of_them):
    return b"".join(field(name, value) for name, value in all_of_them)


def request(host, path, *more, method="GET"):
    return fields((":method", method), (":scheme", "http"), (":path", path), (":authority", host), *more)


class Visitor:
    """One connection of HTTP/2, by prior knowledge."""

    def __init__(self, edge, settings=b""):
        host, port = edge.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.statuses = {}
        self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, settings))

    def send(self, *frames):
        try:
            self.socket.sendall(b"".join(frames))
        except OSError:
            pass  # what was answered before tells why

    def read(self):
        """The next frame as (kind, flags, stream, payload); None at the end of the connection."""
        while True:
            if len(self.buffer) >= 9:
                size = int.from_bytes(self.buffer[:3], "big")
                if len(self.buffer) >= 9 + size:
                    kind, flags = self.buffer[3], self.buffer[4]
                    stream = int.from_bytes(self.buffer[5:9], "big")
                    payload, self.buffer = self.buffer[9 : 9 + size], self.buffer[9 + size :]
                    if kind == SETTINGS and not flags & ACK:
                        self.send(frame(SETTINGS, ACK, 0))
                    return kind, flags, stream, payload
            try:
                got = self.socket.recv(65536)
            except ConnectionError:
                return None
            if not got:
                return None
            self.buffer += got

    def until(self, wanted):
        """Reads up to the first frame that `wanted` takes; None: the connection ended before."""
        while (got := self.read()) is not None:
            if wanted(*got):
                return got
        return None

    def outcome(self, stream):
        """How a request ended: its status, "reset", or "ended" with the whole connection."""
        while (got := self.read()) is not None:
            kind, flags, at, payload = got
            if kind == GOAWAY and int.from_bytes(payload[4:8], "big") != 0:
                return "ended"
            if kind == HEADERS and at not in self.statuses:
                self.statuses[at] = read_status(payload)
            if at == stream and kind == RST:
                return self.statuses.get(at, "reset") if int.from_bytes(payload[:4], "big") == 0 else "reset"
            if at == stream and flags & END_STREAM and kind in (DATA, HEADERS):
                return self.statuses[at]
        return "ended"

    def close(self):
        self.socket.close()


def read_status(block):
    """The status of an answer: the first field, indexed, or a literal with an indexed name."""
    indexed = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
    if block[0] & 0x80:
        return indexed[block[0] & 0x7F]
    size, text = block[1] & 0x7F, block[2:]
    if not block[1] & 0x80:
        return int(text[:size])
    # Huffman: digits 0 to 2 have five bits, the others six; no other byte is in a status.
    codes = {"00000": "0", "00001": "1", "00010": "2", "011001": "3", "011010": "4", "011011": "5", "011100": "6",
             "011101": "7", "011110": "8", "011111": "9"}
    bits, digits, seen = "".join(f"{byte:08b}" for byte in text[:size]), "", ""
    for bit in bits:
        seen += bit
        if seen in codes:
            digits, seen = digits + codes[seen], ""
    return int(digits)


class Backend(threading.Thread):
    """Keeps each request as (method, path, fields, body), and answers it with 200."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", port))
        self.lock = threading.Lock()
        self.requests = []
        self.wrong = []
        self.go_on = threading.Event()
        self.held = threading.Event()
        self.start()

    def take(self):
        with self.lock:
            taken, self.requests = self.requests, []
            return taken

    def run(self):
        while True:
            threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            try:
                while line := stream.readline():
                    self.serve_one(connection, stream, line)
            except (OSError, EOFError):
                pass  # a request that was cut off
            except Exception as problem:  # what is not a request
                with self.lock:
                    self.wrong.append(repr(problem))

    def serve_one(self, connection, stream, line):
        method, path, version = line.decode("latin-1").split(" ")
        if version != "HTTP/1.1\r\n":
            raise ValueError(f"a line {line}")
        names = {}
        while (line := read_line(stream)) != b"\r\n":
            name, value = line.decode("latin-1").rstrip("\r\n").split(":", 1)
            if name.lower() in names and name.lower() in once:
                raise ValueError(f"{name} twice")
            names[name.lower()] = value.strip()
        if "content-length" in names and "transfer-encoding" in names:
            raise ValueError("two lengths")
        body = b""
        if "transfer-encoding" in names:
            while size := int(read_line(stream), 16):
                body += read_all(stream, size + 2)[:-2]
            while read_line(stream) != b"\r\n":
                pass
        else:
            body = read_all(stream, int(names.get("content-length", 0)))
        with self.lock:
            self.requests.append((method, path, names, body))
        if path == "/hold":
            self.held.set()
            self.go_on.wait(patience)
        if path == "/echo" and names.get("upgrade") == "websocket":
            self.echo(connection, stream, names["sec-websocket-key"])
            return
        answer = b"a" * 1_000_000 if path == "/large" else b"ok"
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))


    def echo(self, connection, stream, key):
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                           b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        while text := stream.read1(65536):
            connection.sendall(text)
        connection.shutdown(socket.SHUT_RDWR)


def read_line(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise EOFError
    return line


def read_all(stream, size):
    body = stream.read(size)
    if len(body) != size:
        raise EOFError
    return body
