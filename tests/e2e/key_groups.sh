# Key exchange of tunnel connections and visitors' TLS: post-quantum first where OpenSSL has it, and old peers are served.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
need curl openssl python3

make_authority ca
make_certificate app ca app.example.com
mkdir "$dir/certificates"
mv "$dir/app.crt" "$dir/app.key" "$dir/certificates/"
echo "served" >"$dir/index.html"
backend=127.0.0.1:$(free_port)
start backend python3 -m http.server --bind 127.0.0.1 --directory "$dir" "${backend##*:}"
wait_for_port "$backend" backend
# With the usual 10 s, 1,800 bytes in packets of their own arrive too late on a loaded machine.
printf 'server:\n  http: {head_timeout: 3m}\n' >"$dir/patient.yml"
start_server --https-bind 127.0.0.1:0 --certificates "$dir/certificates" --control "$dir/server.sock" \
    --config "$dir/patient.yml"
https=$(awk '$1 == "https" { print $2 }' "$dir/server.endpoints")
ready_client client 1 --http "app.example.com=$backend"

# OpenSSL knows the group of ML-KEM since 3.5; the program says which OpenSSL it uses.
at_least_3_5() { printf '%s\n3.5\n' "$1" | sort -VC -r; }
program_has_it=no
at_least_3_5 "$("$FERROTUNNEL" version --libraries | awk '$1 == "OpenSSL" { print $2; exit }')" && program_has_it=yes
visitor_has_it=no
at_least_3_5 "$(openssl version | awk '{ print $2 }')" && visitor_has_it=yes

# group_at ADDRESS [OPTION...]: the group that a handshake of s_client agrees on, in lower case.
group_at() {
    local address=$1
    shift
    { openssl s_client -connect "$address" -servername app.example.com "$@" </dev/null 2>/dev/null || true; } |
        sed -nE 's/^(Negotiated TLS1.3 group: |(Server|Peer) Temp Key: )([A-Za-z0-9]+).*/\3/p' | head -n 1 |
        tr '[:upper:]' '[:lower:]'
}

usual=x25519
[[ $program_has_it == yes && $visitor_has_it == yes ]] && usual=x25519mlkem768
say "expected between both: $usual"
equal "visitor" "$(group_at "$https")" $usual
equal "tunnel connection" "$(group_at "$control" -alpn ferrotunnel/1)" $usual

say "peers with other groups"
for group in X25519 P-256; do
    name=x25519
    [[ $group == X25519 ]] || name=ecdh # s_client's word for curves of NIST, before 3.2
    for at in "$https" "$control -alpn ferrotunnel/1"; do
        # shellcheck disable=SC2086
        got=$(group_at $at -groups $group)
        [[ $got == "$name" || $got == secp256r1 || $got == prime256v1 ]] || fail "$at with $group: \"$got\""
    done
done

say "the client's own connection"
"$FERROTUNNEL" status --control "$dir/server.sock" >"$dir/status"
expected="0 logins post-quantum, [1-9] other"
[[ $program_has_it == no ]] || expected="[1-9] logins* post-quantum, 0 other"
has_text "$dir/status" "^  encryption   $expected"

say "ClientHellos of the size of a post-quantum one, one byte a packet"
for how in bytes long; do
    equal "$how" "$(python3 "$E2E_SOURCE/tls_visitor.py" "$https" app.example.com "$dir/ca.pem" $how /)" \
        "$(<"$dir/index.html")"
done
