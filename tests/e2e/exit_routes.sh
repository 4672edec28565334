# An exit to all addresses does not lead to this machine's addresses, nor to what only the kernel's routes show as this
# machine or a neighbour: addresses that are delivered here (AnyIP), networks on a link without an address of this
# machine, and the network of a point-to-point peer. An item that names them opens them, and what lies beyond a gateway or
# a tunnel is reached. All in a network namespace, with a second one as the neighbour.
source "$(dirname "$0")/lib.sh"
need ip curl python3 prlimit
((EUID == 0)) || skip "network namespaces need root"

ns=ft$BASHPID-here
far=ft$BASHPID-far
for name in "$ns" "$far"; do
    ip netns add "$name" 2>"$dir/netns.err" || skip "no network namespaces here: $(<"$dir/netns.err")"
    on_end "ip netns del $name"
    ip -n "$name" link set lo up
    # Answers may take another link than questions.
    ip netns exec "$name" sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter; echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter'
done
# link HERE THERE: a pair of interfaces.
link() {
    ip -n "$ns" link add "$1" type veth peer name "$2" netns "$far"
    ip -n "$ns" link set "$1" up
    ip -n "$far" link set "$2" up
}
link wire wire_end
link peer peer_end
link tunnel tunnel_end
link line line_end
# A line like a tunnel's, without neighbours: whatever is sent there is the other end's.
ip -n "$far" link set line_end address 02:00:00:00:00:01
ip -n "$ns" link set line address 02:00:00:00:00:01 arp off
# 198.18.0.0/15 is kept for measurements (RFC 2544), so nobody has a route to it.
ip -n "$ns" route add local 198.18.1.0/24 dev lo
ip -n "$ns" route add 198.18.2.0/24 dev wire
ip -n "$ns" address add 198.18.3.1 peer 198.18.3.2/24 dev peer
ip -n "$ns" address add 198.18.4.1/30 dev wire
ip -n "$ns" route add 198.18.5.0/24 via 198.18.4.2
ip -n "$ns" route add 96.0.0.0/7 dev tunnel # a way out, the shortest prefix that is a network is /8
ip -n "$ns" route add 98.0.0.0/8 dev tunnel
# As WireGuard's AllowedIPs for all but private networks make them, with one network that the line has an address in.
for network in 11.0.0.0/8 172.64.0.0/10 193.1.0.0/16 198.18.6.0/24; do
    ip -n "$ns" route add "$network" dev line
done
ip -n "$ns" route add 2001:db8:6::/48 dev line
ip -n "$ns" address add 198.18.6.1/32 dev line
ip -n "$ns" address add 198.18.7.1 peer 198.18.8.2/32 dev line
ip -n "$ns" address add 2001:db8:4::1/64 dev wire nodad
ip -n "$ns" route add local 2001:db8:1::/48 dev lo
ip -n "$ns" route add 2001:db8:5::/48 via 2001:db8:4::2
ip -n "$far" address add 198.18.4.2/30 dev wire_end
ip -n "$far" address add 2001:db8:4::2/64 dev wire_end nodad
for address in 198.18.2.2/32 198.18.3.2/32 198.18.3.9/32 198.18.5.5/32 97.1.2.3/32 98.1.2.3/32 \
    11.1.2.3/32 172.64.1.2/32 193.1.2.3/32 198.18.6.9/32 198.18.8.2/32; do
    ip -n "$far" address add "$address" dev lo
done
ip -n "$far" address add 2001:db8:5::5/128 dev lo nodad
ip -n "$far" address add 2001:db8:6::6/128 dev lo nodad
ip -n "$far" route add default via 198.18.4.1

mkdir "$dir/web"
echo reached >"$dir/web/page"
serve_in() { # NAME NAMESPACE
    start "$1" ip netns exec "$2" python3 -u -m http.server 8000 --directory "$dir/web" --bind ::
    wait_for_text "$1" 'Serving HTTP'
}
serve_in here "$ns"
serve_in there "$far"

program=$FERROTUNNEL
printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$ns" "$program" >"$dir/program"
chmod +x "$dir/program"
FERROTUNNEL=$dir/program
make_token
server_bind=127.0.0.1:7835
start_server
# start_exit NAME PORT ITEM...: by the option --remote-port, or its older name
port_option=--remote-port
start_exit() {
    programs[$1]=1
    start "$1" "$FERROTUNNEL" exit $port_option "$2" "${@:3}" --server 127.0.0.1:7835 --token-file "$dir/token" --tls "$tls" \
        --endpoint-file "$dir/$1.endpoints" --control off
    wait_until $patience "the exit $1" services_are "$1" 1
}
start_exit all 9001 --allow 0.0.0.0/0 --allow '[::/0]'
port_option=--port
start_exit named 9002 --allow 198.18.1.0/24 --allow 198.18.2.0/24 --allow 198.18.3.0/24 \
    --allow 98.1.0.0/16 --allow '[2001:db8:1::/48]'
# ask PORT ADDRESS: what a visitor of the exit at that port gets from there.
ask() {
    ip netns exec "$ns" curl -sS --max-time $patience -o "$dir/got" -w '%{http_code}' -x "http://127.0.0.1:$1" \
        "http://$2:8000/page" 2>"$dir/curl.said" || true
}

say "what the routes lead to is there"
for address in 198.18.1.7 198.18.2.2 198.18.3.2 198.18.3.9 98.1.2.3 '[2001:db8:1::7]'; do
    equal "$address by an item that names it" "$(ask 9002 "$address")" 200
done

say "an exit to all addresses does not lead there"
for address in 198.18.1.7 198.18.2.2 198.18.3.2 198.18.3.9 198.18.4.1 198.18.4.2 198.18.6.9 198.18.8.2 98.1.2.3 \
    '[2001:db8:1::7]' '[2001:db8:4::1]' '[2001:db8:4::2]'; do
    equal "$address" "$(ask 9001 "$address")" 403
done
wait_for_text all "an exit refused a visitor.*no item of .allow. names it"

say "and leads to what is beyond a gateway or a tunnel"
for address in 198.18.5.5 '[2001:db8:5::5]' 97.1.2.3 11.1.2.3 172.64.1.2 193.1.2.3 '[2001:db8:6::6]'; do
    equal "$address" "$(ask 9001 "$address")" 200
done

say "without a descriptor to ask the kernel by, it leads nowhere, and says why"
prlimit --pid "$(pid_of all)" --nofile=3:
equal "198.18.5.5 without descriptors" "$(ask 9001 198.18.5.5)" 503
wait_for_text all "an exit refused a visitor.*: no descriptor or memory is left"
prlimit --pid "$(pid_of all)" --nofile=1024:
equal "198.18.5.5 with descriptors" "$(ask 9001 198.18.5.5)" 200
check_alive
