# A token's secret is replaced under a steady 100 requests a second: the server takes both, the clients change while they
# run, no request fails, `tokens` says that the old one is unused, and it can go.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
need python3
unset FERROTUNNEL_HTTP_BIND # the file says it
server_socket=$dir/run/server.sock
client_socket=$dir/run/client.sock

mkdir "$dir/files"
echo hello >"$dir/files/page"
web=$(free_port)
start web python3 -c '
import functools, http.server, sys
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024  # of the usual 5 many a connection would be dropped while this process waits for its turn
files = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[2])
Server(("127.0.0.1", int(sys.argv[1])), files).serve_forever()' "$web" "$dir/files"
wait_for_port "127.0.0.1:$web" web
(umask 077 && "$FERROTUNNEL" token >"$dir/old" && "$FERROTUNNEL" token >"$dir/new")
clients_at=$(free_port)
http_at=$(free_port)
port=$(free_port)
# server_file KEY...: the server's file, where alice has these keys.
server_file() {
    printf '%s\n' "server:" "  bind: 127.0.0.1:$clients_at" "  http_bind: 127.0.0.1:$http_at" "  tcp_bind: 127.0.0.1" \
        "  workers: 1" "  state_dir: $dir/state" "  token: [{name: alice, $1}]" >"$dir/server.aside"
    mv "$dir/server.aside" "$dir/server.yml"
}
client_file() {
    printf '%s\n' "client:" "  server: 127.0.0.1:$clients_at" "  token: file:$dir/$1" "  workers: 1" \
        "  connections: $2" "  endpoint_file: $dir/client.endpoints" "  services:" "    - {name: h, http: app.test, local: $web}" \
        "    - {name: t, tcp: $port, local: $web}" >"$dir/client.aside"
    mv "$dir/client.aside" "$dir/client.yml"
}
server_file "secret: file:$dir/old"
client_file old 2
programs[server]=1
programs[client]=1
start server "$FERROTUNNEL" server --config "$dir/server.yml" --no-watch --control "$server_socket"
wait_for_port "127.0.0.1:$clients_at" server
start client "$FERROTUNNEL" client --config "$dir/client.yml" --no-watch --control "$client_socket"
wait_for_services client 2

# secret WHICH KEY: what `tokens` says of one of alice's secrets.
secret() {
    "$FERROTUNNEL" tokens --json --control "$server_socket" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["tokens"][0]["secrets"].get(sys.argv[1], {}).get(sys.argv[2]))' "$@"
}
secret_is() { [[ $(secret "$1" "$2") == "$3" ]]; }
more_requests() { wait_until $patience "more requests" count_is ask '^asked' $(($(count_of ask '^asked') + 2)); }

for connections in 2 1; do
    say "with $connections connections: the server takes both secrets"
    rm -f "$dir/enough"
    start ask python3 "$E2E_SOURCE/ask_steadily.py" "$dir" "$http_at" "$port"
    wait_for_text ask 'asked'
    wait_until $patience "connections with the only secret" secret_is secret connections $connections
    server_file "secret: file:$dir/new, also: file:$dir/old"
    run_ok reload --control "$server_socket"
    printed '^applied: server.token alice changed$'
    equal "connections with the new secret" "$(secret secret connections)" 0
    equal "its last use" "$(secret secret last_used)" None
    equal "connections with the old secret" "$(secret also connections)" $connections
    run_ok tokens --control "$server_socket"
    printed 'alice .*never used (id [0-9a-f]\{16\}) .*in use, 127.0.0.1:'
    more_requests

    say "with $connections connections: the client changes to the new one, and the old one is unused"
    client_file new $connections
    run_ok reload --control "$client_socket"
    printed '^applied: client.token changed$'
    wait_until $patience "connections with the new secret" secret_is secret connections $connections
    wait_until $patience "the end of those with the old one" secret_is also connections 0
    run_ok tokens --control "$server_socket"
    printed 'alice .*in use, 127.0.0.1:.*unused for .*, then 127.0.0.1:'
    more_requests

    say "with $connections connections: the old one goes, and nobody notices"
    server_file "secret: file:$dir/new"
    run_ok reload --control "$server_socket"
    printed '^applied: server.token alice changed$'
    equal "the old secret" "$(secret also connections)" None
    more_requests
    touch "$dir/enough"
    join_ok ask
    equal "failed requests" "$(sed '0,/^failed/d' "$dir/ask.out")" 0
    say "$(grep rate "$dir/ask.out") requests a second, $(count_of ask '^asked') x 50, none failed"

    # Again with one connection.
    [[ $connections == 2 ]] || break
    signal client TERM
    join_ok client
    client_file new 1
    mv "$dir/old" "$dir/spare" && mv "$dir/new" "$dir/old" && mv "$dir/spare" "$dir/new"
    server_file "secret: file:$dir/old"
    client_file old 1
    run_ok reload --control "$server_socket"
    rm -f "$dir/client.endpoints"
    start client "$FERROTUNNEL" client --config "$dir/client.yml" --no-watch --control "$client_socket"
    wait_for_services client 2 # the port alone has been open all the time, for 3 s
done
