# Fields about visitors' client certificates: a backend gets the edge's own, over HTTP/1.1 and HTTP/2, and through another
# member of a cluster; what a visitor sends under these names never arrives, with a certificate, without one, without TLS.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
need curl openssl python3
curl --version | grep -q HTTP2 || skip "curl has no HTTP/2"

# visitor_certificate NAME AUTHORITY SUBJECT SAN: NAME.crt and NAME.key of a visitor.
visitor_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -utf8 -subj "$3" -keyout "$dir/$1.key" \
        -out "$dir/$1.csr" 2>/dev/null
    openssl x509 -req -days 2 -in "$dir/$1.csr" -CA "$dir/$2.pem" -CAkey "$dir/$2.key" -CAcreateserial \
        -extfile <(printf 'basicConstraints=critical,CA:%s\nsubjectAltName=%s\n' "${5:-FALSE}" "$4") \
        -out "$dir/$1.crt" 2>/dev/null
}
make_authority staff
visitor_certificate team staff "/CN=team" DNS:team TRUE
cp "$dir/team.crt" "$dir/team.pem"
visitor_certificate alice staff '/O=Example, Inc./CN=Zoë' 'DNS:alice.example,email:zoe@example.com,URI:spiffe://td/a,IP:10.0.0.1'
visitor_certificate bob team /CN=bob DNS:bob
visitor_certificate many staff /CN=many "$(printf 'DNS:machine-%s.production.example,' {1..100})DNS:last.example"
visitor_certificate long staff /CN=long "$(printf 'DNS:machine-%s.production.example,' {1..400})DNS:last.example"
cat "$dir/bob.crt" "$dir/team.crt" >"$dir/bob.chain"
fingerprint_of() { openssl x509 -in "$dir/$1.crt" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr 'A-F' 'a-f'; }
der_of() { openssl x509 -in "$dir/$1.crt" -outform DER | base64 -w 0; }

forged=()
for name in X-Client-Cert-Subject X-Client-Cert-SAN X-Client-Cert-Fingerprint Client-Cert Client-Cert-Chain; do
    for spelling in "$name" "${name,,}" "${name^^}" "${name//-/_}" "${name/-/_}" "$name-" "${name//-/.}"; do
        forged+=(-H "$spelling: forged")
    done
done

# fields HOST [CURL OPTION...]: what the backend sees of a request, of all that is about certificates or is forged.
fields() {
    curl -sS --max-time 60 --noproxy '*' --cacert "$dir/ca.pem" --resolve "$1:$https:${at:-127.0.0.1}" "${forged[@]}" \
        "${@:2}" "https://$1:$https/head" >"$dir/fields.head" || return 1
    tr -d '\r' <"$dir/fields.head" | grep -a -i 'client.cert\|forged' || true
}
as() { printf '%s\n' --cert "$dir/$1.${2:-crt}" --key "$dir/$1.key"; }
alice="X-Client-Cert-Subject: CN=Zo\\C3\\AB,O=Example\\, Inc.
X-Client-Cert-SAN: DNS:alice.example,email:zoe@example.com,URI:spiffe://td/a,IP:10.0.0.1
X-Client-Cert-Fingerprint: $(fingerprint_of alice)"
bob="X-Client-Cert-Subject: CN=bob
X-Client-Cert-SAN: DNS:bob
X-Client-Cert-Fingerprint: $(fingerprint_of bob)
Client-Cert: :$(der_of bob):
Client-Cert-Chain: :$(der_of team):"

hosts=(must.test may.test chain.test open.test)
rules="[{host: must.test, ca: $dir/staff.pem}, {host: may.test, ca: $dir/staff.pem, required: no}, {host: chain.test, ca: $dir/staff.pem, chain: on}]"
prepare_cluster "${hosts[@]}"
serve_mishaps backend

