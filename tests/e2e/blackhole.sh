# A link that swallows everything without a word, in network namespaces: both sides notice by themselves when the dead
# interval is over, and the tunnel is back when the link is.
#
#   visitor --+  server's namespace      router        client's namespace  +-- backend
#             +-- 10.77.1.1 ------ 10.77.1.2|10.77.2.2 ------ 10.77.2.1 ---+
source "$(dirname "$0")/lib.sh"
need ip sysctl
((EUID == 0)) || skip "network namespaces need root"

# Names that no other run has; at most 15 characters for interfaces.
mark=$((BASHPID % 100000))
server_ns=ft$mark-server router_ns=ft$mark-router client_ns=ft$mark-client
ip netns add "$server_ns" 2>"$dir/netns.err" || skip "no network namespaces here: $(<"$dir/netns.err")"
on_end "ip netns del $server_ns"
for name in "$router_ns" "$client_ns"; do
    ip netns add "$name"
    on_end "ip netns del $name"
done
inside() { ip netns exec "$@"; }

# link NAMESPACE NETWORK: between it and the router.
link() {
    ip link add "ft$mark-$2" netns "$1" type veth peer name "ft$mark-r$2" netns "$router_ns"
    ip -n "$1" address add "10.77.$2.1/24" dev "ft$mark-$2"
    ip -n "$router_ns" address add "10.77.$2.2/24" dev "ft$mark-r$2"
    ip -n "$1" link set "ft$mark-$2" up
    ip -n "$router_ns" link set "ft$mark-r$2" up
    ip -n "$1" link set lo up
    ip -n "$1" route add default via "10.77.$2.2"
}
link "$server_ns" 1
link "$client_ns" 2
# A host that does not forward drops what is not its own without an answer: that is the hole.
forward() { inside "$router_ns" sysctl -q -w net.ipv4.ip_forward="$1"; }
forward 1 || skip "no forwarding here"

# What lib.sh starts from here on is started in the namespaces.
in_server=(ip netns exec "$server_ns") in_client=(ip netns exec "$client_ns")
program=$FERROTUNNEL peer=$E2E_TOOLS/tcp_peer
make_token
printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$server_ns" "$program" >"$dir/server_program"
printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$client_ns" "$program" >"$dir/client_program"
chmod +x "$dir/server_program" "$dir/client_program"

times=(--ping-interval 2 --dead-interval 8) # a machine that stands still for some seconds is no hole
server_bind=10.77.1.1:7835
start backend "${in_client[@]}" "$peer" serve --port 9000 --port-file "$dir/backend.port" echo
wait_until $patience "the backend" test -s "$dir/backend.port"
FERROTUNNEL=$dir/server_program start_server "${times[@]}"
FERROTUNNEL=$dir/client_program ready_client client 1 --tcp 9001=127.0.0.1:9000 "${times[@]}"
visit_inside() { "${in_server[@]}" "$peer" connect 127.0.0.1:9001 "$@"; }
works() { line=$(visit_inside exchange:64K finish rest 2>/dev/null) && [[ $line == *" received=65536 "* ]]; }
works

visitors() {
    rm -f "$dir"/visitor_*
    start idle "${in_server[@]}" "$peer" connect 127.0.0.1:9001 exchange:1 "touch:$dir/visitor_idle" rest
    start busy "${in_server[@]}" "$peer" connect 127.0.0.1:9001 exchange:1 "touch:$dir/visitor_busy" exchange:100000M
    wait_until $patience "the visitors" test -e "$dir/visitor_idle" -a -e "$dir/visitor_busy"
}
port_is_closed() { ! "${in_server[@]}" bash -c 'exec 3<>/dev/tcp/127.0.0.1/9001' 2>/dev/null; }

for round in 1 2; do
    say "the link swallows everything"
    visitors
    resets=$(count_of backend "ending=reset")
    forward 0
    began=$(now_ms)
    join idle 30 # less than the 45 s that it would be without being told
    join busy 30
    say "the visitors knew after $(($(now_ms) - began)) ms"
    equal "how it ended for the idle one" "$(value ending "$(<"$dir/idle.out")")" reset
    equal "how it ended for the busy one" "$(value ending "$(<"$dir/busy.out")")" reset
    wait_until $patience "the closed port" port_is_closed
    wait_until $patience "the resets at the backend" count_is backend "ending=reset" $((resets + 2))
    say "the backend knew after $(($(now_ms) - began)) ms at most"
    wait_until $patience "the client's notice" services_are client 0
    say "the link is back"
    began=$(now_ms)
    forward 1
    wait_until $patience "the service" works
    say "the service was back after $(($(now_ms) - began)) ms"
    check_alive
done

say "a hole of one second is survived"
visitors
forward 0
sleep 1 # the hole itself: shorter than the dead interval
forward 1
works
is_running idle || fail "the idle visitor was ended"
is_running busy || fail "the busy visitor was ended"
signal busy KILL
join busy
