"""Visitors of TCP, TLS passthrough and UDP who are there from the begin to the end, and check every byte that they get back.

    steady_visitors.py FOLDER                the backends, which give everything back; their addresses are then in
                                             FOLDER/steady.ports (tcp, tls, udp), and app.crt, app.key and ca.pem are there
    steady_visitors.py FOLDER TCP TLS UDP    visitors at these addresses until FOLDER/enough is there; prints "round N" for
                                             each round, in which each of them has asked and was answered
"""

import hashlib
import os
import random
import socket
import ssl
import sys
import threading

folder = sys.argv[1]
patience = 120
name = "steady.tls.test"


def give_back(connection):
    try:
        while data := connection.recv(65536):
            connection.sendall(data)
    except OSError:
        pass
    connection.close()


def listen(wrap):
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept():
        while True:
            connection, _ = listener.accept()

            def serve(connection=connection):
                try:
                    give_back(wrap(connection))
                except OSError:
                    connection.close()

            threading.Thread(target=serve, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def backends():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/app.crt", f"{folder}/app.key")
    tcp = listen(lambda connection: connection)
    tls = listen(lambda connection: context.wrap_socket(connection, server_side=True))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    with open(f"{folder}/steady.new", "w", encoding="ascii") as ports:
        ports.write(f"{tcp} {tls} {udp.getsockname()[1]}\n")
    os.rename(f"{folder}/steady.new", f"{folder}/steady.ports")
    while True:
        data, visitor = udp.recvfrom(65536)
        udp.sendto(data, visitor)


def receive(connection, size):
    digest = hashlib.sha256()
    while size > 0:
        data = connection.recv(min(size, 65536))
        if not data:
            sys.exit("a visitor's connection has ended")
        digest.update(data)
        size -= len(data)
    return digest.digest()


def ask_stream(connection, bytes_of):
    data = bytes_of(random.randint(1, 100_000))
    sender = threading.Thread(target=connection.sendall, args=(data,))
    sender.start()
    got = receive(connection, len(data))
    sender.join()
    if got != hashlib.sha256(data).digest():
        sys.exit("a visitor of a stream got other bytes back")


# Two threads may not use one TLS connection, so what is sent is received before more is sent.
def ask_tls(connection, bytes_of):
    data = bytes_of(random.randint(1, 100_000))
    for at in range(0, len(data), 10_000):
        piece = data[at : at + 10_000]
        connection.sendall(piece)
        if receive(connection, len(piece)) != hashlib.sha256(piece).digest():
            sys.exit("a visitor of a TLS stream got other bytes back")


def ask_datagram(connection, bytes_of):
    data = bytes_of(random.randint(1, 1_200))
    for _ in range(patience):  # datagrams may be lost; another one's answer must not come
        connection.send(data)
        try:
            got = connection.recv(65536)
        except TimeoutError:
            continue
        if hashlib.sha256(got).digest() == hashlib.sha256(data).digest():
            return
        if len(got) >= 16 and got[:8] != data[:8]:
            sys.exit("a visitor of UDP got the datagram of another one")
    sys.exit("a visitor of UDP got no answer")


def visit(tcp, tls, udp):
    def connected(address, kind=socket.SOCK_STREAM):
        host, port = address.rsplit(":", 1)
        made = socket.socket(socket.AF_INET, kind)
        made.settimeout(patience if kind == socket.SOCK_STREAM else 1)
        made.connect((host, int(port)))
        return made

    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    visitors = []
    for number in range(4):
        # Each visitor's bytes begin with a mark of its own.
        def bytes_of(size, mark=number.to_bytes(8, "big")):
            return mark + os.urandom(size)

        visitors.append((ask_stream, connected(tcp), bytes_of))
        visitors.append((ask_tls, context.wrap_socket(connected(tls), server_hostname=name), bytes_of))
        visitors.append((ask_datagram, connected(udp, socket.SOCK_DGRAM), bytes_of))
    rounds = 0
    while not os.path.exists(f"{folder}/enough"):
        for ask, connection, bytes_of in visitors:
            ask(connection, bytes_of)
        fresh = connected(tcp)  # and one who comes now
        ask_stream(fresh, os.urandom)
        fresh.close()
        rounds += 1
        print(f"round {rounds}", flush=True)


if len(sys.argv) == 2:
    backends()
visit(*sys.argv[2:5])
