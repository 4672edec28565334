#!/usr/bin/env python3
"""One hostile peer of the control port, or a hostile server: does the same again until it is ended (SIGTERM), then prints
what it has done as JSON. With TLS off, except for what speaks no protocol. `run --peers` starts it.

  HOSTILE_TOKEN=... peer.py KIND PORT
"""

import json
import os
import random
import select
import signal
import socket
import ssl
import struct
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
sys.dont_write_bytecode = True

import protocol_client as wire  # noqa: E402

done = {"connections": 0, "bytes": 0, "ended by the other side": 0, "logins": 0, "refused": 0}
HELD_MAX = 4_000
BLOCK = 1 << 16
ABORT = wire.ABORT


class Over(Exception):
    """The other side has ended the connection."""


def counted(work):
    try:
        return work()
    except (OSError, ssl.SSLError) as error:
        done["ended by the other side"] += 1
        raise Over from error


def connect(port):
    peer = socket.socket()
    peer.settimeout(10)
    peer.bind((f"127.0.0.{random.randint(2, 250)}", 0))
    counted(lambda: peer.connect(("127.0.0.1", port)))
    done["connections"] += 1
    return peer


class Session:
    """A login by docs/protocol.md, TLS off, as client or as server."""

    def __init__(self, peer, token, role, instance=None, epoch=1):
        self.peer, self.role, self.key = peer, role, wire.token_key(token)
        self.input, self.instance, self.epoch = bytearray(), instance or os.urandom(16), epoch
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        counted(lambda: self.peer.sendall(data))
        done["bytes"] += len(data)

    def control(self, message):
        payload = message if isinstance(message, bytes) else wire.cbor(message)
        self.send(wire.frame(wire.CONTROL, payload=payload))

    def next_frame(self):
        while not (whole := wire.take_frame(self.input)):
            data = counted(lambda: self.peer.recv(BLOCK))
            if not data:
                done["ended by the other side"] += 1
                raise Over
            self.input += data
        return whole

    def message(self, kind):
        frame_kind, _, _, payload = self.next_frame()
        if frame_kind != wire.CONTROL:
            done["refused"] += 1
            raise Over
        message, _ = wire.from_cbor(payload)
        if message["t"] != kind:
            done["refused"] += 1
            raise Over
        return message, payload

    def log_in(self):
        nonce = os.urandom(32)
        mine = wire.hello("client", nonce, self.instance, self.epoch, "hostile/1", wire.token_id(self.key))
        self.control(mine)
        answer, theirs = self.message("hello")
        self.control({"t": "auth", "proof": wire.proof(self.key, "client", b"", (nonce, answer["nonce"]),
                                                       (mine, theirs))})
        self.message("welcome")
        done["logins"] += 1
        return self

    def let_in(self, welcome=True):
        """The server's part; without `welcome` up to the client's proof."""
        asked, theirs = self.message("hello")
        nonce = os.urandom(32)
        mine = wire.hello("server", nonce, self.instance, 0, "hostile/1")
        self.control(mine)
        self.message("auth")
        if welcome:
            proof = wire.proof(self.key, "server", b"", (asked["nonce"], nonce), (theirs, mine))
            self.control({"t": "welcome", "proof": proof, "session": "s", "version": 1, "features": 0,
                          "ping_ms": 15_000, "dead_ms": 45_000})
            done["logins"] += 1
        return self

    def register(self, services, request=1):
        self.control({"t": "register", "request": request, "services": services})

    def flood(self, blocks, reads):
        """Sends what `blocks` yields for as long as the connection lives; what comes is thrown away, if it is read."""
        self.peer.setblocking(False)
        waiting = b""
        while True:
            waiting = waiting or next(blocks)
            readable, writable, _ = select.select([self.peer] if reads else [], [self.peer], [], 1)
            if readable and not counted(lambda: self.peer.recv(1 << 20)):
                done["ended by the other side"] += 1
                raise Over
            if writable:
                sent = counted(lambda: self.peer.send(waiting))
                done["bytes"] += sent
                waiting = waiting[sent:]


