# What a session keeps that can be resumed is bounded, on a link that is so fast and so far that more than the bound is on
# its way, and while that is black for so long that the connection is made again: whoever has much to send waits, and server
# and client need no more than without it and what resume_memory says beside. All bytes arrive, both ways.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/distance_link.sh"
source "$(dirname "$0")/kept_bytes.sh"
need curl
((${E2E_SANITIZED:-0} == 0)) || skip "what a sanitizer keeps is another matter"
link_emulator=$E2E_TOOLS/link_emulator
link_namespaces || skip "$link_problem"
on_end link_remove
link_start "$dir/link" "" --rtt 100 --rate 1000000000 --queue 200000000 || skip "$link_problem"

near=(ip netns exec "$near_ns") far=(ip netns exec "$far_ns")
program=$FERROTUNNEL peer=$E2E_TOOLS/tcp_peer
make_token
printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$near_ns" "$program" >"$dir/server_program"
printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$far_ns" "$program" >"$dir/client_program"
chmod +x "$dir/server_program" "$dir/client_program"
server_bind=$near_address:7835
start backend "${far[@]}" "$peer" serve --port 9000 --port-file "$dir/backend.port" echo
wait_until $patience "the backend" test -s "$dir/backend.port"

# What is kept, what the other side has kept and sends at once after a hole, and what comes beside it: what the allocator
# rounds up, free slabs that are kept (4 MiB each worker), the connection's second TLS state.
readonly more_most_kib=$(((16 + 16 + 8) * 1024))
readonly visitors=4

peak_kib() { awk '$1 == "VmHWM:" { print $2 }' "/proc/$(pid_of "$1")/status"; }
moved() {
    local all=0 file
    for file in "$dir"/moves*.out; do all=$((all + $(value received "$(<"$file")"))); done
    echo $all
}
resumed() { count_is client "the session was resumed" "$1"; }

# flow_through HOLE...: a tunnel of one connection, and echoes through it, the link being black for so many seconds again
# and again; then all bytes must be there.
flow_through() {
    local i hole before began options=()
    [[ $resume == off ]] || options=(--resume "$resume")
    FERROTUNNEL=$dir/server_program start_server "${options[@]}"
    FERROTUNNEL=$dir/client_program ready_client client 1 --tcp 9001=127.0.0.1:9000 --connections 1 "${options[@]}"
    rm -f "$dir"/moving.*
    [[ $resume == off ]] || sample_kept server client
    began=$(now_ms)
    for ((i = 1; i <= visitors; ++i)); do
        start "moves$i" "${near[@]}" "$peer" connect 127.0.0.1:9001 exchange:16M "touch:$dir/moving.$i" \
            "exchange:$(by_size 150M 1500M)" finish rest
    done
    for hole; do
        for ((i = 1; i <= visitors; ++i)); do wait_until $patience "visitor $i" test -e "$dir/moving.$i"; done
        sleep 2 # the connection becomes fast
        is_running moves1 || fail "nothing flows any more"
        before=$(count_of client "the session was resumed")
        kill -STOP "$link_pid"
        sleep "$hole" # the hole itself
        kill -CONT "$link_pid"
        [[ $resume == off ]] || wait_until $patience "the resume" resumed $((before + 1))
    done
    for ((i = 1; i <= visitors; ++i)); do
        join_ok "moves$i" 300
        equal "how it ended for visitor $i" "$(value ending "$(<"$dir/moves$i.out")")" eof
    done
    say "resume $resume: $(($(moved) / 1000000)) MB each way in $(($(now_ms) - began)) ms, ${*:-0} s of them without a link; peaks $(peak_kib server) and $(peak_kib client) KiB"
}

resume=off
flow_through
without_server=$(peak_kib server) without_client=$(peak_kib client)
signal client TERM
join_ok client
signal server TERM
join_ok server

# A hole is longer than the third of the time after which a side gives a connection up, and may last some seconds longer
# where this script is slow.
resume=$(by_size 15s 30s)
flow_through $(by_size 8 "20 13 20")
say "beyond that without: $(($(peak_kib server) - without_server)) and $(($(peak_kib client) - without_client)) KiB"
check_kept server client
at_most "KiB that the server needs beyond" $(($(peak_kib server) - without_server)) $more_most_kib
at_most "KiB that the client needs beyond" $(($(peak_kib client) - without_client)) $more_most_kib
equal "sessions that were lost" "$(count_of client "the connection was lost  ")" 0
