# Other programs' UDP through a tunnel: dig, socat, and iperf3 in both directions, each where it is installed.
source "$(dirname "$0")/lib.sh"
need python3
has() { command -v "$1" >/dev/null; }
has dig || has socat || has iperf3 || skip "there is no dig, socat or iperf3"

port_of() { awk -v what="$2" '$1 == "service" && ($3 ~ /^udp:/) == (what == "udp") { sub(/.*:/, "", $3); print $3 }' "$dir/$1.endpoints"; }

start backend python3 "$E2E_SOURCE/udp_peer.py" backend "$dir/backend.port"
wait_until $patience "the port of the backend" test -s "$dir/backend.port"
backend_port=$(<"$dir/backend.port")
start_server
ready_client client 1 --udp "0=localhost:$backend_port"
public=$(port_of client udp)

if has dig; then
    say "dig"
    for i in 1 2 3; do
        equal "the answer" "$(dig +short +timeout=5 +tries=12 "@127.0.0.1" -p "$public" "name$i.example.com" A)" 192.0.2.53
    done
fi

if has socat; then
    say "socat"
    is_echoed() { [[ $(echo "through socat" | socat -t 2 -T 5 - "UDP:127.0.0.1:$public") == "through socat" ]]; }
    wait_until $patience "the echo" is_echoed
fi

if has iperf3; then
    port=$(free_port)
    start iperf iperf3 -s --forceflush -B 127.0.0.1 -p "$port"
    wait_for_text iperf "listening"
    public_port=$(free_port)
    ready_client iperf_client 2 --tcp+udp "$public_port=127.0.0.1:$port"
    # The server ends a test a moment after its client has, and takes no other one until then. What begins a test are
    # single datagrams that iperf3 does not send again, so a test may have to be begun anew.
    is_done() {
        timeout 60 iperf3 -c 127.0.0.1 -p "$public_port" -u -t 2 -i 0 --connect-timeout 60000 "$@" \
            >"$dir/iperf3.out" 2>"$dir/iperf3.err" && file_has "$dir/iperf3.out" "iperf Done"
    }
    for direction in up down; do
        say "iperf3, $direction"
        reverse=()
        [[ $direction == up ]] || reverse=(-R)
        wait_until 240 "an iperf3 that ends" is_done -b 20M -l 1200 "${reverse[@]}"
        grep -E 'receiver$' "$dir/iperf3.out" | tail -1
    done
fi
check_alive
