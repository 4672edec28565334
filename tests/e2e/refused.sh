# A refusal is not for ever: a client that nobody looks after asks again, and works without a hand laid on it when
# what was refused is allowed. At a terminal it ends and says why.
source "$(dirname "$0")/lib.sh"
need script

unset FERROTUNNEL_RETRY_REFUSED
serve backend echo
for name in old new; do
    (umask 077 && "$FERROTUNNEL" token >"$dir/$name.token")
done
# server_file SECRET [RIGHTS]
server_file() {
    cat >"$dir/server.next" <<END
server:
  bind: 127.0.0.1:0
  tcp_bind: 127.0.0.1
  state_dir: $dir/state
  workers: 2
  token: {name: alice, secret: "file:$dir/$1.token"${2:-}}
END
    mv "$dir/server.next" "$dir/server.yml"
}
expires_in() { date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ; }
server_file old
programs[server]=1
start server "$FERROTUNNEL" server --config "$dir/server.yml" --endpoint-file "$dir/server.endpoints"
wait_until $patience "the server's endpoint file" endpoint_or_end server '^control '
control=$(awk '$1 == "control" { print $2 }' "$dir/server.endpoints")
pin=$(sed -n 's/^  TLS pin *//p' "$dir/server.out")
reload_with() {
    server_file "$@"
    "$FERROTUNNEL" reload --control "$dir/run/server.sock" >"$dir/reload.out"
}
# client_file NAME TOKEN [LINE]
client_file() {
    cat >"$dir/$1.yml" <<END
client:
  server: $control
  tls_pin: $pin
  token: file:$dir/$2.token
  endpoint_file: $dir/$1.endpoints
  services: [{tcp: 0, local: $backend}]
  timing: {reconnect_max: 1s}
  ${3:-}
END
}
run_file() {
    programs[$1]=1
    start "$1" "$FERROTUNNEL" run "$dir/$1.yml"
}
works() { visit "$(public_of "$1")" exchange:4K finish rest >"$dir/visit.out"; }

say "a token that the server does not know, and then does"
client_file unknown new 'retry_refused: 200ms'
run_file unknown
wait_for_text unknown 'The server does not accept the token.* The client keeps trying, in case that changes\.'
wait_until $patience "three attempts" count_is unknown 'keeps trying' 3
say "by itself one asks after one to five minutes"
client_file patient new
run_file patient
wait_for_text patient 'next attempt in'
wait=$(sed -n 's/.*next attempt in \([0-9]*\)\..*/\1/p' "$dir/patient.out" | head -n 1)
at_least "seconds until the next attempt" "$wait" 60
at_most "seconds until the next attempt" "$wait" 300
say "a client without a terminal likewise"
client_token=$dir/new.token start_client piped --tls-pin "$pin" --tcp "0=$backend"
wait_for_text piped 'next attempt in'
is_running piped || fail "the client has ended"
say "at a terminal it ends"
code=0
script -qec "'$FERROTUNNEL' client --server $control --tls-pin $pin --token-file '$dir/new.token' --tcp 0=$backend" \
    /dev/null </dev/null >"$dir/terminal.out" 2>&1 || code=$?
equal "exit code at a terminal" $code 3
has_text "$dir/terminal.out" 'ended: the token was not accepted'
say "at a terminal it ends, too, where nothing has verified the server"
code=0
timeout $patience script -qec "'$FERROTUNNEL' client --server $control --token-file '$dir/new.token' --tcp 0=$backend" \
    /dev/null </dev/null >"$dir/unpinned.out" 2>&1 || code=$?
equal "exit code at a terminal" $code 3
has_text "$dir/unpinned.out" 'ended: the token was not accepted'
reload_with new
wait_for_services unknown 1
works unknown

say "a token that expires, and is renewed"
reload_with new ", expires: $(expires_in 2)"
wait_for_text unknown 'The token has expired\.'
wait_until $patience "nothing to be reachable" services_are unknown 0
is_running unknown || fail "the client has ended"
reload_with new ", expires: $(expires_in 3600)"
wait_for_services unknown 1
works unknown

say "services that are refused, all of them, and then are not"
reload_with new ", kinds: http"
wait_until $patience "nothing to be reachable" services_are unknown 0
client_file barred new
run_file barred
wait_for_text barred 'Services of the kind tcp are not allowed for this token\..* Trying again\.'
is_running barred || fail "the client has ended"
reload_with new
wait_for_services unknown 1
wait_for_services barred 1
works barred

say "0 ends every client"
client_file ends old 'retry_refused: 0'
run_file ends
join ends
equal "exit code" "${exit_codes[ends]}" 3
unset "programs[ends]"
code=0
"$FERROTUNNEL" check "$dir/ends.yml" >"$dir/check.out" 2>&1 || code=$?
equal "check" $code 0
