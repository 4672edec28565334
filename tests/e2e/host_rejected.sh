# A development server that rejects the visitors' host name: the client logs the remedy, once for each service and kind of
# answer, with the inspector and without it; not where the service sends a Host of its own, nor for any other 403.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3

cat >"$dir/dev_server.py" <<'PY'
"""Answers as development servers do that check Host. The path says which: /vite /webpack /old-webpack /django; /forbidden
is forbidden to everybody."""
import http.server
import sys

words = {
    "/vite": (403, b'Blocked request. This host ("%s") is not allowed.\nTo allow this host, add it to `server.allowedHosts`.\n'),
    "/webpack": (403, b"Invalid Host header"),
    "/old-webpack": (200, b"Invalid Host header"),
    "/django": (400, b"<!DOCTYPE html><html><head><title>DisallowedHost\n at /</title></head>Invalid HTTP_HOST header: %s"),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.headers["Host"].rsplit(":", 1)[0]
        status, body = (200, b"hello")
        if self.path == "/forbidden":
            status, body = (403, b"Log in first.")
        elif name not in ("localhost", "127.0.0.1"):
            status, body = words[self.path]
            body = body.replace(b"%s", name.encode())
        self.wfile.write(b"HTTP/1.1 %d X\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                         % (status, len(body), body))
        self.close_connection = True

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1], "w") as file:
    file.write(str(server.server_port))
server.serve_forever()
PY
start backend python3 "$dir/dev_server.py" "$dir/backend.port"
wait_until $patience "the port of the backend" test -s "$dir/backend.port"
backend=127.0.0.1:$(<"$dir/backend.port")
start_edge

# hints NAME [PATTERN]: in the log of this client.
hints() { grep -c "rejects the visitors' host name .*${2:-}.*--host-header backend" "$dir/$1.err" || true; }
hinted() { [[ $(hints "$1" "service=$2 .*$3") == 1 ]]; }
for recording in off on; do
    services=()
    for kind in vite webpack old-webpack django forbidden; do
        services+=(--http "$kind-$recording.test=$backend")
    done
    ready_client "$recording" 5 "${services[@]}" --inspect $recording --control off
    say "inspector $recording: each kind is told once"
    for visit in 1 2 3; do
        equal "visit $visit of Vite" "$(status_of vite-$recording.test /vite)" 403
        equal "visit $visit of webpack" "$(status_of webpack-$recording.test /webpack)" 403
        equal "visit $visit of old webpack" "$(status_of old-webpack-$recording.test /old-webpack)" 200
        equal "visit $visit of Django" "$(status_of django-$recording.test /django)" 400
        equal "visit $visit that is forbidden" "$(status_of forbidden-$recording.test /forbidden)" 403
    done
    for one in "vite|why=.403 Blocked request. This host" "webpack|why=.403 Invalid Host header" \
        "old-webpack|why=.200 Invalid Host header" "django|why=.400 DisallowedHost"; do
        wait_until $patience "the hint of ${one%%|*}" hinted "$recording" "${one%%|*}-$recording.test" "${one#*|}"
    done
    equal "hints in all" "$(hints "$recording")" 4
done

say "what the hint says helps, and nothing is told then"
programs[helped]=1
start helped "$FERROTUNNEL" http "$backend" --host helped.test --host-header backend --server "$control" --tls $tls \
    --token-file "$dir/token" --endpoint-file "$dir/helped.endpoints" --inspect on --control off
wait_for_services helped 1
equal "Vite" "$(status_of helped.test /vite)" 200
equal "what is forbidden" "$(status_of helped.test /forbidden)" 403
equal "hints" "$(hints helped)" 0
check_alive
