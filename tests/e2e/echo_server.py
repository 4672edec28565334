# A backend of HTTP/1.0: POST is answered with its own body, GET with files of a folder where one is named, else 404.
# A body is read before it is answered: http.server's own answer, 501, leaves it unread, and the reset behind that can
# overtake the answer.
#   echo_server.py PORT [FOLDER]
import functools
import http.server
import sys


class Echo(http.server.SimpleHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if len(sys.argv) > 2:
            super().do_GET()
        else:
            self.send_error(404)


port, *folder = sys.argv[1:]
handler = functools.partial(Echo, directory=folder[0]) if folder else Echo
http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), handler).serve_forever()
