# What plugins decide on visitors of TCP and TLS, on clients that log in and on the services that these register, with a
# plugin that is told by files what to do (plugins/doorman.cpp).
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl g++ openssl

orders=$dir/orders
mkdir "$orders"
: >"$orders/told"
# order NAME [TEXT], cancel NAME
order() { printf '%s' "${2-}" >"$dir/order" && mv "$dir/order" "$orders/$1"; }
cancel() { rm "$orders/$1"; }
# told PATTERN: how often the plugin was told that, a whole line.
told() { grep -c -x -e "$1" "$orders/told" || true; }
was_told() { (($(told "$1") >= $2)); }
wait_told() { wait_until $patience "\"$1\" $2 times" was_told "$1" "$2"; }
# page ADDRESS [CURL OPTION...]: what a visitor of a TCP service gets of the backend; nothing where it is rejected.
page() { curl -sS --max-time 60 "${@:2}" "http://$1/fields" 2>/dev/null || true; }
# raw ADDRESS TEXT: sends that, and prints what comes until the end.
raw() {
    exec 3<>"/dev/tcp/${1%:*}/${1##*:}"
    # shellcheck disable=SC2059
    printf "$2" >&3
    timeout 60 cat <&3 2>/dev/null || true
    exec 3<&- 3>&-
}

g++ -std=c++20 -O1 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -I "$E2E_SOURCE/../../include" \
    -o "$dir/doorman.so" "$E2E_SOURCE/plugins/doorman.cpp"
# What it has not decided after 5 s passes: this test is about decisions, on whatever machine.
cat >"$dir/edge.yml" <<END
server:
  plugins:
    load: [doorman.so]
    chain:
      - doorman: {folder: "$orders"}
        on_failure: open
END
serve_http web
web=$backend
server_bind=127.0.0.1:$(free_port)
https_bind=127.0.0.1:$(free_port)
run_server() {
    start_edge --config "$dir/edge.yml" --https-bind "$https_bind" --log-level debug "$@"
    https=$(awk '$1 == "https" { print $2 }' "$dir/server.endpoints")
}
run_server
services=(--tcp "0=$web" --http "app.example.com=$web" --passthrough "sec.example.com=$web" --connections 3 --name laptop)
ready_client client 3 "${services[@]}"
public=$(public_of client)

say "each trunk logs in, and a service is registered once"
wait_until $patience "all services on all trunks" count_is server 'another tunnel connection carries a service' 6
equal "logins" "$(told 'login laptop .*')" 3
for kind in tcp http tls; do
    equal "registrations of $kind" "$(told "register $kind .*")" 1
done

say "what was noted of a service is there for its visitors"
ask app.example.com /fields >"$dir/fields"
has_text "$dir/fields" '^X-Plan: gold'
page "$public" >"$dir/fields"
has_text "$dir/fields" '^Host:'
equal "visitors" "$(told 'visitor 127.0.0.1 tcp gold')" 1
wait_told 'close served [1-9][0-9]* [1-9][0-9]*' 1

say "a visitor is refused by its address"
order visitor_127.0.0.1
equal "what it gets" "$(page "$public")" ""
wait_told 'close refused 0 0' 1
wait_for_text server 'a plugin refused .*plugin=doorman .*why="not from there"'
page "$public" --interface 127.0.0.2 >"$dir/fields"
has_text "$dir/fields" '^Host:'
equal "TLS by name" "$({ openssl s_client -connect "$https" -servername sec.example.com </dev/null 2>&1 || true; } |
    sed -n 's/.*SSL alert number \([0-9]*\).*/\1/p')" 80
equal "its name" "$(told 'visitor 127.0.0.1 sec.example.com gold')" 1
wait_told 'close refused 0 0' 2
cancel visitor_127.0.0.1

say "a visitor is let in later"
order hold_visitor
start held curl -sS --max-time 120 -o "$dir/fields" "http://$public/fields"
wait_told 'visitor 127.0.0.1 tcp gold' 3
cancel hold_visitor
join_ok held
has_text "$dir/fields" '^Host:'

say "a refused login is told at the client's terminal"
order login_refused 'come back on Monday'
start_client stranger --tcp "0=$web" --attempts 1 --name stranger
wait_for_text stranger 'come back on Monday'
join stranger
unset "programs[stranger]"
((exit_codes[stranger] != 0)) || fail "a refused client has succeeded"
cancel login_refused
equal "what was registered" "$(told 'register .*')" 3

say "a login is accepted later"
order hold_login
start_client patient --tcp "0=$web" --connections 1 --name patient
wait_told 'login patient .*' 1
cancel hold_login
wait_for_services patient 1

say "a refused service is told at the client's terminal"
order service_refused 'no more than three'
start_client greedy --tcp "0=$web" --connections 1 --name greedy
wait_for_text greedy 'no more than three'
join greedy
unset "programs[greedy]"
((exit_codes[greedy] != 0)) || fail "a client with nothing to offer has succeeded"
cancel service_refused

say "a plugin gives a service its host, which is checked as a client's"
order host_given team.example.com
ready_client moved 1 --http "asked.example.com=$web" --name moved
wait_for_text moved 'http://team.example.com'
equal "the host that it got" "$(status_of team.example.com /)" 200
equal "the one that it asked for" "$(status_of asked.example.com /)" "404 unknown_host"
order host_given 'no host'
start_client odd --http "odd.example.com=$web" --connections 1 --name odd
wait_for_text odd 'refused: .*no host'
join odd
unset "programs[odd]"
order host_given app.example.com
start_client thief --http "thief.example.com=$web" --connections 1 --name thief --attempts 1
wait_for_text thief 'refused: .*app.example.com'
join thief
unset "programs[thief]"
cancel host_given

say "the server is killed: all come back, and each service is registered once"
before=$(told 'register .*')
kill_now server
run_server --proxy-protocol-from 127.0.0.1
wait_told 'register .*' $((before + 5))
wait_until $patience "all services on all trunks" count_is server 'another tunnel connection carries a service' 6
wait_for_services client 3 # by now these are not those of before
equal "registrations" "$(told 'register .*')" $((before + 5))

say "the address of a trusted proxy's header counts"
public=$(public_of client)
request='GET /close HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n'
order visitor_192.0.2.7
equal "the refused one" "$(raw "$public" "PROXY TCP4 192.0.2.7 198.51.100.1 51000 443\r\n$request")" ""
wait_told 'visitor 192.0.2.7 tcp gold' 1
raw "$public" "PROXY TCP4 192.0.2.8 198.51.100.1 51000 443\r\n$request" >"$dir/closed"
wait_for_text web '^request GET /close 0'
wait_told 'visitor 192.0.2.8 tcp gold' 1
equal "those who came through" "$(count_of web '^request GET /close 0')" 1

say "the client is killed, and another one asks again"
before=$(told 'register tcp .*')
kill_now client
ready_client client 3 "${services[@]}"
equal "registrations" "$(told 'register tcp .*')" $((before + 1))
check_alive
