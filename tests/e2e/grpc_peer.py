"""A gRPC server of grpcio, and visitors of it: by HTTP/1.1, as a proxy in front of a gRPC client speaks, or by grpcio's
own client.

  grpc_peer.py serve PORT-FILE
  grpc_peer.py http1 EDGE HOST METHOD [MESSAGE...]      each message is sent when the answer to the one before is there
  grpc_peer.py call EDGE HOST                           by grpcio: every kind of call, each checked
  grpc_peer.py many EDGE HOST COUNT                     by grpcio: so many streams at once, on one channel
  grpc_peer.py bulk EDGE HOST MIB                       by grpcio: so much there and back on one stream

The server prints a line for each call that has ended: its method, and whether it was cancelled.
"""
import asyncio
import os
import socket
import struct
import sys
import time

import grpc


def now_ms():
    return time.monotonic_ns() // 1000000


# --- the server -------------------------------------------------------------------------------------------------------

async def unary(request, context):
    context.set_trailing_metadata((("x-trail", "1"), ("x-peer-bin", b"\x00\xff")))
    return request[::-1]


async def server_stream(request, context):
    for i in range(int(request)):
        yield str(i).encode()


async def client_stream(requests, context):
    size = 0
    async for request in requests:
        size += len(request)
    return str(size).encode()


async def bidi(requests, context):
    async for request in requests:
        yield request.upper()


async def echo(request, context):
    return request


async def error(request, context):
    await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "bad: 100 % \u00e9")


async def sleep(request, context):
    await asyncio.sleep(600)


async def wait(request, context):
    yield b"waiting"
    try:
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        print(f"cancelled at={now_ms()} left={context.time_remaining()}", flush=True)
        raise


HANDLERS = {
    "/t.T/Unary": grpc.unary_unary_rpc_method_handler(unary),
    "/t.T/ServerStream": grpc.unary_stream_rpc_method_handler(server_stream),
    "/t.T/ClientStream": grpc.stream_unary_rpc_method_handler(client_stream),
    "/t.T/Bidi": grpc.stream_stream_rpc_method_handler(bidi),
    "/t.T/Echo": grpc.unary_unary_rpc_method_handler(echo),
    "/t.T/Error": grpc.unary_unary_rpc_method_handler(error),
    "/t.T/Sleep": grpc.unary_unary_rpc_method_handler(sleep),
    "/t.T/Wait": grpc.unary_stream_rpc_method_handler(wait),
}


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        return HANDLERS.get(details.method)


