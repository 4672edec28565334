"""A visitor by TLS whose ClientHello comes in unusual pieces, as a foreign client.

    tls_visitor.py ADDRESS:PORT NAME CA_FILE bytes|long|records|huge|plain [PATH]

Prints what a GET of PATH is answered with. `bytes`: one byte a packet; `long`: likewise, with 1,700 bytes or more, the
size of a ClientHello with a post-quantum key; `records`: one message over many records; `huge`: so many protocols (64, as
many as are allowed) that it does not fit into one record.
"""
import socket
import ssl
import sys
import time

place, name, ca_file, how = sys.argv[1:5]
path = sys.argv[5] if len(sys.argv) > 5 else "/"
host, port = place.rsplit(":", 1)

context = ssl.create_default_context(cafile=ca_file)
if how == "huge":
    context.set_ciphers("ALL")
    context.set_alpn_protocols(["http/1.1"] + ["x" * 253 + "%02d" % i for i in range(63)])
elif how == "long":
    context.set_alpn_protocols(["http/1.1"] + ["x" * 198 + "%02d" % i for i in range(8)])
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
connection = socket.create_connection((host, int(port)), timeout=60)
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def in_records(hello, size):
    message = b""
    while hello:
        length = int.from_bytes(hello[3:5], "big")
        message += hello[5:5 + length]
        hello = hello[5 + length:]
    pieces = [message[i:i + size] for i in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2, "big") + piece for piece in pieces)


def send_first(hello):
    if how == "records":
        hello = in_records(hello, 100)
    elif how == "huge":
        assert len(hello) > 16384 + 5, len(hello)
    elif how == "long":
        assert 1700 <= len(hello) < 16384, len(hello)
    if how in ("bytes", "long"):
        for i in range(len(hello)):
            connection.sendall(hello[i:i + 1])
            time.sleep(0.001)
    else:
        connection.sendall(hello)


first = True


def flush():
    global first
    data = outgoing.read()
    if data and first:
        first = False
        send_first(data)
    elif data:
        connection.sendall(data)


def complete(action):
    while True:
        try:
            result = action()
            flush()
            return result
        except ssl.SSLWantReadError:
            flush()
            data = connection.recv(65536)
            if data:
                incoming.write(data)
            else:
                incoming.write_eof()


try:
    complete(tls.do_handshake)
    tls.write(b"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (path.encode(), name.encode()))
    flush()
    answer = b""
    while True:
        piece = complete(lambda: tls.read(65536))
        if not piece:
            break
        answer += piece
    sys.stdout.write(answer.partition(b"\r\n\r\n")[2].decode())
except ssl.SSLZeroReturnError:
    sys.stdout.write(answer.partition(b"\r\n\r\n")[2].decode())
except ssl.SSLError as error:
    print("tls error:", error.reason)
    sys.exit(1)
