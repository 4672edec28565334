# SIGTERM and SIGINT: present visitors finish, new ones are refused, a second signal ends at once; the exit codes.
source "$(dirname "$0")/lib.sh"

# Ports that are bound again are none that the system gives to somebody else meanwhile.
backend_port=$(free_port)
server_bind=127.0.0.1:$(free_port)

# A transfer that is half done until $dir/go_on is there.
transfer() {
    rm -f "$dir/half" "$dir/go_on"
    kill_backend
    serve backend --port "$backend_port" take:1 send:8M "wait:$dir/go_on" send:8M finish rest
}
kill_backend() { [[ -z ${pids[backend]:-} ]] || kill_now backend; }
begin_visit() {
    start visitor "$E2E_TOOLS/tcp_peer" connect "$public" send:1 expect:8M "touch:$dir/half" rest
    wait_until $patience "half of the transfer" test -e "$dir/half"
}
# The visitor got everything and an orderly end.
finish_visit() {
    touch "$dir/go_on"
    join_ok visitor
    equal "bytes of the present visitor" "$(value received "$(<"$dir/visitor.out")")" $((16 << 20))
    equal "how it ended" "$(value ending "$(<"$dir/visitor.out")")" eof
}
begin() {
    transfer
    start_server "$@"
    ready_client client 1 --tcp "0=$backend" "$@"
    public=$(public_of client)
    begin_visit
}
end_all() {
    local name
    for name in client server; do
        if [[ -n ${pids[$name]:-} ]]; then
            signal $name TERM
            join_ok $name
        fi
    done
}

for who in server client; do
    for signal in TERM INT; do
        say "SIG$signal for the $who while a visitor is there"
        begin
        signal $who $signal
        wait_for_text $who 'ending: 1 visitor may finish within'
        wait_until $patience "the closed port" refuses "$public"
        is_running $who || fail "the $who did not wait for its visitor"
        finish_visit
        join_ok $who
        check_alive
        end_all
    done
done

say "what the client does while and after its server drains"
begin
signal server TERM
wait_for_text client 'the server is going away'
finish_visit
join_ok server
wait_for_text client 'next attempt'
start_server
wait_for_services client 1
end_all

for who in server client; do
    say "a second signal for the $who ends at once"
    begin --drain 600 # much longer than this test waits
    signal $who TERM
    wait_for_text $who 'ending: 1 visitor may finish within 600 s'
    began=$(now_ms)
    signal $who INT
    join_ok $who
    join visitor
    say "after $(($(now_ms) - began)) ms"
    equal "how it ended for the visitor" "$(value ending "$(<"$dir/visitor.out")")" reset
    end_all

    say "the $who cuts off who does not finish in time"
    begin --drain 1
    signal $who TERM
    wait_for_text $who 'ending: 1 visitor may finish within 1 s'
    join_ok $who
    join visitor
    has_text "$dir/$who.out" 'some visitors had not finished and were disconnected'
    equal "how it ended for the visitor" "$(value ending "$(<"$dir/visitor.out")")" reset
    end_all
done

say "nobody is there: it ends at once"
start_server --drain 600
ready_client client 1 --tcp "0=$backend" --drain 600
end_all

say "the same signal twice at the same instant, as timeout(1) sends it, is one"
for _ in {1..20}; do
    client_to=127.0.0.1:1 start_client twice --tcp 0=22
    wait_for_text twice 'connecting to'
    first=${EPOCHREALTIME/./}
    kill -TERM "${pids[twice]}"
    kill -TERM "${pids[twice]}" 2>/dev/null || true # it may have ended already
    second=${EPOCHREALTIME/./}
    join_ok twice
    # Unless a busy machine let time pass between the two.
    ((second - first > 100000)) || equal "the last line" "$(tail -n 1 "$dir/twice.out")" ending
done

say "many visitors who finish one by one while both drain"
kill_backend
serve backend text:hello echo
start_server --drain 600 # on a slow machine all of them take longer than the usual 30 s
ready_client client 1 --tcp "0=$backend" --drain 600
public=$(public_of client)
for number in {1..30}; do
    start visitor$number "$E2E_TOOLS/tcp_peer" connect "$public" line "touch:$dir/there$number" \
        "wait:$dir/leave$number" exchange:100K finish rest
