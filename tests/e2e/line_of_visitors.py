"""Visitors of a public port who come one after the other and wait, and the backend that tells in which order it got them.

    line_of_visitors.py backend FILE           the backend; its port is then in FILE. Prints "got NAME" for each connection,
                                               whose first line is NAME, and answers the line
    line_of_visitors.py HOST:PORT NAME COUNT   visitors NAME-1, NAME-2 ...; prints "all are connected" when they are, then
                                               "answered N, reset M" when all of them have their answer or were reset
    line_of_visitors.py udp HOST:PORT TEXT     sends one datagram, and prints the answer, for which it waits for a minute
    line_of_visitors.py tls HOST:PORT NAME CA_FILE COUNT
                                               visitors by TLS who ask for the host NAME; prints "all are connected" when they
                                               have said so, then "answered N, reset M" when all of them have shaken hands, or
                                               were rejected
"""

import os
import socket
import ssl
import sys

patience = 60


def address_of(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def backend(file):
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    with open(f"{file}.new", "w", encoding="ascii") as port:
        port.write(f"{listener.getsockname()[1]}\n")
    os.rename(f"{file}.new", file)
    kept = []
    while True:
        connection, _ = listener.accept()
        connection.settimeout(patience)
        try:
            line = connection.makefile("rb").readline()
            connection.sendall(line)
        except OSError:
            continue
        print("got", line.decode("ascii", "replace").strip(), flush=True)
        kept.append(connection)


def visitors(address, name, count):
    line = []
    reset = 0
    for number in range(1, count + 1):
        try:
            visitor = socket.create_connection(address, timeout=patience)
        except ConnectionResetError:  # it was rejected before this process had looked whether it is connected
            reset += 1
            continue
        said = f"{name}-{number}\n".encode("ascii")
        try:
            visitor.sendall(said)
        except OSError:
            pass
        line.append((visitor, said))
    print("all are connected", flush=True)
    answered = 0
    for visitor, said in line:
        try:
            got = visitor.makefile("rb").readline()
        except ConnectionResetError:
            got = b""
        if got == said:
            answered += 1
        elif not got:
            reset += 1
        else:
            sys.exit(f"a visitor got {got}")
    print(f"answered {answered}, reset {reset}", flush=True)


def shakes_hands(visitor, tls, incoming, outgoing):
    try:
        while True:
            got = visitor.recv(65536)
            if not got:
                return False
            incoming.write(got)
            try:
                tls.do_handshake()
                return True
            except ssl.SSLWantReadError:
                visitor.sendall(outgoing.read())
    except (ConnectionError, ssl.SSLError):
        return False


def tls_visitors(address, name, ca_file, count):
    context = ssl.create_default_context(cafile=ca_file)
    line = []
    for _ in range(count):
        visitor = socket.create_connection(address, timeout=patience)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            visitor.sendall(outgoing.read())
        line.append((visitor, tls, incoming, outgoing))
    print("all are connected", flush=True)
    answered = sum(shakes_hands(*one) for one in line)
    print(f"answered {answered}, reset {count - answered}", flush=True)


def datagram(address, text):
    visitor = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    visitor.settimeout(patience)
    visitor.connect(address)
    visitor.send(text.encode("ascii"))
    print("sent", flush=True)
    print("answer", visitor.recv(65536).decode("ascii", "replace"), flush=True)


if sys.argv[1] == "backend":
    backend(sys.argv[2])
elif sys.argv[1] == "udp":
    datagram(address_of(sys.argv[2]), sys.argv[3])
elif sys.argv[1] == "tls":
    tls_visitors(address_of(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]))
else:
    visitors(address_of(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
