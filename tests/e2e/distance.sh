# The tunnel over an emulated link: long, thin, lossy. Counts round trips and sessions, never rates.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/distance_link.sh"
link_emulator=$E2E_TOOLS/link_emulator peer=$E2E_TOOLS/tcp_peer
on_end link_remove
link_namespaces || skip "$link_problem"

# What lib.sh starts from here on is started in the namespaces.
near=(ip netns exec "$near_ns") far=(ip netns exec "$far_ns")
for side in near far; do
    name=${side}_ns
    printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "${!name}" "$FERROTUNNEL" >"$dir/${side}_program"
    chmod +x "$dir/${side}_program"
done
make_token
server_bind=$near_address:7835
tunnel_over_link() { # TIMING...
    FERROTUNNEL=$dir/near_program start_server "$@"
    FERROTUNNEL=$dir/far_program ready_client client 1 --tcp "9001=127.0.0.1:$backend_port" "$@"
}
stop_tunnel() {
    kill_now client
    kill_now server
    kill_now backend
    link_stop
}
# start_backend COMMAND...: which writes its port to $dir/backend.port.
start_backend() {
    rm -f "$dir/backend.port"
    start backend "${far[@]}" "$@"
    wait_until $patience "the backend" test -s "$dir/backend.port"
    backend_port=$(<"$dir/backend.port")
}
# unless_late WHAT: fails; but a link that stood still because the machine did proves nothing.
unless_late() {
    link_stop
    local late
    late=$(link_lateness "$dir/link.out")
    ((${late:-0} < 1000)) || skip "the machine stood still for $late ms ($*)"
    fail "$*"
}
one_session() { # no reconnect, no lost trunk
    check_alive
    [[ $(count_of client 'the connection was lost  ') == 0 ]] || unless_late "the client has connected again"
    [[ $(count_of server 'a client is gone') == 0 ]] || unless_late "the session was lost"
}

# Direct, each would take two round trips, one to connect and one for the echo. So long a trip that what a loaded machine
# takes is small beside it; the best of three, because such a machine can only make it longer.
say "a hundred visitors at once get their first byte within 1.5 round trips more than direct"
round_trip=600
link_start "$dir/link.out" "" --rtt $round_trip || skip "$link_problem"
start_backend "$E2E_TOOLS/crowd" serve "$dir/backend.port"
tunnel_over_link
best=1000000
for attempt in 1 2 3; do
    line=$("${near[@]}" "$E2E_TOOLS/crowd" visit 127.0.0.1:9001 <<<"hold 100")
    say "$line"
    equal "visitors served" "$(value held "$line")" 100
    elapsed=$(value ms "$line")
    ((elapsed >= best)) || best=$elapsed
    at_least "milliseconds of one round trip" "$elapsed" $((round_trip - 5))
done
((best <= round_trip * 7 / 2)) || unless_late "a hundred visitors took $best ms"
say "more visitors at once than may be without an answer: the others wait for those"
line=$("${near[@]}" "$E2E_TOOLS/crowd" visit 127.0.0.1:9001 <<<"hold 700")
say "$line"
equal "visitors served" "$(value held "$line")" 700
one_session
equal "connections beside the first, to a far server" "$(count_of server "one more connection")" 0
FERROTUNNEL=$dir/far_program ready_client spread 1 --connections 2 --tcp 0=127.0.0.1:9
wait_for_text server "one more connection"
kill_now spread
stop_tunnel

# The times in which a session is given up are in the same proportion to the test as 45 s are to two minutes.
size=$(by_size 3M 24M) times=(--ping-interval 2.5 --dead-interval 7.5 --write-timeout 5)
full && times=()
say "200 KB/s, saturated both ways with $size: the session is kept, and others are served"
link_start "$dir/link.out" "" --rtt 100 --rate 200000 --queue 65536 || fail "$link_problem"
start_backend "$peer" serve --port-file "$dir/backend.port" echo
tunnel_over_link "${times[@]}"
start bulk "${near[@]}" "$peer" connect 127.0.0.1:9001 exchange:$size finish rest
served=0 longest=0
while is_running bulk; do
    line=$("${near[@]}" "$peer" connect 127.0.0.1:9001 exchange:1K finish rest) ||
        unless_late "another visitor was not served"
    equal "what another visitor got back" "$(value received "$line")" 1024
    served=$((served + 1)) took=$(value ms "$line")
    ((took <= longest)) || longest=$took
    one_session
done
join bulk
((exit_codes[bulk] == 0)) || unless_late "the bulk transfer ended early"
say "$(<"$dir/bulk.out")"
equal "the first wrong byte" "$(value bad "$(<"$dir/bulk.out")")" no
say "$served others were served meanwhile, the slowest in $longest ms"
at_least "others that were served" "$served" 3
one_session
stop_tunnel

say "1 % of all packets is lost: nothing else is"
link_start "$dir/link.out" "" --rtt 20 --rate 10000000 --loss 1 || fail "$link_problem"
start_backend "$peer" serve --port-file "$dir/backend.port" echo
tunnel_over_link
for i in 1 2 3 4; do
    start "bulk$i" "${near[@]}" "$peer" connect 127.0.0.1:9001 "exchange:$(by_size 500K 5M)" finish rest
done
for i in 1 2 3 4; do
    join_ok "bulk$i" 120
    equal "the first wrong byte" "$(value bad "$(<"$dir/bulk$i.out")")" no
done
one_session
link_stop
say "$(grep -h lost= "$dir/link.out" | sed 's/ refused.*//' | tr '\n' ' ')"
! grep -q ' lost=0 ' "$dir/link.out" || fail "the link lost nothing"
