# kill -9 of the server and of the client: streams end as resets, nothing hangs, everything comes back by itself, and no
# port is held by a ghost.
source "$(dirname "$0")/lib.sh"

server_port=$(free_port)
times=(--dead-interval 300) # much longer than this test waits: what follows is not due to silence
public_port=$(free_port)
public=127.0.0.1:$public_port
server_bind=127.0.0.1:$server_port
serve backend --port "$(free_port)" echo
start_server "${times[@]}"
ready_client client 1 --tcp "$public_port=$backend" "${times[@]}"

# Visitors whose stream is open: one is idle, one sends all the time.
visitors() {
    rm -f "$dir"/visitor_*
    start idle "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1 "touch:$dir/visitor_idle" rest
    start busy "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1 "touch:$dir/visitor_busy" exchange:100000M
    wait_until $patience "the visitors" test -e "$dir/visitor_idle" -a -e "$dir/visitor_busy"
}
works() { [[ $(value received "$(visit "$public" exchange:64K finish rest)") == 65536 ]]; }
works_again() { line=$(visit "$public" exchange:64K finish rest 2>/dev/null) && [[ $line == *" received=65536 "* ]]; }

say "the client is killed"
visitors
signal client KILL
began=$(now_ms)
join idle
join busy
say "its visitors knew after $(($(now_ms) - began)) ms"
equal "how it ended for the idle one" "$(value ending "$(<"$dir/idle.out")")" reset
equal "how it ended for the busy one" "$(value ending "$(<"$dir/busy.out")")" reset
join client
wait_until $patience "the closed port" refuses "$public"
say "the port refuses after $(($(now_ms) - began)) ms"
wait_until $patience "the ends of two streams at the backend" count_is backend "ending=reset\|ending=eof" 2

say "a new client gets the same port at once"
ready_client client 1 --tcp "$public_port=$backend" "${times[@]}"
equal "times that it was refused" "$(count_of client "refused: tcp")" 0
works

say "killed, and started again without a pause, ten times"
for round in {1..10}; do
    kill_now client
    ready_client client 1 --tcp "$public_port=$backend" "${times[@]}"
    works
done

say "the server is killed"
rm -f "$dir"/backend.out
kill_now backend
serve backend --port "${backend##*:}" echo
visitors
signal server KILL
began=$(now_ms)
join idle
join busy
join server
wait_until $patience "the resets at the backend" count_is backend "ending=reset" 2
say "the backend knew after $(($(now_ms) - began)) ms"
is_running client || fail "the client has ended"

say "it comes back, and the client with it"
start_server "${times[@]}"
began=$(now_ms)
wait_until $patience "the service" works_again
say "the service was back after $(($(now_ms) - began)) ms"
wait_for_services client 1 # it serves visitors a moment before its file says so
equal "public port" "$(public_of client)" "$public"

say "started again right away, five times"
for round in {1..5}; do
    kill_now server
    start_server "${times[@]}"
    wait_until $patience "the service" works_again
done
check_alive

say "with assigned ports: a client gets the port that it had before"
ready_client other 1 --tcp "0=$backend" "${times[@]}"
assigned=$(public_of other)
kill_now server
wait_until $patience "the client's notice" services_are other 0
start_server "${times[@]}"
wait_for_services other 1
equal "the assigned port" "$(public_of other)" "$assigned"
