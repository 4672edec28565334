# What somebody sees at the shell: a line for each visitor, a word about a backend that is not there, addresses as a
# browser shows them, times with and without units, and the right word blamed for what is wrong.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl

run() {
    code=0
    (cd "$dir" && exec timeout $patience "$FERROTUNNEL" "$@") >"$dir/run.out" 2>"$dir/run.err" </dev/null || code=$?
}
refused() { equal "exit code" "$code" 2; }
told() { has_text "$dir/run.err" "$1"; }
not_told() { ! file_has "$dir/run.err" "$1" || fail "\"$1\" is told"; }

make_token
serve_http web
start_edge

say "a visitor has a line at info, and a log without info has none"
ready_client client 1 --tcp "0=$backend" --log-level info
curl -sS -o "$dir/page" "http://$(public_of client)/" || true
wait_for_text client "a visitor .*service=$backend from=127.0.0.1:[0-9]* backend=$backend"
ready_client quiet 1 --tcp "0=$backend" --log-level warn --name quiet
curl -sS -o "$dir/page" "http://$(public_of quiet)/" || true
equal "lines of a log without info" "$(count_of quiet 'a visitor ')" 0

say "a client without a name has none in the server's log"
wait_for_text server 'a client connected .*client=quiet'
equal "lines with a dash for a name" "$(count_of server 'client=-')" 0

say "a service without a port is told once, on however many connections"
ready_client private 1 --tcp "private=$backend" --connections 3 --log-level info
wait_for_text private 'all 3 connections are up'
wait_for_text private 'a service is reachable'
equal "lines that it is reachable" "$(count_of private 'a service is reachable')" 1
equal "lines for the user" "$(count_of private "  .* -> $backend")" 1

say "a backend that is not there is told at start, one that is there is not"
nobody=$(free_port)
ready_client silent 2 --tcp "0=$nobody" --tcp "0=$backend"
wait_for_text silent "warning: nothing listens at localhost:$nobody yet; visitors of 127.0.0.1:$nobody are refused"
equal "warnings" "$(count_of silent 'nothing listens')" 1

say "a backend of two services is told once, with their names"
ready_client twice 2 --http "a.example.com=$nobody" --http "b.example.com=$nobody"
wait_for_text twice "visitors of a.example.com, b.example.com are refused until something does"
equal "warnings" "$(count_of twice 'nothing listens')" 1

say "an address as a browser shows it"
programs[browser]=1
start browser "$FERROTUNNEL" http "http://localhost:${backend##*:}/" --host app.example.com --server "$control" \
    --token-file "$dir/token" --drain 1500ms --endpoint-file "$dir/browser.endpoints"
wait_for_services browser 1
equal "the status" "$(ask app.example.com / -o /dev/null -w '%{http_code}')" 200

say "an endpoint file is written to nobody else's"
echo precious >"$dir/precious"
ln -s precious "$dir/linked.endpoints.new"
programs[linked]=1
start linked "$FERROTUNNEL" client --server "$control" --token-file "$dir/token" --tcp "0=$backend" \
    --endpoint-file "$dir/linked.endpoints"
wait_for_services linked 1
equal "what the link led to" "$(cat "$dir/precious")" precious

say "a token where its file should be is not shown"
FERROTUNNEL_TOKEN_FILE=$(cat "$dir/token") run client --server 127.0.0.1:1 --tcp "0=$backend"
refused
told 'is a token itself; it takes the path of a file'
not_told "$(cat "$dir/token")"

say "the file of a token that others can read is named"
cp "$dir/token" "$dir/open-token"
chmod 644 "$dir/open-token"
client_token=$dir/open-token ready_client exposed 1 --tcp "0=$backend"
wait_for_text exposed "the file of the token \"$dir/open-token\" can be read by other users"

say "who asks for a public port by number gets it, whatever stands in front of it"
number=$(free_port)
usual=$control
server_name=narrow start_server --allow-ports "$number" --state-dir "$dir/narrow"
start_client numbered --tcp "0=$backend" --tcp "$number=$backend"
wait_for_text numbered "127.0.0.1:$number -> $backend"
wait_for_text numbered "refused: $backend: "
wait_until $patience "its endpoint" file_has "$dir/numbered.endpoints" "^service tcp:$number "
control=$usual

say "the right word is blamed"
run http http://127.0.0.1:3000/path --host app.example.com --server 127.0.0.1:1 --token-file token
refused
told '^  http://127.0.0.1:3000/path: .*has a path'
not_told 'host: '
run client --server 127.0.0.1:1 --token-file token --tls a.example.com=1
refused
told '^  --tls: .*--passthrough a.example.com=1'
not_told '--tcp'
not_told 'none of'
run client --server 127.0.0.1:1 --token-file token --tcp 0=22 --drain soon
refused
told '^  --drain: "soon" is not a valid time; expected one like 30s, 500ms or 2m, or a number of seconds'
run --help
has_text "$dir/run.out" '^Also: .*version'

run client --server 127.0.0.1:1 --token-file token --http http://app.example.com=3000
refused
told 'The host "http://app.example.com" is a URL; write only its host, like app.example.com'
run http 3000 --host https://app.example.com --server 127.0.0.1:1 --token-file token
refused
told 'The host "https://app.example.com" is a URL'
run client --server 127.0.0.1:1 --token-file token --http app.example.com=3000 --http 'app.example.com/~ /v[0-9=3000'
refused
told 'app.example.com/~ /v\[0-9=3000: only a path prefix is possible here; "~ " and "= " are for .path. in a file'

say "in one process, each line says whose it is"
port=$(free_port)
cat >"$dir/both.yml" <<END
server: {bind: "127.0.0.1:$port", tcp_bind: 127.0.0.1, http_bind: off, token: file:token, state_dir: states, drain: 1}
client: {server: "127.0.0.1:$port", token: file:token, drain: 1, services: [{tcp: 0, local: "$backend"}]}
END
programs[both]=1
start both "$FERROTUNNEL" run "$dir/both.yml" --log-level info
wait_for_text both "^client: .* -> $backend"
wait_for_text both "^server: .* -> $backend"
equal "lines of nobody" "$(grep -c -v -E '^(server|client): ' "$dir/both.out" || true)" 0
wait_for_text both 'side=server'
wait_for_text both 'side=client'

say "who hears that a backend is down hears that it is back"
ready_client returning 1 --tcp "0=$nobody" --log-level warn
visit "$(public_of returning)" rest >"$dir/visit" || true
wait_for_text returning 'the backend of a service cannot be reached'
serve late --port "$nobody" text:hello echo
visit "$(public_of returning)" line finish rest >"$dir/visit"
wait_for_text returning 'the backend of a service can be reached again'
