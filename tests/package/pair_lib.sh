# A server and a client in a root file system of their own, their backends and what visitors get: for tests of the static
# program and of packages. Sourced behind lib.sh and http_lib.sh, with $source; $in_root is the command that runs the
# program in $root, as the owner of /work there.
#
# shellcheck shell=bash

# start_backends: plain, with a certificate of an authority of its own, TCP and UDP; a name server.
start_backends() {
    ip link set lo up
    serve_http plain
    plain=$backend
    serve echoes echo
    echoes=$backend
    serve_udp datagrams
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=An authority" -days 2 \
        -keyout "$dir/ca.key" -out "$dir/ca.crt" 2>"$dir/openssl.err"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout "$dir/tls.key" -out "$dir/tls.csr" \
        2>>"$dir/openssl.err"
    openssl x509 -req -in "$dir/tls.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -days 2 \
        -extfile <(echo "subjectAltName=DNS:backend.dns.test") -out "$dir/tls.crt" 2>>"$dir/openssl.err"
    cat "$dir/tls.key" "$dir/tls.crt" >"$dir/tls.pem"
    start tls python3 "$source/tests/package/static_peers.py" tls "$dir/tls.pem" "$dir/tls.port"
    start names python3 "$source/tests/package/static_peers.py" names 127.0.0.1
    wait_for_text names '^ready'
    wait_until $patience "the port of tls" test -s "$dir/tls.port"
    make_token
}
# name_hosts: the names that server and backend have in $root.
name_hosts() {
    echo "127.0.0.1 tunnel.hosts.test" >"$root/etc/hosts"
    echo "nameserver 127.0.0.1" >"$root/etc/resolv.conf"
}
# start_in_root NAME ARGUMENT...: its endpoint file is where the functions of lib.sh look for it.
start_in_root() {
    programs[$1]=1
    ln -sf "$root/work/$1.endpoints" "$dir/$1.endpoints"
    start "$1" "${in_root[@]}" "${@:2}" --endpoint-file "/work/$1.endpoints" --workers 1
}
# address_of SERVICE: the public one of a service of the client.
address_of() { awk -v name="$1" '$2 == name { print $3 }' "$dir/client.endpoints"; }
end_of() {
    signal "$1" TERM
    join_ok "$1"
}
start_pair() {
    start_in_root server server --token-file /work/token --bind 127.0.0.1:0 --tcp-bind 127.0.0.1 \
        --http-bind 127.0.0.1:0 --state-dir /work/state --domain t.test
    wait_until $patience "the server" endpoint_or_end server '^http '
    control=$(awk '$1 == "control" { print $2 }' "$dir/server.endpoints")
    edge=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
    "${in_root[@]}" login "tunnel.hosts.test:${control##*:}" --token-file /work/token >"$dir/login.out"
    start_in_root client client --tcp "0=$echoes" --udp "0=$udp_backend" --http "plain.t.test=$plain" \
        --http "tls.t.test=https://backend.dns.test:$(<"$dir/tls.port")"
    wait_for_services client 4
}
# check_pair: what its visitors get, by each kind of service; the client `guarded` continues to run.
check_pair() {
    equal "a page by verified TLS from a name of DNS" "$(ask tls.t.test /)" "by TLS"
    equal "a page without TLS" "$(status_of plain.t.test /name/x)" 200
    equal "bytes by TCP" "$(value received "$(visit "$(address_of "$echoes")" exchange:64K finish rest)")" 65536
    equal "a datagram" "$(python3 "$E2E_SOURCE/udp_peer.py" ask 127.0.0.1 "$(address_of "udp:$udp_backend" | sed 's/.*://')" hello)" hello
    start_in_root guarded http "$plain" --host guarded.t.test --basic-auth ann
    wait_for_services guarded 1
    equal "a page without a password" "$(status_of guarded.t.test /name/x)" "401 auth_required"
    equal "a page with the password" "$(status_of guarded.t.test /name/x -u 'ann:open sesame')" 200
    equal "the health of all three" "$("${in_root[@]}" health | grep -c ': ready$')" 3
}
