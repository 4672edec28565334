"""A visitor who speaks HTTP/2 by frames, and the backend behind the edge.

    h2_peer.py corpus|websockets|floods|pieces|stalled|drain EDGE PORT HOST

EDGE is where the server speaks h2c; PORT is where the backend of HOST is to be. It prints what it has seen, and fails
where that is wrong.
"""

import os
import struct
import sys

from h2_frames import *

what, edge, port, host = sys.argv[1:5]
backend = Backend(int(port))


def check(name, right, saw):
    print(f"{name}: {saw}")
    if not right:
        sys.exit(f"FAILED: {name}: {saw}")


def ask(path):
    """A good request on a connection of its own."""
    visitor = Visitor(edge)
    visitor.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, request(host, path)))
    outcome = visitor.outcome(1)
    visitor.close()
    return outcome


def head(path, *more, method="GET", ends=True):
    return frame(HEADERS, END_HEADERS | (END_STREAM if ends else 0), 1, request(host, path, *more, method=method))


def raw(*all_of_them, ends=True, stream=1):
    return frame(HEADERS, END_HEADERS | (END_STREAM if ends else 0), stream, fields(*all_of_them))


def post(path, body, *more):
    return head(path, *more, method="POST", ends=False) + frame(DATA, END_STREAM, 1, body)


def websocket(*more, method="CONNECT", protocol="websocket", path="/c", without=None, stream=1):
    asked = ((":method", method), (":protocol", protocol), (":scheme", "http"), (":path", path), (":authority", host))
    return raw(*(one for one in asked if one[0] != without), *more, ends=False, stream=stream)