done
for number in {1..30}; do
    wait_until $patience "visitor $number" test -e "$dir/there$number"
done
signal server TERM
signal client TERM
for number in {1..30}; do
    touch "$dir/leave$number"
    join_ok visitor$number
done
join_ok client
join_ok server

say "a visitor that has sent and never read was killed: its backend, which echoes and is stuck by that, is told"
start_server --drain 600
ready_client client 1 --tcp "0=$backend" --drain 600
public=$(public_of client)
before=$(count_of backend '^connection=')
start killed "$E2E_TOOLS/tcp_peer" connect "$public" send:100000M
sleep 1 # in which all buffers on the way fill
kill_now killed
wait_until 30 "the end at the backend" count_is backend '^connection=' $((before + 1)) # half of the patience with those that are stuck
end_all

say "server and clients are asked at the same moment, ten times"
for round in {1..10}; do
    start_server
    for number in 1 2 3; do
        start_client "client$number" --tcp "0=$backend" --tcp 0=127.0.0.1:9
    done
    for number in 1 2 3; do
        wait_for_services "client$number" 2
    done
    kill -TERM "${pids[server]}" "${pids[client1]}" "${pids[client2]}" "${pids[client3]}"
    for name in server client1 client2 client3; do
        join_ok $name
    done
done

last_shown() { grep -v '^$' "$dir/screen.shown" | tail -n 1; }
say "Ctrl-C at a terminal: who moves nothing is not waited for, and a second press is not lost"
start_server
for causes in 'file:go' 'file:go|ending: 1 visitor'; do
    rm -f "$dir/go" "$dir/screen" "$dir/keys.endpoints"
    IFS='|' read -r -a words <<<"${causes/file:go/file:$dir/go}"
    programs[keys]=1
    kill_backend
    # Behind the second press bytes continue moving, so that it alone can be the reason.
    if [[ $causes == *'|'* ]]; then serve backend send:1000000M; else serve backend send:1M rest; fi
    start keys python3 "$E2E_SOURCE/at_terminal.py" "$dir/screen" "${words[@]}" -- "$FERROTUNNEL" tcp "$backend" \
        --server "$control" --token-file "$dir/token" --drain 600 --endpoint-file "$dir/keys.endpoints"
    wait_for_services keys 1
    start idle "$E2E_TOOLS/tcp_peer" connect "$(public_of keys)" expect:1M "touch:$dir/go" rest
    join_ok keys
    has_text "$dir/screen" 'ending: 1 visitor may finish within 600 s'
    has_text "$dir/screen" 'ending now'
    waited=no
    ! file_has "$dir/screen" 'no more data is moving: ending now' || waited=yes
    equal "whether it has waited" $waited "$([[ $causes == *'|'* ]] && echo no || echo yes)"
    has_text "$dir/screen" 'some visitors had not finished and were disconnected'
    has_text "$dir/screen" 'connected.*visitors: ' # what stays below the lines until the end
    equal "the last line" "$(last_shown)" 'some visitors had not finished and were disconnected'
    join idle
done

say "what a terminal shows last of a client that is not let in"
unset FERROTUNNEL_LOG_LEVEL # a line of the log at level info may come after the last one
(umask 077 && "$FERROTUNNEL" token >"$dir/other")
start keys python3 "$E2E_SOURCE/at_terminal.py" "$dir/screen" -- "$FERROTUNNEL" tcp 22 --server "$control" --token-file "$dir/other"
join keys
equal "exit code" "${exit_codes[keys]}" 3
has_text "$dir/screen" 'not connected.*visitors: '
equal "the last line" "$(last_shown)" 'ended: the token was not accepted'
end_all

say "the control port is taken"
start_server
programs[second]=1
start second "$FERROTUNNEL" server --token-file "$dir/token" --bind "$control" --tcp-bind 127.0.0.1 --state-dir "$dir/state"
join second
equal "exit code" "${exit_codes[second]}" 1
