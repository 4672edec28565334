# Backends that fail or behave oddly, at each stage of an exchange: a cut answer never looks complete, a request that
# may have arrived is never sent again unless it may be repeated, and what is in a body never becomes a request.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3

serve_mishaps backend
port=${backend##*:}
victim_port=$(free_port)
serve_mishaps victim "$victim_port"
start_edge
ready_client client 1 --http "app.example.com=127.0.0.1:$port"
ready_client of_victim 2 --connections 1 --http "victim.example.com=127.0.0.1:$victim_port" \
    --http "beside.example.com=127.0.0.1:$port"

say "an answer that was cut does not look complete, whatever its framing and the visitor's version"
for way in length chunks close; do
    for version in 1.1 1.0; do
        code=0
        ask app.example.com "/cut/$way" "--http$version" >"$dir/cut.out" 2>/dev/null || code=$?
        if [[ $version == 1.1 || $way == length ]]; then
            equal "curl's exit code ($way, HTTP/$version)" "$code" 18
            equal "what came of it" "$(<"$dir/cut.out")" 0123456789
        else
            equal "curl's exit code ($way, HTTP/$version): reset" "$code" 56
        fi
    done
done

say "a 408 for an idle connection that crosses a request is no answer to it"
cat >"$dir/idle.py" <<'PY'
import os, socketserver, sys

class Handler(socketserver.StreamRequestHandler):
    def handle(self):  # answers the first request of a connection, and a later one below /late by 408
        number = 0
        while line := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            number += 1
            if number > 1 and b" /late" in line:
                self.wfile.write(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                return
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

server = Server(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
PY
start idle python3 "$dir/idle.py" "$dir/idle.port"
wait_until $patience "the port of idle" test -s "$dir/idle.port"
ready_client of_idle 1 --http "idle.example.com=127.0.0.1:$(<"$dir/idle.port")"
behind_another() {
    curl -sS --max-time 60 -H "Host: idle.example.com" "http://$edge/first" -o "$dir/first.out" \
        --next -sS --max-time 60 -H "Host: idle.example.com" -o /dev/null -w '%{http_code}' "http://$edge/late" "$@"
}
equal "a GET is sent again" "$(behind_another)" 200
equal "a POST, which may have arrived, is not" "$(behind_another -X POST)" 408

say "a POST is never sent twice, wherever its backend ends"
# Two requests on one connection, so that the second one finds the first one's stream in the pool.
warm() {
    curl -sS --max-time 60 -H "Host: app.example.com" "http://$edge/warm" -o "$dir/warm.out" \
        --next -sS --max-time 60 -H "Host: app.example.com" -o /dev/null -w '%{http_code}' "$@"
}
fresh() { curl -sS --max-time 60 -H "Host: app.example.com" -o /dev/null -w '%{http_code}' "$@"; }
head -c 300000 /dev/zero >"$dir/large"
number=0
for stage in head half body interim part; do
    for way in close reset; do
        for stream in fresh warm; do
            for body in small "@$dir/large"; do
                path=/die/$stage/$way/$((++number))
                equal "a POST ($path, $stream)" "$($stream "http://$edge$path" -H 'Expect:' --data-binary "$body")" 502
                equal "how often the backend has seen it" "$(count_of backend "^head POST $path ")" 1
            done
            path=/die/$stage/$way/$((++number))
            [[ $stage == half ]] && continue
            equal "a GET ($path, $stream)" "$($stream "http://$edge$path")" 502
            at_most "how often the backend has seen it" "$(count_of backend "^head GET $path ")" 2
        done
    done
done

say "kill -9 of a backend with a POST in its body, with one that waits for its answer, and with an idle connection"
victim() { curl -sS --max-time 60 -H "Host: victim.example.com" -w '%{http_code}' "$@"; }
next_victim() {
    kill_now victim
    cat "$dir/victim.out" >>"$dir/victims.out"
    serve_mishaps victim "$victim_port"
}
: >"$dir/victims.out"
start slow victim "http://$edge/hash/0/0" -H 'Expect:' --limit-rate 20K --data-binary "@$dir/large" -o /dev/null
wait_for_text victim "^head POST /hash"
next_victim
join_ok slow
equal "a POST within its body" "$(<"$dir/slow.out")" 502
start slow victim "http://$edge/hang/1" -d body -o /dev/null
wait_for_text victim "^head POST /hang"
next_victim
join_ok slow
equal "a POST that waits" "$(<"$dir/slow.out")" 502
equal "a request that leaves an idle connection" "$(victim "http://$edge/warm" -o /dev/null)" 200
next_victim
# The server knows of the idle connection's end when an answer has come behind it, on the same trunk.
client_has_let_go() {
    awk -v port=":$(printf %04X "$victim_port")" 'index($3, port) && $4 ~ /^0[18]$/ { is_there = 1 } END { exit is_there }' \
        /proc/net/tcp
}
wait_until $patience "the end of the idle connection" client_has_let_go
equal "a request behind it" "$(status_of beside.example.com /warm)" 200
equal "a POST to the next backend" "$(victim "http://$edge/cold" -d body -o /dev/null)" 200
equal "POSTs that backends have seen, in all" "$(grep -c -h '^head POST' "$dir/victims.out" "$dir/victim.out" |
    awk '{ n += $1 } END { print n }')" 3

say "a request hidden in a body whose backend answers early never reaches it"
hidden='GET /hidden HTTP/1.1\r\nHost: app.example.com\r\n\r\n'
length=$(printf '%b' "$hidden" | wc -c)
post="POST /early HTTP/1.1\\r\\nHost: app.example.com\\r\\nContent-Length:"
for round in 1 2 3; do
    # The body behind the answer; with its head; half and half; in a chunk; and larger than all buffers on the way.
    talk "send:$post $length\\r\\n\\r\\n" 'until:early\n' "send:$hidden" rest >"$dir/talk1"
    talk "send:$post $length\\r\\n\\r\\n$hidden" 'until:early\n' "send:$hidden" finish rest >"$dir/talk2"
    talk "send:$post $((2 * length))\\r\\n\\r\\n$hidden" 'until:early\n' "send:$hidden" rest >"$dir/talk3"
    talk "send:POST /early HTTP/1.1\\r\\nHost: app.example.com\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n" \
        'until:early\n' "send:$(printf '%x' "$length")\\r\\n$hidden\\r\\n0\\r\\n\\r\\n$hidden" rest >"$dir/talk4"
    talk "send:$post $((20000 * length))\\r\\n\\r\\n\\{20000*$hidden}" 'until:early\n' finish rest >"$dir/talk5"
    for talk in 1 3 4; do
        has_text "$dir/talk$talk" "^Connection: close"
        equal "answers to one request" "$(grep -c '^HTTP/1.1' "$dir/talk$talk")" 1
    done
    equal "the next request" "$(ask app.example.com "/next/$round")" "/next/$round"
done
# The second one's body was whole, and then the same bytes are a request of their own: that one may arrive, no other.
at_most "hidden requests at the backend" "$(count_of backend '^head GET /hidden')" 3
equal "what was no request at the backend" "$(count_of backend '^malformed')" 0

say "fields that Connection names are removed, on each of its lines"
talk 'send:GET /head HTTP/1.1\r\nHost: app.example.com\r\nConnection: x-a\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3\r\nx-a: 4\r\n' \
    'send:Connection: close, X-B\r\n\r\n' rest >"$dir/connection"
has_text "$dir/connection" '^X-C: 3'
equal "named fields at the backend" "$(grep -c -i '^x-[ab]:' "$dir/connection" || true)" 0
