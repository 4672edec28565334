# Ten streams at a time, round after round, both ways, beside others that want the processor, while the connection below
# them is lost again and again: none stands still. It once was seen, in a tree that is gone, and could not be made to
# happen again; so where a stream has not moved for a minute, the state of both sides is shown.
source "$(dirname "$0")/lib.sh"
need curl

quiet=60 # seconds without a byte. The program's own watch needs 30 (lib/mux/stall_watch.hpp)
streams=10
size=$(by_size 3M 30M 3M)

serve echoes echo
echoes=$backend
serve source "send:$size" finish rest
source=$backend
make_token
start_server --resume 30s
control_of_server=$control
start box "$E2E_TOOLS/relay" "$dir/box.port" "$control_of_server" "cut:$dir/cut"
wait_until $patience "the relay" test -s "$dir/box.port"
client_to=127.0.0.1:$(<"$dir/box.port")
declare -A echo_at source_at
for name in lossy plain; do
    echo_at[$name]=$(free_port) source_at[$name]=$(free_port)
done
ready_client lossy 2 --connections 1 --resume 30s --tcp "${echo_at[lossy]}=$echoes" --tcp "${source_at[lossy]}=$source"
unset client_to
ready_client plain 2 --tcp "${echo_at[plain]}=$echoes" --tcp "${source_at[plain]}=$source"

# sockets_of: bytes that the kernel holds for sockets of this machine, as hexadecimal "local remote state send:receive".
sockets_of() { awk '$5 != "00000000:00000000" && FNR > 1 { print "    " $2, $3, $4, $5 }' /proc/net/tcp /proc/net/tcp6; }
threads_of() {
    local task
    for task in "/proc/$(pid_of "$1")"/task/*; do
        echo "    $(<"$task/comm") $(awk '{ print $3 }' "$task/stat") $(cat "$task/wchan" 2>/dev/null)"
    done
}
state_of() {
    local socket
    for socket in "$dir"/run/*.sock; do
        echo "  ${socket##*/}:"
        for what in status tunnels services; do
            echo "  $what: $(curl -sS --max-time 10 --unix-socket "$socket" "http://localhost/v1/$what" 2>&1)"
        done
    done
    for name in "${!programs[@]}"; do
        echo "  threads of $name:"
        threads_of "$name"
    done
    echo "  sockets:"
    sockets_of
}
show_stall() {
    echo "--- a stream stands still; the state of both sides, twice" >&2
    state_of >&2
    sleep 2
    state_of >&2
}

for ((i = 0; i < $(nproc); ++i)); do
    start "load$i" nice -n 5 sh -c 'while :; do :; done'
done

# round NAME CUTS: ten streams through the services of the client NAME, whose connection is lost so many times meanwhile.
cut=0
round() {
    local name=$1 cuts=$2 i line before
    for ((i = 1; i <= streams; ++i)); do
        if ((i % 2 == 0)); then
            start "stream$i" "$E2E_TOOLS/tcp_peer" connect "127.0.0.1:${echo_at[$name]}" --timeout $quiet "exchange:$size" finish rest
        else
            start "stream$i" "$E2E_TOOLS/tcp_peer" connect "127.0.0.1:${source_at[$name]}" --timeout $quiet "expect:$size" rest finish
        fi
    done
    for ((i = 0; i < cuts; ++i)); do
        before=$(count_of "$name" "the session was resumed")
        touch "$dir/cut.$((++cut))"
        wait_until $patience "the resume" count_is "$name" "the session was resumed" $((before + 1))
    done
    for ((i = 1; i <= streams; ++i)); do
        wait_until $((3 * patience)) "the end of stream $i" has_ended "stream$i"
        line=$(<"$dir/stream$i.out")
        if [[ $line != *" ending=eof bad=no failed=no "* ]]; then
            show_stall
            fail "stream $i of $name: $line"
        fi
        join_ok "stream$i"
    done
}

rounds=$(by_size 2 400 40)
for ((r = 1; r <= rounds; ++r)); do
    round plain 0
    round lossy 2
    ((r % 10 != 0)) || say "$r rounds"
done
say "$((2 * rounds)) rounds of $streams streams, $cut lost connections"
for ((i = 0; i < $(nproc); ++i)); do
    kill_now "load$i"
done
