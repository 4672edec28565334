# The control socket of the real program: curl and the program's own commands ask it, on both sides, while visitors come
# and go; what happens to sockets of programs that crash, that run twice, and that are not to be trusted.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
need curl python3
sockets=$dir/run # where programs put them: $RUNTIME_DIRECTORY

# ask SIDE METHOD PATH [BODY]: by curl; the answer is in $dir/answer, its status in $status.
ask() {
    status=$(curl -sS --max-time $patience --unix-socket "$sockets/$1.sock" -X "$2" ${4+--data "$4"} \
        -o "$dir/answer" -w '%{http_code}' "http://localhost$3")
}
# field EXPRESSION [FILE]: of the JSON `j`, an answer.
field() { python3 -c 'import json, sys; j = json.load(open(sys.argv[2])); print(eval(sys.argv[1]))' "$1" "${2:-$dir/answer}"; }

# visitors_are COUNT: as the client's status says.
visitors_are() {
    ask client GET /v1/status
    [[ $(field 'j["traffic"]["streams"]') == "$1" ]]
}

# A transfer that is half done until $dir/go_on is there.
begin_visit() {
    rm -f "$dir/half" "$dir/go_on"
    start visitor "$E2E_TOOLS/tcp_peer" connect "$public" send:1 expect:1M "touch:$dir/half" rest
    wait_until $patience "half of the transfer" test -e "$dir/half"
}
finish_visit() {
    touch "$dir/go_on"
    join_ok visitor
    equal "bytes of the visitor" "$(value received "$(<"$dir/visitor.out")")" $((2 << 20))
    equal "how it ended" "$(value ending "$(<"$dir/visitor.out")")" eof
}
half_done=(take:1 send:1M "wait:$dir/go_on" send:1M finish rest)
serve backend "${half_done[@]}"

say "no program runs"
run_fails status
complained 'no server or client of this user has'
run_fails kick alice
complained 'no server of this user has'

say "status, on both sides, for people and for programs"
start_server --drain 600 # much longer than this test waits
# Ports that the system gives to nobody else when they are closed.
ready_client client 1 --tcp "$(free_port)=$backend" --name alice --drain 600
public=$(public_of client)
begin_visit
equal "the mode of the folder" "$(stat -c %a "$sockets")" 700
equal "the mode of a socket" "$(stat -c %a "$sockets/server.sock")" 600
ask server GET /v1/status
equal "the status" "$status" 200
equal "who it is" "$(field 'j["side"], j["api"], j["pid"]')" "('server', 1, $(pid_of server))"
equal "its tunnel" "$(field '[(t["name"], t["token"], len(t["services"])) for t in j["tunnels"]]')" \
    "[('alice', 'token', 1)]"
equal "the endpoint" "$(field 'j["tunnels"][0]["services"][0]["endpoint"]')" "$public"
wait_until $patience "the visitor in the client's status" visitors_are 1
equal "who it is" "$(field 'j["side"], j["connected"], j["services"][0]["state"]')" "('client', True, 'registered')"
run_ok status
printed "$sockets/server.sock: server, pid $(pid_of server), up"
printed "$sockets/client.sock: client, pid $(pid_of client), up"
printed " alice  *token "
printed "$public"
run_ok status --json
equal "lines of JSON" "$(python3 -c 'import json,sys; print(sorted(json.loads(l)["side"] for l in open(sys.argv[1])))' \
    "$dir/run.out")" "['client', 'server']"
run_ok services --control "$sockets/client.sock"
printed "$backend *registered"
run_ok tokens
printed '^  token  1 '
has_text "$dir/run.out" 'default rights'

