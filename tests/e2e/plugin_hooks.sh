# The plugin `hooks` in a server: an HTTPS endpoint decides on clients, services and visitors, and is hostile, slow or dead.
#
# A decision has 4 s, and fails after that: whoever is asked about again comes to the same, so this test waits for what must
# come in the end, and counts questions exactly where no decision has failed.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/ssh_lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3 openssl nc
[[ -e $FERROTUNNEL_PLUGINS/hooks.so ]] || skip "the plugin hooks is not built"

orders=$dir/orders
log=$dir/endpoint.log
mkdir "$orders"
: >"$log"
order() { printf '%s' "$2" >"$dir/order" && mv "$dir/order" "$orders/$1"; }
cancel() { rm "$orders/$1"; }
# events PATTERN...: how many bodies have all of these.
events() {
    local lines pattern
    lines=$(cat "$log")
    for pattern in "$@"; do
        lines=$(grep -e "$pattern" <<<"$lines" || true)
    done
    grep -c . <<<"$lines" || true
}
were_told() { (($(events "${@:2}") >= $1)); }
# wait_told COUNT PATTERN...
wait_told() { wait_until $patience "event $2 ${*:3}" were_told "$@"; }
# asked WHAT WANTED PATTERN...: so often was the endpoint asked, or more often where a decision has failed.
asked() {
    if (($(count_of server 'there is no decision from'))); then
        at_least "$1" "$(events "${@:3}")" "$2"
    else
        equal "$1" "$(events "${@:3}")" "$2"
    fi
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=endpoint \
    -addext "subjectAltName=IP:127.0.0.1" -keyout "$dir/endpoint.key" -out "$dir/endpoint.pem" 2>/dev/null
endpoint_port=$(free_port)
printf 'a secret of this test' >"$dir/signing"
start_endpoint() {
    rm -f "$dir/endpoint.port"
    start endpoint python3 "$E2E_SOURCE/hooks_endpoint.py" "$endpoint_port" "$dir/endpoint.port" "$orders" "$log" \
        "$(<"$dir/signing")" "$dir/endpoint.pem" "$dir/endpoint.key"
    wait_until $patience "the endpoint" test -s "$dir/endpoint.port"
}
start_endpoint

# configure POLICY [SETTING...]
configure() {
    cat >"$dir/edge.yml" <<END
server:
  plugins:
    chain:
      - hooks:
          url: https://127.0.0.1:$endpoint_port/hook
          events: [login, register, connect, close]
          timeout: 4s
          ca_file: endpoint.pem
          headers: {Authorization: "\${HOOKS_KEY}"}
          secrets: file:signing
          connections: 4
          login_window: 1m
$(printf '          %s\n' "${@:2}")
        on_failure: $1
      - headers:
          request: {set: {X-Plan: "{{note.plan}}"}}
END
}
export HOOKS_KEY="Bearer of-the-test"
server_bind=127.0.0.1:$(free_port)
https_bind=127.0.0.1:$(free_port)
run_server() {
    start_edge --config "$dir/edge.yml" --https-bind "$https_bind" --log-level debug
    https=$(awk '$1 == "https" { print $2 }' "$dir/server.endpoints")
}
serve_http web
web=$backend
configure closed
run_server
services=(--tcp "0=$web" --http "app.example.com=$web" --passthrough "sec.example.com=$web" --connections 3 --name laptop)
ready_client client 3 "${services[@]}"
public=$(public_of client)
all_trunks() { count_is server 'another tunnel connection carries a service' "$1"; }

# page [CURL OPTION...]: what a visitor of the TCP service gets; nothing where it is rejected.
page() { curl -sS --max-time 60 "$@" "http://$public/fields" 2>/dev/null || true; }
is_admitted() { [[ $(page "$@") == *Host:* ]]; }
# refused_with TEXT [CURL OPTION...]: a visitor gets nothing, and the endpoint hears why.
refused_with() {
    [[ -z $(page "${@:2}") ]] || fail "a visitor was let in"
    wait_told 1 '"event":"close"' '"end":"refused"' "\"error\":\"[^\"]*$1"
}

say "three trunks log in with one question, and each service is asked about once"
wait_until $patience "all services on all trunks" all_trunks 6
asked "logins" 1 '"event":"login"' '"name":"laptop"' '"trunks":3'
for kind in tcp http tls; do
    asked "registrations of $kind" 1 '"event":"register"' "\"kind\":\"$kind\""
done
equal "requests that are not signed" "$(grep -c -e '^strange' -e '^unsigned' "$log" || true)" 0
grep '"event":"login"' "$log" >"$dir/login"
has_text "$dir/login" '"version":1,"event":"login"'
has_text "$dir/login" '"address":"127.0.0.1"'
! grep -q "$token" "$log" || fail "the endpoint was told the token"

say "visitors are let in, and their ends are told"
wait_until $patience "a visitor" is_admitted
wait_told 1 '"event":"close"' '"end":"served"' '"received_bytes":[1-9]' '"sent_bytes":[1-9]' '"duration_ms":[0-9]'

say "curl, nc and openssl are refused by their address, and let in from another one"
order connect-127.0.0.1 '{"decision": "reject", "reason": "not from there"}'
refused_with 'not from there'
wait_for_text server 'why="not from there"'
wait_until $patience "the other address" is_admitted --interface 127.0.0.2
request='GET /fields HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n'
# shellcheck disable=SC2059
by_nc() { printf "$request" | timeout 60 nc -N "$@" "${public%:*}" "${public##*:}" 2>/dev/null || true; }
equal "nc from here" "$(by_nc)" ""
nc_is_served() { by_nc -s 127.0.0.2 | grep -q '^HTTP/1.1 200'; }
wait_until $patience "nc from there" nc_is_served
equal "TLS by name" "$({ openssl s_client -connect "$https" -servername sec.example.com </dev/null 2>&1 || true; } |
    sed -n 's/.*SSL alert number \([0-9]*\).*/\1/p')" 80
