# The event `authenticate` of the plugin `hooks`: a program in Python knows the tokens, the server has none of its own. And
# the metadata of clients, which that program, the status and nobody's terminal get.
source "$(dirname "$0")/lib.sh"
need python3
[[ -e $FERROTUNNEL_PLUGINS/hooks.so ]] || skip "the plugin hooks is not built"

users=$dir/users
log=$dir/asked.log
mkdir "$users"
: >"$log"
endpoint_port=$(free_port)
start_endpoint() {
    rm -f "$dir/tokens.port"
    start tokens python3 "$E2E_SOURCE/token_endpoint.py" "$endpoint_port" "$dir/tokens.port" "$users" "$log"
    wait_until $patience "the endpoint" test -s "$dir/tokens.port"
}
# new_token NAME: a token file; its id is then in $id.
new_token() {
    (umask 077 && "$FERROTUNNEL" token >"$dir/$1.token")
    id=$(python3 "$E2E_SOURCE/token_endpoint.py" id "$dir/$1.token")
}
# knows ID TEXT: what the endpoint answers about it.
knows() { printf '%s' "$2" >"$users/$1"; }
secret_of() { cat "$dir/$1.token"; }
# refused_with CODE NAME [OPTION...]: a client with this token that gives up.
refused_with() {
    local code=$1 name=$2
    client_token=$dir/$name.token start_client "$name" --tcp "0=127.0.0.1:9" --attempts 1 "${@:3}"
    join "$name"
    equal "how $name ends" "${exit_codes[$name]}" "$code"
}
asked() { grep -c -- "$1" "$log" || true; }

new_token ann
ann=$id
knows "$ann" "{\"decision\": \"accept\", \"secret\": \"$(secret_of ann)\", \"name\": \"ann\", \"rights\": {\"kinds\": [\"tcp\"]}}"
token=$(secret_of ann) # which the end of the test looks for in all logs
start_endpoint

say "the answers have tokens, so nobody else may read them"
cat >"$dir/edge.yml" <<END
server:
  plugins:
    chain:
      - hooks: {url: "http://198.51.100.1/", events: [authenticate]}
END
! "$FERROTUNNEL" check --config "$dir/edge.yml" >"$dir/check.out" 2>&1 || fail "http to another machine is accepted"
has_text "$dir/check.out" 'edge.yml:4:.*must be https, or http on this machine'

say "a server without tokens"
cat >"$dir/edge.yml" <<END
server:
  plugins:
    chain:
      - hooks:
          url: http://127.0.0.1:$endpoint_port/
          events: [authenticate]
          timeout: 30s
          token_cache: 0s
          token_stale: 1h
END
programs[server]=1
start server "$FERROTUNNEL" server --config "$dir/edge.yml" --bind 127.0.0.1:0 --tcp-bind 127.0.0.1 --workers 2 \
    --state-dir "$dir/state" --endpoint-file "$dir/server.endpoints" --control "$dir/control"
wait_until $patience "the server's endpoint file" endpoint_or_end server '^control '
control=$(awk '$1 == "control" { print $2 }' "$dir/server.endpoints") || fail "the server did not start"

say "a known id logs in, with the rights of the answer"
serve backend echo
client_token=$dir/ann.token ready_client laptop 1 --tcp "0=$backend" --name laptop --metadata site=barn \
    --metadata "note=two words, role=admin" --metadata $'odd=\xe2\x80\xae'
equal "questions" "$(asked "\"token_id\":\"$ann\"")" "$(asked .)"
has_text "$log" '"name":"laptop"'
has_text "$log" '"metadata":{"note":"two words, role=admin","odd":"[^"]*","site":"barn"}'
client_token=$dir/ann.token start_client udp --udp 0=127.0.0.1:9 --name udp
join udp
equal "how a client ends that wants more" "${exit_codes[udp]}" 3

say "the status has the metadata, no value looks like another pair, and no terminal gets odd characters"
"$FERROTUNNEL" status --control "$dir/control" >"$dir/status.out"
has_text "$dir/status.out" 'laptop .*note="two words, role=admin", odd=\\x.*site=barn'
"$FERROTUNNEL" status --control "$dir/control" --json >"$dir/status.json"
python3 - "$dir/status.json" <<'END'
import json, sys
tunnels = json.load(open(sys.argv[1], encoding="utf-8"))["tunnels"]
assert [t["metadata"] for t in tunnels if t["name"] == "laptop"] == [{"note": "two words, role=admin", "odd": "\u202e", "site": "barn"}]
assert [t["token"] for t in tunnels] == ["ann"], tunnels
END
! grep -q barn "$dir/server.err" || fail "the metadata is in the log"

