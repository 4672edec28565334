# An endpoint for the plugin `hooks`, which is told by files what to answer.
#
#   hooks_endpoint.py PORT PORT_FILE ORDERS LOG SECRET [CERTIFICATE KEY]
#
# A request for event E is answered with the text of the file ORDERS/E, or ORDERS/E-ADDRESS where there is one for the
# address of the visitor or client; "!WORD" is one of the hostile answers below, and no file accepts. LOG gets "connection"
# for each connection, and the body of each request whose signature is good.
import hashlib
import hmac
import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, port_file, orders, log_path, secret = sys.argv[1:6]
log = open(log_path, "a", buffering=1)
log_lock = threading.Lock()
GOOD = b'{"decision": "accept"}'


def write_log(line):
    with log_lock:
        log.write(line + "\n")


def answer(body, status="200 OK", fields="", length=None):
    head = "HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
    return (head % (status, fields, len(body) if length is None else length)).encode() + body


HOSTILE = {
    "500": answer(GOOD, "500 Oops"),
    "missing": answer(GOOD, "404 Not Found"),
    "huge": answer(GOOD + b" " * (10 * 1024 * 1024)),
    "html": answer(b"<html>Welcome</html>"),
    "types": answer(b'{"decision": ["accept"], "hosts": 7}'),
    "unknown": answer(b'{"decision": "accept", "admit": true}'),
    "deep": answer(b"[" * 30000 + b"]" * 30000),
    "empty": answer(b""),
    "redirect": answer(b"", "307 Temporary Redirect", "Location: /elsewhere\r\n"),
    "cut": answer(GOOD, length=4000),
    "close": b"",
    "garbage": b"\x00\xff what is this\r\n\r\n",
}


def order_for(body):
    who = body.get("visitor") or body.get("client")
    for name in (body["event"] + "-" + who["address"], body["event"]):
        try:
            with open(os.path.join(orders, name)) as file:
                return file.read()
        except FileNotFoundError:
            pass
    return ""


def is_signed(field, body):
    parts = field.split(",")
    seconds = parts[0].removeprefix("t=")
    wanted = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    is_fresh = abs(time.time() - int(seconds)) < 300
    return is_fresh and any(hmac.compare_digest(part, "v1=" + wanted) for part in parts[1:])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        write_log("connection")

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/hook" or self.headers["Authorization"] != "Bearer of-the-test":
            write_log("strange " + self.path)
            return
        if not is_signed(self.headers["X-FerroTunnel-Signature"], body):
            write_log("unsigned")
            return
        write_log(body.decode())
        try:
            self.send(order_for(json.loads(body)))
        except OSError:
            self.close_connection = True

    def send(self, order):
        word = order[1:] if order.startswith("!") else None
        if word == "silent":
            self.rfile.read(1)  # until the other side has had enough
        elif word == "drip":
            self.wfile.write(answer(b"", length=1000000))
            while True:
                self.wfile.write(b" ")
                time.sleep(0.05)
        elif word == "held":
            while not os.path.exists(os.path.join(orders, "release")):
                time.sleep(0.02)
            self.wfile.write(answer(GOOD))
            write_log("released")
        elif word is None:
            self.wfile.write(answer(order.encode() or GOOD))
            return
        else:
            self.wfile.write(HOSTILE[word])
        self.close_connection = True


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def finish_request(self, request, address):  # on the connection's thread, where a handshake holds up nobody
        try:
            if context is not None:
                request = context.wrap_socket(request, server_side=True)
            super().finish_request(request, address)
        except OSError:
            pass


context = None
if len(sys.argv) > 6:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[6], sys.argv[7])
server = Server(("127.0.0.1", int(port)), Handler)
with open(port_file + ".new", "w") as file:
    file.write("%d\n" % server.server_port)
os.rename(port_file + ".new", port_file)
server.serve_forever()