smuggled = b"GET /smuggled HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n"
pseudo = ((":method", "GET"), (":scheme", "http"), (":authority", host))
# Each is refused, or arrives as exactly one request with this path and body.
corpus = {
    "plain": (head("/c"), b""),
    "body": (post("/c", b"body"), b"body"),
    "body-with-length": (post("/c", b"body", ("content-length", "4")), b"body"),
    "body-that-looks-like-a-request": (post("/c", smuggled), smuggled),
    "body-that-looks-like-the-last-chunk": (post("/c", b"0\r\n\r\n" + smuggled), b"0\r\n\r\n" + smuggled),
    "host-says-the-same": (head("/c", ("host", host)), b""),
    "h2.cl-too-short": (post("/c", smuggled, ("content-length", "0")), None),
    "h2.cl-too-long": (post("/c", b"ab", ("content-length", "300")), None),
    "h2.cl-twice": (post("/c", b"ab", ("content-length", "2"), ("content-length", "0")), None),
    "h2.cl-signed": (post("/c", b"ab", ("content-length", "+2")), None),
    "h2.cl-list": (post("/c", b"ab", ("content-length", "2, 0")), None),
    "h2.te-chunked": (post("/c", b"0\r\n\r\n" + smuggled, ("transfer-encoding", "chunked")), None),
    "h2.te-obfuscated": (post("/c", b"0\r\n\r\n" + smuggled, ("transfer-encoding ", "chunked")), None),
    "h2.te-by-underscore": (post("/c", b"ab", ("transfer_encoding", "chunked")), b"ab"),
    "te-that-is-not-trailers": (head("/c", ("te", "chunked")), None),
    "connection": (head("/c", ("connection", "x")), None),
    "proxy-connection": (head("/c", ("proxy-connection", "keep-alive")), None),
    "keep-alive": (head("/c", ("keep-alive", "timeout=5")), None),
    "upgrade": (head("/c", ("upgrade", "h2c")), None),
    "upper-case": (head("/c", ("X-Upper", "a")), None),
    "name-with-crlf": (head("/c", ("x: a\r\nhost: other\r\ny", "a")), None),
    "name-with-colon": (head("/c", ("transfer-encoding:chunked\r\nx", "a")), None),
    "name-with-blank": (head("/c", ("x y", "a")), None),
    "name-that-is-empty": (head("/c", ("", "a")), None),
    "value-with-crlf": (head("/c", ("x", "a\r\ntransfer-encoding: chunked")), None),
    "value-with-a-request": (head("/c", ("x", "a\r\n\r\n" + smuggled.decode())), None),
    "value-with-lf": (head("/c", ("x", "a\nb: c")), None),
    "value-with-cr": (head("/c", ("x", "a\rb")), None),
    "value-with-nul": (head("/c", ("x", "a\0b")), None),
    "path-with-a-line": (raw(*pseudo, (":path", "/c HTTP/1.1\r\nHost: other\r\n\r\nGET /smuggled")), None),
    "path-with-a-blank": (raw(*pseudo, (":path", "/c HTTP/1.1")), None),
    "path-of-another-host": (raw(*pseudo, (":path", "http://other.test/c")), None),
    "path-that-is-empty": (raw(*pseudo, (":path", "")), None),
    "path-that-is-missing": (raw(*pseudo), None),
    "path-twice": (raw(*pseudo, (":path", "/c"), (":path", "/smuggled")), None),
    "method-with-a-line": (raw((":method", "GET /smuggled HTTP/1.1\r\nx: "), *pseudo[1:], (":path", "/c")), None),
    "method-with-a-blank": (raw((":method", "GET /smuggled"), *pseudo[1:], (":path", "/c")), None),
    "scheme-with-a-line": (raw(pseudo[0], (":scheme", "http\r\nx: y"), pseudo[2], (":path", "/c")), None),
    "authority-with-a-line": (raw(*pseudo[:2], (":authority", host + "\r\nx: y"), (":path", "/c")), None),
    "authority-with-a-user": (raw(*pseudo[:2], (":authority", "other@" + host), (":path", "/c")), None),
    "authority-against-host": (head("/c", ("host", "other.test")), None),
    "host-twice": (head("/c", ("host", host), ("host", "other.test")), None),
    "nobody-is-asked": (raw(*pseudo[:2], (":path", "/c")), None),
    "pseudo-behind-a-field": (raw(("x", "y"), *pseudo, (":path", "/c")), None),
    "pseudo-of-an-answer": (head("/c", (":status", "200")), None),
    "connect": (raw((":method", "CONNECT"), (":authority", host + ":80")), None),
    "websocket-of-another-protocol": (websocket(protocol="connect-udp"), None),
    "websocket-of-two-protocols": (websocket(protocol="websocket, h2c"), None),
    "websocket-with-a-line": (websocket(protocol="websocket\r\nx: y"), None),
    "websocket-by-get": (websocket(method="GET"), None),
    "websocket-without-a-path": (websocket(without=":path"), None),
    "websocket-without-a-scheme": (websocket(without=":scheme"), None),
    "websocket-without-an-authority": (websocket(without=":authority"), None),
    "websocket-of-everything": (websocket(path="*"), None),
    "websocket-of-another-host": (websocket(path="http://other.test/c"), None),
    "websocket-twice": (websocket((":protocol", "websocket")), None),
    "websocket-with-a-length": (websocket(("content-length", "5")), None),
    "websocket-with-chunks": (websocket(("transfer-encoding", "chunked")), None),
    "websocket-with-upgrade": (websocket(("upgrade", "h2c")), None),
    "websocket-with-connection": (websocket(("connection", "upgrade, x")), None),
    "trace": (head("/c", method="TRACE"), None),
    "trailers-that-frame": (
        head("/c", method="POST", ends=False) + frame(DATA, 0, 1, b"ab") +
        frame(HEADERS, END_HEADERS | END_STREAM, 1, fields(("content-length", "0"))), None),
    "trailers-with-a-pseudo": (
        head("/c", method="POST", ends=False) + frame(DATA, 0, 1, b"ab") +
        frame(HEADERS, END_HEADERS | END_STREAM, 1, fields((":path", "/smuggled"))), None),
    "trailers-with-crlf": (
        head("/c", method="POST", ends=False) + frame(DATA, 0, 1, b"ab") +
        frame(HEADERS, END_HEADERS | END_STREAM, 1, fields(("x", "a\r\n\r\n" + smuggled.decode()))), None),
}