say "what one side has not, is refused with words"
ask client POST /v1/kick '{"client": "alice"}'
equal "the status" "$status $(field 'j["error"]["code"]')" "404 not_here"
ask server POST /v1/services '{"tcp": 0, "local": "1"}'
equal "the status" "$status $(field 'j["error"]["code"]')" "404 not_here"
ask server DELETE /v1/status
equal "the status" "$status $(field 'j["error"]["code"]')" "405 wrong_method"
ask server GET /v1/nothing
equal "the status" "$status $(field 'j["error"]["code"]')" "404 not_found"
printf '%70000s' >"$dir/large"
status=$(curl -sS --max-time $patience --unix-socket "$sockets/server.sock" --data-binary "@$dir/large" \
    -o "$dir/answer" -w '%{http_code}' http://localhost/v1/kick)
equal "the status of a large request" "$status" 413

say "rates, while it is watched"
start watch "$FERROTUNNEL" status --watch --interval 0.2 --control "$sockets/server.sock"
wait_for_text watch 'payload .*/s) received'
kill_now watch

say "several programs: who asks for one must say which"
run_fails drain
complained "several programs run; choose one: --control $sockets/client.sock (client, pid $(pid_of client), services: [a-z0-9:]*) or --control $sockets/server.sock (server, pid $(pid_of server), clients: alice)"
is_running server && is_running client || fail "a program was ended"

say "services come and go under a visitor"
run_ok services add --tcp "0=$backend" --name extra
printed "^extra: 127.0.0.1:[0-9]* -> $backend"
run_ok services add --json "{\"tcp\": 0, \"local\": \"$backend\", \"name\": \"more\"}"
wait_for_services client 3
run_fails services add --tcp "0=$backend" --name more
complained 'already has a service with that name'
run_fails services add --json '{"tcp": 0, "local": "no port", "nonsense": 1}'
complained 'nonsense: no such key'
run_ok services remove extra
run_ok services remove more
run_fails services remove more
complained 'There is no service called "more"'
wait_for_services client 1
ask client DELETE "/v1/services/tcp:${public##*:}"
equal "the status" "$status" 200
wait_until $patience "the closed port" refuses "$public"
finish_visit

say "kick ends a client's sessions, and the client comes back"
run_ok services add --tcp "0=$backend" --name again
wait_for_services client 1
logins() {
    ask server GET /v1/status
    field 'j["logins"]'
}
more_logins() { (($(logins) > before)); }
is_back() {
    ask server GET /v1/status
    [[ $(field '[s["name"] for t in j["tunnels"] for s in t["services"]]') == "['again']" ]]
}
kick() {
    before=$(logins)
    run_ok kick "$1"
    printed '^1 client disconnected'
    wait_until $patience "another login of the client" more_logins
    wait_until $patience "the client's service" is_back
}
kick alice
wait_for_text server 'The operator of the server closed the connection'
kick "$(field 'j["tunnels"][0]["id"]')"
say "a client that is kept out knows for how long, and is back behind that"
run kick --for 800h alice
equal "the code of a time that is too long" "$code" 2
complained 'must be from 1s to 720h'
run_ok kick --for 10m alice
printed '^1 client disconnected'
printed '^1 client is rejected for 10m'
wait_for_text client 'keeps this client out for another [0-9]*m'
before=$(logins)
run_ok status --control "$sockets/server.sock"
printed 'alice  *token  *[0-9]*m'
equal "logins meanwhile" "$(logins)" "$before"
run_ok kick --for 1s alice
printed '^0 clients disconnected'
wait_until $patience "another login of the client" more_logins
wait_until $patience "the client's service" is_back
run_fails kick nobody
complained "No connected client has the name or the id \"nobody\""

say "1,000 questions leave neither descriptors nor memory behind"
# Two bursts: what the first one has taken is what the allocator keeps.
burst() {
    local i
    for ((i = 0; i < 5; ++i)); do
        python3 - "$sockets/server.sock" <<'PYTHON'
import socket, sys
for _ in range(100):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.sendall(b"GET /v1/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    answer = b""
    while part := s.recv(65536):
        answer += part
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:100]
PYTHON
    done
}
burst
descriptors=$(descriptors_of server)
memory=$(memory_of server)
burst
descriptors_are_few() { (($(descriptors_of server) <= descriptors)); }
wait_until $patience "the descriptors of before" descriptors_are_few
memory_is_flat() { (($(memory_of server) <= memory + 1024)); }
wait_for_memory "the memory of before" memory_is_flat

say "a second program gets a name of its own, and the first one keeps its own"
server_name=other start_server --drain 600
other=$sockets/server-$(pid_of other).sock
[[ -S $other ]] || fail "there is no $other"
ask server GET /v1/status
equal "who has the name" "$(field 'j["pid"]')" "$(pid_of server)"
run_ok status
printed "^$other: server, pid $(pid_of other)"
printed "^$sockets/server.sock: server, pid $(pid_of server)"
run_fails tokens --control "$sockets/nothing.sock"
complained 'no program listens at'
run_fails kick alice
complained 'several programs run'

say "drain lets visitors finish, whoever asks how often"
serve late "${half_done[@]}"
run_ok services add --tcp "$(free_port)=$backend" --name late
public=$(awk '$1 == "late:" { print $2 }' "$dir/run.out")
begin_visit
wait_until $patience "the visitor in the client's status" visitors_are 1
run_ok drain --control "$sockets/client.sock"
wait_for_text client 'ending: 1 visitor may finish within 600 s'
run_ok drain --control "$sockets/client.sock" --time 0
wait_until $patience "the closed port" refuses "$public"
ask client GET /v1/status
equal "what it says" "$(field 'j["draining"], j["traffic"]["streams"]')" "(True, 1)"
finish_visit
join_ok client
[[ ! -e $sockets/client.sock ]] || fail "the client has left its socket"
run_ok drain --control "$other" --wait --time 5
join_ok other
[[ ! -e $other ]] || fail "the other server has left its socket"

say "nothing reads the configuration again where nothing can"
ask server POST /v1/reload
equal "the status" "$status $(field 'j["error"]["code"]')" "501 unsupported"

say "the socket of a program that has crashed is not a program's, and is replaced"
kill_now server
[[ -S $sockets/server.sock ]] || fail "the crash has left no socket"
run_fails status
complained 'no server or client of this user has'
start_server
ask server GET /v1/status
equal "who has the name" "$(field 'j["pid"]')" "$(pid_of server)"

say "another user is not obeyed, whatever the file's mode is"
stranger=(setpriv --reuid 65534 --regid 65534 --clear-groups)
chmod 755 "$dir" "$sockets"
chmod 666 "$sockets/server.sock"
install -m 755 "$FERROTUNNEL" "$dir/program" # where the stranger may run it, wherever this was built
if ((UID == 0)) && "${stranger[@]}" env "$dir/program" version >/dev/null 2>&1 &&
    "${stranger[@]}" test -w "$sockets/server.sock"; then
    answered=$("${stranger[@]}" curl -sS --max-time $patience --unix-socket "$sockets/server.sock" \
        -o /dev/null -w '%{http_code}' http://localhost/v1/status)
    equal "the status for another user" "$answered" 403
    code=0
    "${stranger[@]}" env RUNTIME_DIRECTORY="$sockets" "$dir/program" status >"$dir/run.out" 2>"$dir/run.err" || code=$?
    equal "the code for another user" "$code" 1
    complained "the folder \"$sockets\" belongs to user 0"
else
    say "  (left out: that takes root, and files that others may read)"
fi
chmod 600 "$sockets/server.sock"

say "a folder that others can write into is trusted by nobody"
chmod 777 "$sockets"
run_fails status
complained "other users can write to the folder \"$sockets\""
run_fails status --control "$sockets/server.sock"
complained "other users can write to the folder"
start_client unseen --tcp "0=$backend" # the usual place is not a reason not to serve
wait_for_services unseen 1
[[ ! -e $sockets/client.sock ]] || fail "there is a socket where others can write"
expected_codes[refused]=1
programs[refused]=1
start refused "$FERROTUNNEL" client --server "$control" --token-file "$dir/token" --tcp "0=$backend" \
    --control "$sockets/own.sock"
join refused
equal "the code of a program whose socket is wanted there" "${exit_codes[refused]}" 1
wait_for_text refused 'other users can write to the folder'
chmod 700 "$sockets"

say "a place of one's own, and none"
start_client elsewhere --tcp "0=$backend" --control "$dir/own/here.sock"
wait_for_services elsewhere 1
run_ok status --control "$dir/own/here.sock"
printed "^$dir/own/here.sock: client, pid $(pid_of elsewhere)"
FERROTUNNEL_CONTROL=$dir/own/here.sock run_ok services
printed registered
start_client without --tcp "0=$backend" --control off
wait_for_services without 1
[[ ! -e $sockets/client.sock ]] || fail "there is a socket in spite of --control off"

say "each command explains itself"
for command in status services "services add" "services remove" tokens config reload drain kick; do
    # shellcheck disable=SC2086
    run_ok $command --help all
    printed "^ferrotunnel $command: "
    printed '^Exit codes:'
done
