# The terminal is closed while visitors are there: they finish, with a shell in between and without one; nohup outlives it.
source "$(dirname "$0")/lib.sh"
need curl python3

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

size=$((64 << 20))
if full; then size=$((1 << 30)); fi
mkdir "$dir/files"
truncate -s $size "$dir/files/large"
web_port=$(free_port)
start web python3 -m http.server --bind 127.0.0.1 --directory "$dir/files" "$web_port"
wait_for_port "127.0.0.1:$web_port" web
start_server --drain 600 --hold 0 # a port without its client is refused at once
public=127.0.0.1:$(free_port)
client=("$FERROTUNNEL" client --server "$control" --token-file "$dir/token" --tcp "${public##*:}=127.0.0.1:$web_port"
    --control off --workers 1 --drain 600)

has_some() { [[ -s $dir/got ]]; }
# A download that needs a few seconds, and has begun.
begin_download() {
    rm -f "$dir/got"
    wait_until $patience "the service" accepts "$public"
    start curl curl -sS --max-time 600 --limit-rate $((size / 3)) -o "$dir/got" "http://$public/large"
    wait_until $patience "the first bytes" has_some
}
finish_download() {
    is_running curl || fail "the download was over before the terminal was closed"
    join_ok curl 600
    equal "the size of the file" "$(stat -c %s "$dir/got")" $size
}

say "closing the terminal of a client without a file: its visitors finish"
in_terminal client "${client[@]}"
begin_download
close_terminal client
wait_until $patience "the closed port" refuses "$public"
finish_download
join_ok client

say "a shell in between says so a second time, and that hurries nobody"
in_terminal shell bash --norc --noprofile -i -c "$(printf '%q ' "${client[@]}"); exit"
begin_download
close_terminal shell
wait_until $patience "the closed port" refuses "$public"
finish_download
join shell

say "SIGHUP by somebody does the same, and twice is not at once"
start asked "${client[@]}"
programs[asked]=1
begin_download
signal asked HUP
wait_for_text asked 'ending: 1 visitor may finish within 600 s'
signal asked HUP
wait_until $patience "the closed port" refuses "$public"
finish_download
join_ok asked
equal "hurried" "$(count_of asked 'ending at once')" 0

say "a server alike"
server_name=other start_server --drain 600
signal other HUP
join_ok other

say "nohup outlives its terminal"
in_terminal kept nohup "${client[@]}" --endpoint-file "$dir/kept.endpoints"
begin_download
close_terminal kept
finish_download
accepts "$public" || fail "the client went with its terminal"
kill -TERM "$(<"$dir/kept.child")"
join_ok kept