def try_corpus():
    for name, (bytes_sent, body) in corpus.items():
        visitor = Visitor(edge)
        visitor.send(bytes_sent)
        outcome = visitor.outcome(1)
        visitor.close()
        canary = ask("/canary")
        check(f"{name}, and a good request behind it", canary == 200, canary)
        seen = [one for one in backend.take() if one[1] != "/canary"]
        if body is None:
            refused = outcome in ("reset", "ended") or (isinstance(outcome, int) and outcome >= 400)
            check(name, refused and not seen, f"{outcome}, {len(seen)} requests at the backend")
        else:
            check(name, outcome == 200 and len(seen) == 1 and seen[0][1] == "/c" and seen[0][3] == body and
                  seen[0][2]["host"] == host, f"{outcome} {seen}")
    check("what the backend could not read", not backend.wrong, backend.wrong)


def try_websockets():
    # A backend that takes no WebSocket has an answer all the same: what was sent behind the head is not a request there.
    visitor = Visitor(edge)
    visitor.send(websocket(("sec-websocket-key", "one"), ("cookie", "a=b")), frame(DATA, END_STREAM, 1, smuggled))
    outcome = visitor.outcome(1)
    check("a page instead of a WebSocket", outcome == 502, outcome)
    visitor.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, request(host, "/canary")))
    outcome = visitor.outcome(3)
    check("a good request behind it", outcome == 200, outcome)
    seen = backend.take()
    check("what was asked", [one[1] for one in seen] == ["/c", "/canary"], seen)
    asked = seen[0][2]
    check("the upgrade at the backend", (seen[0][0], asked["upgrade"], asked["connection"].lower()) ==
          ("GET", "websocket", "upgrade") and asked["sec-websocket-key"] != "one" and asked["cookie"] == "a=b", asked)
    visitor.send(websocket(path="/echo", stream=5))
    sent, got, ended = b"".join(bytes([i % 251]) * 1_000 for i in range(60)), b"", False
    head_read = visitor.until(lambda kind, flags, stream, payload: kind == HEADERS and stream == 5)
    check("its status", read_status(head_read[3]) == 200, head_read)
    for at in range(0, len(sent), 10_000):
        visitor.send(frame(DATA, 0, 5, sent[at : at + 10_000]))
    visitor.send(frame(DATA, END_STREAM, 5))
    while not ended and (frame_read := visitor.read()) is not None:
        kind, flags, stream, payload = frame_read
        if kind == DATA and stream == 5:
            got += payload
            ended = bool(flags & END_STREAM)
            visitor.send(frame(WINDOW, 0, 0, struct.pack(">I", len(payload))) if payload else b"")
    check("an echo to its end", ended and got == sent, (ended, len(got)))
    visitor.send(frame(HEADERS, END_HEADERS | END_STREAM, 7, request(host, "/canary")))
    outcome = visitor.outcome(7)
    check("a good request behind that", outcome == 200, outcome)
    check("what the backend could not read", not backend.wrong, backend.wrong)


def id_of(i):
    return 2 * i + 1


floods = {
    "rapid reset": lambda i: frame(HEADERS, END_HEADERS | END_STREAM, id_of(i), request(host, "/f")) +
    frame(RST, 0, id_of(i), struct.pack(">I", 8)),
    "made you reset, by a body that lies": lambda i:
    frame(HEADERS, END_HEADERS, id_of(i), request(host, "/f", ("content-length", "1"), method="POST")) +
    frame(DATA, 0, id_of(i), b"ab"),
    "made you reset, by a window": lambda i:
    frame(HEADERS, END_HEADERS | END_STREAM, id_of(i), request(host, "/f")) +
    frame(WINDOW, 0, id_of(i), struct.pack(">I", 0x7FFFFFFF)),
    "PING": lambda i: frame(PING, 0, 0, b"12345678"),
    "SETTINGS": lambda i: frame(SETTINGS, 0, 0),
    "PRIORITY": lambda i: frame(PRIORITY, 0, id_of(i), b"\0\0\0\0a"),
    "WINDOW_UPDATE": lambda i: frame(WINDOW, 0, 0, struct.pack(">I", 1)),
    "CONTINUATION": lambda i: frame(HEADERS, END_STREAM, 1, request(host, "/f")) if i == 0
    else frame(CONTINUATION, 0, 1),
    "empty DATA": lambda i: frame(HEADERS, END_HEADERS, 1, request(host, "/f", method="POST")) if i == 0
    else frame(DATA, 0, 1),
}


