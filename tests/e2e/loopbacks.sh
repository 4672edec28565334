# This machine as a backend: a bare port, `localhost` in any case, and both loopback addresses. Development servers
# listen on [::1] alone, since that is what `localhost` is there.
source "$(dirname "$0")/lib.sh"
need python3
grep -q -s "^0*1 .* lo\$" /proc/net/if_inet6 || skip "no IPv6 on the loopback interface"

peer=(python3 "$E2E_SOURCE/names_peer.py")
serve_at() { # NAME KIND ADDRESS PORT
    start "$1" "${peer[@]}" serve "$2" "$3" "$4" "$dir/$1.ready"
    wait_until $patience "the backend $1" test -e "$dir/$1.ready"
}
six=$(free_port) four=$(free_port) six_udp=$(free_port)
serve_at six tcp ::1 "$six"
serve_at four tcp 127.0.0.1 "$four"
serve_at six_udp udp ::1 "$six_udp"

start_server
backends=("$six" "LOCALHOST:$six" "Localhost:$four" "$four" "127.0.0.1:$six")
services=() ports=()
for at in "${backends[@]}"; do
    ports+=("$(free_port)")
    services+=(--tcp "${ports[-1]}=$at")
done
udp_port=$(free_port)
ready_client client 6 "${services[@]}" --udp "$udp_port=$six_udp"
answer() { "${peer[@]}" tcp 127.0.0.1 "$1"; }
equal "a bare port" "$(answer "${ports[0]}")" "::1: hello"
equal "LOCALHOST" "$(answer "${ports[1]}")" "::1: hello"
equal "Localhost, by IPv4" "$(answer "${ports[2]}")" "127.0.0.1: hello"
equal "a bare port, by IPv4" "$(answer "${ports[3]}")" "127.0.0.1: hello"
equal "127.0.0.1 is IPv4 alone" "$(answer "${ports[4]}")" none
equal "UDP" "$("${peer[@]}" udp 127.0.0.1 "$udp_port")" "::1: hello"
check_alive
