# The plugins that keep visitors and services from harm, in the real program: who may come in, how often, how many at the
# same time, which services are left alone, and the log of it all. Visitors come from several addresses of 127.0.0.0/8.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx python3

# from ADDRESS PATH [CURL OPTION...]: "403 ip_denied", as a visitor with that address.
from() { status_of app.example.com "$2" --interface "$1" "${@:3}"; }
from_is() { [[ $(from "$1" "$2") == "$3" ]]; }

# proxied CLIENT [FAMILY]: the status that the trusted proxy's visitor of that address gets.
proxied() {
    raw_from 127.0.0.1 "PROXY ${2:-TCP4} $1 $1 4000 80\\r\\nGET /by-proxy HTTP/1.1\\r\\nHost: app.example.com\\r\\nConnection: close\\r\\n\\r\\n" |
        awk 'NR == 1 { print $2 }'
}
# end_of NAME: ends a server or client, and waits for it.
end_of() {
    signal "$1" TERM
    signal "$1" INT 2>/dev/null || true # it may have ended already
    join_ok "$1"
}

# --- who may come in, and how often -------------------------------------------------------------------------------

put_list() {
    printf '%s\n' "$@" >"$dir/deny.new"
    mv "$dir/deny.new" "$dir/deny"
}
put_list '# strangers' '127.0.2.0/24 # a network' '2001:db8:66::/48'
cat >"$dir/edge.yml" <<END
server:
  proxy_protocol_from: 127.0.0.1
  http:
    trusted_proxies: 127.0.0.4
  plugins:
    chain:
      - request-log: {file: requests.log, fields: [User-Agent, Cookie]}
      - ip-filter: {deny: 127.0.3.1, deny_file: deny, reload: 100ms}
      - rate-limit: {rate: 1/h, burst: 3}
END
start_nginx "location /state { if (-f $dir/down) { return 503; } return 200 up; }" 'location / { return 200 "$uri"; }'
start_edge --config "$dir/edge.yml"
ready_client client 1 --http "app.example.com=$nginx"

say "addresses in the settings and in the file"
equal "a stranger of the file" "$(from 127.0.2.9 /)" "403 ip_denied"
equal "a stranger of the settings" "$(from 127.0.3.1 /)" "403 ip_denied"
equal "anybody else" "$(from 127.0.1.1 /)" 200
equal "IPv6" "$(proxied 2001:db8:66::1 TCP6)" 403
equal "other IPv6" "$(proxied 2001:db8:67::1 TCP6)" 200
equal "a visitor of the proxy" "$(proxied 127.0.2.1)" 403

say "nobody gets in by what they say of themselves"
for forged in 'X-Forwarded-For: 127.0.1.1' 'X-Real-IP: 127.0.1.1' 'Forwarded: for=127.0.1.1' 'x_forwarded_for: 127.0.1.1' \
    'True-Client-IP: 127.0.1.1'; do
    equal "with $forged" "$(from 127.0.2.9 / -H "$forged")" "403 ip_denied"
done
request='GET / HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n'
answer=$(raw_from 127.0.2.9 "PROXY TCP4 127.0.1.1 127.0.0.1 4000 80\\r\\n$request")
[[ $answer == "HTTP/1.1 400"* ]] || fail "a stranger's PROXY header: $answer"
equal "a trusted proxy's stranger" "$(from 127.0.0.4 / -H 'X-Forwarded-For: 127.0.2.9')" "403 ip_denied"
equal "a trusted proxy's visitor" "$(from 127.0.0.4 / -H 'X-Forwarded-For: 127.0.1.40')" 200
equal "what that one was told before" "$(from 127.0.0.4 / -H 'X-Forwarded-For: 127.0.1.40, 127.0.2.9')" "403 ip_denied"

say "the file changes while the server runs"
put_list 127.0.4.0/24
wait_until $patience "the new list" from_is 127.0.4.1 / "403 ip_denied"
equal "who was on the old list" "$(from 127.0.2.10 /)" 200
put_list 127.0.5.0/24 127.0.5.0/33
wait_for_text server 'deny:2: .*length.*the earlier list stays in use'
equal "with a bad list" "$(from 127.0.4.1 /)" "403 ip_denied"
equal "of the bad list" "$(from 127.0.5.1 /)" 200

