"""Visitors of all kinds who are there all the time, and the backends that they ask, for unbroken.sh.

    unbroken_load.py backend FOLDER NAME       HTTP with WebSockets, an echo of TCP and one of UDP; their ports are then in
                                               FOLDER/NAME.ports (http, tcp, udp)
    unbroken_load.py visit FOLDER HTTP HTTPS TCP UDP [SHARE]
                                               visitors of these ports until FOLDER/enough is there: 64 who keep their
                                               connection, 64 with a new one for each request, by TLS, 16 WebSockets, 8
                                               transfers, 500 flows of datagrams; with SHARE that part of them

Each answer is checked to the last byte. What fails has a line "failed KIND BEGAN ENDED WHY" with times in seconds; each second
"asked N" says how many answers there were so far. The end: "KIND N" for each kind, then "failed N".
"""

import asyncio
import base64
import hashlib
import os
import random
import socket
import ssl
import sys
import time

PATIENCE = 90
HOST = "app.test"


def bytes_of(seed, size):
    """Different for each seed, and cheap to make again."""
    block = hashlib.sha256(str(seed).encode()).digest()
    return (block * (size // len(block) + 1))[:size]


# --- backends ---------------------------------------------------------------------------------------------------------


async def read_head(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = head.split("\r\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    return lines[0].split(), fields


def websocket_key(key):
    magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
    return base64.b64encode(hashlib.sha1((key + magic).encode()).digest()).decode()


async def read_message(reader):
    """One short frame: its opcode and payload."""
    first, second = await reader.readexactly(2)
    mask = await reader.readexactly(4) if second & 0x80 else b"\0\0\0\0"
    payload = await reader.readexactly(second & 0x7F)
    return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def message(opcode, payload, mask=b""):
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload
    return bytes([0x80 | opcode, (0x80 if mask else 0) | len(payload)]) + mask + masked


async def serve_websocket(reader, writer, fields):
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + f"Sec-WebSocket-Accept: {websocket_key(fields['sec-websocket-key'])}\r\n\r\n".encode()
    )
    while True:
        opcode, payload = await read_message(reader)
        writer.write(message(opcode, payload))
        if opcode == 8:
            return


async def serve_http(reader, writer):
    try:
        while True:
            (method, target, _), fields = await read_head(reader)
            if fields.get("upgrade", "").lower() == "websocket":
                await serve_websocket(reader, writer, fields)
                break
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            if method == "GET":  # /SEED/SIZE
                _, seed, size = target.split("/")
                body = bytes_of(seed, int(size))
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def give_back(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except ConnectionError:
        pass
    writer.close()


class DatagramEcho(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        self.transport.sendto(data, peer)


async def backend(folder, name):
    http = await asyncio.start_server(serve_http, "127.0.0.1", 0, backlog=1024)
    tcp = await asyncio.start_server(give_back, "127.0.0.1", 0, backlog=1024)
    udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(DatagramEcho, ("127.0.0.1", 0))
    udp.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    ports = [server.sockets[0].getsockname()[1] for server in (http, tcp)] + [udp.get_extra_info("sockname")[1]]
    with open(f"{folder}/{name}.new", "w", encoding="ascii") as file:
        print(*ports, file=file)
    os.rename(f"{folder}/{name}.new", f"{folder}/{name}.ports")
    await asyncio.Event().wait()


# --- visitors ---------------------------------------------------------------------------------------------------------


class WrongAnswer(Exception):
    pass


class Visitors:
    def __init__(self, folder, http, https, tcp, udp):
        self.folder, self.http, self.https, self.tcp, self.udp = folder, int(http), int(https), int(tcp), int(udp)
        self.trusted = ssl.create_default_context(cafile=f"{folder}/ca.pem")
        self.counts = {}
        self.failures = 0

    def is_over(self):
        return os.path.exists(f"{self.folder}/enough")

    async def go_on(self, kind, ask):
        """Calls `ask` again and again, and counts."""
        while not self.is_over():
            began = time.time()
            try:
                await asyncio.wait_for(ask(), PATIENCE)
                self.counts[kind] = self.counts.get(kind, 0) + 1
            except (OSError, EOFError, asyncio.TimeoutError, WrongAnswer) as problem:
                self.failures += 1
                print(f"failed {kind} {began:.3f} {time.time():.3f} {type(problem).__name__} {problem}", flush=True)
            await asyncio.sleep(random.uniform(0.1, 0.5))

    async def connect(self, port):
        secure = {"ssl": self.trusted, "server_hostname": HOST} if port == self.https else {}
        return await asyncio.open_connection("127.0.0.1", port, **secure)

    async def answer(self, reader):
        (_, status, *_), fields = await read_head(reader)
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        if status != "200":
            raise WrongAnswer(f"{status} {fields.get('x-ferrotunnel-error', '')} {body[:80]}")
        return body, fields.get("connection", "") == "close"

    async def get(self, reader, writer):
        seed, size = random.getrandbits(32), random.randint(1, 60_000)
        writer.write(f"GET /{seed}/{size} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        body, is_last = await self.answer(reader)
        if body != bytes_of(seed, size):
            raise WrongAnswer("another body")
        return is_last

    def kept(self):
        """A connection for as long as it is open. One that is closed between two requests is made again, as browsers do."""
        connection = []

        async def ask():
            is_old = bool(connection)
            if not is_old:
                connection.extend(await self.connect(self.http))
            reader, writer = connection
            try:
                is_last = await self.get(reader, writer)
            except (OSError, EOFError, WrongAnswer) as problem:
                writer.close()
                connection.clear()
                is_empty = isinstance(problem, ConnectionError) or getattr(problem, "partial", None) == b""
                if not is_old or not is_empty:
                    raise
                self.counts["made again"] = self.counts.get("made again", 0) + 1
                return await ask()
            if is_last:
                writer.close()
                connection.clear()

        return ask

    async def post(self):
        reader, writer = await self.connect(self.https)
        try:
            body = os.urandom(random.randint(1, 60_000))
            writer.write(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            writer.write(body)
            if (await self.answer(reader))[0] != body:
                raise WrongAnswer("another body")
        finally:
            writer.close()

    async def websocket(self):
        """A conversation of some seconds, which ends in order."""
        reader, writer = await self.connect(self.http)
        try:
            key = base64.b64encode(os.urandom(16)).decode()
            writer.write(
                f"GET /socket HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
            )
            (_, status, *_), fields = await read_head(reader)
            if status != "101" or fields["sec-websocket-accept"] != websocket_key(key):
                raise WrongAnswer(f"{status} for a WebSocket")
            for _ in range(10):
                text = os.urandom(random.randint(1, 100))
                writer.write(message(2, text, os.urandom(4)))
                if await read_message(reader) != (2, text):
                    raise WrongAnswer("another message")
                await asyncio.sleep(0.2)
            writer.write(message(8, b"", os.urandom(4)))
            if (await read_message(reader))[0] != 8:
                raise WrongAnswer("no end")
        finally:
            writer.close()

    async def transfer(self):
        """8 MiB there and back, not too fast, whose hash has to be right. Less where that takes long: it is over before
        whoever carries it is done with its --drain."""
        reader, writer = await self.connect(self.tcp)
        sent, got = hashlib.sha256(), hashlib.sha256()

        async def send():
            enough = time.monotonic() + 3
            for _ in range(32):
                if time.monotonic() > enough:
                    break
                piece = os.urandom(256 << 10)
                sent.update(piece)
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.05)
            writer.write_eof()

        async def receive():
            while data := await reader.read(65536):
                got.update(data)

        try:
            await asyncio.gather(send(), receive())
            if sent.digest() != got.digest():
                raise WrongAnswer("other bytes came back")
        finally:
            writer.close()

    def datagrams(self):
        """One flow: a datagram is sent again until its answer is there, as those who use UDP do."""
        here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        here.connect(("127.0.0.1", self.udp))
        here.setblocking(False)
        loop = asyncio.get_running_loop()

        async def ask():
            data = os.urandom(random.randint(16, 1200))
            while True:
                try:
                    here.send(data)
                except ConnectionRefusedError:
                    pass  # told of what was sent before
                try:
                    while await asyncio.wait_for(loop.sock_recv(here, 65536), 2) != data:
                        pass
                    return
                except (asyncio.TimeoutError, ConnectionRefusedError):
                    self.counts["sent again"] = self.counts.get("sent again", 0) + 1
                    await asyncio.sleep(0.1)

        return ask

    async def tell(self):
        while not self.is_over():
            print(f"asked {sum(self.counts.values())}", flush=True)
            await asyncio.sleep(1)

    async def run(self, share):
        kinds = {"kept": 64, "short": 64, "websocket": 16, "transfer": 8, "datagram": 500}
        makers = {
            "kept": self.kept,
            "short": lambda: self.post,
            "websocket": lambda: self.websocket,
            "transfer": lambda: self.transfer,
            "datagram": self.datagrams,
        }
        tasks = [self.go_on(kind, makers[kind]()) for kind, count in kinds.items() for _ in range(max(1, int(count * share)))]
        await asyncio.gather(self.tell(), *tasks)
        for kind, count in sorted(self.counts.items()):
            print(f"{kind} {count}")
        print(f"failed {self.failures}", flush=True)


def main():
    if sys.argv[1] == "backend":
        asyncio.run(backend(*sys.argv[2:4]))
    else:
        asyncio.run(Visitors(*sys.argv[2:7]).run(float(sys.argv[7]) if len(sys.argv) > 7 else 1.0))


if __name__ == "__main__":
    main()
