# What systemd hears of a program that it has started: that it is ready, how it goes, reloads, the watchdog and the end.
# The unit that is installed is as closed as docs/operations.md says, where systemd is there to judge.
source "$(dirname "$0")/lib.sh"
need curl python3

# order_is NAME WORD...: these messages have come, in this order and no others but those of the state, the watchdog and
# the sockets.
order_is() {
    local name=$1 kept
    shift
    kept=$(grep -oE '^[A-Z_]+' "$dir/$name.out" | grep -vE '^(STATUS|WATCHDOG|FDSTORE|FDSTOREREMOVE|FULL)$' | tr '\n' ' ')
    [[ $kept == "$* " ]]
}
in_order() { wait_until $patience "${*:2} in that order from $1" order_is "$@"; }

start manager python3 "$E2E_SOURCE/notify_listener.py" "$dir/notify"
start other python3 "$E2E_SOURCE/notify_listener.py" "@$dir/abstract"
wait_for_text manager listening
wait_for_text other listening

say "a client is ready when it tries, and says when it has come through"
make_token
port=$(free_port)
client_to=127.0.0.1:$port NOTIFY_SOCKET=@$dir/abstract WATCHDOG_USEC=200000 WATCHDOG_PID=1 start_client client \
    --tcp 0=22
in_order other READY
wait_for_text other "^STATUS=connecting to 127.0.0.1:$port\$"

say "a server with a file: ready, watched, read again"
cat >"$dir/server.yml" <<END
server:
  bind: 127.0.0.1:$port
  tcp_bind: 127.0.0.1
  token: file:$dir/token
  state_dir: $dir/state
  drain: 5s
  http_bind: off
  metrics: 127.0.0.1:0
END
programs[server]=1
NOTIFY_SOCKET=$dir/notify WATCHDOG_USEC=200000 start server "$FERROTUNNEL" run --config "$dir/server.yml" --no-watch
in_order manager READY
wait_until $patience "the watchdog" count_is manager '^WATCHDOG=1$' 5
wait_for_text other "^STATUS=connected to 127.0.0.1:$port, visitors: 0\$"
wait_for_text manager '^STATUS=clients: 1, services: 1, visitors: 0$'
equal "watchdog messages of a program that is not the one to be watched" "$(count_of other '^WATCHDOG=1$')" 0

sed -i 's/drain: 5s/drain: 6s/' "$dir/server.yml"
signal server HUP
in_order manager READY RELOADING READY
has_text "$dir/manager.out" '^RELOADING=1 MONOTONIC_USEC=[0-9]*$'
sed -i 's/drain: 6s/drain: often/' "$dir/server.yml"
signal server HUP
in_order manager READY RELOADING READY RELOADING READY

say "the end"
signal server TERM
in_order manager READY RELOADING READY RELOADING READY STOPPING
join_ok server
signal client TERM
in_order other READY STOPPING
join_ok client

say "the manager keeps sockets, and has opened some"
for name in clients metrics; do
    wait_for_text manager "^FDSTORE=1 FDNAME=$name\$"
done
sockets="clients=127.0.0.1:$port web=127.0.0.1:$(free_port)"
at_web=${sockets##*=}
sed -i "s/http_bind: off/http_bind: $at_web/; s/drain: often/drain: 6s/" "$dir/server.yml"
# shellcheck disable=SC2086 # they are words
start server env -u FERROTUNNEL_HTTP_BIND python3 "$E2E_SOURCE/listen_fds.py" $sockets -- "$FERROTUNNEL" server --config "$dir/server.yml" --no-watch
wait_for_text server "HTTP  *$at_web"
equal "the answer to a visitor" "$(curl -sS -o "$dir/answer" -w '%{http_code}' "http://$at_web/")" 404
signal server TERM
join_ok server

say "a manager that does not read for a while receives afterwards what it missed"
sed -i 's/drain: 6s/drain: 7s/' "$dir/server.yml"
start slow python3 "$E2E_SOURCE/notify_listener.py" "$dir/slow"
wait_for_text slow listening
signal slow STOP
python3 - "$dir/slow" <<'END'
import socket, sys
has_room = True
while has_room:  # a sender's own buffer may be full before the listener's queue
    has_room = False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        try:
            while True:
                sender.sendto(b"FULL=1", sys.argv[1])
                has_room = True
        except BlockingIOError:
            pass
END
NOTIFY_SOCKET=$dir/slow start server env -u FERROTUNNEL_HTTP_BIND "$FERROTUNNEL" server --config "$dir/server.yml" --no-watch
wait_until $patience "the server" curl -sSo "$dir/answer" "http://$at_web/"
sleep 3 # for longer than the program waits
signal server HUP
wait_for_text server 'was read again'
signal slow CONT
in_order slow RELOADING READY
for name in clients metrics; do
    wait_for_text slow "^FDSTORE=1 FDNAME=$name\$"
done
wait_for_text slow '^STATUS=clients: 0'
signal server TERM
in_order slow RELOADING READY STOPPING
join_ok server

say "a manager that is gone, or whose name is none, changes nothing"
for name in "$dir/nobody" relative @ "/$(printf 'a%.0s' {1..200})"; do
    NOTIFY_SOCKET=$name WATCHDOG_USEC=nothing start_server
    signal server TERM
    join_ok server
done

say "the unit writes no core, which would hold tokens and what visitors send"
has_text "$E2E_SOURCE/../../cli/systemd/ferrotunnel@.service.in" '^LimitCORE=0$'

if command -v systemd-analyze >/dev/null; then
    say "the unit"
    unit="$dir/ferrotunnel@.service"
    sed "s#@CMAKE_INSTALL_FULL_BINDIR@/ferrotunnel#$FERROTUNNEL#" "$E2E_SOURCE/../../cli/systemd/ferrotunnel@.service.in" >"$unit"
    systemd-analyze security --offline=true --threshold=20 "$unit" >"$dir/security.out" ||
        fail "$(tail -n 1 "$dir/security.out")"
    say "$(tail -n 1 "$dir/security.out")"
else
    say "without systemd-analyze, which is not here"
fi
