"""What the static program meets in its tests (static_file.sh).

  names ADDRESS                     a name server: every name below dns.test is 127.0.0.1, others do not exist
  tls FILE PORT_FILE                an HTTPS backend; FILE has its certificate and key
"""

import http.server
import os
import socket
import ssl
import struct
import sys


def names(address):
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind((address, 53))
    print("ready", flush=True)
    while True:
        question, visitor = listener.recvfrom(4096)
        end = question.index(0, 12)
        kind, = struct.unpack_from(">H", question, end + 1)
        exists = question[:end].lower().endswith(b"\3dns\4test")
        has_address = exists and kind == 1
        # The same id; a recursive answer; NXDOMAIN (3) for what does not exist.
        head = question[:2] + struct.pack(">HHHHH", 0x8180 if exists else 0x8183, 1, int(has_address), 0, 0)
        record = struct.pack(">HHHIH", 0xC00C, 1, 1, 0, 4) + socket.inet_aton("127.0.0.1")
        listener.sendto(head + question[12:end + 5] + record * has_address, visitor)


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"by TLS\n")


def tls(file, port_file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(port_file + ".new", "w") as out:
        out.write(str(server.server_port))
    os.rename(port_file + ".new", port_file)
    server.serve_forever()


{"names": names, "tls": tls}[sys.argv[1]](*sys.argv[2:])
