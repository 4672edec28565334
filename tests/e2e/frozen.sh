# A client or a server that is stopped past the dead interval: its streams end as resets, it comes back by itself, and
# whoever holds a port without being alive loses it.
source "$(dirname "$0")/lib.sh"

times=(--ping-interval 1 --dead-interval 6) # a machine that stands still for some seconds is no silence
public_port=$(free_port)
public=127.0.0.1:$public_port
server_bind=127.0.0.1:$(free_port)
serve backend --port "$(free_port)" echo
start_server "${times[@]}"
ready_client client 1 --tcp "$public_port=$backend" "${times[@]}"

visitor() {
    rm -f "$dir/visitor_is_there"
    start visitor "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1 "touch:$dir/visitor_is_there" rest
    wait_until $patience "the visitor" test -e "$dir/visitor_is_there"
}
works() { line=$(visit "$public" exchange:64K finish rest 2>/dev/null) && [[ $line == *" received=65536 "* ]]; }
wait_for_work() { wait_until $patience "the service" works; }

say "a quiet connection lives on"
visitor
sleep 13 # longer than twice the dead interval: nothing must happen
is_running visitor || fail "an idle visitor was ended"
check_alive
equal "lost connections" "$(count_of client "lost")" 0

say "the client stops"
signal client STOP
began=$(now_ms)
join visitor 30 # less than the 45 s that it would be without being told
say "its visitor knew after $(($(now_ms) - began)) ms"
equal "how it ended" "$(value ending "$(<"$dir/visitor.out")")" reset
wait_until $patience "the closed port" refuses "$public"

say "and continues: it connects again by itself"
signal client CONT
wait_for_work

say "the server stops"
visitor
kill_now backend
serve backend --port "${backend##*:}" echo
wait_until $patience "the visitor's end" has_ended visitor
join visitor
visitor
signal server STOP
began=$(now_ms)
wait_until 30 "the reset at the backend" count_is backend "ending=reset" 1
say "the backend knew after $(($(now_ms) - began)) ms"
sleep 3 # stopped well past the dead interval
say "and continues: everything is back"
signal server CONT
join visitor
equal "how it ended for its visitor" "$(value ending "$(<"$dir/visitor.out")")" reset
wait_for_work
wait_for_services client 1
equal "public port" "$(public_of client)" "$public"

say "a short stop is not noticed"
visitor
signal client STOP
sleep 0.5
signal client CONT
works
is_running visitor || fail "the visitor was ended"

say "a stopped holder of a port loses it to a newcomer"
signal client TERM
signal client INT
join_ok client
join visitor
kill_now server
start_server --dead-interval 300 # much longer than this test waits
ready_client ghost 1 --tcp "$public_port=$backend" --dead-interval 300
works
signal ghost STOP
began=$(now_ms)
start_client newcomer --tcp "$public_port=$backend"
wait_for_services newcomer 1
say "after $(($(now_ms) - began)) ms"
works

say "when it continues it learns that it was replaced"
signal ghost CONT
join ghost
equal "exit code" "${exit_codes[ghost]}" 5
has_text "$dir/ghost.out" "another client replaced this one"
works

say "a living holder keeps it"
start_client late --tcp "$public_port=$backend" --attempts 1
join late
equal "exit code" "${exit_codes[late]}" 3
has_text "$dir/late.out" "is held by another client with the same token"
works
is_running newcomer || fail "the holder has ended"
