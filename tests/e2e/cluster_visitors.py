"""Visitors of all kinds at all servers of a cluster, and the backends that they reach, for cluster.sh and cluster_faults.sh.

    cluster_visitors.py backend FOLDER NAME [ADDRESS]
                                  HTTP with WebSockets, echoes of TCP and UDP, the same HTTP by TLS (app.crt, app.key);
                                  their ports are then in FOLDER/NAME.ports (http, tcp, udp, tls)
    cluster_visitors.py once FOLDER PLAN
                                  one visitor of each kind, service and entry; ends with 1 if one of them fails
    cluster_visitors.py visit FOLDER PLAN
                                  the same again and again, until FOLDER/enough is there

PLAN is a file of JSON: `entries` (name: address), `http` and `https` (ports), `services` (name: {host, tls, tcp, udp}),
`kinds`, `pause` (seconds between two visits of a visitor), `visits` (visiting client: {service: local port}) for the kind
`visit`, which prefers no entry: its client does; `crowd` (a number of clients, c0.crowd.test and so on) for the kind
`crowd`, which requests one host after the other. A visitor prefers one entry, and connects to the next one if that
refuses, as programs do with a name that has several addresses; with `strict` to no other. Each answer is checked to the
last byte, and has a line

    ok|failed KIND PREFERRED ENTRY SERVICE BEGAN ENDED [WHY]

with times in seconds. WHY begins with `body:` if a part of the response had arrived. FOLDER/served always has the time (ms) at which the visit began that is the oldest of the latest
successes of all visitors: everything has been served since then.
"""

import asyncio
import json
import os
import random
import socket
import ssl
import sys
import time

from unbroken_load import (DatagramEcho, WrongAnswer, bytes_of, give_back, message, read_head, read_message, serve_http,
                           websocket_key)

PATIENCE = 45  # of a visitor; longer than any outage that is allowed
CONNECT_SECONDS = 3
DATAGRAM_SECONDS = 0.7  # until one without an answer is sent again
KINDS = ("get", "kept", "post", "https", "websocket", "tcp", "udp", "tls")
CROWD_LOOPS = 2    # at each entry
CROWD_PAUSE = 0.02


