# Nobody reads the standard error stream: strangers who fill it with lines hold up neither visitors nor clients, nothing
# of what fits is lost once somebody reads again, and the program ends when it is asked to.
source "$(dirname "$0")/lib.sh"
need python3

# The server's standard error stream is a pipe of 4 KiB. This shell holds its reading end, and reads only when it wants.
log="$dir/server.err"
mkfifo "$log"
exec {pipe}<>"$log"
serve backend echo
start_server
rm "$log" # whoever looks for output in files does not get stuck in it
ready_client client 1 --tcp "0=$backend"
public=$(public_of client)

fill() {
    python3 - "$pipe" <<'PYTHON'
import fcntl, os, sys
pipe = os.open(f"/proc/self/fd/{sys.argv[1]}", os.O_WRONLY | os.O_NONBLOCK)
fcntl.fcntl(pipe, 1031, 4096)  # F_SETPIPE_SZ
try:
    while True:
        os.write(pipe, b"\n")
except BlockingIOError:
    pass
PYTHON
}

# junk FIRST COUNT: so many connections that say nonsense, from the addresses 127.0.FIRST.x, forty from each.
junk() {
    python3 - "$control" "$1" "$2" <<'PYTHON'
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
for i in range(int(sys.argv[3])):
    with socket.create_connection((host, int(port)), 60, (f"127.0.{sys.argv[2]}.{1 + i // 40}", 0)) as peer:
        peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
PYTHON
}

# drain: the lines that are written, without those of `fill`, until each of the 400 strangers was told or counted, and
# there are lines about 8 visitors and 2 clients; or for a minute.
drain() {
    python3 - "$pipe" <<'PYTHON' | grep .
import os, re, select, sys, time
pipe, text, give_up = int(sys.argv[1]), "", time.monotonic() + 60

def complete():
    strangers = text.count("a connection was refused")
    strangers += sum(map(int, re.findall(r"lines were left out  kind=strangers lines=(\d+)\n", text)))
    return strangers >= 400 and text.count("a visitor ") >= 8 and text.count("a client connected") >= 2

while not complete() and time.monotonic() < give_up:
    if select.select([pipe], [], [], 1)[0]:
        text += os.read(pipe, 65536).decode()
print(text)
PYTHON
}

is_served() { timeout $patience "$E2E_TOOLS/tcp_peer" connect "$public" exchange:64K finish rest >"$dir/visitor.line"; }

say "400 strangers, and nobody reads the log"
fill
junk 1 400
for number in {1..8}; do
    is_served || fail "visitor $number was not served"
    equal bytes "$(value received "$(<"$dir/visitor.line")")" 65536
done
ready_client late_client 1 --tcp "0=$backend"
say "visitors were served, and one more client has connected"

say "somebody reads the log"
drain >"$dir/log.out"
told=$(grep -c 'a connection was refused' "$dir/log.out")
at_least "lines about strangers" "$told" 20
at_least "lines about visitors" "$(grep -c "a visitor .* service=$backend from=127.0.0.1:" "$dir/log.out")" 8
at_least "lines about clients" "$(grep -c 'a client connected' "$dir/log.out")" 2
counted=$(awk -F= '/lines were left out  kind=strangers/ { n += $NF } END { print n + 0 }' "$dir/log.out")
equal "strangers with a line of their own, and those without" $((told + counted)) 400

say "the server ends although nobody reads"
fill
junk 2 40
signal server TERM
kill -INT "$(pid_of server)" 2>/dev/null || true # it may have ended already
join_ok server
