# The terminal is closed while visitors are there: they finish, with a shell in between and without one; nohup outlives it.
source "$(dirname "$0")/lib.sh"
need python3

# in_terminal NAME COMMAND...: in a terminal of its own, which is there until $dir/NAME.close is. What it shows is in
# NAME.out, and its process in NAME.child; NAME ends with the code of that one.
in_terminal() {
    local name=$1
    shift
    rm -f "$dir/$name.close" "$dir/$name.child"
    start "$name" python3 -c '
import os, pty, select, sys
base, command = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
with open(base + ".aside", "w") as file:
    file.write(str(child))
os.rename(base + ".aside", base + ".child")
while not os.path.exists(base + ".close"):
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            os.write(1, os.read(terminal, 65536))
        except OSError:
            break
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
' "$dir/$name" "$@"
    wait_until $patience "the process of $name" test -s "$dir/$name.child"
}
close_terminal() { : >"$dir/$1.close"; }

size=$(($(by_size 64 1024 256) << 20))
serve backend echo
start_server --drain 600 --hold 0 # a port without its client is refused at once
public=127.0.0.1:$(free_port)
client=("$FERROTUNNEL" client --server "$control" --token-file "$dir/token" --tcp "${public##*:}=$backend"
    --control off --workers 1 --drain 600)

# A visitor whose first bytes have come back, and who sends and takes the others when this script says so.
begin_visit() { # NAME: of the client. Nobody else has come, whom it would count as well.
    rm -f "$dir/begun" "$dir/go_on"
    wait_for_services "$1" 1
    start visitor "$E2E_TOOLS/tcp_peer" connect "$public" exchange:1K "touch:$dir/begun" "wait:$dir/go_on" \
        exchange:$size finish rest
    wait_until $patience "the first bytes" test -e "$dir/begun"
}
finish_visit() {
    is_running visitor || fail "the visitor has ended: $(<"$dir/visitor.out")"
    : >"$dir/go_on"
    join_ok visitor 600
    equal "the bytes that came back" "$(value received "$(<"$dir/visitor.out")")" $((size + 1024))
    equal "how it ended" "$(value ending "$(<"$dir/visitor.out")")" eof
}

say "closing the terminal of a client without a file: its visitors finish"
in_terminal client "${client[@]}" --endpoint-file "$dir/client.endpoints"
begin_visit client
close_terminal client
wait_until $patience "the closed port" refuses "$public"
finish_visit
join_ok client

say "a shell in between says so a second time, and that hurries nobody"
in_terminal shell bash --norc --noprofile -i -c "$(printf '%q ' "${client[@]}" --endpoint-file "$dir/shell.endpoints"); exit"
begin_visit shell
close_terminal shell
wait_until $patience "the closed port" refuses "$public"
finish_visit
join shell

say "SIGHUP by somebody does the same, and twice is not at once"
start asked "${client[@]}" --endpoint-file "$dir/asked.endpoints"
programs[asked]=1
begin_visit asked
signal asked HUP
wait_for_text asked 'ending: 1 visitor may finish within 600 s'
signal asked HUP
wait_until $patience "the closed port" refuses "$public"
finish_visit
join_ok asked
equal "hurried" "$(count_of asked 'ending now')" 0

say "a server alike"
server_name=other start_server --drain 600
signal other HUP
join_ok other

say "nohup outlives its terminal"
in_terminal kept nohup "${client[@]}" --endpoint-file "$dir/kept.endpoints"
begin_visit kept
close_terminal kept
finish_visit
accepts "$public" || fail "the client went with its terminal"
kill -TERM "$(<"$dir/kept.child")"
join_ok kept