wait_told 1 '"event":"connect"' '"kind":"tls"' '"host":"sec.example.com"'
cancel connect-127.0.0.1

if start_sshd; then
    say "ssh is refused by its address, and let in from another one"
    ready_client client_ssh 1 --tcp "0=127.0.0.1:$ssh_port" --connections 1 --name ssh
    through=$(public_of client_ssh)
    order connect-127.0.0.1 '{"decision": "reject", "reason": "no ssh from there"}'
    ! by_ssh "${through##*:}" || fail "ssh was let in"
    wait_until $patience "ssh from there" by_ssh "${through##*:}" -b 127.0.0.2
    cancel connect-127.0.0.1
    wait_until $patience "ssh from here" by_ssh "${through##*:}"
    kill_now client_ssh
    unset "programs[client_ssh]"
fi

say "questions share a few connections"
# On a busy machine more are asked at once, and connections that were idle for long are closed.
(($(count_of server 'there is no decision from'))) ||
    at_most "connections" "$(grep -c '^connection' "$log")" $(($(events '"event":') / 3))
echo "connections: $(grep -c '^connection' "$log"), questions: $(events '"event":')"

say "a client is refused with the endpoint's words"
order login '{"decision": "reject", "reason": "come back on Monday"}'
start_client stranger --tcp "0=$web" --name stranger
wait_for_text stranger 'come back on Monday'
kill_now stranger
unset "programs[stranger]"
equal "what it has registered" "$(events '"event":"register"' '"name":"stranger"')" 0
cancel login

say "a service is refused with the endpoint's words"
order register '{"decision": "reject", "reason": "no more than three"}'
start_client greedy --tcp "0=$web" --connections 1 --name greedy
wait_for_text greedy 'no more than three'
join greedy
unset "programs[greedy]"
((exit_codes[greedy] != 0)) || fail "a client with nothing to offer has succeeded"
cancel register

