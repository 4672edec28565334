# A service that plugins ask: /jwks is a file of keys, and what /verify answers is what the cookie of the visitor wants:
# some of it is what no good service would send.
#
#   auth_service.py PORT_FILE LOG [JWKS_FILE [CERTIFICATE KEY]]
#
# LOG gets "connection", and for each request its head as one line of JSON.
import json
import os
import socket
import ssl
import sys
import threading

port_file, log_path = sys.argv[1:3]
jwks = sys.argv[3] if len(sys.argv) > 3 else None
log = open(log_path, "a", buffering=1)
log_lock = threading.Lock()


def write_log(line):
    with log_lock:
        log.write(line + "\n")


def answer(status, fields=(), body=b""):
    head = "HTTP/1.1 %s\r\n" % status
    head += "".join("%s: %s\r\n" % field for field in fields)
    return (head + "Content-Length: %d\r\n\r\n" % len(body)).encode() + body


HUGE = 4 * 1024 * 1024
WANTED = {
    "ok": answer("200 OK", [("X-User", "ann"), ("X-Groups", "a, b"), ("X-Other", "1")]),
    "none": answer("204 No Content")[: -len("Content-Length: 0\r\n\r\n")] + b"\r\n",
    "early": b"HTTP/1.1 103 Early Hints\r\nX-User: hint\r\n\r\n" + answer("200 OK", [("X-User", "ann")]),
    "login": answer("302 Found", [("Location", "https://login.test/?a=b"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]),
    "forbid": answer("403 Forbidden", [("Content-Type", "text/plain"), ("X-Why", "no")], b"not you\n"),
    "huge_403": answer("403 Forbidden", [("Content-Type", "text/plain")], b"x" * HUGE),
    "huge_200": answer("200 OK", [("X-User", "ann")], b"x" * HUGE),
    "cut_403": answer("403 Forbidden", [], b"x" * 1000)[:-900],
    "cut_200": answer("200 OK", [("X-User", "ann")], b"x" * 1000)[:-900],
    "error": answer("500 Oops"),
    "missing": answer("404 Not Found"),
    "not_modified": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "switch": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    "garbage": b"\x00\xff what is this\r\n\r\n",
    "old": b"200 from before HTTP/1.0\r\n",
    "close": b"",
    "folded": b"HTTP/1.1 200 OK\r\nX-User: root\r\n admin\r\nContent-Length: 0\r\n\r\n",
    "control": b"HTTP/1.1 200 OK\r\nX-User: a\x01b\r\nContent-Length: 0\r\n\r\n",
    "long_head": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"x" * 900) for i in range(200))
    + b"Content-Length: 0\r\n\r\n",
    "anybody": answer("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="service"'), ("Set-Cookie", "try=1")],
                      b"please log in\n"),
}
CLOSES = {"cut_403", "cut_200", "garbage", "old", "close", "switch"}


def read_head(connection, rest):
    while b"\r\n\r\n" not in rest:
        more = connection.recv(65536)
        if not more:
            return None, b""
        rest += more
    return rest.split(b"\r\n\r\n", 1)


def serve(connection):
    rest = b""
    write_log("connection")
    while True:
        head, rest = read_head(connection, rest)
        if head is None:
            return
        lines = head.decode("latin-1").split("\r\n")
        fields = [line.split(": ", 1) for line in lines[1:]]
        write_log(json.dumps({"start": lines[0], "fields": fields}))
        if lines[0].startswith("GET /jwks "):
            with open(jwks, "rb") as file:
                connection.sendall(answer("200 OK", [("Content-Type", "application/json")], file.read()))
            continue
        cookies = [field[1] for field in fields if field[0].lower() == "cookie"]
        wanted = cookies[0].split("want=")[-1] if cookies else "anybody"
        if wanted == "slow":
            connection.recv(1)  # until the other side has had enough
            return
        connection.sendall(WANTED.get(wanted, WANTED["anybody"]))
        if wanted in CLOSES:
            return


def serve_one(connection):
    try:
        if context is not None:
            connection = context.wrap_socket(connection, server_side=True)
        with connection:
            serve(connection)
    except OSError:
        pass


context = None
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
listener = socket.create_server(("127.0.0.1", 0), backlog=128)
with open(port_file + ".new", "w") as file:
    file.write("%d\n" % listener.getsockname()[1])
os.rename(port_file + ".new", port_file)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve_one, args=(accepted,), daemon=True).start()