async def backend(folder, name, address="127.0.0.1"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/app.crt", f"{folder}/app.key")
    http = await asyncio.start_server(serve_http, address, 0, backlog=1024)
    tcp = await asyncio.start_server(give_back, address, 0, backlog=1024)
    tls = await asyncio.start_server(serve_http, address, 0, backlog=1024, ssl=context)
    udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(DatagramEcho, (address, 0))
    ports = [made.sockets[0].getsockname()[1] for made in (http, tcp, tls)]
    ports.insert(2, udp.get_extra_info("sockname")[1])
    with open(f"{folder}/{name}.new", "w", encoding="ascii") as file:
        print(*ports, file=file)
    os.rename(f"{folder}/{name}.new", f"{folder}/{name}.ports")
    await asyncio.Event().wait()


class Visitor:
    """Of one kind and service, with one entry that it prefers."""

    def __init__(self, plan, trusted, kind, preferred, service):
        self.plan, self.trusted, self.kind, self.preferred, self.service = plan, trusted, kind, preferred, service
        self.names = plan["services"].get(service)
        self.entry = preferred  # where it is connected
        self.connection = None  # of kind kept
        self.connected_to = preferred  # at its latest visit
        self.here = None        # of kind udp
        self.answered_by = preferred  # of kind udp: the entry
        self.served = 0.0       # when its latest success began
        self.has_head = False   # of the response to its present request

    def entries(self):
        names = list(self.plan["entries"])
        if self.plan.get("strict"):
            names = [self.preferred]
        at = names.index(self.preferred)
        return [(name, self.plan["entries"][name]) for name in names[at:] + names[:at]]

    async def connect(self, port, tls_name=None):
        secure = {"ssl": self.trusted, "server_hostname": tls_name} if tls_name else {}
        problem = None
        for self.entry, address in self.entries():
            try:
                # Only TCP decides about the next entry: what fails later is a failure.
                here = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                here.setblocking(False)
                await asyncio.wait_for(asyncio.get_running_loop().sock_connect(here, (address, port)), CONNECT_SECONDS)
            except (OSError, asyncio.TimeoutError) as error:
                problem = error
                here.close()
                continue
            return await asyncio.open_connection(sock=here, **secure)
        raise problem

    # --- HTTP ---------------------------------------------------------------------------------------------------------

    async def answer(self, reader):
        self.has_head = False
        (_, status, *_), fields = await read_head(reader)
        self.has_head = status == "200"
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        if status != "200":
            raise WrongAnswer(f"{status} {fields.get('x-ferrotunnel-error', '')} {body[:60]}")
        return body, fields.get("connection", "") == "close"

    async def ask(self, connection, host, most=60_000):
        reader, writer = connection
        self.has_head = False
        seed, size = random.getrandbits(32), random.randint(1, most)
        writer.write(f"GET /{seed}/{size} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        body, is_last = await self.answer(reader)
        if body != bytes_of(seed, size):
            raise WrongAnswer("another body")
        return is_last

    async def get(self, port=None, tls_name=None):
        connection = await self.connect(port or self.plan["http"], tls_name)
        try:
            await self.ask(connection, tls_name or self.names["host"])
        finally:
            connection[1].close()

    async def https(self):
        await self.get(self.plan["https"], self.names["host"])

    async def tls(self):
        await self.get(self.plan["https"], self.names["tls"])

    async def kept(self, host=None, most=60_000):
        """One that is closed between two requests is made again, as browsers do."""
        is_old = self.connection is not None
        if not is_old:
            self.connection = await self.connect(self.plan["http"])
        connection = self.connection
        try:
            is_last = await self.ask(connection, host or self.names["host"], most)
        except (OSError, EOFError, WrongAnswer) as problem:
            connection[1].close()
            self.connection = None
            is_empty = isinstance(problem, ConnectionError) or getattr(problem, "partial", None) == b""
            if not is_old or not is_empty:
                raise
            await self.kept(host, most)
            return
        except asyncio.CancelledError:
            connection[1].close()
            self.connection = None
            raise
        if is_last:
            connection[1].close()
            self.connection = None

    async def post(self):
        reader, writer = await self.connect(self.plan["http"])
        try:
            body = os.urandom(random.randint(1, 200_000))
            writer.write(f"POST / HTTP/1.1\r\nHost: {self.names['host']}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            writer.write(body)
            if (await self.answer(reader))[0] != body:
                raise WrongAnswer("another body")
        finally:
            writer.close()

    async def websocket(self):
        """A WebSocket for a second, which ends in order."""
        reader, writer = await self.connect(self.plan["http"])
        try:
            key = "dGhlIHNhbXBsZSBub25jZQ=="
            writer.write((f"GET /socket HTTP/1.1\r\nHost: {self.names['host']}\r\nUpgrade: websocket\r\nConnection: Upgrade"
                          f"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
            (_, status, *_), fields = await read_head(reader)
            if status != "101" or fields["sec-websocket-accept"] != websocket_key(key):
                raise WrongAnswer(f"{status} for a WebSocket")
            for _ in range(5):
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

    # --- streams and datagrams ----------------------------------------------------------------------------------------

    async def tcp(self):
        await self.echo(*await self.connect(self.names["tcp"]))

    async def visit(self):
        port = self.plan["visits"][self.preferred][self.service]
        await self.echo(*await asyncio.open_connection("127.0.0.1", port))

    async def echo(self, reader, writer):
        try:
            data = os.urandom(random.randint(1, 60_000))
            writer.write(data)
            writer.write_eof()
            if await reader.read(-1) != data:
                raise WrongAnswer("other bytes came back")
        finally:
            writer.close()

    async def udp(self):
        """One flow. A datagram without an answer is sent again, and then to the next entry, as DNS clients do. One that has
        an answer from another entry than the preferred one asks that again now and then."""
        data = os.urandom(random.randint(16, 1200))
        entries = self.entries()
        if self.answered_by != self.preferred and random.random() < 0.8:
            entries.sort(key=lambda each: each[0] != self.answered_by)
        while True:
            for name, address in entries:
                if await self.is_answered(name, address, data):
                    self.answered_by = name
                    return
            await asyncio.sleep(0.1)

    async def is_answered(self, name, address, data):
        if self.here is None or self.entry != name:
            if self.here is not None:
                self.here.close()
            self.here, self.entry = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), name
            self.here.setblocking(False)
            self.here.connect((address, self.names["udp"]))
        for _ in range(3 if name == self.answered_by else 1):
            try:
                self.here.send(data)
                until = time.monotonic() + DATAGRAM_SECONDS
                while (left := until - time.monotonic()) > 0:
                    if await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.here, 65536), left) == data:
                        return True
            except asyncio.TimeoutError:
                pass
            except OSError:
                return False
        return False

    # --- again and again ----------------------------------------------------------------------------------------------

    async def come(self):
        """Once; says how it was, and whether it was well."""
        began, self.entry, why = time.time(), self.entry if self.kind == "udp" else self.preferred, None
        if self.kind in ("kept", "crowd") and self.connection is not None:
            self.entry = self.connected_to
        self.has_head = False
        try:
            await asyncio.wait_for(getattr(self, self.kind)(), PATIENCE)
        except (OSError, EOFError, KeyError, asyncio.TimeoutError, WrongAnswer) as problem:
            why = f"{'body: ' if self.has_head else ''}{type(problem).__name__} {problem}"
        self.connected_to = self.entry
        if why is None:
            self.served = began
        print("ok" if why is None else "failed", self.kind, self.preferred, self.entry, self.service, f"{began:.3f}",
              f"{time.time():.3f}", why or "", flush=why is not None)
        return why is None

    async def go_on(self, is_over):
        pause = self.plan["pause"]
        await asyncio.sleep(random.uniform(0, pause))
        while not is_over():
            await self.come()
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))


