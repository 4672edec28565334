# Clients at two servers of a cluster: a server that dies or ends costs no request of those that others take, and the client
# is connected to a third one. Servers that are no cluster are used one after the other.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
need curl openssl python3

address=([a]=127.0.0.2 [b]=127.0.0.3 [c]=127.0.0.4)
control_port=$(free_port) http=$(free_port) https=$(free_port) link=$(free_port)
prepare_cluster app.test learner.test
for name in "${members[@]}"; do told[$name]=${address[$name]}:$control_port; done

# servers_of NAME: the members that this client is connected to, "a b", as its status says.
servers_of() {
    "$FERROTUNNEL" status --json --control "$dir/$1.sock" 2>"$dir/status.err" | python3 -c 'import json, sys
print(*sorted(s.get("member", s["address"]) for s in json.loads(sys.stdin.readline())["servers"] if s["connections"]))'
}
servers_are() {
    check_alive
    [[ $(servers_of "$1") == "$2" ]]
}
wait_servers() { wait_until $patience "$1 at $2" servers_are "$1" "$2"; }
has_two() { (($(servers_of "$1" | wc -w) == 2)); }
# client_of SERVERS NAME [OPTION...]: with one service at NAME.test.
client_of() {
    client_to=$1 ready_client "$2" 1 --http "$2.test=$backend" --name "$2" --control "$dir/$2.sock" "${@:3}"
}
# start_visitors ENTRY...: at each of these servers, and at no other. `requests`: their methods.
requests='"get", "post"'
is_served() { check_alive && [[ $(edge=${address[$1]}:$http status_of "$2" /1/1) == 200 ]]; }
start_visitors() {
    local entry
    for entry in "$@"; do
        wait_until $patience "app at $entry" is_served "$entry" app.test
        wait_until $patience "learner at $entry" is_served "$entry" learner.test
    done
    rm -f "$dir/served" "$dir/enough"
    pause=0.02 strict=true kinds=$requests plan visitors "$@" -- '"app": {"host": "app.test"}' \
        '"learner": {"host": "learner.test"}'
    start visitors python3 "$E2E_SOURCE/cluster_visitors.py" visit "$dir" "$dir/visitors.plan"
    wait_served
}
# end_visitors: none of them has failed.
end_visitors() {
    wait_served
    touch "$dir/enough"
    join_ok visitors
    equal "visitors that failed" "$(grep -a '^failed' "$dir/visitors.out" || true)" ""
}

say "three servers with one key of their own, by which clients know them"
for name in "${members[@]}"; do
    # Times that a slow machine does not exceed.
    write_member "$name" "  hold: 20s" "  http: {hold: 20s, backend_connect_timeout: 1m, first_byte_timeout: 1m}" "  drain: 20s"
    if [[ $name != a ]]; then
        (umask 077 && mkdir "$dir/state_$name" && cp "$dir/state_a/server-identity.pem" "$dir/state_$name/")
    fi
    start_member "$name"
done
all_linked
pin=$(sed -n 's/^  TLS pin *//p' "$dir/a.out")
start echo python3 "$E2E_SOURCE/cluster_visitors.py" backend "$dir" echo
wait_until $patience "the ports of echo" test -s "$dir/echo.ports"
read -r web _ <"$dir/echo.ports"
backend=127.0.0.1:$web

say "a client that names two, and one that learns the others"
client_of "${told[a]},${told[b]}" app --tls-pin "$pin"
client_of "${told[a]}" learner --tls-pin "$pin"
wait_servers app "a b"
wait_until $patience "two servers of learner" has_two learner
[[ $(servers_of learner) == *a* ]] || fail "learner is not connected to the server that it names"
"$FERROTUNNEL" status --control "$dir/app.sock" >"$dir/run.out"
printed "^  server  *${told[a]} (a), [12] connection"
printed "^  server  *${told[b]} (b), [12] connection"
equal "URLs of app" "$(grep -c ' -> ' "$dir/app.out")" 1

say "doctor examines each of them"
run doctor --server "${told[a]},${told[b]}" --token-file "$dir/token" --tls-pin "$pin"
for name in a b; do printed "^client of ${told[$name]}"; done
equal "logins" "$(grep -c 'ok  *login  *The server accepts the token' "$dir/run.out")" 2

say "without a proof of the server, or with redundancy 1, it is connected to one"
client_of "${told[a]}" trusting
client_of "${told[a]},${told[b]}" single --tls-pin "$pin" --redundancy 1
# A request with a body that a has begun fails with it: of learner, there are some if it is at a and c.
methods=$requests
[[ $(servers_of learner) == "a b" ]] || methods='"get"'
requests=$methods start_visitors b # time passes
equal "servers of trusting" "$(servers_of trusting)" a
equal "servers of single" "$(servers_of single)" a

say "a is killed: no request at b fails, and clients move to c"
kill_now a
wait_servers app "b c"
wait_servers learner "b c"
wait_servers single b
end_visitors
has_text "$dir/app.out" "lost the connection to ${told[a]}: .*; the client stays connected to ${told[b]}"
for name in trusting single; do
    signal $name TERM
    join $name
    unset "programs[$name]"
done

say "b ends: no request at the others fails, and clients move to a"
start_member a
wait_linked a "b c"
wait_linked c "a b"
# A request with a body whose client moves to its own entry while it waits gets 503 (cluster.md, "Attempts").
requests='"get"' start_visitors a c
unset "programs[b]" # it may end before its clients are looked at
signal b TERM
wait_servers app "a c"
wait_servers learner "a c"
join_ok b
end_visitors
start_member b
all_linked

say "what a saved login has learned"
export HOME=$dir/home
unset XDG_CONFIG_HOME
mkdir "$HOME"
run_ok login "${told[a]}" --token-file "$dir/token" --tls-pin "$pin"
kept=$HOME/.config/ferrotunnel/login.servers
equal "first line" "$(head -n 1 "$kept")" "for ${told[a]},$pin"
equal "servers" "$(tail -n +2 "$kept" | sort | tr '\n' ' ')" "${told[b]} ${told[c]} "
equal "mode" "$(stat -c %a "$kept")" 600
kill_now a
programs[saved]=1
start saved "$FERROTUNNEL" http "$web" --host saved.test --workers 1 --tls $tls
wait_until $patience "a client of the saved login while its server is away" is_served b saved.test
! grep -q "^connected to ${told[a]}" "$dir/saved.out" || fail "it is connected to a server that is away"
signal saved TERM
join_ok saved
unset "programs[saved]"

say "two servers that are no cluster: the next one when one is away"
alone=()
for name in first second; do
    server_name=$name start_server --control "$dir/$name.sock" --http-bind 127.0.0.1:0 --state-dir "$dir/state_$name"
    alone[${#alone[@]}]=$control
done
client_of "${alone[0]},${alone[1]}" guest
equal "the server of guest" "$(servers_of guest)" "${alone[0]}"
kill_now first
wait_servers guest "${alone[1]}"
