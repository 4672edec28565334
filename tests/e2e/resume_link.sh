# A session outlives what happens to its link, in network namespaces: holes, a middlebox that resets the connection, a
# client whose address changes, and what is too long for it, after which all is reset and the service comes back. In
# full size the session waits for the usual 30 s, and the holes are of 5, 20, 29, 29.5 and 31 s; otherwise for 15 s, and so
# on.
#
#   visitor --+  server's namespace      router        client's namespace  +-- backend
#             +-- 10.79.1.1 ------ 10.79.1.2|10.79.2.2 ------ 10.79.2.1 ---+
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/kept_bytes.sh"
need ip sysctl ss nft curl
((EUID == 0)) || skip "network namespaces need root"

mark=$((BASHPID % 100000))
server_ns=fr$mark-server router_ns=fr$mark-router client_ns=fr$mark-client
ip netns add "$server_ns" 2>"$dir/netns.err" || skip "no network namespaces here: $(<"$dir/netns.err")"
on_end "ip netns del $server_ns"
for name in "$router_ns" "$client_ns"; do
    ip netns add "$name"
    on_end "ip netns del $name"
done
inside() { ip netns exec "$@"; }
link() {
    ip link add "fr$mark-$2" netns "$1" type veth peer name "fr$mark-r$2" netns "$router_ns"
    ip -n "$1" address add "10.79.$2.1/24" dev "fr$mark-$2"
    ip -n "$router_ns" address add "10.79.$2.2/24" dev "fr$mark-r$2"
    ip -n "$1" link set "fr$mark-$2" up
    ip -n "$router_ns" link set "fr$mark-r$2" up
    ip -n "$1" link set lo up
    ip -n "$1" route add default via "10.79.$2.2"
}
link "$server_ns" 1
link "$client_ns" 2
# forward 0|1: the link is black, or there again.
forward() { inside "$router_ns" sysctl -q -w net.ipv4.ip_forward="$1"; }
forward 1 || skip "no forwarding here"
# hole SECONDS: the link is black for so long, by one process: how slow this script is does not make it longer.
hole() {
    inside "$router_ns" sh -c "echo 0 >/proc/sys/net/ipv4/ip_forward; sleep $1; echo 1 >/proc/sys/net/ipv4/ip_forward"
}

in_server=(ip netns exec "$server_ns") in_client=(ip netns exec "$client_ns")
program=$FERROTUNNEL peer=$E2E_TOOLS/tcp_peer
make_token
printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$server_ns" "$program" >"$dir/server_program"
printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$client_ns" "$program" >"$dir/client_program"
chmod +x "$dir/server_program" "$dir/client_program"
server_bind=10.79.1.1:7835

start backend "${in_client[@]}" "$peer" serve --port 9000 --port-file "$dir/backend.port" --timeout 900 echo
wait_until $patience "the backend" test -s "$dir/backend.port"

# start_tunnel [OPTION...]: of both sides; one connection, the backend's port is 9001 at the server.
start_tunnel() {
    FERROTUNNEL=$dir/server_program start_server "$@"
    FERROTUNNEL=$dir/client_program ready_client client 1 --tcp 9001=127.0.0.1:9000 --connections 1 "$@"
}
works() { [[ $("${in_server[@]}" "$peer" connect 127.0.0.1:9001 exchange:64K finish rest 2>/dev/null) == *" received=65536 "* ]]; }
resumes() { count_of client "the session was resumed"; }
resumed() { count_is client "the session was resumed" "$1"; }

# --- a middlebox that resets a connection ---

trunk_port() { inside "$client_ns" ss -Htn state established dport = :7835 | awk 'NR == 1 { sub(".*:", "", $3); print $3 }'; }
# forget_trunk: from now on whoever sends anything of the client's present connection is told that there is none.
forget_trunk() {
    local port
    port=$(trunk_port)
    [[ -n $port ]] || fail "the client has no connection"
    inside "$router_ns" nft -f - <<EOF
table ip forgetful
delete table ip forgetful
table ip forgetful {
    counter up {}
    counter down {}
    chain forward {
        type filter hook forward priority 0;
        tcp sport $port tcp dport 7835 counter name up reject with tcp reset
        tcp sport 7835 tcp dport $port counter name down reject with tcp reset
    }
}
EOF
}
# resets up|down: how many that were.
resets() { inside "$router_ns" nft list counter ip forgetful "$1" | awk '$1 == "packets" { print $2 }'; }
can_forget() { inside "$router_ns" nft 'add table ip forgetful; add chain ip forgetful x; add rule ip forgetful x tcp dport 1 reject with tcp reset' 2>/dev/null; }
can_forget || skip "no nftables that resets connections here"

lasts=$(by_size 15 30)
start_tunnel --resume "${lasts}s"

