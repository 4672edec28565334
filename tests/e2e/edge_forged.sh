# A visitor cannot make a backend believe that somebody else has sent a request: what the forwarding fields say comes
# from the edge alone, under every spelling that some program would take for them.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"

serve_mishaps backend
start_edge
ready_client client 1 --http "app.example.com=$backend"

names=(X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host X-Forwarded-Port X-Forwarded-Server X-Forwarded-Prefix
    X-Forwarded-Anything X-Real-IP Forwarded X-Original-URL X-Rewrite-URL True-Client-IP X-Client-IP Client-IP
    X-Cluster-Client-IP CF-Connecting-IP Forwarded-For X-Forwarded X-Scheme X-Url-Scheme Front-End-Https X-Request-Id
    X-SSL-Client-Verify X-SSL-Client-S-DN X-SSL-Cert X-Client-Cert X-Client-Cert-Chain X-Client-Certificate X-Client-Verify
    X-Client-DN SSL-Client-Verify SSL-Client-Cert Client-Cert Client-Cert-Chain X-ARR-ClientCert X-TLS-Client-Serial
    X-Amzn-Mtls-Clientcert-Subject)
# spellings NAME: as it is, in other cases, with other separators, and with something behind it.
spellings() {
    local name=$1
    echo "$name" "${name,,}" "${name^^}" "${name//-/_}" "${name//-/.}" "${name/-/_}" "${name,,}_" "$name." "$name-"
}
# as_seen FIELDS: the head that the backend sees of a request with these fields.
as_seen() {
    talk "send:GET /head HTTP/1.1\\r\\nHost: app.example.com\\r\\n$1\\r\\n" 'send:Connection: close\r\n\r\n' rest
}
check_seen() {
    local what=$1 seen=$2 field
    has_text <(echo "$seen") "^HTTP/1.1 200"
    ! grep -q -a -F 6.6.6.6 <<<"$seen" || fail "the backend has seen what was forged by $what: $seen"
    for field in "X-Forwarded-For: 127.0.0.1" "X-Real-IP: 127.0.0.1" "X-Forwarded-Proto: http" \
        "X-Forwarded-Host: app.example.com"; do
        equal "\"$field\" ($what)" "$(grep -c -a -i "^${field%%:*}:" <<<"$seen")" 1
        has_text <(echo "$seen") "^$field"
    done
}

say "each field in each spelling"
for name in "${names[@]}"; do
    fields=
    for spelling in $(spellings "$name"); do
        fields+="$spelling: 6.6.6.6\\r\\n"
    done
    check_seen "$name" "$(as_seen "${fields%\\r\\n}")"
done

say "on several lines, in lists, and all together"
check_seen "several lines" "$(as_seen 'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6, 127.0.0.1\r\nx-forwarded-for:6.6.6.6')"
all=
for name in "${names[@]}"; do
    all+="$name: 6.6.6.6\\r\\n${name//-/_}: for=6.6.6.6;proto=https\\r\\n"
done
check_seen "all together" "$(as_seen "${all%\\r\\n}")"

say "as trailers, and taken away by Connection"
answer=$(talk 'send:POST /trailers HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n' \
    'send:X-Forwarded-For: 6.6.6.6\r\nx_real_ip: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Fine: 1\r\n\r\n' 'until:\n\r\n' \
    'until:trailers')
has_text <(echo "$answer") "^X-Fine: 1"
! grep -q -F 6.6.6.6 <<<"$answer" || fail "forged trailers: $answer"
for name in X-Forwarded-For x_forwarded_for X-Real-IP Forwarded. X-Request-Id; do
    answer=$(talk "send:GET /head HTTP/1.1\\r\\nHost: app.example.com\\r\\nConnection: $name\\r\\n\\r\\n" rest)
    has_text <(echo "$answer") "^HTTP/1.1 400"
    has_text <(echo "$answer") "^X-FerroTunnel-Error: protected_field_in_connection"
done