say "a burst, and no more"
for i in 1 2 3; do
    equal "request $i" "$(from 127.0.6.1 /burst)" 200
done
equal "one too many" "$(from 127.0.6.1 /burst)" "429 rate_limited"
equal "Retry-After" "$(grep -ci '^Retry-After:' "$dir/head")" 1
wait=$(awk 'tolower($1) == "retry-after:" { print $2 + 0 }' "$dir/head")
at_most "Retry-After" "$wait" 3600
at_least "Retry-After" "$wait" 3000
for forged in 'X-Forwarded-For: 127.0.1.7' 'X-Real-IP: 127.0.1.8' 'Forwarded: for=127.0.1.9'; do
    equal "with $forged" "$(from 127.0.6.1 / -H "$forged")" "429 rate_limited"
done
answer=$(raw_from 127.0.6.1 "PROXY TCP4 127.0.1.9 127.0.0.1 4000 80\\r\\n$request")
[[ $answer == "HTTP/1.1 400"* ]] || fail "a stranger's PROXY header: $answer"
equal "another visitor" "$(from 127.0.6.2 /)" 200

say "a network of IPv6 is one visitor"
for i in 1 2 3; do
    equal "address $i" "$(proxied "2001:db8:1:2::$i" TCP6)" 200
done
equal "the fourth" "$(proxied 2001:db8:1:2:ffff::4 TCP6)" 429
equal "another network" "$(proxied 2001:db8:1:3::1 TCP6)" 200

say "the log has them all, and is rotated"
equal "with a cookie" "$(from 127.0.7.1 '/with"quotes' -H 'Cookie: sid=hush' -A 'a "browser"')" 200
wait_until $patience "the line" file_has "$dir/requests.log" '"path":"/with\\"quotes"'
mv "$dir/requests.log" "$dir/requests.log.1"
equal "after that" "$(from 127.0.7.1 /after)" 200
wait_until $patience "the new file" file_has "$dir/requests.log" '"path":"/after"'
has_text "$dir/requests.log.1" '"visitor":"127.0.2.9","status":403'
has_text "$dir/requests.log.1" '"visitor":"127.0.6.1","status":429'
has_text "$dir/requests.log.1" '"field.User-Agent":"a \\"browser\\"","field.Cookie":"\*\*\*"}'
! grep -q hush "$dir"/requests.log* || fail "a cookie is in the log"
python3 - "$dir"/requests.log* <<'END'
import json, sys
for name in sys.argv[1:]:
    for line in open(name):
        assert {"time", "visitor", "status", "path", "ms"} <= json.loads(line).keys(), line
END

say "mistakes are told when the file is checked"
put_list 127.0.5.0/24 nonsense
! "$FERROTUNNEL" check "$dir/edge.yml" >"$dir/check.out" 2>&1 || fail "check accepts a bad list"
has_text "$dir/check.out" 'deny:2: "nonsense"'
end_of client
end_of server
equal "lines, of which none waits" "$(tail -n 1 "$dir/requests.log" | grep -c '"path":"/after"')" 1

# --- how many at the same time, and which services are left alone ---------------------------------------------------

cat >"$dir/edge.yml" <<END
server:
  plugins:
    chain:
      - request-log: {format: combined}
      - connection-limit: {limit: 2, status: 429, retry_after: 7s}
      - circuit-breaker: {failures: 3, window: 1h, open_for: 2s}
END
serve_http peer
start_edge --config "$dir/edge.yml"
ready_client client 3 --http "app.example.com=$nginx" --http "peer.example.com=$backend" --http "cut.example.com=$backend"