round=0
# visitors: one that is idle and one that is busy, both with bytes to compare once $dir/over.N is there.
visitors() {
    round=$((round + 1))
    start idle "${in_server[@]}" "$peer" connect 127.0.0.1:9001 --timeout 900 exchange:1 "touch:$dir/idle.$round" \
        "wait:$dir/over.$round" exchange:100K finish rest
    start busy "${in_server[@]}" "$peer" connect 127.0.0.1:9001 exchange:1 "touch:$dir/busy.$round" exchange:100000M
    start whole "${in_server[@]}" "$peer" connect 127.0.0.1:9001 --timeout 900 exchange:1 "touch:$dir/whole.$round" \
        "wait:$dir/over.$round" exchange:20M finish rest
    wait_until $patience "the visitors" test -e "$dir/idle.$round" -a -e "$dir/busy.$round" -a -e "$dir/whole.$round"
}
unharmed() {
    touch "$dir/over.$round"
    for name in idle whole; do
        join_ok "$name"
        equal "how it ended for $name" "$(value ending "$(<"$dir/$name.out")")" eof
    done
    is_running busy || fail "the busy visitor was ended: $(<"$dir/busy.out")"
    kill_now busy
}

short=$(by_size 2 5)
say "a hole of $short s: TCP itself is enough"
visitors
hole "$short"
unharmed

# Longer than the third of the time after which a side gives a connection up. The longest leave half a second for the last
# attempt, which begins when the time is over.
for seconds in $(by_size "8 14.5" "20 29 29.5"); do
    say "a hole of $seconds s"
    before=$(resumes)
    visitors
    hole "$seconds"
    wait_until $patience "the resume" resumed $((before + 1))
    unharmed
done

say "a middlebox resets the connection, again and again"
visitors
for ((i = 0; i < $(by_size 5 30); ++i)); do
    before=$(resumes)
    began=$(now_ms)
    forget_trunk
    wait_until $patience "the resume" resumed $((before + 1))
    at_least "packets of either side that were answered by a reset" $(($(resets up) + $(resets down))) 1
    took="${took:-} $(($(now_ms) - began))"
done
say "milliseconds from reset to resume:$took"
unharmed

# A translation of addresses that has changed its mind: the server is told by a reset, the client's packets get nowhere.
say "the connection is reset, and the client has another address"
before=$(resumes)
visitors
forget_trunk
ip -n "$client_ns" address add 10.79.2.7/24 dev "fr$mark-2"
ip -n "$client_ns" address del 10.79.2.1/24 dev "fr$mark-2"
ip -n "$client_ns" address add 10.79.2.7/24 dev "fr$mark-2" 2>/dev/null || true # it may have gone with the first one
ip -n "$client_ns" route replace default via 10.79.2.2
wait_until $patience "the resume" resumed $((before + 1))
wait_for_text server "was resumed on another connection .*10.79.2.7"
unharmed

say "the client's address changes without a word"
before=$(resumes)
visitors
ip -n "$client_ns" address add 10.79.2.8/24 dev "fr$mark-2"
ip -n "$client_ns" address del 10.79.2.7/24 dev "fr$mark-2"
ip -n "$client_ns" address add 10.79.2.8/24 dev "fr$mark-2" 2>/dev/null || true
ip -n "$client_ns" route replace default via 10.79.2.2
wait_until $patience "the resume" resumed $((before + 1))
wait_for_text server "was resumed on another connection .*10.79.2.8"
unharmed
equal "sessions that were lost" "$(count_of client "the connection was lost  ")" 0

say "a hole of $((lasts + 1)) s is too long: all is reset, and the service comes back"
visitors
forward 0
sleep $((lasts + 1)) # the hole itself
wait_until $patience "the end of the session" count_is client "the connection was lost" 1
forward 1
wait_until 60 "the end of the busy one" has_ended busy
touch "$dir/over.$round" # the others look at their connections now
for name in busy idle whole; do
    join "$name"
    equal "how it ended for $name" "$(value ending "$(<"$dir/$name.out")")" reset
done
wait_until $patience "the service" works

say "a middlebox resets a connection that carries as much as it can"
for name in client server; do
    signal $name TERM
    join_ok $name
done
start_tunnel --resume "${lasts}s" --tls off
sample_kept server client
visitors
began=$(now_ms)
movers=8 # with 256 KiB of window each as soon as they are opened, twice of what check_kept wants to see
for ((i = 0; i < movers; ++i)); do
    start "moves$i" "${in_server[@]}" "$peer" connect 127.0.0.1:9001 exchange:1 "touch:$dir/moving.$i" \
        exchange-until:"$dir/enough" finish rest
done
for ((i = 0; i < movers; ++i)); do wait_until $patience "visitor $i" test -e "$dir/moving.$i"; done
for ((cut = 0; cut < $(by_size 2 20); ++cut)); do
    sleep $(by_size 0.3 1) # that is how often
    is_running busy || fail "nothing flows any more"
    before=$(resumes)
    forget_trunk
    wait_until $patience "the resume" resumed $((before + 1))
done
touch "$dir/enough"
moved=0
for ((i = 0; i < movers; ++i)); do
    join_ok "moves$i"
    equal "how it ended for visitor $i" "$(value ending "$(<"$dir/moves$i.out")")" eof
    moved=$((moved + $(value received "$(<"$dir/moves$i.out")")))
done
say "$cut resets while $((moved / ($(now_ms) - began) / 1000)) MB/s and what the busy one has flowed each way"
unharmed
check_kept server client