class CrowdVisitor(Visitor):
    """Requests every CROWD_LOOPS-th host of the crowd, one after the other, on a kept connection."""

    def __init__(self, plan, trusted, preferred, loop):
        super().__init__(plan, trusted, "crowd", preferred, f"c{loop}")
        self.number = loop

    async def crowd(self):
        await self.kept(f"{self.service}.crowd.test", 500)

    async def go_on(self, is_over):
        while not is_over():
            await self.come()
            self.number = (self.number + CROWD_LOOPS) % self.plan["crowd"]
            self.service = f"c{self.number}"
            await asyncio.sleep(CROWD_PAUSE * random.uniform(0.5, 1.5))


def visitors(folder, plan_file):
    with open(plan_file, encoding="utf-8") as file:
        plan = json.load(file)
    trusted = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    made = [Visitor(plan, trusted, kind, entry, service) for kind in plan.get("kinds", KINDS) for entry in plan["entries"]
            for service in plan["services"]]
    made += [Visitor(plan, trusted, "visit", client, service) for client, ports in plan.get("visits", {}).items()
             for service in ports]
    return made + [CrowdVisitor(plan, trusted, entry, loop) for entry in plan["entries"]
                   for loop in range(CROWD_LOOPS if plan.get("crowd") else 0)]


async def once(folder, plan_file):
    results = []
    crowd = visitors(folder, plan_file)
    for at in range(0, len(crowd), 8):
        results += await asyncio.gather(*(each.come() for each in crowd[at:at + 8]))
    sys.exit(0 if all(results) else 1)


async def visit(folder, plan_file):
    crowd = visitors(folder, plan_file)

    def is_over():
        return os.path.exists(f"{folder}/enough")

    async def tell():
        while not is_over():
            with open(f"{folder}/served.new", "w", encoding="ascii") as file:
                print(int(1000 * min(each.served for each in crowd)), file=file)
            os.rename(f"{folder}/served.new", f"{folder}/served")
            await asyncio.sleep(0.1)

    await asyncio.gather(tell(), *(each.go_on(is_over) for each in crowd))


if __name__ == "__main__":
    asyncio.run({"backend": backend, "once": once, "visit": visit}[sys.argv[1]](*sys.argv[2:]))
