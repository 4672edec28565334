#!/usr/bin/env python3
"""Server-sent events at a steady pace, and a visitor who says when they came.

  event_source.py serve PORT                 GET /events: an event every 50 ms, which holds the time it was sent at
  event_source.py watch PORT HOST SECONDS    prints for each event how long it took, in microseconds

Both run on one machine: they share its monotonic clock.
"""

import asyncio
import socket
import sys
import time

PACE_SECONDS = 0.05
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


async def answer(reader, writer):
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        due = time.monotonic()
        while not reader.at_eof():
            event = b"data: %d\n\n" % time.monotonic_ns()
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
            await writer.drain()
            due += PACE_SECONDS
            await asyncio.sleep(max(0, due - time.monotonic()))
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def serve(port):
    async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
        await server.serve_forever()


def watch(port, host, seconds):
    with socket.create_connection(("127.0.0.1", port), 5) as visitor:
        visitor.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        visitor.sendall(f"GET /events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        until, text = time.monotonic() + seconds, b""
        while time.monotonic() < until:
            came = visitor.recv(65536)
            now = time.monotonic_ns()
            if not came:
                sys.exit("the events have ended")
            *lines, text = (text + came).split(b"\n")
            for line in lines:
                if line.startswith(b"data: "):
                    print((now - int(line[6:])) / 1e3)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(serve(int(sys.argv[2])))
    else:
        watch(int(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