say "a service gets its host, its limits and its notes"
order register '{"decision": "accept", "hosts": ["team.example.com"], "limits": {"body_max": 10}, "notes": {"plan": "gold"}}'
ready_client moved 1 --http "asked.example.com=$web" --name moved
wait_for_text moved 'http://team.example.com'
equal "the host that it got" "$(status_of team.example.com /)" 200
equal "the one that it asked for" "$(status_of asked.example.com /)" "404 unknown_host"
ask team.example.com /fields >"$dir/fields"
has_text "$dir/fields" '^X-Plan: gold'
[[ $(status_of team.example.com /fields -d 12345678901) == 413* ]] || fail "a body of 11 bytes has passed"
cancel register
check_alive

say "hostile answers let nobody in"
for word in 500 missing huge html types unknown deep empty redirect cut close garbage; do
    order connect "!$word"
    [[ -z $(page) ]] || fail "$word has let a visitor in"
done
equal "redirects that were followed" "$(grep -c '^strange' "$log" || true)" 0
for word in silent drip; do
    order connect "!$word"
    start "visitor_$word" curl -sS --max-time 120 "http://$public/fields"
    wait_until $patience "the end of that visitor" has_ended "visitor_$word"
    join "visitor_$word"
    ((exit_codes["visitor_$word"] != 0)) || fail "$word has let a visitor in"
done
check_alive

say "an answer that comes when the visitor has gone"
order connect '!held'
before=$(events '"event":"connect"')
start gone curl -sS --max-time 120 "http://$public/fields"
wait_told $((before + 1)) '"event":"connect"'
kill_now gone
: >"$orders/release"
wait_until $patience "the late answer" file_has "$log" '^released'
cancel connect
cancel release
wait_until $patience "another visitor" is_admitted
check_alive

say "the endpoint is dead: nobody comes in, who is in stays, and all comes back with it"
kill_now endpoint
equal "a visitor" "$(page)" ""
start_client late --tcp "0=$web" --connections 1 --name late
wait_for_text late 'busy'
equal "a visitor of HTTP" "$(status_of app.example.com /)" 200
start_endpoint
wait_for_services late 1
wait_until $patience "a visitor" is_admitted
check_alive

say "the server is killed while the endpoint is dead: all come back with it"
kill_now endpoint
kill_now server
run_server
wait_for_text server 'there is no decision from'
start_endpoint
for name in moved late; do
    wait_for_services $name 1
done
wait_for_services client 3
wait_until $patience "all services on all trunks, and one of another client" all_trunks 7
public=$(public_of client)
wait_until $patience "a visitor" is_admitted
check_alive

say "the server is killed: all come back"
before=$(events '"event":"register"' '"name":"laptop"')
kill_now server
configure open 'queue: 1'
run_server
wait_until $patience "all services on all trunks, and one of another client" all_trunks 7
wait_for_services client 3 # by now these are not those of before
if (($(count_of server 'there is no decision from') == 0)); then # whose question fails comes in too, perhaps untold
    equal "registrations" "$(events '"event":"register"' '"name":"laptop"')" $((before + 3))
fi
public=$(public_of client)

say "with the policy open a dead endpoint stops nobody, nor does one that has too much to do"
order connect '!silent'
for i in 1 2 3 4 5 6 7 8; do
    start "many$i" curl -sS --max-time 120 -o "$dir/many$i.fields" "http://$public/fields"
done
for i in 1 2 3 4 5 6 7 8; do
    join_ok "many$i" 120
    has_text "$dir/many$i.fields" '^Host:'
done
kill_now endpoint
start_client newcomer --tcp "0=$web" --connections 1 --name newcomer
wait_for_services newcomer 1
wait_until $patience "a visitor" is_admitted
check_alive

say "an endpoint whose certificate nobody has signed decides nothing"
start_endpoint
kill_now server
configure closed
sed -i '/ca_file/d' "$dir/edge.yml"
before=$(wc -l <"$log")
run_server
wait_for_text server 'there is no decision from .*certificate'
tail -n +$((before + 1)) "$log" >"$dir/told"
! grep -q '"version"' "$dir/told" || fail "it was told of events"
check_alive
