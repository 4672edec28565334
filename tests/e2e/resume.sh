# With `resume` on both sides a connection that something in between resets is made anew, and nobody's bytes are lost or
# doubled: again and again, under load, in both directions, and without TLS as with it. What is no lost connection ends
# as before: a killed client, a restarted server, a side that does not want to resume.
source "$(dirname "$0")/lib.sh"

serve backend echo
cuts=$(by_size 6 40)

# in_between NAME: a middlebox between client and server, which resets its Nth connection when there is $dir/NAME.N.
in_between() {
    rm -f "$dir/$1.port"
    start "$1" "$E2E_TOOLS/relay" "$dir/$1.port" "$control" "cut:$dir/$1"
    wait_until $patience "the relay" test -s "$dir/$1.port"
    client_to=127.0.0.1:$(<"$dir/$1.port")
}

start_server --resume 30s
public=127.0.0.1:$(free_port)
for tls in on off; do
    if [[ $tls == off ]]; then
        signal server TERM
        join_ok server
        start_server --resume 30s
    fi
    say "connections are cut under load, tls $tls"
    in_between "box_$tls"
    ready_client "client_$tls" 1 --connections 1 --resume 30s --tcp "${public##*:}=$backend"
    start idle "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1 "touch:$dir/idle_$tls" "wait:$dir/over_$tls" exchange:100K finish rest
    for i in 1 2 3 4; do
        start "busy$i" "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1 "touch:$dir/busy${i}_$tls" "wait:$dir/go_$tls" exchange:120M finish rest
    done
    wait_until $patience "the visitors" test -e "$dir/idle_$tls" -a -e "$dir/busy1_$tls" -a -e "$dir/busy2_$tls" -a \
        -e "$dir/busy3_$tls" -a -e "$dir/busy4_$tls"
    touch "$dir/go_$tls"
    for ((cut = 1; cut <= cuts; ++cut)); do
        touch "$dir/box_$tls.$cut"
        wait_until $patience "resume $cut at the client" count_is "client_$tls" "the session goes on" "$cut"
    done
    touch "$dir/over_$tls"
    for name in idle busy1 busy2 busy3 busy4; do
        join_ok "$name"
        equal "how it ended for $name" "$(value ending "$(<"$dir/$name.out")")" eof
        at_least "what $name got" "$(value received "$(<"$dir/$name.out")")" 100000
    done
    equal "sessions that were lost" "$(count_of "client_$tls" "the connection was lost")" 0
    signal "client_$tls" TERM
    join_ok "client_$tls"
    join_or_kill() { signal "$1" KILL 2>/dev/null && join "$1"; }
    join_or_kill "box_$tls" || true
done
tls=on
signal server TERM
join_ok server

say "a client that is killed: its visitors know at once"
start_server --resume 30s
unset client_to
ready_client killed 1 --connections 1 --resume 30s --tcp "${public##*:}=$backend"
start left "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1 "touch:$dir/left" rest
wait_until $patience "the visitor" test -e "$dir/left"
began=$(now_ms)
kill_now killed
join left
equal "how it ended" "$(value ending "$(<"$dir/left.out")")" reset
at_most "milliseconds until then" $(($(now_ms) - began)) 15000

say "a server that is restarted does not know the session"
ready_client again 1 --connections 1 --resume 30s --tcp "${public##*:}=$backend"
start left "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1 "touch:$dir/left2" rest
wait_until $patience "the visitor" test -e "$dir/left2"
kill_now server
join left
server_bind=$control start_server --resume 30s
wait_for_text again "does not know the session\|The session is over"
works() { [[ $(visit "$public" exchange:64K finish rest 2>/dev/null) == *" received=65536 "* ]]; }
wait_until $patience "the service" works
signal again TERM
join_ok again

say "one side alone does not resume"
in_between box_alone
ready_client alone 1 --connections 1 --tcp "${public##*:}=$backend"
start left "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1 "touch:$dir/left3" rest
wait_until $patience "the visitor" test -e "$dir/left3"
touch "$dir/box_alone.1"
join left
equal "how it ended" "$(value ending "$(<"$dir/left.out")")" reset
equal "sessions that waited" "$(count_of alone "waits for another")" 0
wait_until $patience "the service" works
