# Other programs' UDP through a tunnel: DTLS by openssl, dig, socat, and iperf3 in both directions, each where it is
# installed; and a flow like WireGuard's, in which both ends send on their own and one changes its address.
source "$(dirname "$0")/lib.sh"
need python3
has() { command -v "$1" >/dev/null; }

port_of() { awk -v what="$2" '$1 == "service" && ($3 ~ /^udp:/) == (what == "udp") { sub(/.*:/, "", $3); print $3 }' "$dir/$1.endpoints"; }

serve_udp backend
backend_port=${udp_backend##*:}
start_server
ready_client client 1 --udp "0=localhost:$backend_port"
public=$(port_of client udp)

say "both ends send on their own, and one comes from one address after the other"
start home python3 "$E2E_SOURCE/udp_peer.py" home "$dir/home.port"
wait_until $patience "the port of the end at home" test -s "$dir/home.port"
ready_client roaming 1 --udp "0=127.0.0.1:$(<"$dir/home.port")"
equal "what the other end says" "$(python3 "$E2E_SOURCE/udp_peer.py" roam 127.0.0.1 "$(port_of roaming udp)")" \
    "three sources were followed"

if has openssl; then
    say "DTLS, both ways"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=dtls.test \
        -addext subjectAltName=DNS:dtls.test -keyout "$dir/dtls.key" -out "$dir/dtls.pem" 2>"$dir/dtls.req"
    dtls_port=$(free_port)
    mkfifo "$dir/to_server" "$dir/to_client"
    exec 8<>"$dir/to_server" 9<>"$dir/to_client"
    start dtls_server bash -c 'exec "$@" <"$0"' "$dir/to_server" openssl s_server -dtls -listen \
        -accept "127.0.0.1:$dtls_port" -cert "$dir/dtls.pem" -key "$dir/dtls.key" -naccept 1
    wait_for_text dtls_server ACCEPT
    ready_client dtls_client 1 --udp "0=127.0.0.1:$dtls_port"
    start dtls_visitor bash -c 'exec "$@" <"$0"' "$dir/to_client" openssl s_client -dtls -servername dtls.test \
        -connect "127.0.0.1:$(port_of dtls_client udp)" -verify_return_error -verify_hostname dtls.test \
        -CAfile "$dir/dtls.pem"
    wait_for_text dtls_visitor "Verify return code: 0 (ok)"
    echo "from the visitor" >&9
    echo "from the server" >&8
    wait_for_text dtls_server "from the visitor"
    wait_for_text dtls_visitor "from the server"
    kill_now dtls_visitor
    kill_now dtls_server
    exec 8>&- 9>&-
fi

if has dig; then
    say "dig"
    for i in 1 2 3; do
        equal "the answer" "$(dig +short +timeout=5 +tries=12 "@127.0.0.1" -p "$public" "name$i.example.com" A)" 192.0.2.53
    done
fi

if has socat; then
    say "socat"
    is_echoed() { [[ $(echo "through socat" | socat -t 2 -T 5 - "UDP:127.0.0.1:$public") == "through socat" ]]; }
    wait_until $patience "the echo" is_echoed
fi

if has iperf3; then
    port=$(free_port)
    start iperf iperf3 -s --forceflush -B 127.0.0.1 -p "$port"
    wait_for_text iperf "listening"
    public_port=$(free_port)
    ready_client iperf_client 2 --tcp+udp "$public_port=127.0.0.1:$port"
    # The server ends a test a moment after its client has, and takes no other one until then. What begins a test are
    # single datagrams that iperf3 does not send again, so a test may have to be begun again.
    is_done() {
        timeout 60 iperf3 -c 127.0.0.1 -p "$public_port" -u -t 2 -i 0 --connect-timeout 60000 "$@" \
            >"$dir/iperf3.out" 2>"$dir/iperf3.err" && file_has "$dir/iperf3.out" "iperf Done"
    }
    for direction in up down; do
        say "iperf3, $direction"
        reverse=()
        [[ $direction == up ]] || reverse=(-R)
        wait_until 240 "an iperf3 that ends" is_done -b 20M -l 1200 "${reverse[@]}"
        grep -E 'receiver$' "$dir/iperf3.out" | tail -1
    done
fi
check_alive
