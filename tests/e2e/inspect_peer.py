"""What the inspector looks at: `serve PORT-FILE` is a backend, `websocket HOST:PORT NAME TEXT` a visitor who sends one
message and prints what comes back."""

import base64
import gzip
import hashlib
import http.server
import json
import socket
import sys

plain = json.dumps({"greeting": "hello " * 50, "access_token": "s3cret-of-the-answer"}).encode()
hello_by_brotli = b"\x0b\x02\x80hello\x03"


def frame(text, key=b""):
    data = text.encode()
    masked = bytes(byte ^ key[i % 4] for i, byte in enumerate(data)) if key else data
    return bytes([0x81, len(data) | (0x80 if key else 0)]) + key + masked


def read_frame(stream):
    head = stream.read(2)
    key = stream.read(4) if head[1] & 0x80 else b"\0\0\0\0"
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(stream.read(head[1] & 0x7F))).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body, *fields, status=200):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def note(self, body=b""):
        """What has come, but for fields that the edge makes again: one line each in PORT-FILE.received."""
        fields = {name: self.headers.get(name) for name in ("Cookie", "X-Auth-Key", "Content-Type", "Content-Encoding")}
        with open(sys.argv[2] + ".received", "a", encoding="utf-8") as file:
            file.write(json.dumps([self.requestline, fields, body.decode("latin-1")]) + "\n")

    def do_GET(self):
        self.note()
        if self.headers.get("Upgrade") == "websocket":
            self.websocket()
        elif self.path == "/gzip":
            self.answer(gzip.compress(plain), ("Content-Type", "application/json"), ("Content-Encoding", "gzip"))
        elif self.path == "/brotli":
            self.answer(hello_by_brotli, ("Content-Type", "text/plain"), ("Content-Encoding", "br"))
        elif self.path == "/missing":
            self.answer(b"<script>alert(1)</script>", ("Content-Type", "text/html"), status=404)
        else:
            self.answer(b"fine", ("Content-Type", "text/plain"), ("Set-Cookie", "session=s3cret-cookie"))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.note(body)
        self.answer(b'{"got": %d, "as": "%s"}' % (len(body), self.headers.get("X-As", "nobody").encode()),
                    ("Content-Type", "application/json"))

    do_PUT = do_POST

    def websocket(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.wfile.write(frame(read_frame(self.rfile)))
        self.close_connection = True

    def log_message(self, *words):
        pass


def websocket(place, name, text):
    host, port = place.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=60) as visitor:
        visitor.sendall(f"GET /talk HTTP/1.1\r\nHost: {name}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
        stream = visitor.makefile("rb")
        while stream.readline() != b"\r\n":
            pass
        visitor.sendall(frame(text, b"abcd"))
        print(read_frame(stream))


if sys.argv[1] == "websocket":
    websocket(*sys.argv[2:])
else:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(str(server.server_port))
    server.serve_forever()
