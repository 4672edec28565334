# Plugins that decide on visitors, for those who send datagrams: each address is asked about once, whoever is kept out
# hears nothing, and whoever continues is not disturbed. Visitors come from several addresses of 127.0.0.0/8.
source "$(dirname "$0")/lib.sh"
need curl python3

serve_udp backend
cat >"$dir/server.yml" <<END
server:
  plugins:
    chain:
      - ip-filter: {deny: 127.0.3.0/24}
      - connection-limit: {limit: 2}
END
cat >"$dir/client.yml" <<END
client:
  services:
    - {name: short, udp: 0, local: "$udp_backend", idle: 1s}
    - {name: long, udp: 0, local: "$udp_backend", idle: 1h}
END
start_server --config "$dir/server.yml" --metrics 127.0.0.1:0 --log-level info
ready_client client 2 --config "$dir/client.yml"
port() { awk -v name="$1" '$1 == "service" && $2 == name { sub(/.*:/, "", $3); print $3 }' "$dir/client.endpoints"; }
metrics=$(awk '$1 == "metrics" { print $2 }' "$dir/server.endpoints")
dropped() {
    curl -sS --max-time 60 "http://$metrics/metrics" |
        awk '/^ferrotunnel_datagrams_dropped_total.*no_visitor/ { print $2 }'
}
dropped_are() { (($(dropped) == $1)); }
told() { count_of server "a plugin refused.*from=$1[: ]"; }

cat >"$dir/visit.py" <<'END'
import socket, sys, time
SECONDS = 60
def visitor(address, port):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 0))
    made.connect(("127.0.0.1", int(port)))
    return made
def answers(here, text):
    """Sends until it is answered, since a datagram may be lost."""
    until = time.monotonic() + SECONDS
    here.settimeout(0.5)
    while time.monotonic() < until:
        here.send(text)
        try:
            if here.recv(100) == text:
                return
        except (socket.timeout, ConnectionRefusedError):
            pass
    sys.exit(f"no answer to {text}")
def silent(here):
    here.setblocking(False)
    try:
        sys.exit(f"an answer for whom is kept out: {here.recv(100)}")
    except BlockingIOError:
        pass
END

say "an address that may not come in"
cat >"$dir/denied.py" <<'END'
from visit import *
allowed, denied = visitor("127.0.1.1", sys.argv[1]), visitor("127.0.3.1", sys.argv[1])
answers(allowed, b"before")
for i in range(12):  # as many may wait to be decided on
    denied.send(b"%d" % i)
print("sent", flush=True)
sys.stdin.readline()
answers(allowed, b"after")
silent(denied)
END
coproc python3 "$dir/denied.py" "$(port long)"
read -r -t $patience line <&"${COPROC[0]}" || fail "the visitors have ended"
wait_until $patience "all of them to be dropped" dropped_are 12
wait_for_text server "a plugin refused.*from=127.0.3.1[: ]" # lines are written a moment later
equal "how often it was decided" "$(told 127.0.3.1)" 1
echo go >&"${COPROC[1]}"
wait "$COPROC_PID" || fail "visitors beside one that is kept out"

say "no more visitors than may be there, until one has gone"
cat >"$dir/limit.py" <<'END'
from visit import *
first, second, third = (visitor("127.0.2.1", sys.argv[1]) for i in range(3))
other = visitor("127.0.2.2", sys.argv[1])
answers(first, b"first")
answers(second, b"second")
# Again, right in front of the third one: if this was slow, the first ones were forgotten meanwhile.
first.send(b"first")
second.send(b"second")
third.send(b"third")
print("sent", flush=True)
sys.stdin.readline()
answers(first, b"again")
answers(other, b"other")
silent(third)
print("silent", flush=True)
answers(third, b"at last")  # the first two are forgotten after a second, and so is that this one was kept out
END
coproc python3 "$dir/limit.py" "$(port short)"
read -r -t $patience line <&"${COPROC[0]}" || fail "the visitors have ended"
wait_until $patience "the third one to be dropped" dropped_are 13
echo go >&"${COPROC[1]}"
wait "$COPROC_PID" || fail "visitors beside one too many"

say "the client asks for it: by its command line, and in a file for a number of both"
start_client guarded --udp "0=$udp_backend" --allow-ip 127.0.4.0/24
cat >"$dir/both.yml" <<END
client:
  services:
    - {name: both, tcp+udp: 0, local: "$udp_backend", plugins: [{ip-filter: {allow: 127.0.4.0/24}}]}
END
start_client both --config "$dir/both.yml"
wait_for_services guarded 1
wait_for_services both 2
cat >"$dir/asked.py" <<'END'
from visit import *
port = sys.argv[1]
allowed, other = visitor("127.0.4.1", port), visitor("127.0.1.1", port)
other.send(b"no")
answers(allowed, b"yes")
silent(other)
END
for name in guarded both; do
    at=$(awk '$1 == "service" && $3 ~ /^udp:/ || $2 ~ /udp$/ { sub(/.*:/, "", $3); print $3; exit }' "$dir/$name.endpoints")
    python3 "$dir/asked.py" "$at" || fail "visitors of what $name asks to be guarded"
    wait_until $patience "the refusal to be told" file_has "$dir/server.err" "a plugin refused.*from=127.0.1.1[: ]"
done
! timeout 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$at; read -r -t 5 line <&3" 2>/dev/null ||
    fail "its TCP half is not guarded"
check_alive
