# A server whose place a new process takes, again and again, under visitors of all kinds: none of them notices. What fails
# before the new one is ready leaves the old one in charge.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/upgrade_lib.sh"
need curl nginx python3
unset FERROTUNNEL_HTTP_BIND # the file says it

start_backends
make_token
metrics=127.0.0.1:$(free_port)
write_config() {
    cat >"$dir/server.yml" <<END
server:
  bind: $control
  http_bind: $edge
  tcp_bind: 127.0.0.1
  state_dir: $dir/state
  token: file:$dir/token
  metrics: $metrics
  workers: 2
  drain: 20s
  hold: ${1:-30s}
  http: {hold: 30s}
END
}
write_config
# server NAME [WORD...]
server() {
    local name=$1
    shift
    programs[$name]=1
    start "$name" "$FERROTUNNEL" server --config "$dir/server.yml" --no-watch "$@"
}
pid_in_charge() {
    curl -sS --max-time $patience --unix-socket "$dir/run/server.sock" http://localhost/v1/status |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])'
}
in_charge() { [[ $(pid_in_charge) == "$(pid_of "$1")" ]]; }
# upgrade OLD NEW
upgrade() {
    server "$2" --replace
    wait_for_text "$2" "this server replaced the one that ran"
    join_ok "$1"
    in_charge "$2" || fail "$2 has not the control socket's name"
}

server server_0
wait_for_port "$control" server_0
ready_client client 3 --http "app.test=$nginx" --tcp "$port=$tcp_backend" --udp "$port=$udp_backend" \
    --connections 2
start_load

say "a new one that cannot start leaves the old one in charge"
sed 's/workers: 2/workers: many/' "$dir/server.yml" >"$dir/wrong.yml"
expected_codes[wrong]=2
programs[wrong]=1
start wrong "$FERROTUNNEL" server --config "$dir/wrong.yml" --no-watch --replace
join wrong
((exit_codes[wrong] != 0)) || fail "a wrong configuration was taken"
taken=127.0.0.1:$(free_port)
start taker "$E2E_TOOLS/tcp_peer" serve --port "${taken##*:}" --port-file "$dir/taken.port" echo
wait_until $patience "the port of the taker" test -s "$dir/taken.port"
sed "s/^  metrics: .*/  metrics: $taken/" "$dir/server.yml" >"$dir/taken.yml"
start wrong "$FERROTUNNEL" server --config "$dir/taken.yml" --no-watch --replace
join wrong
((exit_codes[wrong] != 0)) || fail "an address that is taken was no problem"
text_is_there wrong "listen for metrics readers on $taken" || fail "the reason was not told"
in_charge server_0 || fail "the old server is not in charge any more"
more_rounds

say "one that is killed before it is ready, and one of another kind, change nothing either"
python3 "$E2E_SOURCE/take_sockets.py" "$dir/run/server.sock" >"$dir/taken.out"
for at in "$control" "$edge" "$metrics" "127.0.0.1:$port"; do
    has_text "$dir/taken.out" "^socket ${at%:*} ${at##*:}$"
done
equal "sockets" "$(wc -l <"$dir/taken.out")" 5 # TCP and UDP have a port of the same number
equal "another version" "$(curl -sS --unix-socket "$dir/run/server.sock" -o "$dir/answer" -w '%{http_code}' \
    -d '{"version": 1000}' http://localhost/v1/handover)" 409
in_charge server_0 || fail "the old server is not in charge any more"
more_rounds

say "upgrades under load"
rounds=$(by_size 10 1000 100)
for ((i = 0; i < rounds; ++i)); do
    upgrade "server_$i" "server_$((i + 1))"
    unset "programs[server_$i]"
    more_rounds 1
    if ((i == 2)); then
        descriptors=$(descriptors_of "server_$((i + 1))")
        memory=$(memory_of "server_$((i + 1))")
        client_descriptors=$(descriptors_of client)
        client_memory=$(memory_of client)
    fi
done
last=server_$rounds
end_load
say "descriptors: $descriptors, then $(descriptors_of "$last"); memory: $memory KiB, then $(memory_of "$last") KiB"
at_most "descriptors" "$(descriptors_of "$last")" $((descriptors + 40))
memory_at_most "memory in KiB" "$(memory_of "$last")" $((memory + 8192))
say "the client's: $client_descriptors, then $(descriptors_of client); $client_memory KiB, then $(memory_of client) KiB"
at_most "the client's descriptors" "$(descriptors_of client)" $((client_descriptors + 40))
memory_at_most "the client's memory in KiB" "$(memory_of client)" $((client_memory + 8192))

say "where none runs, --replace just starts"
signal "$last" TERM
join_ok "$last"
unset "programs[$last]"
server alone --replace
wait_for_port "$control" alone
wait_for_services client 3