# upgrade NAME: a connection that was upgraded to an echo; its descriptor is then in $NAME. Who has been answered, or has
# left, may count for a moment still.
upgrade() {
    wait_until $patience "room for an upgrade" is_upgraded
    printf -v "$1" '%s' "$upgraded"
}
is_upgraded() {
    local line
    exec {upgraded}<>"/dev/tcp/${edge%:*}/${edge##*:}"
    printf 'GET / HTTP/1.1\r\nHost: peer.example.com\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n' >&"$upgraded"
    read -r -t $patience line <&"$upgraded" || fail "no answer to an upgrade"
    [[ $line != "HTTP/1.1 101 Switching Protocols"$'\r' ]] || return 0
    equal "what is not an upgrade" "${line:0:12}" "HTTP/1.1 429"
    exec {upgraded}>&-
    return 1
}
# abandon: a request whose visitor resets the connection when the backend has it. It comes again while those before it
# count still.
abandoned=0
abandon() {
    ((++abandoned))
    python3 - "$edge" "$dir/peer.out" $abandoned <<'END'
import select, socket, struct, sys, time
host, port = sys.argv[1].rsplit(":", 1)
with socket.create_connection((host, int(port)), 60) as visitor:
    request = b"GET /sleep/100000 HTTP/1.1\r\nHost: peer.example.com\r\n\r\n"
    visitor.sendall(request)
    until = time.monotonic() + 60
    while open(sys.argv[2]).read().count("/sleep/") < int(sys.argv[3]):
        assert time.monotonic() < until, "the backend has seen nothing"
        if select.select([visitor], [], [], 0.02)[0]:
            answer = visitor.recv(65536)
            assert answer.startswith(b"HTTP/1.1 429 "), answer
            visitor.sendall(request)
    visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
END
}
plain_is() { [[ $(status_of app.example.com /) == "$1" ]]; }

say "a WebSocket counts until it is closed"
upgrade first
upgrade second
equal "one too many" "$(status_of app.example.com /)" "429 connection_limit"
equal "Retry-After" "$(awk 'tolower($1) == "retry-after:" { print $2 + 0 }' "$dir/head")" 7
equal "another visitor" "$(from 127.0.6.1 /)" 200
exec {first}>&-
wait_until $patience "the end of one" plain_is 200
upgrade first
equal "one too many again" "$(status_of app.example.com /)" "429 connection_limit"
exec {first}>&-
wait_until $patience "the end of it" plain_is 200

say "whatever an exchange dies of, it counts no longer"
for i in 1 2 3; do
    exec {broken}<>"/dev/tcp/${edge%:*}/${edge##*:}"
    printf 'POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 100\r\n\r\nsome' >&"$broken"
    exec {broken}>&-
    wait_until $patience "the end of half a request" plain_is 200
    abandon
    wait_until $patience "the end of an abandoned request" plain_is 200
done
exec {second}>&-
upgrade first # with a leak there would be no room for the second one
wait_until $patience "room beside one" plain_is 200
exec {first}>&-

say "a service that fails is left alone, and found again"
touch "$dir/down"
state_is() { [[ $(status_of app.example.com /state) == "$1" ]]; }
wait_until $patience "the open circuit" state_is "503 circuit_open"
equal "Retry-After" "$(grep -ci '^Retry-After: [12]' "$dir/head")" 1
wait_for_text server 'circuit open for .* at app.example.com'
equal "another service" "$(status_of peer.example.com /name/a)" 200
wait_for_text server 'circuit open again for .* at app.example.com' & # while requests come
waiting=$!
while kill -0 $waiting 2>/dev/null; do
    equal "while it fails" "$(status_of app.example.com /state | cut -c 1-3)" 503
done
wait $waiting
rm "$dir/down"
wait_until $patience "the closed circuit" state_is 200
wait_for_text server 'circuit closed for .* at app.example.com'

say "a backend that breaks off counts, visitors who leave do not"
cut_is() { [[ $(status_of cut.example.com "$1") == "$2" ]]; }
wait_until $patience "the open circuit" cut_is /close "503 circuit_open"
equal "the service whose visitors have left" "$(status_of peer.example.com /name/a)" 200
wait_until $patience "the closed circuit" cut_is /name/a 200

say "the combined format on standard error"
wait_for_text server '^127\.0\.0\.1 - - \[.*\] "GET /state HTTP/1.1" 503 [0-9]* "-" "curl/'
check_alive
end_of client
end_of server

# --- who obeys Retry-After gets through -------------------------------------------------------------------------------

cat >"$dir/edge.yml" <<END
server:
  plugins:
    chain:
      - rate-limit: {rate: 30/m, burst: 1}
END
start_edge --config "$dir/edge.yml"
ready_client client 1 --http "app.example.com=$nginx"
say "again after the time that Retry-After says"
equal "the first one" "$(status_of app.example.com /)" 200
for i in 1 2 3; do
    ask app.example.com / --retry 1 -o "$dir/body" -w '%{http_code}' >"$dir/status" 2>"$dir/retry.err"
    equal "request $i, again if need be" "$(<"$dir/status")" 200
done
check_alive