# check_visitors: the fields of each visitor, where $at and $https lead.
check_visitors() {
    local version host
    for version in --http1.1 --http2; do
        equal "a certificate ($version)" "$(fields must.test "$version" $(as alice))" "$alice"
        equal "one that is not required ($version)" "$(fields may.test "$version" $(as alice))" "$alice"
        equal "no certificate ($version)" "$(fields may.test "$version")" ""
        equal "one that nobody has asked for ($version)" "$(fields open.test "$version" $(as alice))" ""
        equal "the certificate and its chain ($version)" "$(fields chain.test "$version" $(as bob chain))" "$bob"
    done
    equal "an upgrade" "$(fields must.test --http1.1 $(as alice) -H 'Connection: Upgrade' -H 'Upgrade: websocket')" "$alice"
    equal "fields that Connection names" \
        "$(fields must.test --http1.1 $(as alice) -H 'Connection: X-Client-Cert-Subject, Client-Cert')" "$alice"
    equal "a hundred names" "$(fields must.test $(as many) | grep -c ',DNS:machine-100.production.example,DNS:last.example$')" 1
    equal "too many names" "$(fields must.test $(as long) | cut -d: -f1)" "X-Client-Cert-Subject
X-Client-Cert-Fingerprint"
    if fields must.test >/dev/null 2>&1; then
        fail "a visitor without a certificate was served"
    fi
    for host in may.test open.test; do
        curl -sS --max-time 60 --noproxy '*' "${forged[@]}" -H "Host: $host" "http://${at:-127.0.0.1}:$http/head" >"$dir/head"
        has_text "$dir/head" '^GET /head'
        ! grep -a -i 'client.cert\|forged' "$dir/head" || fail "forged fields without TLS"
    done
}

say "one server"
http=$(free_port) https=$(free_port)
printf 'server:\n  https: {certificates: [{chain: %s, key: %s}], client_certificates: %s}\n' "$dir/app.crt" "$dir/app.key" \
    "$rules" >"$dir/edge.yml"
start_server --config "$dir/edge.yml" --http-bind "127.0.0.1:$http" --https-bind "127.0.0.1:$https"
offered=()
for host in "${hosts[@]}"; do
    offered+=(--http "$host=$backend")
done
ready_client client 4 "${offered[@]}"
check_visitors

say "requests of one connection"
equal "three requests" "$(curl -sS --max-time 60 --noproxy '*' --cacert "$dir/ca.pem" --resolve "must.test:$https:127.0.0.1" \
    $(as alice) "${forged[@]}" -w '\nconnections %{num_connects}\n' "https://must.test:$https/head" \
    "https://must.test:$https/head" "https://must.test:$https/head" | tr -d '\r' |
    grep -a "^connections\|^X-Client-Cert-Fingerprint: $(fingerprint_of alice)$" | cut -d: -f1 | tr '\n' ' ')" \
    "X-Client-Cert-Fingerprint connections 1 X-Client-Cert-Fingerprint connections 0 X-Client-Cert-Fingerprint connections 0 "

# end NAME...: clients and servers.
end() {
    local name
    for name in "$@"; do
        unset "programs[$name]"
        kill_now "$name"
    done
}
end client server

say "a cluster: the visitor comes to one member, and the client is at the other"
members=(a b)
address=([a]=127.0.0.2 [b]=127.0.0.3)
control_port=$(free_port) http=$(free_port) https=$(free_port) link=$(free_port)
for name in "${members[@]}"; do
    write_member "$name"
    sed -i "s|^  https: {|&client_certificates: $rules, |" "$dir/$name.yml"
    start_member "$name"
done
wait_linked a b
wait_linked b a
client_to=${address[b]}:$control_port ready_client client 4 --name client --identity client "${offered[@]}"
for at in "${address[@]}"; do
    is_known() { fields open.test >/dev/null && file_has "$dir/fields.head" '^GET /head'; }
    wait_until $patience "open.test at $at" is_known
    check_visitors
done
unset at
end client a b

say "a proxy that is trusted cannot speak for a host with a rule"
start_server --config "$dir/edge.yml" --http-bind "127.0.0.1:$http" --https-bind "127.0.0.1:$https" --trusted-proxy 127.0.0.1
ready_client client 4 "${offered[@]}"
equal "a certificate" "$(fields must.test $(as alice))" "$alice"
equal "no certificate" "$(fields may.test)" ""
forged=(-H "X-Client-Cert-Subject: CN=forwarded")
equal "a host without a rule" "$(fields open.test --http1.1)" "X-Client-Cert-Subject: CN=forwarded"
