# Visits to UDP services: datagrams of all sizes between two clients, each address with its own answers, and the server
# between them learns nothing. As in visit.sh, the trunks are without TLS and go through a relay that keeps every byte.
source "$(dirname "$0")/lib.sh"
need python3
here=$(dirname "$0")
peer() { python3 "$here/udp_peer.py" "$@"; }

(umask 077 && "$FERROTUNNEL" token >"$dir/key" && "$FERROTUNNEL" token >"$dir/other_key")
serve_udp backend
backend_port=${udp_backend##*:}

tls=off
make_token
start_server
start recorder python3 "$here/recorder.py" "$control" "$dir/captured"
wait_for_text recorder "^[0-9]"
client_to=127.0.0.1:$(<"$dir/recorder.out")

# visiting NAME KEY [OPTION...]: a client that visits "dns"; where it listens is then in $port.
visiting() {
    programs[$1]=1
    start "$1" "$FERROTUNNEL" visit dns --local 0 --key-file "$dir/$2" --server "$client_to" --token-file "$dir/token" \
        --tls $tls --reconnect-max 1 "${@:3}"
    wait_for_text "$1" "^connected to"
    port=$(awk '$2 == "->" { print $1; exit }' "$dir/$1.out")
    port=${port##*:}
}

start_client office --private-udp "dns=127.0.0.1:$backend_port" --private "tcp=127.0.0.1:$backend_port" \
    --key-file "$dir/key"
wait_for_text office " -> 127.0.0.1:$backend_port"
visiting laptop key --udp --workers 2 --control "$dir/laptop.sock" --log-level debug

say "all sizes"
peer sizes 127.0.0.1 "$port"

say "each address has a visit of its own"
peer crowd 127.0.0.1 "$port" 50 3
equal "what the backend has seen" "$(peer ask 127.0.0.1 "$backend_port" report)" "visitors=50 ports_of_one=1"
"$FERROTUNNEL" status --control "$dir/laptop.sock" >"$dir/status.out"
has_text "$dir/status.out" "dns  *udp  *127.0.0.1:$port "

say "both directions"
peer flow 127.0.0.1 "$port" 3000

if command -v dig >/dev/null; then
    say "dig"
    equal "the answer" "$(dig +short +timeout=5 +tries=12 @127.0.0.1 -p "$port" name.example.com A)" 192.0.2.53
fi

say "neither the server's memory nor what passed its trunks has any of the text"
secret=datagrams-that-only-the-two-clients-know-$RANDOM$RANDOM
for ((i = 0; i < 20; ++i)); do
    equal "the answer" "$(peer ask 127.0.0.1 "$port" "$secret $i")" "$secret $i"
done
equal "in the capture" "$(grep -c -a -F "$secret" "$dir/captured" || true)" 0
equal "in the server's memory" "$(python3 "$here/memory_has.py" "$(pid_of server)" "${secret:0:20}+${secret:20}")" 0

say "a flood while the other client stands still is dropped and counted, and the visit continues"
dropped() { # the client counts a flow's drops when it has its turn
    "$FERROTUNNEL" status --json --control "$dir/laptop.sock" >"$dir/status.json"
    python3 -c 'import json, sys; sys.exit(json.load(open(sys.argv[1]))["datagrams"]["dropped_no_room"] == 0)' \
        "$dir/status.json"
}
# How many reach the visiting client at all depends on the machine.
is_flooded() {
    signal office STOP
    peer flood 127.0.0.1 "$port" 3000 >/dev/null
    signal office CONT
    dropped
}
wait_until $patience "the drops" is_flooded
at_least "the port of a visitor after the flood" "$(peer ask 127.0.0.1 "$port" who)" 1

# failed NAME WHAT: a datagram to the port comes to nothing, and the visiting client says why.
failed() {
    python3 -c 'import socket, sys
here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.sendto(b"hello", ("127.0.0.1", int(sys.argv[1])))' "$port"
    wait_for_text "$1" "a visit failed.*$2"
}
join_ok_by_term() { signal "$1" TERM && join_ok "$1"; }

say "a wrong key is refused on both ends"
visiting wrong other_key --udp
failed wrong "rejected the key"
wait_for_text office "a visit was rejected.*service=dns.*the visitor's key is not the key of this service"
join_ok_by_term wrong

say "a visit by TCP to a UDP service, and the reverse, say so"
visiting by_tcp key
(echo hello >"/dev/tcp/127.0.0.1/$port") 2>/dev/null || true
wait_for_text by_tcp "a visit failed.*the service is not a TCP service"
join_ok_by_term by_tcp
programs[by_udp]=1
start by_udp "$FERROTUNNEL" visit tcp --udp --local 0 --key-file "$dir/key" --server "$client_to" \
    --token-file "$dir/token" --tls $tls
wait_for_text by_udp "^connected to"
port=$(awk '$2 == "->" { print $1; exit }' "$dir/by_udp.out")
port=${port##*:}
failed by_udp "the service is not a UDP service"
join_ok_by_term by_udp

say "the control: without a visit, the capture would have it"
ready_client plain 1 --udp "0=127.0.0.1:$backend_port"
public=$(public_of plain)
equal "the answer" "$(peer ask 127.0.0.1 "${public##*:}" "$secret plain")" "$secret plain"
at_least "in the capture" "$(grep -c -a -F "$secret" "$dir/captured" || true)" 1
check_alive
