#!/usr/bin/env python3
"""A client for FerroTunnel, written from docs/protocol.md alone, with Python's standard library alone.

It logs in, registers one service (TCP, or HTTP with --host), prints "PUBLIC <port>" and serves the visitors itself:
--serve echo sends back what comes, --serve http answers GET with a greeting, or with N bytes for /bytes/N. With tls off only: the ssl module of
Python 3.11 has no exporter (RFC 5705), without which the proof of a TLS login cannot be computed.

    protocol_client.py --server 127.0.0.1:7835 --token ft1_... --remote-port 0 --serve echo --visitors 3
    protocol_client.py --self-test docs/protocol.md      # the examples of the document
"""
import argparse
import base64
import hashlib
import hmac
import os
import re
import select
import socket
import struct
import sys
import time

DATA, OPEN, OPENED, CREDIT, RESET, DATAGRAM, PING, GOAWAY, CONTROL = range(9)
FIN, BLOCKED, ABORT, ACK = 1, 2, 1, 1
PAYLOAD_MAX, FRAME_COST, FIRST_WINDOW = 16376, 64, 65536
NONE, UNKNOWN_SERVICE, GOING_AWAY, UNAUTHORIZED = 0, 3, 7, 9


# --- control messages: CBOR -------------------------------------------------------------------------------------------


def cbor_head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 1 << (8 * size):
            return bytes([major << 5 | info]) + n.to_bytes(size, "big")
    raise ValueError("too large")