def try_floods():
    for name, make in floods.items():
        visitor = Visitor(edge)
        visitor.send(*(make(i) for i in range(5_000)))
        got = visitor.until(lambda kind, flags, stream, payload: kind == GOAWAY)
        visitor.close()
        check(name, got is None or int.from_bytes(got[3][4:8], "big") != 0, got and got[3][4:])
        canary = ask("/canary")
        check(f"a good request behind {name}", canary == 200, canary)
        at_backend = len(backend.take())
        check(f"requests of {name} at the backend", at_backend <= 400, at_backend)
    visitor = Visitor(edge)
    block = request(host, "/f") + b"\x40\x01x" + length(3_000) + b"v" * 3_000 + b"\xbe" * 12_000
    visitor.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block))
    outcome = visitor.outcome(1)
    check("a small block of HPACK that decodes into much", outcome == "reset", outcome)
    visitor.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, request(host, "/f")))
    outcome = visitor.outcome(3)
    check("a request behind it on the same connection", outcome == 200, outcome)


def try_stalled():
    visitor = Visitor(edge, struct.pack(">HI", 4, 0))  # streams begin with no window
    for i in range(50):
        visitor.send(frame(HEADERS, END_HEADERS | END_STREAM, id_of(i), request(host, "/large")))
    live = id_of(50)
    visitor.send(frame(HEADERS, END_HEADERS | END_STREAM, live, request(host, "/live")),
                 frame(WINDOW, 0, live, struct.pack(">I", 65_535)))
    outcome = visitor.outcome(live)
    check("a stream beside 50 that are stalled", outcome == 200, outcome)
    visitor.send(frame(WINDOW, 0, 1, struct.pack(">I", 2_000_000)), frame(WINDOW, 0, 0, struct.pack(">I", 2_000_000)))
    outcome = visitor.outcome(1)
    check("one of them that continues", outcome == 200, outcome)


def try_pieces():
    """The head of a request comes in two pieces, and between them the connection has nothing else to do."""
    last = frame(HEADERS, END_HEADERS | END_STREAM, 5, request(host, "/last"))
    outcomes = []
    for cut in range(1, len(last), 5):
        visitor = Visitor(edge)
        visitor.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, request(host, "/first")))
        visitor.outcome(1)  # and the settings of both are read: nothing comes between the pieces
        visitor.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, request(host, "/second")) + last[:cut])
        second = visitor.outcome(3)
        visitor.send(last[cut:])
        outcomes.append((second, visitor.outcome(5)))
        visitor.close()
    check("heads in two pieces", set(outcomes) == {(200, 200)}, outcomes)


def try_drain():
    """Says when a request is held at the backend; the caller then ends the server."""
    visitor = Visitor(edge)
    visitor.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, request(host, "/hold")))
    backend.held.wait(patience)
    print("held", flush=True)
    first = visitor.until(lambda kind, flags, stream, payload: kind == GOAWAY)
    check("the notice", first is not None and first[3] == b"\x7f\xff\xff\xff\0\0\0\0", first and first[3])
    visitor.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, request(host, "/on-its-way")))
    pinged = visitor.until(lambda kind, flags, stream, payload: kind == PING)
    visitor.send(frame(PING, ACK, 0, pinged[3]))
    second = None
    ends = set()
    while (got := visitor.read()) is not None:
        kind, flags, stream, payload = got
        if kind == GOAWAY:
            second = payload
            backend.go_on.set()
        if flags & END_STREAM and kind in (DATA, HEADERS):
            ends.add(stream)
    check("the last request that was taken", second == struct.pack(">II", 3, 0), second)
    check("answers that came whole", ends == {1, 3}, ends)


{"corpus": try_corpus, "websockets": try_websockets, "floods": try_floods, "pieces": try_pieces,
 "stalled": try_stalled, "drain": try_drain}[what]()
print("all was right")
os._exit(0)