say "metadata that no server would accept is a mistake of the command line"
for wrong in 'a b=c' site "$(printf 'site=%0300d' 1)"; do
    start wrong "$FERROTUNNEL" client --server "$control" --token-file "$dir/ann.token" --tcp 0=127.0.0.1:9 --metadata "$wrong"
    join wrong
    equal "the code for $wrong" "${exit_codes[wrong]}" 2
    has_text "$dir/wrong.err" '^[^ ]*--metadata\|--metadata'
done

say "an unknown id is refused"
new_token stranger
refused_with 3 stranger
wait_for_text server "token (id $id) is not one of this server's"

say "an answer with another secret, and answers that are malformed, let nobody in"
new_token bob
knows "$id" "{\"decision\": \"accept\", \"secret\": \"$(secret_of ann)\", \"name\": \"bob\"}"
refused_with 4 bob
wait_for_text server "its secret has the id $ann"
new_token carol
for answer in '{"decision": "accept"}' "{\"decision\": \"accept\", \"secret\": \"$(secret_of carol)\", \"right\": {}}" \
    "{\"decision\": \"accept\", \"secret\": \"$(secret_of carol)\", \"rights\": {\"kinds\": [\"ftp\"]}}" nonsense; do
    knows "$id" "$answer"
    refused_with 4 carol
done
wait_for_text server 'secret. is missing'
wait_for_text server 'has a key that is not valid'
wait_for_text server 'its rights: kinds'
! grep -q "$(secret_of carol | cut -c 5-24)" "$dir/server.err" || fail "the log has a token"

say "while the endpoint is away, those that it has accepted go on, and others are refused"
kill_now tokens
client_token=$dir/ann.token ready_client again 1 --tcp "0=$backend" --name again
wait_for_text server 'the cached answer is used'
new_token dave
refused_with 4 dave
wait_for_text server 'could not be looked up; the client is asked to try again'

say "it is back"
start_endpoint
knows "$id" "{\"decision\": \"accept\", \"secret\": \"$(secret_of dave)\"}"
client_token=$dir/dave.token ready_client dave 1 --tcp "0=$backend"

say "the socket of an endpoint is an absolute path"
cat >"$dir/local.yml" <<END
server:
  plugins:
    chain:
      - hooks: {url: "unix:office.sock", events: [authenticate]}
END
! "$FERROTUNNEL" check --config "$dir/local.yml" >"$dir/check.out" 2>&1 || fail "a relative path is accepted"
has_text "$dir/check.out" 'local.yml:4:.*is not a unix socket; expected its absolute path'

say "an endpoint at a Unix socket gets every event"
: >"$log"
start_local_endpoint() {
    rm -f "$dir/local.port"
    start local_tokens python3 "$E2E_SOURCE/token_endpoint.py" "$dir/office.sock" "$dir/local.port" "$users" "$log"
    wait_until $patience "the endpoint at the socket" test -s "$dir/local.port"
}
start_local_endpoint
cat >"$dir/local.yml" <<END
server:
  plugins:
    wait_timeout: 30s
    chain:
      - hooks:
          url: unix:$dir/office.sock:/hook?office=1
          events: [authenticate, login, register, connect, close]
          timeout: 30s
          token_cache: 0s
          login_window: 0s
END
programs[local]=1
start local "$FERROTUNNEL" server --config "$dir/local.yml" --bind 127.0.0.1:0 --tcp-bind 127.0.0.1 --workers 2 \
    --state-dir "$dir/local_state" --endpoint-file "$dir/local.endpoints" --control "$dir/local.control"
wait_until $patience "the endpoint file of local" endpoint_or_end local '^control '
control=$(awk '$1 == "control" { print $2 }' "$dir/local.endpoints") || fail "local did not start"
client_token=$dir/ann.token ready_client by_socket 1 --tcp "0=$backend" --name by_socket
equal "received" "$(value received "$(visit "$(public_of by_socket)" exchange:1K finish rest)")" 1024
for event in authenticate login register connect close; do
    wait_until $patience "the event $event" file_has "$log" "\"event\":\"$event\""
done

say "without the socket nobody new gets in; with it they do"
kill_now local_tokens
rm "$dir/office.sock"
new_token erin
refused_with 4 erin
wait_for_text local 'No such file or directory'
start_local_endpoint
client_token=$dir/ann.token ready_client later 1 --tcp "0=$backend" --name later
