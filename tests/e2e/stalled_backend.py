# A backend that reads the head of a request, and its body, in chunks, only after a while. Its answer is the body's SHA-256.
#
#   stalled_backend.py PORT_FILE SECONDS
import hashlib
import os
import socketserver
import sys
import time

port_file, stall_s = sys.argv[1], float(sys.argv[2])


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        time.sleep(stall_s)  # long enough for all that is between to be full
        digest = hashlib.sha256()
        while size := int(self.rfile.readline(), 16):
            digest.update(self.rfile.read(size))
            self.rfile.readline()
        body = digest.hexdigest().encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
