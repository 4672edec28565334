"""A process that gets a server's sockets, and dies before it takes its place: take_sockets.py CONTROL_SOCKET"""

import array
import socket
import sys

asked = socket.socket(socket.AF_UNIX)
asked.settimeout(60)
asked.connect(sys.argv[1])
asked.sendall(b"GET /v1/sockets HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
descriptors = array.array("i")
while True:
    data, control, _, _ = asked.recvmsg(65536, socket.CMSG_SPACE(200 * descriptors.itemsize))
    for level, kind, what in control:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(what[: len(what) - len(what) % descriptors.itemsize])
    if not data:
        break
for descriptor in descriptors:
    taken = socket.socket(fileno=descriptor)
    print("socket", *taken.getsockname()[:2], flush=True)
    taken.detach()
