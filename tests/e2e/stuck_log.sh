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

# drain: the lines that have been written until now, without those of `fill`.
drain() {
    python3 - "$pipe" <<'PYTHON' | grep .
import os, select, sys
pipe = int(sys.argv[1])
while select.select([pipe], [], [], 2)[0]:
    sys.stdout.write(os.read(pipe, 65536).decode())
PYTHON
}

is_served() { timeout 20 "$E2E_TOOLS/tcp_peer" connect "$public" exchange:64K finish rest >"$dir/visitor.line"; }

say "400 strangers, and nobody reads the log"
fill
junk 1 400
for number in {1..8}; do
    began=$(now_ms)
    is_served || fail "visitor $number was not served"
    equal bytes "$(value received "$(<"$dir/visitor.line")")" 65536
    at_most "milliseconds for visitor $number" $(($(now_ms) - began)) 10000
done
ready_client late_client 1 --tcp "0=$backend"
say "visitors were served, and one more client has connected"

say "somebody reads the log"
drain >"$dir/log.out"
at_least "lines about strangers" "$(grep -c 'a connection was refused' "$dir/log.out")" 20
at_least "lines about visitors" "$(grep -c "a visitor .* service=$backend from=127.0.0.1:" "$dir/log.out")" 8
at_least "lines about clients" "$(grep -c 'a client has connected' "$dir/log.out")" 2
at_least "strangers without a line" \
    "$(awk -F= '/lines were left out  kind=strangers/ { n += $NF } END { print n + 0 }' "$dir/log.out")" 200

say "the server ends although nobody reads"
fill
junk 2 40
signal server TERM
signal server INT
began=$(now_ms)
join_ok server 20
at_most "milliseconds until the end" $(($(now_ms) - began)) 10000
