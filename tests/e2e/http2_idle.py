"""Connections of HTTP/2 over TLS that have asked once, and say nothing more.

    http2_idle.py PORT HOST COUNT FIFO

It connects from several addresses of the loopback, prints "ready" when all are there, and asks again on each when
somebody has written to FIFO.
"""

import socket
import ssl
import sys

from h2_frames import *

port, host, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
addresses = 16
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.set_alpn_protocols(["h2"])


class Secure(Visitor):
    def __init__(self, number):
        self.buffer, self.statuses, self.asked = b"", {}, 0
        raw = socket.create_connection(("127.0.0.1", port), patience, (f"127.0.1.{1 + number % addresses}", 0))
        self.socket = context.wrap_socket(raw, server_hostname=host)
        if self.socket.selected_alpn_protocol() != "h2":
            sys.exit("it does not choose h2")
        self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))

    def ask(self):
        stream = 1 + 2 * self.asked
        self.asked += 1
        self.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, request(host, "/name/idle")))
        outcome = self.outcome(stream)
        if outcome != 200:
            sys.exit(f"FAILED: request {self.asked} of a connection: {outcome}")


visitors = []
for number in range(count):
    visitors.append(Secure(number))
    visitors[-1].ask()
print("ready", flush=True)
with open(sys.argv[4]) as fifo:
    fifo.read()
for visitor in visitors:
    visitor.ask()
print("asked again", flush=True)
