# What server and client print, the endpoint files, exit codes and signals.
source "$(dirname "$0")/lib.sh"

make_token
wrong=$("$FERROTUNNEL" token)
(umask 077 && echo "$wrong" >"$dir/wrong")
serve backend text:hello rest
start_server

# try CODE OPTION...: a client that ends by itself with that code.
try() {
    local code=$1
    shift
    programs[tried]=1
    start tried env -u FERROTUNNEL_LOG_LEVEL "$FERROTUNNEL" client --endpoint-file "$dir/tried.endpoints" --reconnect-max 0.1 "$@"
    join tried
    equal "exit code" "${exit_codes[tried]}" "$code"
}
said() { has_text "$dir/$1.out" "$2"; }
file_lacks() { ! file_has "$1" "$2"; }
gone() { [[ ! -e $1 ]]; }

say "a server says where it is and how a client would connect"
said server "clients  *$control  *TLS 1.3"
said server "TLS pin  *sha256:"
said server "ferrotunnel client --server $control --tcp"
pin=$(awk '/TLS pin/ { print $3 }' "$dir/server.out")

say "without options, public ports are on all addresses"
programs[usual]=1
start usual "$FERROTUNNEL" server --token-file "$dir/token" --bind 127.0.0.1:0 --state-dir "$dir/state"
wait_for_text usual 'visitors  *0\.0\.0\.0, ports'
signal usual TERM
join_ok usual

say "a client says what is reachable where; so does the server"
ready_client client 2 --tcp "0=$backend" --tcp "0=127.0.0.1:1" --tls-pin "$pin"
public=$(awk -v name="$backend" '$2 == name { print $3 }' "$dir/client.endpoints")
said client "connected to $control"
said client "tcp://$public -> $backend"
wait_for_text server "tcp://$public -> $backend of client 127.0.0.1:"
wait_until $patience "the service in the server's file" file_has "$dir/server.endpoints" "^service $backend $public\$"
equal "what a visitor gets" "$(visit "$public" line finish | head -1)" "line hello"

say "a client has a name, and a service may do without a public port"
ready_client desk 1 --name desk-7 --tcp "private=$backend"
said desk "  private -> $backend"
wait_for_text server 'client desk-7 (127\.0\.0\.1:[0-9]*) connected'
wait_for_text server "  private -> private:$backend of client desk-7"
signal desk TERM
join_ok desk

say "logs as JSON, one object a line, in which foreign text cannot break out"
server_name=json start_server --log-format json --log-level trace
client_to=$control ready_client json_client 1 --tcp "0=$backend" --log-format json --log-level trace
for name in json json_client; do
    at_least "lines of $name" "$(wc -l <"$dir/$name.err")" 1
    ! grep -Evx '\{"ts":"[0-9TZ:.-]+","level":"[a-z]+","msg":".*\}' "$dir/$name.err" || fail "no JSON line"
done
control=$(awk '$1 == "control" { print $2 }' "$dir/server.endpoints")

say "refused: a wrong token, and services that are all refused"
try 3 --server "$control" --token-file "$dir/wrong" --attempts 1 --tcp 0=9
said tried 'does not accept the token'
try 3 --server "$control" --token-file "$dir/token" --tcp 80=9 --tcp 81=9
said tried 'refused: tcp:80: .*not allowed'
said tried 'refused: tcp:81: .*not allowed'
said tried 'no service is left to offer'

say "some refused: the others stay"
ready_client partly 1 --tcp 80=9 --tcp "0=$backend"
wait_for_text partly 'refused: tcp:80'

say "lost: nobody there, TLS meets none, another key"
nobody=127.0.0.1:$(free_port)
try 4 --server "$nobody" --token-file "$dir/token" --tcp 0=9 --attempts 2
said tried 'Connection refused'
said tried 'next attempt in'
said tried 'gave up after 2 attempts'
equal "what the log repeats" "$(<"$dir/tried.err")" ""
try 4 --server "$control" --token-file "$dir/token" --tcp 0=9 --attempts 1 --tls off
said tried 'the server speaks TLS'
said tried 'gave up after 1 attempt: '
try 4 --server "$control" --token-file "$dir/token" --tcp 0=9 --attempts 1 \
    --tls-pin "sha256:$(printf '0%.0s' {1..64})"
said tried 'not the pinned one'

say "superseded: another client takes the place of one that is silent"
port=$(free_port)
ready_client holder 1 --tcp "$port=9" --ping-interval 60 --dead-interval 600
expected_codes[holder]=5
signal holder STOP
ready_client newcomer 1 --tcp "$port=9"
signal holder CONT
join holder
equal "exit code" "${exit_codes[holder]}" 5
said holder "another client replaced this one"

say "the first signal lets a visitor finish and takes no new one"
ready_client draining 1 --tcp "0=$backend" --drain 60
draining=$(public_of draining)
exec {visitor}<>"/dev/tcp/127.0.0.1/${draining##*:}"
read -r -u $visitor -n 5 greeting
equal greeting "$greeting" hello
signal draining TERM
wait_for_text draining '1 visitor may finish within 60 s'
wait_until $patience "a refusal of new visitors" refuses "$draining"
is_running draining || fail "it has not waited for its visitor"
exec {visitor}>&-
join_ok draining
gone "$dir/draining.endpoints" || fail "the endpoint file is still there"