def same(block):
    """The same frames for ever, many at a time."""
    whole = block * max(1, (1 << 18) // len(block))
    while True:
        yield whole


def opens(first, service, abort):
    """OPEN after OPEN, each aborted at once if wanted."""
    number = first
    while True:
        block = bytearray()
        for _ in range(1_000):
            block += wire.frame(wire.OPEN, number, struct.pack(">IBBHIIH", service, 1, 0, 0, 0, 65_536, 0))
            if abort:
                block += wire.frame(wire.RESET, number, struct.pack(">HQ", 5, 0), ABORT)
            number += 2
        yield bytes(block)


def tcp_service(number, port=0):
    return {"id": number, "kind": 1, "remote_port": port}


# --- strangers --------------------------------------------------------------------------------------------------------
def stranger(first_words, stays):
    """Connections with these first words, as fast as they go; those that stay are held until there are very many."""
    def attack(port, _):
        held = []
        while True:
            try:
                peer = connect(port)
                words = first_words()
                if words:
                    counted(lambda: peer.sendall(words))
                    done["bytes"] += len(words)
                if stays:
                    held.append(peer)
                    if len(held) > HELD_MAX:
                        held.pop(0).close()
                        time.sleep(0.002)
                else:
                    counted(lambda: peer.recv(BLOCK))
                    peer.close()
            except Over:
                pass
    return attack


def client_hello():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["ferrotunnel/1"])
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(coming, going).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return going.read()


def wrong_token(port, _):
    """Whole logins that prove nothing."""
    while True:
        try:
            with connect(port) as peer:
                Session(peer, "a token that nobody knows", "client").log_in()
        except Over:
            pass


# --- clients with a token ---------------------------------------------------------------------------------------------
def client(attack):
    """Logs in and attacks, again whenever the server has ended it."""
    def repeat(port, token):
        while True:
            try:
                with connect(port) as peer:
                    attack(Session(peer, token, "client").log_in())
            except Over:
                time.sleep(0.01)
    return repeat


def churn(session):
    """Registers and unregisters 64 ports, again and again."""
    ids = list(range(1, 65))
    count = 0

    def blocks():
        nonlocal count
        while True:
            count += 1
            yield wire.frame(wire.CONTROL, payload=wire.cbor({"t": "register", "request": count,
                                                              "services": [tcp_service(number) for number in ids]})) + \
                wire.frame(wire.CONTROL, payload=wire.cbor({"t": "unregister", "ids": ids}))
    session.flood(blocks(), True)


def services(session):
    """As many ports as one session may have, and stays."""
    for group in range(16):
        session.register([tcp_service(group * 64 + number) for number in range(1, 65)], group)
    session.peer.settimeout(3_600)
    while True:
        session.next_frame()


def sessions(port, token):
    """As many sessions as the server takes."""
    held = []
    while True:
        try:
            held.append(Session(connect(port), token, "client").log_in())
        except Over:
            time.sleep(0.05)


def hosts(session):
    """As many hosts as one session may have, as long as they may be."""
    name = ".".join(["%s" + "x" * 50, "y" * 60, "z" * 60, "w" * 60, "test"])
    for number in range(256):
        names = [name % f"{number:04}-{each:02}" for each in range(16)]
        session.register([{"id": number + 1, "kind": 2, "remote_port": 0, "http": {"hosts": names}}], number)
    session.peer.settimeout(3_600)
    while True:
        session.next_frame()


def taking(session, then):
    """A service whose visitors are all taken, with all the credit there is, for three seconds; and then `then`."""
    session.register([tcp_service(1)])
    granted, until = [], time.monotonic() + 600
    session.peer.settimeout(0.5)
    while time.monotonic() < until:
        try:
            kind, _, number, payload = session.next_frame()
        except Over as over:
            if granted and isinstance(over.__cause__, TimeoutError):
                break
            raise
        if kind == wire.CONTROL:
            message, _ = wire.from_cbor(payload)
            if message["t"] == "registered":
                print("PUBLIC", message["services"][0]["port"], flush=True)
                session.peer.settimeout(60)
        elif kind == wire.OPEN:
            granted.append((number, struct.unpack_from(">I", payload, 12)[0]))
            session.send(wire.frame(wire.OPENED, number, struct.pack(">I", 1 << 30)))
            session.peer.settimeout(2)
    then(session, granted)


