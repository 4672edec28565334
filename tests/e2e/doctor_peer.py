"""Peers of doctor.sh.

  names READY NAME=ADDRESS...      a name server at 127.0.0.1:53; *.domain matches every name below it, and IPv6
                                   addresses are AAAA records. All other names do not exist.
  proxy ADDRESS PORT READY STATUS  an HTTP proxy that answers each request with this status and connects nobody
"""

import os
import socket
import socketserver
import struct
import sys

A, AAAA = 1, 28


def ready(path):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))


def name_in(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    return ".".join(labels), at + 1


def addresses_of(name, table):
    while name:
        if name in table:
            return table[name]
        name = "*." + name.partition(".")[2] if not name.startswith("*.") else ""
    return None


def answer_to(query, table):
    name, end = name_in(query)
    kind, = struct.unpack("!H", query[end:end + 2])
    found = addresses_of(name, table)
    records = []
    for address in found or []:
        is_six = ":" in address
        if kind == (AAAA if is_six else A):
            records.append(socket.inet_pton(socket.AF_INET6 if is_six else socket.AF_INET, address))
    head = query[:2] + struct.pack("!HHHHH", 0x8580 | (3 if found is None else 0), 1, len(records), 0, 0)
    body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, len(data)) + data for data in records)
    return head + query[12:end + 4] + body


def names(path, *entries):
    table = {}
    for entry in entries:
        name, _, address = entry.partition("=")
        table.setdefault(name, []).append(address)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    ready(path)
    while True:
        query, peer = server.recvfrom(4096)
        server.sendto(answer_to(query, table), peer)


def proxy(address, port, path, status):
    class Refuse(socketserver.StreamRequestHandler):
        def handle(self):
            while self.rfile.readline().strip():
                pass
            self.wfile.write(("HTTP/1.1 %s No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n" %
                              status).encode())

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer((address, int(port)), Refuse) as server:
        ready(path)
        server.serve_forever()


{"names": names, "proxy": proxy}[sys.argv[1]](*sys.argv[2:])
