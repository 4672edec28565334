# Bytes per second, through the real program: TCP, HTTP and UDP, each way; what another token does is not touched, and a
# reload is one for visitors who are there. Only lower bounds of time are looked at, and far ones: a rate is kept to
# within a few per cent, which benchmarks/shaping measures.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3

(umask 077 && for name in slow free; do "$FERROTUNNEL" token >"$dir/$name.token"; done)
port=$(free_port)
control=127.0.0.1:$port
# server_file RATES: for a token with these rights, and one without.
server_file() {
    cat >"$dir/server.yml.aside" <<END
server:
  bind: 127.0.0.1:$port
  tcp_bind: 127.0.0.1
  state_dir: $dir/state
  control: $dir/server.sock
  endpoint_file: $dir/server.endpoints
  workers: 2
  token:
    - {name: slow, secret: "file:$dir/slow.token"$1}
    - {name: free, secret: "file:$dir/free.token"}
END
    mv "$dir/server.yml.aside" "$dir/server.yml"
}
# reloads RATES: until the server says so.
reloads() {
    local before
    before=$(count_of server 'was read again')
    server_file "$1"
    wait_until $patience "the server to read its file again" count_is server 'was read again' $((before + 1))
}
# took WHAT MS COMMAND...: it takes so long at least, and ends well.
took() {
    local what=$1 least=$2 began
    shift 2
    began=$(now_ms)
    "$@" || fail "$what has failed"
    at_least "milliseconds of $what" $(($(now_ms) - began)) "$least"
}
# download ADDRESS; upload ADDRESS: 2 MiB, whole.
download() { equal "what was received" "$(value received "$(visit "$1" rest)")" 2097152; }
upload() { equal "what came back" "$(visit "$1" send:2M finish take:2 | grep -c 'failed=no')" 1; }

server_file ', bytes_per_second: 1M'
programs[server]=1
start server "$FERROTUNNEL" server --config "$dir/server.yml" --http-bind 127.0.0.1:0
wait_until $patience "the server's endpoint file" endpoint_or_end server '^http '
edge=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
serve giver send:2M finish
giver=$backend
serve taker take:2M text:o
taker=$backend
serve patient wait:"$dir/go" send:2M finish
patient=$backend
serve_mishaps web
web=$backend
mkdir "$dir/www"
head -c 2097152 /dev/urandom >"$dir/www/file"
client_token=$dir/slow.token ready_client slow 5 --tcp "0=$giver" --tcp "0=$taker" --tcp "0=$patient" \
    --http "up.x=$web" --http "down.x=files:$dir/www"
client_token=$dir/free.token ready_client free 1 --tcp "0=$giver"
at() { awk -v name="$2" '$1 == "service" && $2 == name { print $3 }' "$dir/$1.endpoints"; }
slow_down=$(at slow "$giver") slow_up=$(at slow "$taker") slow_patient=$(at slow "$patient") free_down=$(public_of free)

say "2 MiB at 1 MiB a second, each way"
took "a download" 1500 download "$slow_down"
took "an upload" 1500 upload "$slow_up"

say "two services of a token share its rate, over two connections and workers"
both() {
    visit "$slow_down" rest >"$dir/first" &
    local first=$!
    download "$slow_down"
    wait $first
    equal "what the other received" "$(value received "$(<"$dir/first")")" 2097152
}
took "two downloads" 3000 both

say "another token moves a hundred times as much meanwhile"
visit "$slow_down" rest >"$dir/beside" &
beside=$!
for ((i = 0; i < 20; ++i)); do
    download "$free_down"
done
kill -0 $beside 2>/dev/null || say "(the machine was too slow to see it)"
wait $beside

say "HTTP: bodies both ways"
http_up() {
    local line
    line=$("$E2E_TOOLS/http_mishaps" upload "$edge" up.x /hash/0/0 2097152)
    equal "the hash of an upload" "$(value answer "$line")" "$(value sent "$line")"
}
http_down() {
    curl -sS -m $patience -o "$dir/came" -H "Host: down.x" "http://$edge/file" && cmp "$dir/came" "$dir/www/file"
}
took "an upload by HTTP" 1500 http_up
took "a download by HTTP" 1500 http_down

say "a reload is one for visitors who are there, from a rate to none"
reloads ', bytes_per_second: 2K'
visit "$slow_patient" rest >"$dir/waiting" &
waiting=$!
touch "$dir/go"
sleep 0.5 # allowed: so that it is in the middle of what would take a quarter of an hour
kill -0 $waiting || fail "2 MiB have come at 2 KiB a second"
reloads ''
wait $waiting
equal "what it received" "$(value received "$(<"$dir/waiting")")" 2097152

say "and from none to a rate, for each visitor"
reloads ', visitor_bytes_per_second: {down: 1M}'
took "a download" 1500 download "$slow_down"
took "two downloads" 1500 both
reloads ', service_bytes_per_second: {up: 1M}'
took "an upload" 1500 upload "$slow_up"

say "datagrams beyond the rate are dropped, and counted"
cat >"$dir/echo.py" <<'END'
import socket, sys
here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.bind(("127.0.0.1", 0))
open(sys.argv[1], "w").write(str(here.getsockname()[1]))
while True:
    here.sendto(*here.recvfrom(65536))
END
cat >"$dir/flood.py" <<'END'
import socket, sys, time
visitor = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
visitor.connect(("127.0.0.1", int(sys.argv[1])))
visitor.settimeout(0.05)
came = 0
while came == 0:  # the way is there
    visitor.send(bytes(1000))
    try:
        came += visitor.recv(2000) != b""
    except TimeoutError:
        pass
for i in range(2000):
    visitor.send(bytes(1000))
try:
    while visitor.recv(2000):
        came += 1
except TimeoutError:
    pass
print(came)
END
reloads ', bytes_per_second: 10K'
start echo python3 "$dir/echo.py" "$dir/echo.port"
wait_until $patience "the port of echo" test -s "$dir/echo.port"
client_token=$dir/slow.token ready_client datagrams 1 --udp "0=127.0.0.1:$(<"$dir/echo.port")"
udp=$(public_of datagrams)
came=$(python3 "$dir/flood.py" "${udp##*:}")
at_most "answers to 2,000 datagrams" "$came" 1000
dropped() {
    curl -sS -m $patience --unix-socket "$dir/server.sock" http://localhost/v1/status >"$dir/status.json"
    grep -Eq '"dropped_over_rate": ?[1-9]' "$dir/status.json"
}
wait_until $patience "the drops in the status" dropped
check_alive
say "done"
