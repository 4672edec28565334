# HTTP backends that are as healthy as files say, in one process.
#
#   health_backends.py FOLDER NAME[:tls=PEM|:unix]...
#
# Each writes its address to FOLDER/NAME.at. /healthz is answered with 200 and "state: fine" while there is a file
# FOLDER/NAME.good, else with 503; /long with a line, and with another when there is FOLDER/NAME.more; /cookies with the
# Cookie fields that have come, and a cookie; all else with its name, a second later while there is
# FOLDER/NAME.slow, with 500 while there is FOLDER/NAME.bad, and not at all while there is FOLDER/NAME.mute. What is
# checked is printed: "NAME checked HOST".
import http.server
import os
import socketserver
import ssl
import sys
import threading
import time

folder = sys.argv[1]
PATIENCE_S = 60


def wait_for(file):
    deadline = time.monotonic() + PATIENCE_S
    while not os.path.exists(file):
        if time.monotonic() > deadline:
            raise ConnectionError(f"no {file}")
        time.sleep(0.02)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name = self.server.called
        if self.path == "/healthz":
            print(f"{name} checked {self.headers['Host']}\n", end="", flush=True)  # one write: threads
            good = os.path.exists(f"{folder}/{name}.good")
            self.answer(200 if good else 503, "state: fine\n" if good else "state: ill\n")
        elif self.path == "/long":
            lines = [f"{name} begins\n".encode(), f"{name} ends\n".encode()]
            self.send_response(200)
            self.send_header("Content-Length", str(sum(len(line) for line in lines)))
            self.end_headers()
            self.wfile.write(lines[0])
            wait_for(f"{folder}/{name}.more")
            self.wfile.write(lines[1])
        elif self.path == "/cookies":
            self.answer(200, f"{name} {self.headers.get_all('Cookie')}\n", {"Set-Cookie": f"backend={name}; Path=/"})
        elif os.path.exists(f"{folder}/{name}.mute"):
            self.close_connection = True
        else:
            time.sleep(1 if os.path.exists(f"{folder}/{name}.slow") else 0)
            self.answer(500 if os.path.exists(f"{folder}/{name}.bad") else 200, name + "\n")

    def answer(self, status, text, fields={}):
        self.send_response(status)
        for field, value in fields.items():
            self.send_header(field, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def address_string(self):
        return "somebody"

    def log_message(self, *words):
        pass


class Tcp(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    request_queue_size = 64


class Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


for words in sys.argv[2:]:
    name, _, kind = words.partition(":")
    at = f"{folder}/{name}.sock"
    server = Unix(at, Handler) if kind == "unix" else Tcp(("127.0.0.1", 0), Handler)
    if kind.startswith("tls="):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(kind[4:])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.called = name
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with open(f"{folder}/{name}.new", "w", encoding="utf-8") as file:
        file.write(f"unix:{at}" if kind == "unix" else f"127.0.0.1:{server.server_address[1]}")
    os.rename(f"{folder}/{name}.new", f"{folder}/{name}.at")
threading.Event().wait()
