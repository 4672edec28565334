# Strangers at a dashboard that other machines can reach: silent connections of a customer's IPv6 (a /56) and of a /48 take
# no place of its owner, and guesses do not keep the right secret out. In a network namespace of its own, where all of
# 2001:db8::/32 is this machine.
source "$(dirname "$0")/lib.sh"
need ip python3 sysctl openssl
((EUID == 0)) || skip "network namespaces need root"

ns=ft$((BASHPID % 100000))-board
ip netns add "$ns" 2>"$dir/netns.err" || skip "no network namespaces here: $(<"$dir/netns.err")"
on_end "ip netns del $ns"
ip -n "$ns" link set lo up
ip -n "$ns" -6 route add local 2001:db8::/32 dev lo 2>"$dir/route.err" || skip "no IPv6 here: $(<"$dir/route.err")"
ip netns exec "$ns" sysctl -q -w net.ipv6.ip_nonlocal_bind=1 2>"$dir/sysctl.err" || skip "no settings here: $(<"$dir/sysctl.err")"
printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$ns" "$FERROTUNNEL" >"$dir/program"
chmod +x "$dir/program"
FERROTUNNEL=$dir/program

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=dashboard \
    -keyout "$dir/key.pem" -out "$dir/chain.pem" 2>/dev/null
(umask 077 && "$FERROTUNNEL" token >"$dir/secret")
server_bind=[2001:db8:ffff::1]:0
start_server --dashboard '[2001:db8:ffff::1]:0' --dashboard-token-file "$dir/secret" --dashboard-tls-cert "$dir/chain.pem" \
    --dashboard-tls-key "$dir/key.pem"
at=$(awk '$1 == "dashboard" { print $2 }' "$dir/server.endpoints")

# strangers.py WHAT PORT SECRET: prints what the owner is answered, who comes from 2001:db8:b::1.
cat >"$dir/strangers.py" <<'PY'
import socket, ssl, sys
what, port, secret = sys.argv[1], int(sys.argv[2]), sys.argv[3]
context = ssl._create_unverified_context()

def connect(source):
    peer = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    peer.settimeout(60)
    peer.bind((source, 0))
    peer.connect(("2001:db8:ffff::1", port))
    return peer

def ask(peer, shown):
    try:
        tls = context.wrap_socket(peer)
        tls.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n" % shown.encode())
        answer = b""
        while piece := tls.recv(65536):
            answer += piece
        return answer[9:12].decode() or "none"
    except OSError as error:
        return "none: %s" % error

def silent(network, count):
    owner = connect("2001:db8:b::1")
    kept = [connect(network % i) for i in range(count)]
    print(ask(owner, secret), flush=True)

if what == "home":
    silent("2001:db8:1:%x::1", 100)
elif what == "block":
    silent("2001:db8:2:%x00::1", 120)
else:  # each from a home of its own, in the owner's block
    wrong = [ask(connect("2001:db8:b:%x00::1" % (1 + i)), "a wrong secret of 20") for i in range(60)]
    print(ask(connect("2001:db8:b::1"), secret), wrong.count("401"), wrong.count("429"), flush=True)
PY
strangers() { ip netns exec "$ns" python3 "$dir/strangers.py" "$1" "${at##*:}" "$(<"$dir/secret")"; }

say "the owner connects, and 100 silent ones of a /56 behind it"
equal "the owner's answer" "$(strangers home)" 200
wait_for_text server 'connection rate limit of the dashboard and metrics exceeded.*address=2001:db8:1::/56'
say "and 120 of a /48"
equal "the owner's answer" "$(strangers block)" 200
say "60 wrong secrets from the owner's own /48"
read -r answer wrong later <<<"$(strangers guesses)"
equal "the owner's answer" "$answer" 200
at_least "wrong secrets that were compared" "$wrong" 40 # and more only where this took a minute
at_least "and those that were not" "$later" 1
equal "all of them" $((wrong + later)) 60
check_alive
