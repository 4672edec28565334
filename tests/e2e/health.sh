# Health: clients look at their backends, and those that are unhealthy get no new visitors.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl openssl python3

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
cat "$dir/key.pem" "$dir/cert.pem" >"$dir/both.pem"
touch "$dir"/{a,b,socket,sealed}.good
start backends python3 "$E2E_SOURCE/health_backends.py" "$dir" a b socket:unix sealed:tls="$dir/both.pem"
for name in a b socket sealed; do
    wait_until $patience "the address of $name" test -s "$dir/$name.at"
done
serve lines text:line echo
lines=$backend
start_server --http-bind 127.0.0.1:0 --control "$dir/server.sock" --log-level info
edge=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
tcp=$(free_port) tried=$(free_port) dead=$(free_port)
fast="interval: 100ms, rise: 2, fall: 2"
# member NAME: the client NAME, with the backend of that name.
member() {
    cat >"$dir/$1.yml" <<CONFIG
client:
  control: $dir/$1.sock
  services:
    - {name: web, http: web.test, local: "$(<"$dir/$1.at")", group: web, health: {path: /healthz, $fast}}
CONFIG
    start_client "$1" --config "$dir/$1.yml" --no-watch --name "$1"
}
who() { curl -sS --max-time $patience -H 'Host: web.test' "http://$edge/who"; }
of_requests() { for ((i = 0; i < 8; ++i)); do who; done | sort | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? " " : ""), $2, $1 }'; }
# The server knows of so many services that are unhealthy.
unhealthy_are() {
    "$FERROTUNNEL" services --json --control "$dir/server.sock" >"$dir/services.json"
    [[ $(grep -o '"unhealthy":' "$dir/services.json" | wc -l) == "$1" ]]
}
wait_for_unhealthy() { wait_until $patience "$1 unhealthy service(s) at the server" unhealthy_are "$1"; }

say "two healthy members have requests in turn; each check asks for the host of the service"
member a
member b
wait_for_services a 1
wait_for_services b 1
equal "requests" "$(of_requests)" "a 4 b 4"
has_text "$dir/backends.out" '^a checked web.test$'

say "an unhealthy one gets no new request, and finishes the one that it has"
start long curl -sSN --max-time $patience -H 'Host: web.test' "http://$edge/long"
wait_for_text long begins
busy=$(awk '/begins/ { print $1 }' "$dir/long.out")
other=$([[ $busy == a ]] && echo b || echo a)
rm "$dir/$busy.good"
wait_for_text "$busy" '  web is unhealthy: the status is 503$'
wait_for_unhealthy 1
equal "requests" "$(of_requests)" "$other 8"
"$FERROTUNNEL" services --control "$dir/server.sock" >"$dir/services.out"
has_text "$dir/services.out" "web .* $busy .*, unhealthy: the status is 503$"
"$FERROTUNNEL" status --control "$dir/$busy.sock" >"$dir/status.out"
has_text "$dir/status.out" 'web .*registered, unhealthy: the status is 503$'
touch "$dir/$busy.more"
join_ok long
has_text "$dir/long.out" "^$busy ends$"

say "with no healthy member visitors are told when to come back"
rm "$dir/$other.good"
wait_for_unhealthy 2
curl -sS --max-time $patience -D "$dir/head" -o "$dir/page" -H 'Host: web.test' "http://$edge/"
has_text "$dir/head" '^HTTP/1.1 503'
has_text "$dir/head" '^Retry-After: 5'
has_text "$dir/head" '^X-FerroTunnel-Error: unhealthy'

say "one that comes back has requests again"
touch "$dir/$other.good"
wait_for_text "$other" '  web is healthy again$'
wait_for_unhealthy 1
equal "requests" "$(of_requests)" "$other 8"
has_text "$dir/server.err" "the backend of a service is unhealthy .*client=.* token=token service=.*the status is 503"

say "one that joins with an unhealthy backend, or is started again with one, gets nothing"
signal "$busy" TERM
join_ok "$busy"
member "$busy"
wait_for_services "$busy" 1
equal "requests" "$(of_requests)" "$other 8"

say "TCP, a unix socket, and TLS; a backend that is tried all the same"
cat >"$dir/c.yml" <<CONFIG
client:
  services:
    - {name: line, tcp: $tcp, local: "$lines", health: {type: tcp, $fast}}
    - {name: dead, tcp: 0, local: "127.0.0.1:$dead", health: tcp}
    - {name: tried, tcp: $tried, local: "$lines", health: {path: /healthz, $fast, timeout: 50ms, all_unhealthy: try}}
    - {name: socket, http: socket.test, local: "$(<"$dir/socket.at")", health: {path: /healthz, text: "state: fine", $fast}}
    - {name: sealed, http: sealed.test, local: "https://$(<"$dir/sealed.at")", backend_ca: $dir/cert.pem, health: {path: /healthz, status: [200, 300-399], $fast}}
    - {name: lacks, http: lacks.test, local: "$(<"$dir/socket.at")", health: {path: /healthz, text: "state: good", $fast}}
CONFIG
start_client c --config "$dir/c.yml" --no-watch
wait_for_services c 6
status_is socket.test / 200 || fail "the unix socket: $(status_of socket.test /)"
status_is sealed.test / 200 || fail "the backend by TLS: $(status_of sealed.test /)"
status_is lacks.test / 503 || fail "without the text: $(status_of lacks.test /)"
has_text "$dir/c.out" '  dead is unhealthy: Connection refused$'
has_text "$dir/c.out" '  lacks is unhealthy: the response does not contain the expected text$'
has_text "$dir/c.out" '  tried is unhealthy: '
for port in "$tcp" "$tried"; do
    visit "127.0.0.1:$port" line finish rest >"$dir/visit.out" || fail "a visitor of port $port"
    has_text "$dir/visit.out" '^line line$'
done
at_dead=$(awk '$2 == "dead" { print $3 }' "$dir/c.endpoints")
visit "$at_dead" rest >"$dir/visit.out" 2>&1 || true
has_text "$dir/visit.out" 'received=0 ending=reset'