def cbor(value):
    if value is None or isinstance(value, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return cbor_head(0, value) if value >= 0 else cbor_head(1, -1 - value)
    if isinstance(value, bytes):
        return cbor_head(2, len(value)) + value
    if isinstance(value, str):
        return cbor_head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return cbor_head(4, len(value)) + b"".join(map(cbor, value))
    return cbor_head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


def from_cbor(data, at=0):
    """The item at `at` and where it ends."""
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
    n = int.from_bytes(data[at:at + size], "big") if size else info
    at += size
    if major < 2:
        return (n if major == 0 else -1 - n), at
    if major < 4:
        if at + n > len(data):
            raise ValueError("truncated")
        return (data[at:at + n] if major == 2 else data[at:at + n].decode()), at + n
    if major == 7:
        return {20: False, 21: True, 22: None}[n], at
    items = []
    for _ in range(n * (major - 3)):
        item, at = from_cbor(data, at)
        items.append(item)
    return (items if major == 4 else dict(zip(items[::2], items[1::2]))), at


# --- frames and proofs ------------------------------------------------------------------------------------------------
def frame(kind, stream=0, payload=b"", flags=0):
    return struct.pack(">HBBI", len(payload), kind, flags, stream) + payload


def take_frame(data):
    """The first frame of the bytearray, which loses it; None: not all of it is there."""
    if len(data) >= 8 and len(data) >= (end := 8 + struct.unpack_from(">H", data)[0]):
        first, data[:end] = (*struct.unpack_from(">BBI", data, 2), bytes(data[8:end])), b""
        return first


def sha256(data):
    return hashlib.sha256(data).digest()


def token_key(token):
    if not token.startswith("ft1_"):
        return sha256(token.encode())
    raw = base64.urlsafe_b64decode(token[4:])
    if len(raw) != 36 or sha256(b"ferrotunnel ft1" + raw[:32])[:4] != raw[32:]:
        sys.exit("the token is mistyped")
    return raw[:32]


def token_id(key):
    return sha256(b"ferrotunnel token id" + key)[:8]


def proof(key, role, exporter, nonces, hellos):
    message = role.encode() + b"\0\1" + exporter + b"".join(nonces) + sha256(b"".join(hellos))
    return hmac.new(key, message, "sha256").digest()


def hello(role, nonce, instance, epoch, agent, token=None):
    limits = {"first_window": FIRST_WINDOW, "streams_max": 16384, "opens_max": 4096, "control_max": 16384,
              "services_max": 1024}
    message = {"t": "hello", "version_min": 1, "version_max": 1, "features": 0, "role": role, "nonce": nonce,
               "token_id": token, "instance": instance, "epoch": epoch, "trunk": 1, "trunks": 1, "limits": limits,
               "agent": agent}
    if token is None:
        del message["token_id"]
    return cbor(message)


# --- the session ------------------------------------------------------------------------------------------------------
class Stream:
    def __init__(self, number, may_send, window):
        self.number, self.may_send, self.window = number, may_send, window
        self.owed = 0  # credit to give back
        self.received, self.out = bytearray(), bytearray()
        self.got_fin = self.want_fin = self.sent_fin = False


class Client:
    def __init__(self, options):
        self.options, self.key = options, token_key(options.token)
        host, port = options.server.rsplit(":", 1)
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input, self.output = bytearray(), bytearray()
        self.streams, self.ended, self.draining = {}, 0, False
        self.ping_after, self.dead_after = 15.0, 45.0
        self.give_up_at = time.monotonic() + options.timeout
        self.heard = self.pinged = time.monotonic()

    def send(self, *args, **named):
        self.output += frame(*args, **named)

    def next_frame(self):
        """Reads and writes until a whole frame is there; never reads without being able to write."""
        while not (whole := take_frame(self.input)):
            self.wait()
        return whole

    def wait(self):
        now = time.monotonic()
        if now > self.give_up_at or now > self.heard + self.dead_after:
            sys.exit("nothing happens any more")
        if now > max(self.heard, self.pinged) + self.ping_after:
            self.pinged = now
            self.send(PING, payload=bytes(8))
        readable, writable, _ = select.select([self.socket], [self.socket] if self.output else [], [], 0.5)
        if writable:
            del self.output[:self.socket.send(self.output)]
        if readable:
            data = self.socket.recv(65536)
            if not data:
                sys.exit(0 if self.draining and not self.streams else "the server closed the connection")
            self.input += data
            self.heard = time.monotonic()

    def login_message(self, kind):
        """The next message of the login as map and bytes."""
        frame_kind, _, _, payload = self.next_frame()
        if frame_kind == GOAWAY:
            sys.exit(f"the server says goodbye: {payload[6:].decode()}")
        message, _ = from_cbor(payload)
        if message["t"] == "refused":
            sys.exit(f"refused: code {message['code']}, {message.get('text', '')}")
        if frame_kind != CONTROL or message["t"] != kind:
            sys.exit(f"{kind} was expected")
        return message, payload

    def login(self):
        nonce = os.urandom(32)
        mine = hello("client", nonce, os.urandom(16), 1, "protocol_client/1", token_id(self.key))
        self.send(CONTROL, payload=mine)
        answer, theirs = self.login_message("hello")
        nonces, hellos = (nonce, answer["nonce"]), (mine, theirs)
        self.send(CONTROL, payload=cbor({"t": "auth", "proof": proof(self.key, "client", b"", nonces, hellos)}))
        welcome, _ = self.login_message("welcome")
        if not hmac.compare_digest(welcome["proof"], proof(self.key, "server", b"", nonces, hellos)):
            sys.exit("the server does not know the token")
        self.ping_after, self.dead_after = welcome["ping_ms"] / 1000, welcome["dead_ms"] / 1000
        service = {"id": 1, "kind": 2 if self.options.host else 1, "remote_port": self.options.remote_port}
        service.update({"http": {"hosts": [self.options.host]}} if self.options.host else {})
        self.send(CONTROL, payload=cbor({"t": "register", "request": 1, "services": [service]}))

    def run(self):
        self.login()
        while not (0 < self.options.visitors <= self.ended) and (self.streams or not self.draining):
            self.handle(*self.next_frame())
        self.send(GOAWAY, payload=struct.pack(">IH", max(self.streams, default=0), NONE) + b"done")
        while self.output:
            self.wait()
        self.socket.close()

    def handle(self, kind, flags, number, payload):
        stream = self.streams.get(number)
        if kind == CONTROL:
            self.on_control(from_cbor(payload)[0])
        elif kind == PING and not flags & ACK:
            self.send(PING, payload=payload, flags=ACK)
        elif kind == GOAWAY:
            code = struct.unpack_from(">H", payload, 4)[0]
            if code not in (NONE, GOING_AWAY):
                sys.exit(f"the server ends the session: code {code}, {payload[6:].decode()}")
            self.draining = True
        elif kind == OPEN:
            service, _, _, _, peer_window, my_window = struct.unpack_from(">IBBHII", payload)
            if service != 1:
                self.send(RESET, number, struct.pack(">HQ", UNKNOWN_SERVICE, 0), ABORT)
                return
            self.streams[number] = Stream(number, my_window, peer_window)
            self.send(OPENED, number, struct.pack(">I", 0))
        elif stream and kind == CREDIT:
            stream.may_send += struct.unpack(">I", payload)[0]
            self.flush(stream)
        elif stream and kind == RESET:
            self.end(stream)
        elif stream and kind == DATA:
            self.on_data(stream, payload, flags)

    def on_control(self, message):
        if message["t"] == "registered":
            print("PUBLIC", message["services"][0]["port"], flush=True)
        elif message["t"] == "refused":
            sys.exit(f"refused: code {message['code']}, {message.get('text', '')}")

    def on_data(self, stream, payload, flags):
        stream.got_fin = bool(flags & FIN)
        if self.options.serve == "echo":
            stream.out += payload
            stream.want_fin = stream.got_fin
        else:
            stream.received += payload
            if b"\r\n\r\n" in stream.received and not stream.want_fin:
                stream.out += http_answer(bytes(stream.received))
                stream.want_fin = True
        if payload:
            stream.owed += len(payload) + FRAME_COST
        self.flush(stream)

    def flush(self, stream):
        """Sends what credit allows, and gives credit back once what came has gone out again."""
        while stream.out and stream.may_send >= FRAME_COST + min(len(stream.out), 1024):
            n = min(len(stream.out), PAYLOAD_MAX, stream.may_send - FRAME_COST)
            stream.may_send -= n + FRAME_COST
            starved = n < len(stream.out) and stream.may_send < FRAME_COST + min(len(stream.out) - n, 1024)
            self.send(DATA, stream.number, bytes(stream.out[:n]), BLOCKED if starved else 0)
            del stream.out[:n]
        if stream.owed >= stream.window // 4 and not stream.got_fin and \
                (self.options.serve == "http" or not stream.out):
            self.send(CREDIT, stream.number, struct.pack(">I", stream.owed))
            stream.owed = 0
        if stream.want_fin and not stream.out and not stream.sent_fin:
            self.send(DATA, stream.number, flags=FIN)
            stream.sent_fin = True
        if stream.sent_fin and stream.got_fin:
            self.end(stream)

    def end(self, stream):
        if self.streams.pop(stream.number, None):
            self.ended += 1


def http_answer(request):
    path = (request.split(b" ") + [b"/"])[1].decode("latin-1")
    size = re.fullmatch(r"/bytes/(\d+)", path)
    body = b"x" * int(size[1]) if size else f"Hello from Python, you asked for {path}\n".encode()
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--self-test", metavar="PROTOCOL.MD")
    parser.add_argument("--server", default="127.0.0.1:7835")
    parser.add_argument("--token", default=os.environ.get("FERROTUNNEL_TOKEN", ""))
    parser.add_argument("--remote-port", type=int, default=0)
    parser.add_argument("--host", default="")
    parser.add_argument("--serve", choices=["echo", "http"], default="http")
    parser.add_argument("--visitors", type=int, default=0, help="end after so many; 0: never")
    parser.add_argument("--timeout", type=float, default=3600.0, help="seconds")
    options = parser.parse_args()
    if options.self_test:
        import protocol_examples
        return protocol_examples.check(options.self_test)
    Client(options).run()


if __name__ == "__main__":
    main()
