# With `resume` on both sides a connection that something in between resets is made again, and nobody's bytes are lost or
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

server_bind=127.0.0.1:$(free_port) # one that is killed is started again there
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
        wait_until $patience "resume $cut at the client" count_is "client_$tls" "the session was resumed" "$cut"
    done
    touch "$dir/over_$tls"
    for name in idle busy1 busy2 busy3 busy4; do
        join_ok "$name" 300
        equal "how it ended for $name" "$(value ending "$(<"$dir/$name.out")")" eof
        at_least "what $name got" "$(value received "$(<"$dir/$name.out")")" 100000
    done
    equal "sessions that were lost" "$(count_of "client_$tls" "the connection was lost  ")" 0
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
start_server --resume 30s
wait_for_text again "The session ended, or the server was restarted\."
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
equal "sessions that waited" "$(count_of alone "lost its connection and waits to be resumed")" 0
wait_until $patience "the service" works
signal alone TERM
join_ok alone
signal server TERM
join_ok server

say "how a lost connection shows, while nothing comes through and afterwards"
need curl
start_server --resume 30s --metrics 127.0.0.1:0 --drain 120s
in_between box_shown
ready_client shown 1 --connections 1 --resume 30s --metrics 127.0.0.1:0 --tcp "${public##*:}=$backend"
status_of() { "$FERROTUNNEL" status --control "$dir/run/$1.sock" >"$dir/status.$1" 2>&1; }
shows() { status_of "$1" && file_has "$dir/status.$1" "$2"; }
metrics_of() { awk '$1 == "metrics" { print $2 }' "$dir/$1.endpoints"; }
# metric_is NAME FAMILY NUMBER
metric_is() {
    curl -sS --max-time $patience -o "$dir/metrics" "http://$(metrics_of "$1")/metrics"
    [[ $(awk -v family="$2" '$1 == family { print $2 }' "$dir/metrics") == "$3" ]]
}
equal "what each may keep" "$(metric_is server ferrotunnel_resume_kept_limit_bytes 16777216 && echo yes)" yes
start left "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1 "touch:$dir/left4" "wait:$dir/over4" exchange:100K finish rest
wait_until $patience "the visitor" test -e "$dir/left4"
signal box_shown STOP # a silence: after a third of the time both sides give the connection up
for side in server client; do
    wait_until $patience "what the status of the $side says" shows $side "1 waiting to resume for"
done
for name in server shown; do
    wait_until $patience "what the metrics of $name say" metric_is $name ferrotunnel_resume_waiting 1
    metric_is $name ferrotunnel_resumes_total 0 || fail "$name has resumed nothing yet: $(<"$dir/metrics")"
done
wait_for_text shown "visitors wait for another one"
wait_for_text server "lost a connection, and its visitors wait"
signal box_shown CONT
for name in server shown; do
    wait_until $patience "what the metrics of $name say" metric_is $name ferrotunnel_resume_waiting 0
    wait_until $patience "what the metrics of $name say" metric_is $name ferrotunnel_resumes_total 1
done
shows server "1 connection lost, 1 resumed, 0 abandoned" || fail "the status says: $(<"$dir/status.server")"
wait_for_text shown "is back, and its visitors continue"
wait_for_text server "is back, and its visitors continue"
touch "$dir/over4"
join_ok left
equal "how it ended" "$(value ending "$(<"$dir/left.out")")" eof

say "a server that is told to stop waits for its visitors, and for no connection that is lost then"
start left "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1 "touch:$dir/left5" rest
wait_until $patience "the visitor" test -e "$dir/left5"
signal server TERM
wait_for_text shown "the server is going away"
began=$(now_ms)
for n in {1..40}; do
    touch "$dir/box_shown.$n"
done
join left
equal "how it ended" "$(value ending "$(<"$dir/left.out")")" reset
at_most "milliseconds until then" $(($(now_ms) - began)) 25000
join_ok server