def never_reads(session, _):
    time.sleep(3_600)


def one_byte_frames(session, granted):
    """To visitors who do not read: as much as their sockets take, and a byte at a time with half of a window kept for
    that."""
    credit = dict(granted)
    keep = {number: window // 2 for number, window in granted}
    more, full = True, wire.frame(wire.DATA, 0, bytes(4_032))
    while more:
        more = False
        for number in credit:
            while credit[number] >= keep[number] + 4_096:
                credit[number] -= 4_096
                session.send(full[:4] + struct.pack(">I", number) + full[8:])
        session.peer.settimeout(0.5)
        try:
            while True:
                kind, _, number, payload = session.next_frame()
                if kind == wire.CREDIT and number in credit:
                    credit[number] += struct.unpack(">I", payload)[0]
                    more = True
        except Over as over:
            if not isinstance(over.__cause__, TimeoutError):
                raise
        session.peer.settimeout(60)
    print("FULL", flush=True)
    for number, left in credit.items():
        session.send(wire.frame(wire.DATA, number, b"x") * (left // 65))
    session.peer.settimeout(3_600)
    while True:
        session.next_frame()


# --- servers ----------------------------------------------------------------------------------------------------------
def server(attack, welcome=True):
    """Takes clients and attacks them, one after the other."""
    def serve(port, token):
        listener = socket.create_server(("127.0.0.1", port), backlog=64)
        peers = []
        while True:
            peer, _ = listener.accept()
            peers = peers[-64:] + [peer]
            done["connections"] += 1
            peer.settimeout(10)
            try:
                attack(Session(peer, token, "server").let_in(welcome))
            except Over:
                peer.close()
    return serve


def goodbye(code, text=b""):
    def say(session):
        session.send(wire.frame(wire.GOAWAY, payload=struct.pack(">IH", 0x7fffffff, code) + text))
        session.peer.close()
    return say


STRANGERS = {
    "silent": stranger(lambda: b"", True),
    "junk": stranger(lambda: os.urandom(300), False),
    "half-tls": stranger(client_hello, True),
    "tls-hellos": stranger(client_hello, False),
    "wrong-token": wrong_token,
}
CLIENTS = {
    "opens": client(lambda session: session.flood(opens(2, 1, False), True)),
    "opens-unread": client(lambda session: session.flood(opens(2, 1, False), False)),
    "pings-unread": client(lambda session: session.flood(same(wire.frame(wire.PING, payload=bytes(8))), False)),
    "credits": client(lambda session: session.flood(same(wire.frame(wire.CREDIT, 0, struct.pack(">I", 65_536))), True)),
    "messages": client(lambda session: session.flood(same(wire.frame(wire.CONTROL, payload=wire.cbor(
        {"t": "unknown", "more": [0] * 1_000}))), True)),
    "churn": client(churn),
    "ports": client(services),
    "hosts": client(hosts),
    "sessions": sessions,
    "never-reads": client(lambda session: taking(session, never_reads)),
    "one-byte": client(lambda session: taking(session, one_byte_frames)),
}
SERVERS = {
    "server-opens": server(lambda session: session.flood(opens(1, 1, False), False)),
    "server-opens-aborted": server(lambda session: session.flood(opens(1, 1, True), False)),
    "server-unknown": server(lambda session: session.flood(opens(1, 77, False), False)),
    "server-pings": server(lambda session: session.flood(same(wire.frame(wire.PING, payload=bytes(8))), False)),
    "server-messages": server(lambda session: session.flood(same(wire.frame(wire.CONTROL, payload=wire.cbor(
        {"t": "registered", "request": 9, "services": [{"id": 9, "port": 9, "address": "x" * 300}]}))), True)),
    "server-rotated": server(goodbye(24)),
    "server-unauthorized": server(goodbye(9, b"no"), False),
}
KINDS = {**STRANGERS, **CLIENTS, **SERVERS}


def finish(*_):
    print(json.dumps(done), flush=True)
    os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, finish)
    KINDS[sys.argv[1]](int(sys.argv[2]), os.environ.get("HOSTILE_TOKEN", ""))
