# Small files that were edited elsewhere: a byte order mark before tokens, users, ranges, certificates and configurations,
# what is around a token, and UTF-16. Each works, or is refused with words that say why.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx openssl iconv
[[ -e $FERROTUNNEL_PLUGINS/auth.so ]] || skip "the plugin auth is not built"

mark=$'\xef\xbb\xbf'
utf16="is UTF-16, as PowerShell's \`>\` writes it; save it as UTF-8"
# wide FILE TO: as PowerShell writes it.
wide() { (printf '\xff\xfe' && iconv -f UTF-8 -t UTF-16LE "$1") >"$2"; }
make_token
umask 077
printf '%s%s\r\n' "$mark" "$token" >"$dir/marked"
printf ' \t%s \n' "$token" >"$dir/blanks"
printf '"%s"\r\n' "$token" >"$dir/quotes"
printf '\xe2\x80\x9c%s\xe2\x80\x9d\n' "$token" >"$dir/curly"
printf 'token=%s\n' "$token" >"$dir/named"
wide "$dir/token" "$dir/wide"

# ann's password is "first".
printf '%sann:%s\r\n' "$mark" '$2y$05$G9TmUOIh5Oh96d3YoeNeq.q53FYd1fQvNS0Ljl3x3cw1164B2U8QC' >"$dir/users"
printf '%s192.0.2.0/24\r\n' "$mark" >"$dir/ranges"
wide "$dir/users" "$dir/users_wide"
printf '%sserver:\r\n  plugins:\r\n    chain:\r\n      - auth: {users_file: users}\r\n      - ip-filter: {deny_file: ranges}\r\n' \
    "$mark" >"$dir/edge.yml"

start_nginx 'location /who { return 200 "$remote_user"; }'
start_edge --config "$dir/edge.yml"

say "a token is taken out of what is around it"
i=0
for file in marked blanks quotes curly; do
    client_token=$dir/$file ready_client "client_$file" 1 --http "app$i.example.com=$nginx"
    i=$((i + 1))
done

say "the first user of a file with a mark gets in"
equal "ann" "$(status_of app0.example.com /who -u ann:first)" 200
equal "a wrong password" "$(status_of app0.example.com /who -u ann:second)" "401 auth_failed"

# refused WORDS ARGUMENT...: the program ends with 2 and says so.
refused() {
    local words=$1 code=0
    shift
    (cd "$dir" && exec timeout $patience "$FERROTUNNEL" "$@") >"$dir/run.out" 2>"$dir/run.err" </dev/null || code=$?
    equal "exit code of $*" "$code" 2
    grep -q -F -- "$words" "$dir/run.err" || fail "\"$words\" is not in $(<"$dir/run.err")"
}

say "what cannot be taken is refused with its reason"
refused "This contains a token with other text before it" tcp 9 --server "$control" --token-file named
refused "the file wide $utf16" tcp 9 --server "$control" --token-file wide
refused "This contains a token with whitespace before it" tcp 9 --server "$control" --token " $token"

say "check says the same"
printf 'server:\n  token: file:token\n  plugins:\n    chain:\n      - auth: {users_file: users_wide}\n' >"$dir/a.yml"
refused "users_file: $utf16" check a.yml
printf 'server:\n  token: file:wide\n' >"$dir/b.yml"
refused "server.token: the file $dir/wide $utf16" check "$dir/b.yml"
printf 'server:\n  token: file:token\n  dashboard: 127.0.0.1:1\n  dashboard_token_file: wide\n' >"$dir/c.yml"
refused "dashboard_token_file: the file" check c.yml
echo "too short" >"$dir/short"
sed 's/wide/short/' "$dir/c.yml" >"$dir/d.yml"
refused "has fewer than 16 bytes" check d.yml
wide "$dir/b.yml" "$dir/e.yml"
refused "this file $utf16" check e.yml

# certificate CURVE: a certificate and its key in $dir, each with a mark.
certificate() {
    openssl req -x509 -newkey ec -pkeyopt "ec_paramgen_curve:$1" -nodes -days 2 -subj /CN=a.test \
        -addext subjectAltName=DNS:a.test -keyout "$dir/key.plain" -out "$dir/chain.plain" 2>/dev/null ||
        fail "openssl knows no $1"
    (printf %s "$mark" && cat "$dir/chain.plain") >"$dir/chain.pem"
    (printf %s "$mark" && cat "$dir/key.plain") >"$dir/key.pem"
}

say "certificates"
certificate prime256v1
printf 'server:\n  token: file:token\n  https_bind: 127.0.0.1:0\n  https:\n    certificates:\n      - {chain: chain.pem, key: key.pem}\n' \
    >"$dir/https.yml"
(cd "$dir" && "$FERROTUNNEL" check https.yml) >"$dir/run.out" 2>"$dir/run.err" || fail "$(<"$dir/run.err")"
printf 'server:\n  token: file:token\n  tls_cert: chain.pem\n  tls_key: key.pem\n' >"$dir/tls.yml"
refused "chain.pem begins with a byte order mark; save it without one" check tls.yml
certificate secp256k1
curve="cannot be used: its key is on the curve secp256k1, which TLS does not support; use P-256 (prime256v1)"
refused "chain.pem: $curve" check https.yml
sed -i 's/chain.pem/chain.plain/; s/key.pem/key.plain/' "$dir/tls.yml"
refused "chain.plain $curve" check tls.yml

printf 'server:\n  token: file:token\n  dashboard: 127.0.0.1:1\n  dashboard_tls_cert: chain.pem\n  dashboard_tls_key: key.pem\n' \
    >"$dir/dashboard.yml"
refused "set up TLS for the dashboard: " check dashboard.yml

say "what the server would refuse of a service"
{
    printf 'client:\n  server: 127.0.0.1\n  token: file:token\n  services:\n'
    printf '    - {http: a.example.com, local: 3000, plugins: [{auth: {users: {ann: secret}}}]}\n'
} >"$dir/plain.yml"
refused 'plain.yml:5:52: client.services: the service a.example.com: The plugin auth: users["ann"]' check plain.yml
{
    printf 'client:\n  server: 127.0.0.1\n  token: file:token\n  services:\n'
    printf '    - {tcp: 10000-11023, local: "10000-11023"}\n    - {tcp: 12000, local: 22}\n'
} >"$dir/many.yml"
refused "client.services: has 1025 services; a client may have up to 1024" check many.yml
