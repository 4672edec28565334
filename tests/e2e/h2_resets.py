"""RST_STREAM and its code, both ways: a visitor and a backend that both write HTTP/2 by frames.

    h2_resets.py EDGE PORT HOST

EDGE is where the server speaks h2c; PORT is where the backend of HOST is to be.
"""

import socket
import struct
import sys
import threading

from h2_frames import *

edge, port, host = sys.argv[1:4]
CANCEL, CALM, UNKNOWN, INTERNAL = 0x8, 0xB, 0x77, 0x2
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
STATUS_200 = b"\x88"


class End(Visitor):
    """The backend's end of a connection, which reads and writes frames as a visitor does."""

    def __init__(self, connection):
        connection.settimeout(patience)
        self.socket, self.buffer, self.statuses = connection, b"", {}
        while len(self.buffer) < len(PREFACE):
            self.buffer += connection.recv(65536)
        self.buffer = self.buffer[len(PREFACE):]
        self.send(frame(SETTINGS, 0, 0))


def rst(stream, code):
    return frame(RST, 0, stream, struct.pack(">I", code))


def code_in(end):
    got = end.until(lambda kind, *_: kind == RST)
    return None if got is None else int.from_bytes(got[3], "big")


def begun_exchange():
    """A visitor who has got the begin of an answer, and the backend's end and stream."""
    visitor, begun = Visitor(edge), []

    def answer():
        end = End(listener.accept()[0])
        stream = end.until(lambda kind, *_: kind == HEADERS)[2]
        end.send(frame(HEADERS, END_HEADERS, stream, STATUS_200), frame(DATA, 0, stream, b"begun"))
        begun.extend((end, stream))

    backend = threading.Thread(target=answer, daemon=True)
    backend.start()
    visitor.send(frame(HEADERS, END_HEADERS, 1, request(host, "/", method="POST")))
    visitor.until(lambda kind, flags, stream, payload: kind == DATA and payload)
    backend.join(patience)
    return visitor, *begun


def check(name, saw, wanted):
    print(f"{name}: {saw}")
    if saw != wanted:
        sys.exit(f"FAILED: {name}: {saw} and not {wanted}")


listener = socket.create_server(("127.0.0.1", int(port)))
listener.settimeout(patience)
for code, wanted in ((CANCEL, CANCEL), (CALM, CALM), (UNKNOWN, INTERNAL)):
    visitor, end, stream = begun_exchange()
    end.send(rst(stream, code))
    check(f"the backend's code {code}, as the visitor sees it", code_in(visitor), wanted)
    visitor.close()
    end.close()
for code, wanted in ((CANCEL, CANCEL), (CALM, CALM), (UNKNOWN, INTERNAL)):
    visitor, end, stream = begun_exchange()
    visitor.send(rst(1, code))
    check(f"the visitor's code {code}, as the backend sees it", code_in(end), wanted)
    visitor.close()
    end.close()
visitor, end, stream = begun_exchange()
visitor.close()
check("of a visitor whose connection is lost", code_in(end), CANCEL)
visitor, end, stream = begun_exchange()
end.close()
check("of a backend whose connection is lost", code_in(visitor), INTERNAL)
