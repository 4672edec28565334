# An endpoint for the event `authenticate` of the plugin `hooks`, over plain HTTP on this machine.
#
#   token_endpoint.py PORT PORT_FILE USERS LOG
#
# USERS is a folder: the file USERS/ID has the answer for the token with that id, as it is sent. No file: rejected. LOG gets
# the body of each request. `token_endpoint.py id TOKEN_FILE` prints the id of a token.
import base64
import hashlib
import json
import os
import sys
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer


def id_of(token):
    """As in docs/protocol.md, 7."""
    key = base64.urlsafe_b64decode(token.removeprefix("ft1_"))[:32]
    return hashlib.sha256(b"ferrotunnel token id" + key).digest()[:8].hex()


if sys.argv[1] == "id":
    with open(sys.argv[2], encoding="ascii") as file:
        print(id_of(file.read().strip()))
    sys.exit()

port, port_file, users, log_path = sys.argv[1:5]


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open(log_path, "a", encoding="utf-8") as log:
            log.write(body + "\n")
        asked = json.loads(body)
        assert asked["version"] == 1 and asked["event"] == "authenticate"
        try:
            with open(os.path.join(users, asked["client"]["token_id"]), encoding="utf-8") as file:
                answer = file.read()
        except FileNotFoundError:
            answer = '{"decision": "reject"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer.encode())))
        self.end_headers()
        self.wfile.write(answer.encode())


TCPServer.allow_reuse_address = True
server = TCPServer(("127.0.0.1", int(port)), Handler)
with open(port_file + ".new", "w", encoding="ascii") as file:
    file.write("%d\n" % server.server_address[1])
os.rename(port_file + ".new", port_file)
server.serve_forever()
