# iperf3 in both directions, with one stream and with eight.
source "$(dirname "$0")/lib.sh"
need iperf3

port=$(free_port)
start iperf iperf3 -s --forceflush -B 127.0.0.1 -p "$port"
wait_for_text iperf "listening"
start_server
ready_client client 1 --tcp "0=127.0.0.1:$port"
public=$(public_of client)

seconds=$(by_size 2 20)
# The server ends a test a moment after its client has, and takes no other one until then.
is_done() {
    local code=0
    iperf3 -c 127.0.0.1 -p "${public##*:}" -t "$seconds" -i 0 --connect-timeout 60000 "$@" \
        >"$dir/iperf3.out" 2>"$dir/iperf3.err" || code=$?
    ((code == 0)) || grep -q 'the server is busy' "$dir/iperf3.out" "$dir/iperf3.err" ||
        fail "iperf3 $*: $(grep -h -i error "$dir/iperf3.out" "$dir/iperf3.err")"
    return $code
}
run() {
    say "$1"
    wait_until $((patience + seconds)) "an iperf3 server that is not busy" is_done "${@:2}"
    grep -E 'receiver$' "$dir/iperf3.out" | tail -1
    has_text "$dir/iperf3.out" "iperf Done"
}
run "up, one stream"
run "down, one stream" -R
run "up, eight streams" -P 8
run "down, eight streams" -P 8 -R
run "both ways at once" --bidir
