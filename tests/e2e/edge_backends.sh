# Foreign servers behind the HTTP edge: Node's, with chunks, trailers, Expect, early hints, events and its habit of
# closing idle connections after 5 seconds; Python's, with HTTP/1.0 and 1.1. edge.sh has nginx.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl node python3 sha256sum

serve_node node
node=$backend
python_port=$(free_port)
cat >"$dir/server.py" <<'PYTHON'
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{self.path} {self.headers['Host']} {self.request_version}\n".encode()
        self.answer(body)
    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))
    def answer(self, body):
        self.send_response(200)
        if self.path != "/until-close":
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass

Handler.protocol_version = sys.argv[2]
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
PYTHON
start python10 python3 "$dir/server.py" "$python_port" HTTP/1.0
wait_for_port "127.0.0.1:$python_port" python10
other_port=$(free_port)
start python11 python3 "$dir/server.py" "$other_port" HTTP/1.1
wait_for_port "127.0.0.1:$other_port" python11

waits=(2.5 4.2 4.9 5.0 5.1)  # well within and around the 4 s after which the edge ends an idle connection, and Node's 5 s
hosts=()
for i in "${!waits[@]}"; do
    hosts+=(--http "idle$i.example.com=$node")
done
start_edge
ready_client client $((3 + ${#waits[@]})) --http "node.example.com=$node" --http "one.example.com=127.0.0.1:$python_port" \
    --http "two.example.com=127.0.0.1:$other_port" "${hosts[@]}"

say "Node: chunks, both ways"
equal "pieces" "$(ask node.example.com /chunked/100 | wc -l)" 100
head -c 3M /dev/urandom >"$dir/body"
sum=$(sha256sum <"$dir/body" | cut -d ' ' -f 1)
equal "a body by its length" "$(ask node.example.com /sum --data-binary "@$dir/body" | grep -o '"sha256":"[^"]*"')" \
    "\"sha256\":\"$sum\""
answer=$(ask node.example.com /sum -T "$dir/body" -X POST -H 'Transfer-Encoding: chunked')
equal "a chunked body" "$(grep -o '"sha256":"[^"]*"' <<<"$answer")" "\"sha256\":\"$sum\""
equal "its framing at the backend" "$(grep -o '"encoding":"[^"]*"' <<<"$answer")" '"encoding":"chunked"'
ask node.example.com /large -D "$dir/large.head" -o "$dir/large"
equal "5 MB" "$(sha256sum <"$dir/large" | cut -d ' ' -f 1)" \
    "$(awk 'tolower($1) == "x-sum:" { print $2 }' "$dir/large.head" | tr -d '\r')"

say "Node: trailers, both ways"
sum_of_hello=$(printf hello | sha256sum | cut -d ' ' -f 1)
answer=$(talk 'send:GET /trailers HTTP/1.1\r\nHost: node.example.com\r\nTE: trailers\r\nConnection: TE\r\n\r\n' \
    'until:\r\n0\r\n' 'until:\r\n\r\n')
has_text <(echo "$answer") "X-Sum: $sum_of_hello"
answer=$(talk 'send:POST /sum HTTP/1.1\r\nHost: node.example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n' \
    'send:0\r\nX-Sum: 1\r\n\r\n' 'until:}')
has_text <(echo "$answer") '"x-sum":"1"'

say "Node: Expect"
equal "a body that is wanted" "$(ask node.example.com /sum -H 'Expect: 100-continue' --expect100-timeout 60 \
    --data-binary "@$dir/body" | grep -o '"sha256":"[^"]*"')" "\"sha256\":\"$sum\""
equal "one that is not" "$(status_of node.example.com /unwanted -H 'Expect: 100-continue' --expect100-timeout 60 \
    --data-binary "@$dir/body")" 413
equal "what Node was asked" "$(count_of node "^expect /unwanted")" 1

say "Node: early hints, and events one by one"
ask node.example.com /hints -i >"$dir/hints"
has_text "$dir/hints" "^HTTP/1.1 103"
has_text "$dir/hints" "^hinted"
result=$(timeout $patience "$E2E_TOOLS/http_peer" events "$edge" node.example.com 20) # see edge_streams.sh
equal events "$(value events "$result")" 20

say "Node: connections that it closes when they were idle are not used: no POST fails"
again() {
    local host=idle$1.example.com
    equal "before" "$(ask "$host" /name/before -d body)" "before $host"
    sleep "$2"
    equal "after $2 s" "$(ask "$host" /name/after -d body)" "after $host"
}
for i in "${!waits[@]}"; do
    start "idle$i" again "$i" "${waits[i]}"
done
for i in "${!waits[@]}"; do
    join_ok "idle$i"
done

say "Python, HTTP/1.0 and HTTP/1.1"
for host in one.example.com two.example.com; do
    for _ in 1 2 3; do
        equal "$host" "$(ask $host /page)" "/page $host HTTP/1.1"
        equal "a POST" "$(ask $host /post -d "a body")" "a body"
    done
    equal "a body until the close" "$(ask $host /until-close)" "/until-close $host HTTP/1.1"
    equal "the same for an HTTP/1.0 visitor" "$(ask $host /until-close --http1.0)" "/until-close $host HTTP/1.1"
done
