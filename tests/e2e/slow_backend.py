# A backend whose answers come in parts.
#
#   slow_backend.py PORT_FILE FOLDER
#
#   /steps/NAME/N   N lines in chunks; line i+1 comes when there is a file FOLDER/NAME.i
#   /close/N        N lines, until the connection is closed
#   /chunks/N       N lines, each a chunk
#   /cut            a line, and an end that is none
import os
import socketserver
import sys
import time

port_file, folder = sys.argv[1:3]
PATIENCE_S = 60


def line(number):
    return b"line %d of many that are like each other\n" % number


def wait_for(file):
    deadline = time.monotonic() + PATIENCE_S
    while not os.path.exists(file):
        if time.monotonic() > deadline:
            raise ConnectionError("nobody has seen the line")
        time.sleep(0.02)


class Handler(socketserver.StreamRequestHandler):
    def chunk(self, data):
        self.wfile.write(b"%x\r\n" % len(data) + data + b"\r\n")

    def one(self):
        start = self.rfile.readline().split()
        if not start:
            return False
        while self.rfile.readline().strip():
            pass
        parts = start[1].decode().split("/")[1:]
        framing = b"Connection: close" if parts[0] == "close" else b"Transfer-Encoding: chunked"
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" + framing + b"\r\n\r\n")
        if parts[0] == "cut":
            self.chunk(line(0))
            return False
        count = int(parts[-1])
        if parts[0] == "close":
            self.wfile.write(b"".join(line(i) for i in range(count)))
            return False
        for i in range(count):
            self.chunk(line(i))
            if parts[0] == "steps":
                wait_for("%s/%s.%d" % (folder, parts[1], i))
        self.wfile.write(b"0\r\n\r\n")
        return True

    def handle(self):
        try:
            while self.one():
                pass
        except ConnectionError:
            pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