say "the second signal ends at once"
ready_client hurried 1 --tcp "0=$backend" --drain 600
hurried=$(public_of hurried)
exec {visitor}<>"/dev/tcp/127.0.0.1/${hurried##*:}"
read -r -u $visitor -n 5 greeting
signal hurried INT
wait_for_text hurried 'may finish'
a_while_later=$(($(now_ms) + 500)) # at once, the same signal again would mean the same
is_later() { (($(now_ms) >= a_while_later)); }
wait_until $patience "half a second" is_later
signal hurried INT
join_ok hurried
said hurried 'ending now'
exec {visitor}>&-

say "visitors that do not finish are cut when the time is over"
ready_client cut 1 --tcp "0=$backend" --drain 0.3
cut=$(public_of cut)
exec {visitor}<>"/dev/tcp/127.0.0.1/${cut##*:}"
read -r -u $visitor -n 5 greeting
signal cut TERM
join_ok cut
said cut 'were disconnected'
exec {visitor}>&-

say "the server's file no longer names the service of a client that is gone"
wait_until $patience "the end of the service in the server's file" file_lacks "$dir/server.endpoints" "$cut"

say "a server drains alike; its clients say so, and come back to a new one"
before=$control
server_name=old server_bind=127.0.0.1:$(free_port) start_server --drain 60
ready_client loyal 1 --tcp "0=$backend"
loyal=$(public_of loyal)
exec {visitor}<>"/dev/tcp/127.0.0.1/${loyal##*:}"
read -r -u $visitor -n 5 greeting
signal old TERM
wait_for_text old '1 visitor may finish within 60 s'
wait_for_text loyal 'the server is going away'
wait_until $patience "a refusal of new visitors" refuses "$loyal"
exec {visitor}>&-
join_ok old
wait_for_text loyal 'lost the connection'
gone "$dir/old.endpoints" || fail "the endpoint file is still there"
server_name=new server_bind=$control start_server
wait_for_services loyal 1
wait_until $patience "a second registration" count_is loyal "-> $backend" 2
control=$before

say "a reader that has stopped reading does not keep it from ending"
mkfifo "$dir/full"
exec {full}<>"$dir/full"
dd if=/dev/zero of="$dir/full" bs=4096 count=64 oflag=nonblock status=none 2>/dev/null || true
programs[stuck]=1
start stuck bash -c 'exec "$@" >&'"$full" _ "$FERROTUNNEL" client --server "$control" --token-file "$dir/token" \
    --tcp "0=$backend" --endpoint-file "$dir/stuck.endpoints"
wait_for_services stuck 1
signal stuck TERM
join_ok stuck
exec {full}>&-

say "nor does one that has gone away"
programs[piped]=1
start piped bash -c 'exec "$@" > >(true)' _ "$FERROTUNNEL" client --server "$control" --token-file "$dir/token" \
    --tcp "0=$backend" --endpoint-file "$dir/piped.endpoints"
wait_for_services piped 1
check_alive

say "the soft limit of descriptors is raised to the hard one"
programs[limited]=1
start limited bash -c 'ulimit -Sn 64; exec "$@"' _ "$FERROTUNNEL" client --server "$control" \
    --token-file "$dir/token" --tcp "0=$backend" --endpoint-file "$dir/limited.endpoints"
wait_for_services limited 1
read -r _ _ _ soft hard _ < <(grep 'Max open files' "/proc/$(pid_of limited)/limits")
equal "the soft limit" "$soft" "$hard"

say "an endpoint file that cannot be replaced does not end who serves, and is written with the next change"
mkdir "$dir/reachable"
programs[served]=1
served_at=127.0.0.1:$(free_port) # it is restarted there: no port that the system gives to somebody else meanwhile
start served "$FERROTUNNEL" server --token-file "$dir/token" --bind "$served_at" --tcp-bind 127.0.0.1 --http-bind off \
    --state-dir "$dir/served_state" --endpoint-file "$dir/reachable/file"
wait_until $patience "the server's endpoint file" file_has "$dir/reachable/file" '^control '
mv "$dir/reachable" "$dir/away"
client_to=$(awk '$1 == "control" { print $2 }' "$dir/away/file") ready_client unwritten 1 --tcp "0=$backend"
wait_for_text served "cannot write the endpoint file .*: No such file"
mv "$dir/away" "$dir/reachable"
signal unwritten TERM
join_ok unwritten
client_to=$(awk '$1 == "control" { print $2 }' "$dir/reachable/file") ready_client written 1 --tcp "0=$backend"
wait_until $patience "the service in the server's file" file_has "$dir/reachable/file" "^service $backend "

say "nor does one that had nothing to say in between"
mkdir "$dir/lonely"
programs[lonely]=1
start lonely "$FERROTUNNEL" client --server "$served_at" --token-file "$dir/token" --tcp "0=$backend" \
    --reconnect-max 0.1 --endpoint-file "$dir/lonely/file"
wait_until $patience "the service in the client's file" file_has "$dir/lonely/file" '^service '
signal served TERM
join_ok served
wait_until $patience "the end of the service in the client's file" file_lacks "$dir/lonely/file" '^service '
mv "$dir/lonely" "$dir/lonely_away"
start served "$FERROTUNNEL" server --token-file "$dir/token" --bind "$served_at" --tcp-bind 127.0.0.1 --http-bind off \
    --state-dir "$dir/served_state" --endpoint-file "$dir/reachable/file"
wait_for_text lonely "cannot write the endpoint file .*: No such file"
check_alive
