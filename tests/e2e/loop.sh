# Forwarding loops: a service whose backend is its own public port, two clients whose services lead
# to each other, and the same behind something that hides who connects. Each visitor would become thousands.
source "$(dirname "$0")/lib.sh"
ulimit -n 3000 # what goes wrong is to stay small

# The visitor ends by a reset instead of hanging in a chain that grows.
visitor_is_sent_away() {
    start visitor "$E2E_TOOLS/tcp_peer" connect "$1" send:1 rest
    join visitor 60
    equal "how it ended for the visitor" "$(value ending "$(<"$dir/visitor.out")")" reset
}
# The most descriptors that the server has had, always whole in `highest`: a file that is renamed has no empty moment.
watch_descriptors() {
    (
        trap - EXIT ERR
        most=0
        while sleep 0.02; do
            now=$(descriptors_of server) || exit 0
            if ((now > most)); then
                most=$now
                echo "$most" >"$dir/highest.new"
                mv "$dir/highest.new" "$dir/highest"
            fi
        done
    ) 2>/dev/null &
    watcher=$!
    on_end "kill $watcher 2>/dev/null"
}

start_server
watch_descriptors
wait_until $patience "the first look at the descriptors" test -s "$dir/highest"

say "a service whose backend is its own public port"
port=$(free_port)
ready_client client 1 --tcp "$port=127.0.0.1:$port"
before=$(descriptors_of server)
for _ in {1..5}; do
    visitor_is_sent_away "127.0.0.1:$port"
done
at_most "descriptors of the server while they came" "$(<"$dir/highest")" $((before + 30))
equal "lines in the client's log about it" "$(count_of client 'a forwarding loop')" 1
equal "lines about a dead backend" "$(count_of client 'cannot be reached')" 0

say "by another name, and with two services of one client"
other=$(free_port)
last=$(free_port)
ready_client same 2 --tcp "$other=localhost:$last" --tcp "$last=127.0.0.1:$other"
visitor_is_sent_away "127.0.0.1:$other"
at_most "descriptors of the server" "$(<"$dir/highest")" $((before + 60))

say "a ring of two clients"
one=$(free_port)
two=$(free_port)
ready_client first 1 --tcp "$one=127.0.0.1:$two"
ready_client second 1 --tcp "$two=127.0.0.1:$one"
for _ in 1 2; do
    visitor_is_sent_away "127.0.0.1:$one"
done
say "most descriptors of the server: $(<"$dir/highest")"
at_most "descriptors of the server" "$(<"$dir/highest")" 700
wait_until $patience "a line about it" count_is server 'the backend of a service is its own public port' 1
count=$(count_of server 'the backend of a service is its own public port')
at_least "lines in the server's log about it" "$count" 1
at_most "lines in the server's log about it" "$count" 2

say "what is not a loop works on: a tunnel through a tunnel, and many who wait in silence"
service plain echo
inner=$public
ready_client outer 1 --tcp "0=$inner"
public=$(public_of outer)
equal "bytes through both" "$(value received "$(visit "$public" exchange:64K finish rest)")" 65536
for i in {1..100}; do
    start "idle$i" "$E2E_TOOLS/tcp_peer" connect "$inner" exchange:1 "touch:$dir/idle_is_there$i" rest
    wait_until $patience "the visitor" test -e "$dir/idle_is_there$i"
done
equal "lines in the server's log about it" "$(count_of server "the backend of a service is its own public port.* port=${inner##*:}")" 0
for i in {1..100}; do
    is_running "idle$i" || fail "visitor $i was sent away"
    kill_now "idle$i"
done

say "idle connections that come in the rhythm of a loop harm nobody else"
service imitated echo
silent=()
come() {
    exec {silent[${#silent[@]}]}<>"/dev/tcp/${public%:*}/${public##*:}"
}
for _ in {1..82}; do
    come
done
for i in {1..12}; do
    sleep 0.54 # longer than the gate waits for silence, shorter than it waits for a follower
    if ((i >= 7 && i <= 10)); then
        start "other$i" "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1K finish rest
    fi
    come
done
for i in {7..10}; do
    join "other$i" $patience
    equal "how it ended for another visitor" "$(value ending "$(<"$dir/other$i.out")")" eof
done
equal "lines in the server's log about it" "$(count_of server "the backend of a service is its own public port.* port=${public##*:}")" 0
for fd in "${silent[@]}"; do
    exec {fd}>&-
done
check_alive
