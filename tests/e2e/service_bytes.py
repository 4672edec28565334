"""Backends and visitors whose bytes are counted, and the counters.

    service_bytes.py backend PORT_FILE PORT
        TCP and UDP on that port of 127.0.0.1: what comes is sent back; a TCP connection whose first byte is "r" is reset by
        the backend once it has had 1,000 bytes.
    service_bytes.py visit COUNT ADDRESS...
        COUNT visitors in turn of these addresses (udp://HOST:PORT, http://HOST:PORT/HOSTNAME, tls://HOST:PORT/HOSTNAME, or
        HOST:PORT). A TCP visitor ends in order, resets, leaves in the middle, or is reset by its backend.
    service_bytes.py transfer ADDRESS BYTES METRICS SERIES...
        Sends so many bytes there and back while the series are read; each must move before all has passed. Says how often
        they were seen to move.
    service_bytes.py sums METRICS
        "RECEIVED SENT ROWS_RECEIVED ROWS_SENT": what the trunks have carried, and the sums over services.
"""
import asyncio
import re
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.request

AT_ONCE = 100


def split(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


def reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


# --- backend -----------------------------------------------------------------------------------------------------------


async def echo(reader, writer):
    try:
        had = 0
        first = b""
        while piece := await reader.read(65536):
            first = first or piece[:1]
            had += len(piece)
            if first == b"r" and had >= 1000:
                reset(writer)
                return
            writer.write(piece)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    except OSError:
        writer.transport.abort()


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def backend(port_file, port):
    server = await asyncio.start_server(echo, "127.0.0.1", port, backlog=1024)
    await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=("127.0.0.1", port))
    with open(port_file, "w") as file:
        file.write(str(port))
    await server.serve_forever()


# --- visitors ----------------------------------------------------------------------------------------------------------


async def visit_tcp(address, number):
    reader, writer = await asyncio.open_connection(*split(address))
    kind = number % 4
    try:
        writer.write((b"r" if kind == 3 else b"v") * (1000 + number % 5000))
        await writer.drain()
        if kind == 0:
            writer.write_eof()
            while await reader.read(65536):
                pass
            writer.close()
        elif kind == 1:
            await reader.read(1)
            reset(writer)
        elif kind == 2:
            writer.transport.abort()
        else:
            while await reader.read(65536):
                pass
            writer.close()
    except OSError:
        writer.transport.abort()


async def visit_http(address, name, number):
    reader, writer = await asyncio.open_connection(*split(address))
    try:
        body = b"b" * (number % 3000)
        writer.write(f"POST /name/{number} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
                     .encode() + body)
        if number % 3 == 0:
            await reader.read(1)
            reset(writer)
            return
        while await reader.read(65536):
            pass
        writer.close()
    except OSError:
        writer.transport.abort()


async def visit_tls(address, name, _number):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        # The backend echoes the ClientHello: no handshake, but bytes both ways.
        await asyncio.open_connection(*split(address), ssl=context, server_hostname=name)
        sys.exit("TLS with an echo")
    except OSError:
        pass


async def visit_udp(address, number):
    got = asyncio.get_running_loop().create_future()

    class Visitor(asyncio.DatagramProtocol):
        def datagram_received(self, data, _):
            if not got.done():
                got.set_result(len(data))

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Visitor, remote_addr=split(address))
    for _attempt in range(60):
        transport.sendto(b"u" * (1 + number % 1200))
        try:
            await asyncio.wait_for(asyncio.shield(got), 1)
            break
        except asyncio.TimeoutError:
            pass
    transport.close()


async def visit(count, addresses):
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number):
        address = addresses[number % len(addresses)]
        number //= len(addresses)
        async with places:
            if address.startswith("udp://"):
                await visit_udp(address[6:], number)
            elif address.startswith("http://"):
                await visit_http(*address[7:].split("/"), number)
            elif address.startswith("tls://"):
                await visit_tls(*address[6:].split("/"), number)
            else:
                await visit_tcp(address, number)

    await asyncio.gather(*(one(number) for number in range(count)))


# --- counters ----------------------------------------------------------------------------------------------------------


def read_metrics(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as answer:
        return dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#"))


def sums(address):
    all_of_it = read_metrics(address)
    rows = {"received": 0, "sent": 0}
    for series, value in all_of_it.items():
        if way := re.match(r"ferrotunnel_service_trunk_(\w+)_bytes_total\{", series):
            rows[way.group(1)] += int(value)
    print(all_of_it["ferrotunnel_trunk_received_bytes_total"], all_of_it["ferrotunnel_trunk_sent_bytes_total"],
          rows["received"], rows["sent"])


def transfer(address, size, metrics, series):
    visitor = socket.create_connection(split(address), 60)
    allowed = threading.Semaphore(1)
    piece = b"t" * 65536

    def send():
        left = size
        while left:
            allowed.acquire()
            part = min(left, size // 8 + 1)  # then the counters are looked at
            left -= part
            while part:
                part -= visitor.send(piece[:part])
        visitor.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    began = {name: int(read_metrics(metrics)[name]) for name in series}
    last = dict(began)
    moved = {name: 0 for name in series}
    had = 0
    looked_at = 0
    until = time.monotonic() + 120
    while part := visitor.recv(1 << 20):
        had += len(part)
        # While it stands still between two parts, all of what has come back was counted, and not what is still to come.
        if had - looked_at >= min(size - looked_at, size // 8 + 1) and had < size:
            looked_at = had
            now = {name: int(value) for name, value in read_metrics(metrics).items() if name in series}
            for name in series:
                if now[name] > last[name] and now[name] - began[name] < size:
                    moved[name] += 1
            last = now
            allowed.release()
        assert time.monotonic() < until, "the transfer takes too long"
    sender.join()
    assert had == size, (had, size)
    print(min(moved.values()))


what, *rest = sys.argv[1:]
if what == "backend":
    asyncio.run(backend(rest[0], int(rest[1])))
elif what == "visit":
    asyncio.run(visit(int(rest[0]), rest[1:]))
elif what == "sums":
    sums(rest[0])
else:
    transfer(rest[0], int(rest[1]), rest[2], rest[3:])
