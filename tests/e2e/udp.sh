# UDP services: whole datagrams of any size, a thousand visitors at once, each with its own answers; visitors who are
# silent are forgotten; a flood, a backend that is away, and restarts of either side end nothing.
source "$(dirname "$0")/lib.sh"
need python3
need_descriptors 4096

peer() { python3 "$E2E_SOURCE/udp_peer.py" "$@"; }
start_backend() { # [PORT]
    serve_udp backend "$@"
    backend_port=${udp_backend##*:}
}
port_of() { # NAME [WHICH]: without the scheme and the host
    local address
    address=$(public_of "$@")
    echo "${address##*:}"
}
run_client() { ready_client client 1 --udp "$port=127.0.0.1:$backend_port" --log-level debug "$@"; }

start_backend "$(free_port)" # it is started again there
server_bind=127.0.0.1:$(free_port)
start_server --log-level debug
port=$(free_port)
run_client
equal "the public address" "$(public_of client)" "udp://127.0.0.1:$port"

say "all sizes"
peer sizes 127.0.0.1 "$port"

say "a thousand visitors at once"
peer crowd 127.0.0.1 "$port" 1000 3
report=$(peer ask 127.0.0.1 "$backend_port" report)
equal "what the backend has seen" "$report" "visitors=1000 ports_of_one=1"

say "both directions"
peer flow 127.0.0.1 "$port" 5000
check_alive

say "the same number for TCP and UDP"
serve tcp_backend echo
ready_client both 2 --tcp "0=$backend" --udp "0=127.0.0.1:$backend_port"
equal "TCP" "$(value received "$(visit "$(awk '$3 !~ /udp/ && $1 == "service" { print $3 }' "$dir/both.endpoints")" \
    exchange:1K finish rest)")" 1024
peer ask 127.0.0.1 "$(awk '$3 ~ /udp/ { sub(/.*:/, "", $3); print $3 }' "$dir/both.endpoints")" who
ready_client same 1 --tcp "$port=$backend"
equal "TCP" "$(value received "$(visit "127.0.0.1:$port" exchange:1K finish rest)")" 1024
peer ask 127.0.0.1 "$port" who

say "visitors who are silent are forgotten, by both ends"
cat >"$dir/idle.yml" <<YML
client:
  server: $control
  token: file:$dir/token
  tls: $tls
  endpoint_file: $dir/idle.endpoints
  timing: {reconnect_max: 1s}
  services:
    - {udp: 0, local: "127.0.0.1:$backend_port", idle: 1s, name: idle}
YML
programs[idle]=1
start idle "$FERROTUNNEL" client --config "$dir/idle.yml" --log-level debug
wait_for_services idle 1
first=$(peer ask 127.0.0.1 "$(port_of idle)" who)
at_least "the port of a visitor" "$first" 1
wait_until $patience "the server to forget it" file_has "$dir/server.err" 'service=idle.*why="was idle"'
wait_until $patience "the client to forget it" file_has "$dir/idle.err" 'a visitor of a UDP service left'
at_least "a new visitor's port" "$(peer ask 127.0.0.1 "$(port_of idle)" who)" 1

say "a flood while the client stands still is dropped and counted"
signal idle STOP
idle_port=$(port_of idle)
# How many reach the server at all depends on the machine.
is_flooded() {
    peer flood 127.0.0.1 "$idle_port" 20000 >"$dir/flood.out"
    file_has "$dir/server.err" 'service=idle.*no_room=[1-9]'
}
wait_until $patience "the drops in the log" is_flooded
signal idle CONT
at_least "a visitor after the flood" "$(peer ask 127.0.0.1 "$(port_of idle)" who)" 1
check_alive

say "a backend that is away"
kill_now backend
is_noticed() {
    peer flood 127.0.0.1 "$port" 10 >"$dir/away.out"
    file_has "$dir/client.err" 'the backend of a service cannot be reached'
}
wait_until $patience "the client to notice" is_noticed
start_backend "$backend_port"
at_least "the backend is back" "$(peer ask 127.0.0.1 "$port" who)" 1
check_alive

say "the client is started again"
signal client TERM
join_ok client
run_client
at_least "a visitor" "$(peer ask 127.0.0.1 "$port" who)" 1

say "the client is killed"
kill_now client
run_client
at_least "a visitor" "$(peer ask 127.0.0.1 "$port" who)" 1

say "the server is killed, and started again"
kill_now server
start_server --log-level debug
wait_until $patience "the claim on disk" file_has "$dir/state/claims" "^udp .* $port$"
at_least "a visitor" "$(peer ask 127.0.0.1 "$port" who)" 1

say "what makes no sense is refused"
refused() { # PATTERN OPTION...
    local pattern=$1 code=0
    shift
    "$FERROTUNNEL" "$@" >"$dir/refused.out" 2>&1 || code=$?
    equal "the exit code" $code 2
    has_text "$dir/refused.out" "$pattern"
}
refused 'unix socket, which does not support UDP' client --server 127.0.0.1:1 --token-file "$dir/token" --udp 0=unix:/a
refused 'TLS, which a UDP service does not have' udp tls://127.0.0.1:1 --server 127.0.0.1:1 --token-file "$dir/token"
refused 'v1 is for TCP only' client --server 127.0.0.1:1 --token-file "$dir/token" --udp 0=1 --proxy-protocol v1
refused 'appears twice' client --server 127.0.0.1:1 --token-file "$dir/token" --udp 5=1 --udp 5=2
say "done"
