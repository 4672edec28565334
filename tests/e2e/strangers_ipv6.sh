# 1,088 silent connections from 17 networks of one customer's IPv6 (a /56), and then from a whole /48: they get a share
# of the places, clients get in meanwhile, and the log names the network; and visitors that shake hands too often. In a
# network namespace of its own, where all of 2001:db8::/32 is this machine.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
need ip python3 sysctl openssl
((EUID == 0)) || skip "network namespaces need root"
need_descriptors 4096

ns=ft$((BASHPID % 100000))-six
ip netns add "$ns" 2>"$dir/netns.err" || skip "no network namespaces here: $(<"$dir/netns.err")"
on_end "ip netns del $ns"
ip -n "$ns" link set lo up
ip -n "$ns" -6 route add local 2001:db8::/32 dev lo 2>"$dir/route.err" || skip "no IPv6 here: $(<"$dir/route.err")"
ip netns exec "$ns" sysctl -q -w net.ipv6.ip_nonlocal_bind=1 2>"$dir/sysctl.err" || skip "no settings here: $(<"$dir/sysctl.err")"
printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$ns" "$FERROTUNNEL" >"$dir/program"
chmod +x "$dir/program"
FERROTUNNEL=$dir/program

# silent.py PREFIX FIRST LAST COUNT PLACES PORT: connections from PREFIX:k::1, k from FIRST to LAST and again, none of which
# says anything; prints "ready", and when it is told to end how many the server has not ended. It gives the server a
# minute to end all but PLACES of them.
cat >"$dir/silent.py" <<'PY'
import select, signal, socket, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
prefix, (first, last, count, places, port) = sys.argv[1], map(int, sys.argv[2:])
peers = select.poll()
kept = []
for i in range(count):
    peer = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    peer.bind(("%s:%x::1" % (prefix, first + i % (last - first + 1)), 0))
    peer.connect(("2001:db8:ffff::1", port))
    peers.register(peer, select.POLLIN)
    kept.append(peer)
print("ready", flush=True)
signal.sigwait([signal.SIGTERM])
give_up = time.monotonic() + 60
while count - len(peers.poll(0)) > places and time.monotonic() < give_up:
    time.sleep(0.05)
print("open=%d" % (count - len(peers.poll(0))), flush=True)
PY
# silent_from NAME PREFIX FIRST LAST COUNT PLACES
silent_from() {
    start "$1" ip netns exec "$ns" python3 "$dir/silent.py" "${@:2}" "${control##*:}"
    wait_for_text "$1" ready
}
# still_open NAME: ends it; $open is how many connections it had left.
still_open() {
    signal "$1" TERM
    join_ok "$1"
    open=$(value open "$(tail -1 "$dir/$1.out")")
}

server_bind=[2001:db8:ffff::1]:0
make_authority ca
make_certificate edge ca app.example.com
start_server --handshake-timeout 300 --https-bind '[2001:db8:ffff::1]:0' --certificate "$dir/edge.crt:$dir/edge.key" \
    --https-handshakes 1
https=$(awk '$1 == "https" { print $2 }' "$dir/server.endpoints")
gets_in() {
    local began
    began=$(now_ms)
    ready_client "$1" 1 --tcp 0=127.0.0.1:9 --handshake-timeout 60
    say "$1 was ready after $(($(now_ms) - began)) ms"
    equal "attempts of $1 that failed" "$(count_of "$1" 'could not connect')" 0
}

say "1,088 silent peers from 17 networks of a /56"
silent_from home 2001:db8:1 0 16 1088 256
gets_in beside_a_home
still_open home
say "of which $open have a place"
at_most "places of a home" "$open" 256
at_least "places of a home" "$open" 200
wait_for_text server 'network=2001:db8:1::/\(56\|64\)'

# Of each kind of line one a second is written, and the rest counted when that is over.
wait_for_text server 'kind=network_full'

say "2,000 silent peers from 2,000 networks of a /48"
silent_from block 2001:db8:2 0 2000 2000 512
gets_in beside_a_block
still_open block
say "of which $open have a place"
at_most "places of a block" "$open" 512
at_least "places of a block" "$open" 400
wait_for_text server 'network=2001:db8:2::/48'

say "TLS handshakes of visitors: ten at once from an address, then one a second"
cat >"$dir/shake.py" <<'PY'
import socket, ssl, sys, time
context = ssl.create_default_context(cafile=sys.argv[1])
done, began = 0, time.monotonic()
for i in range(100):
    visitor = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    visitor.bind((sys.argv[2], 0))
    visitor.connect(("2001:db8:ffff::1", int(sys.argv[3])))
    try:
        context.wrap_socket(visitor, server_hostname="app.example.com").close()
        done += 1
    except OSError:
        visitor.close()
print("done=%d most=%d" % (done, 10 + (time.monotonic() - began) + 1))
PY
shake() { ip netns exec "$ns" python3 "$dir/shake.py" "$dir/ca.pem" "$1" "${https##*:}" 2>"$dir/shake.err"; }
line=$(shake 2001:db8:3::1)
say "$line"
at_least "handshakes of an address" "$(value done "$line")" 10
at_most "handshakes of an address" "$(value done "$line")" "$(value most "$line")"
wait_for_text server 'too many TLS handshakes.*network=2001:db8:3::/64'
check_alive