async def serve(port_file):
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", -1)])
    server.add_generic_rpc_handlers((Handler(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    with open(port_file + ".new", "w") as file:
        file.write(str(port))
    os.rename(port_file + ".new", port_file)
    await server.wait_for_termination()


# --- by HTTP/1.1 ------------------------------------------------------------------------------------------------------

class Http1:
    """One call: messages go out in chunks, and come in as they are."""

    def __init__(self, edge, host, method):
        address, port = edge.rsplit(":", 1)
        self.socket = socket.create_connection((address, int(port)), timeout=60)
        self.file = self.socket.makefile("rb")
        self.socket.sendall(f"POST {method} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/grpc\r\n"
                            "TE: trailers\r\nConnection: TE\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        self.fields = None
        self.body = b""
        self.ended = False

    def send(self, message):
        framed = b"\0" + struct.pack(">I", len(message)) + message
        self.socket.sendall(b"%x\r\n" % len(framed) + framed + b"\r\n")

    def end(self):
        self.socket.sendall(b"0\r\n\r\n")

    def read_fields(self):
        fields = {}
        while (line := self.file.readline().strip().decode()) != "":
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        return fields

    def read_head(self):
        status = self.file.readline().split()[1].decode()
        self.fields = self.read_fields()
        self.fields[":status"] = status
        self.ended = self.fields.get("content-length") == "0"

    def read_chunk(self):
        size = int(self.file.readline().strip(), 16)
        if size == 0:
            self.ended = True
            self.fields.update(self.read_fields())
            return
        self.body += self.file.read(size)
        self.file.readline()

    def message(self):
        """The next message; None at the end."""
        if self.fields is None:
            self.read_head()
        while not self.ended and (len(self.body) < 5 or len(self.body) < 5 + struct.unpack(">I", self.body[1:5])[0]):
            self.read_chunk()
        if len(self.body) < 5:
            return None
        size = struct.unpack(">I", self.body[1:5])[0]
        message, self.body = self.body[5:5 + size], self.body[5 + size:]
        return message


def http1(edge, host, method, *messages):
    call = Http1(edge, host, method)
    one_by_one = method.endswith("/Bidi")
    for text in messages:
        call.send(text.encode())
        if one_by_one:
            print("message", call.message().decode(), flush=True)
    if not method.endswith("/Wait"):  # whose visitor goes within its request
        call.end()
    while (message := call.message()) is not None:
        print("message", message.decode(), flush=True)
    print(f"http={call.fields[':status']} status={call.fields.get('grpc-status')} "
          f"said={call.fields.get('grpc-message', '')}", flush=True)


# --- by grpcio --------------------------------------------------------------------------------------------------------

def channel_to(edge, host, module=grpc):
    return module.insecure_channel(edge, options=[("grpc.default_authority", host),
                                                  ("grpc.max_receive_message_length", -1),
                                                  ("grpc.enable_http_proxy", 0)])


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: expected {wanted!r}, got {got!r}")
    print(what, "ok", flush=True)


def code_of(call, *arguments, **options):
    try:
        result = call(*arguments, **options)
        list(result) if hasattr(result, "__next__") else None
        return None, None
    except grpc.RpcError as failed:
        return failed.code(), failed.details()


def metadata_of_error(call):
    """The names in the metadata of a call that fails, which nobody between may add to."""
    try:
        call(b"", timeout=60)
        return None
    except grpc.RpcError as failed:
        return sorted(name for name, _ in failed.trailing_metadata())


def call_all(edge, host):
    channel = channel_to(edge, host)
    answer, call = channel.unary_unary("/t.T/Unary").with_call(b"abc", timeout=60)
    expect("unary", answer, b"cba")
    trailers = dict(call.trailing_metadata())
    expect("trailers", (trailers.get("x-trail"), trailers.get("x-peer-bin")), ("1", b"\x00\xff"))
    big = os.urandom(2 * 1024 * 1024)
    expect("2 MiB", channel.unary_unary("/t.T/Unary")(big, timeout=60), big[::-1])
    expect("server streaming", list(channel.unary_stream("/t.T/ServerStream")(b"1000", timeout=60)),
           [str(i).encode() for i in range(1000)])
    expect("client streaming", channel.stream_unary("/t.T/ClientStream")(iter([b"x" * 100000] * 50), timeout=60),
           b"5000000")
    expect("an error", code_of(channel.unary_unary("/t.T/Error"), b"", timeout=60),
           (grpc.StatusCode.INVALID_ARGUMENT, "bad: 100 % \u00e9"))
    expect("trailers alone", code_of(channel.unary_unary("/t.T/None"), b"", timeout=60)[0],
           grpc.StatusCode.UNIMPLEMENTED)
    expect("metadata of trailers alone", metadata_of_error(channel.unary_unary("/t.T/None")), [])
    expect("a deadline", code_of(channel.unary_stream("/t.T/Wait"), b"", timeout=0.5)[0],
           grpc.StatusCode.DEADLINE_EXCEEDED)
    waiting = channel.unary_stream("/t.T/Wait")(b"", timeout=60)
    expect("a first message", next(waiting), b"waiting")
    print(f"cancelling at={now_ms()}", flush=True)
    waiting.cancel()
    asyncio.run(ping_pong(edge, host))


async def ping_pong(edge, host):
    async with channel_to(edge, host, grpc.aio) as channel:
        call = channel.stream_stream("/t.T/Bidi")(timeout=60)
        for i in range(100):
            await call.write(b"m%d" % i)
            if await call.read() != b"M%d" % i:
                sys.exit("bidirectional streaming: another message")
        await call.done_writing()
        expect("bidirectional streaming", await call.read(), grpc.aio.EOF)


async def many(edge, host, count):
    async with channel_to(edge, host, grpc.aio) as channel:
        calls = [channel.stream_stream("/t.T/Bidi")(timeout=120) for _ in range(count)]

        async def say(call, text):
            await call.write(text)
            return await call.read()

        began = time.monotonic()
        for turn in range(2):
            answers = await asyncio.gather(*(say(call, b"m%d" % i) for i, call in enumerate(calls)))
            expect(f"{count} streams, message {turn}", answers, [b"M%d" % i for i in range(count)])
        await asyncio.gather(*(call.done_writing() for call in calls))
        codes = await asyncio.gather(*(call.code() for call in calls))
        expect("their ends", set(codes), {grpc.StatusCode.OK})
        print(f"took={time.monotonic() - began:.2f}", flush=True)


async def bulk(edge, host, mib):
    async with channel_to(edge, host, grpc.aio) as channel:
        call = channel.stream_stream("/t.T/Bidi")(timeout=600)
        piece = (b"%030d\n" % 7 + b"piece of a stream\n" * 60000)[:1 << 20]
        began = time.monotonic()

        async def say():
            for i in range(mib):
                await call.write(b"%08d" % i + piece)
            await call.done_writing()

        async def hear():
            for i in range(mib):
                if await call.read() != (b"%08d" % i + piece).upper():
                    sys.exit(f"message {i} of the long stream is another one")
            expect(f"{mib} MiB there and back", await call.read(), grpc.aio.EOF)

        await asyncio.gather(say(), hear())
        print(f"took={time.monotonic() - began:.2f}", flush=True)


what, arguments = sys.argv[1], sys.argv[2:]
if what == "serve":
    asyncio.run(serve(*arguments))
elif what == "http1":
    http1(*arguments)
elif what == "call":
    call_all(*arguments)
elif what == "many":
    asyncio.run(many(arguments[0], arguments[1], int(arguments[2])))
elif what == "bulk":
    asyncio.run(bulk(arguments[0], arguments[1], int(arguments[2])))
