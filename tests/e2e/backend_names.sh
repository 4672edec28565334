# Names with two addresses, of which the first answers nothing, not even with a refusal. As a backend: visitors by TCP,
# HTTP and UDP reach the other one, checks call it healthy, and an exit gets there. As the server and as a proxy: clients
# connect to the other one. A UDP visitor that continues sending follows its backend to another address. All in a network
# namespace with names of its own.
source "$(dirname "$0")/lib.sh"
need ip nft python3 getent curl
((EUID == 0)) || skip "network namespaces need root"

ns=ft$BASHPID-names
ip netns add "$ns" 2>"$dir/netns.err" || skip "no network namespaces here: $(<"$dir/netns.err")"
on_end "ip netns del $ns"
hosts=/etc/netns/$ns/hosts # what `ip netns exec` puts over /etc/hosts
mkdir -p "/etc/netns/$ns"
on_end "rm -rf /etc/netns/$ns; rmdir --ignore-fail-on-non-empty /etc/netns"
ip -n "$ns" link set lo up
for last in 1 2 3; do
    ip -n "$ns" address add 10.79.0.$last/32 dev lo
done
printf '127.0.0.1 localhost\n10.79.0.1 moves.test\n' >"$hosts"
for name in app exit udp server proxy; do
    printf '10.79.0.1 %s.test\n10.79.0.2 %s.test\n' $name $name >>"$hosts"
done

in_ns=(ip netns exec "$ns")
peer=(python3 "$E2E_SOURCE/names_peer.py")
first=$("${in_ns[@]}" getent ahosts app.test | awk '$2 == "STREAM" { print $1; exit }')
[[ $first == 10.79.0.[12] ]] || skip "names do not resolve in a namespace here: ${first:-nothing}"
other=10.79.0.$((3 - ${first##*.}))
"${in_ns[@]}" nft -f - <<NFT || skip "no nftables here"
table inet dead {
    chain into { type filter hook input priority 0; ip daddr $first drop; }
}
NFT
say "$first swallows everything, $other answers"

# serve_at NAME KIND ADDRESS PORT
serve_at() {
    rm -f "$dir/$1.ready"
    start "$1" "${in_ns[@]}" "${peer[@]}" serve "$2" "$3" "$4" "$dir/$1.ready"
    wait_until $patience "the backend $1" test -e "$dir/$1.ready"
}
serve_at web tcp "$other" 3000
serve_at dns udp "$other" 3053
mkdir "$dir/www"
echo hello >"$dir/www/page"
start pages "${in_ns[@]}" python3 -u -m http.server 3080 --directory "$dir/www" --bind "$other"
wait_for_text pages 'Serving HTTP'

program=$FERROTUNNEL
printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$ns" "$program" >"$dir/program"
chmod +x "$dir/program"
FERROTUNNEL=$dir/program
make_token
server_bind=0.0.0.0:7835
start_server --http-bind 127.0.0.1:8080
say "the server's name"
cat >"$dir/client.yml" <<YML
client:
  server: server.test:7835
  token: file:$dir/token
  tls: $tls
  endpoint_file: $dir/client.endpoints
  services:
    - {tcp: 9000, local: "app.test:3000", name: plain}
    - {tcp: 9001, local: "app.test:3000", name: checked, health: tcp}
    - {udp: 9053, local: "udp.test:3053", name: dns}
    - {udp: 9054, local: "moves.test:3054", name: moves}
    - {tcp: 9002, local: exit, name: exit, allow: ["10.79.0.0/24:3000"]}
    - {http: page.test, local: "app.test:3080", name: page}
YML
programs[client]=1
start client "$FERROTUNNEL" client --config "$dir/client.yml"
wait_until $patience "the services" services_are client 6
equal "failed attempts" "$(count_of client 'could not connect')" 0

say "TCP"
for visitor in 1 2 3; do
    equal "the answer to visitor $visitor" "$("${in_ns[@]}" "${peer[@]}" tcp 127.0.0.1 9000)" "$other: hello"
done

say "HTTP"
equal "the page" "$("${in_ns[@]}" curl -sS --max-time $patience -H 'Host: page.test' http://127.0.0.1:8080/page)" hello

say "a proxy's name"
start proxy "${in_ns[@]}" python3 "$E2E_SOURCE/connect_proxy.py" "$other:3128" 7835
proxy_listens() { "${in_ns[@]}" bash -c "exec 3<>/dev/tcp/$other/3128" 2>/dev/null; }
wait_until $patience "the proxy" proxy_listens
client_to=server.test:7835 ready_client proxied 1 --proxy http://proxy.test:3128 --tcp 9003=app.test:3000
has_text "$dir/proxy.out" 'asked for server.test:7835'
equal "failed attempts" "$(count_of proxied 'could not connect')" 0
equal "the answer to a visitor" "$("${in_ns[@]}" "${peer[@]}" tcp 127.0.0.1 9003)" "$other: hello"

say "a checked service is healthy"
is_served() { [[ $("${in_ns[@]}" "${peer[@]}" tcp 127.0.0.1 9001) == "$other: hello" ]]; }
wait_until $patience "the healthy service" is_served
equal "times that it was unhealthy" "$(count_of client 'unhealthy')" 0

say "an exit"
equal "what an exit's visitor gets" "$("${in_ns[@]}" curl -sS --http0.9 -x socks5h://127.0.0.1:9002 --max-time $patience \
    http://exit.test:3000/hello 2>&1 | head -c 30)" "$other: GET /hello HTTP/1.1"

say "UDP"
equal "the answer by UDP" "$("${in_ns[@]}" "${peer[@]}" udp 127.0.0.1 9053)" "$other: hello"

say "a UDP visitor that continues sending while its backend moves"
"${in_ns[@]}" nft flush chain inet dead into
serve_at before udp 10.79.0.1 3054
start mover "${in_ns[@]}" "${peer[@]}" udp 127.0.0.1 9054 "$dir/answers" "10.79.0.3"
wait_until $patience "the first answer" file_has "$dir/answers" "10.79.0.1"
printf '127.0.0.1 localhost\n10.79.0.3 moves.test\n' >"$hosts"
serve_at after udp 10.79.0.3 3054
kill_now before
join_ok mover $((2 * patience))
equal "where the answers came from" "$(tr '\n' ' ' <"$dir/answers")" "10.79.0.1: hello 10.79.0.3: hello "
check_alive
