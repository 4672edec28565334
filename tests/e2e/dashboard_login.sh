# A dashboard that other machines can reach: TLS, a secret, sessions, and how it keeps those out who guess, steal or have
# logged out. Pages run in a browser where there is one (dashboard_browser.sh).
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
need curl python3 openssl

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=dashboard \
    -addext "subjectAltName=DNS:dashboard.test,IP:127.0.0.1" -keyout "$dir/key.pem" -out "$dir/chain.pem" 2>/dev/null
"$FERROTUNNEL" token >"$dir/secret"
chmod 644 "$dir/secret"
secret=$(<"$dir/secret")
(umask 077 && "$FERROTUNNEL" token >"$dir/any.token")
refused=(server --token-file "$dir/any.token" --bind 127.0.0.1:0 --control off)
guards=(--dashboard-token-file "$dir/secret" --dashboard-tls-cert "$dir/chain.pem" --dashboard-tls-key "$dir/key.pem")

say "an address that others reach needs both"
run "${refused[@]}" --dashboard 0.0.0.0:0
equal "without them" "$code" 2
complained 'can be reached by other machines: that needs dashboard_token_file'
run "${refused[@]}" --dashboard 0.0.0.0:0 --dashboard-token-file "$dir/secret"
equal "without TLS" "$code" 2
echo short >"$dir/short"
run "${refused[@]}" --dashboard 127.0.0.1:0 --dashboard-token-file "$dir/short"
complained 'fewer than 16 bytes'
run "${refused[@]}" --dashboard 127.0.0.1:0 --dashboard-tls-cert "$dir/chain.pem"
complained 'needs both a certificate and its key'
run "${refused[@]}" --dashboard 127.0.0.1:0 --dashboard-tls-cert "$dir/short" --dashboard-tls-key "$dir/key.pem"
complained 'set up TLS for the dashboard'

start_server --dashboard 0.0.0.0:0 "${guards[@]}"
at=$(awk '$1 == "dashboard" { print $2 }' "$dir/server.endpoints")
port=${at##*:}
has_text "$dir/server.out" "^  dashboard  https://0.0.0.0:$port"
wait_for_text server "the file of the dashboard's secret .*$dir/secret.* can be read by other users"
# asked PATH [CURL OPTION...]: the status, of a name that leads there.
asked() {
    curl -sS --max-time $patience --cacert "$dir/chain.pem" --connect-to "dashboard.test:$port:127.0.0.1:$port" \
        -o "$dir/answer" -D "$dir/head" -w '%{http_code}' "https://dashboard.test:$port$1" "${@:2}"
}
json=(-H 'Content-Type: application/json')
log_in() { asked /api/login "${json[@]}" -d "{\"secret\": \"$1\"}" "${@:2}"; }

say "the page is there for everybody, and nothing else"
equal "the page" "$(asked /)" 200
equal "the state" "$(asked /api/v1/status)" 401
equal "events" "$(asked /api/v1/events/stream)" 401
equal "a kick" "$(asked /api/v1/kick "${json[@]}" -d '{"client": "x"}')" 401
equal "without TLS" "$(curl -sS --max-time $patience -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/" || true)" 400

say "a request that comes with the end of the handshake is heard"
for i in {1..40}; do
    equal "request $i" "$(asked /)" 200
done

say "a session"
equal "a wrong secret" "$(log_in wrong-secret-of-20-bytes)" 401
equal "the right one" "$(log_in "$secret" -c "$dir/jar")" 200
has_text "$dir/head" '^Set-Cookie: __Host-ferrotunnel-.*; HttpOnly; SameSite=Strict; .*; Secure'
equal "the state" "$(asked /api/v1/status -b "$dir/jar")" 200
equal "another site's page, with the cookie" "$(asked /api/v1/kick -b "$dir/jar" "${json[@]}" -H 'Origin: https://evil.test' -d '{"client": "x"}')" 403
equal "our page" "$(asked /api/v1/kick -b "$dir/jar" "${json[@]}" -H "Origin: https://dashboard.test:$port" -d '{"client": "x"}')" 404
sed 's/\(ferrotunnel-[0-9]*\t\)./\1x/' "$dir/jar" >"$dir/stolen"
equal "a cookie that is another one" "$(asked /api/v1/status -b "$dir/stolen")" 401
equal "a script" "$(asked /api/v1/status -H "Authorization: Bearer $secret")" 200
cp "$dir/jar" "$dir/old"
equal "logging out" "$(asked /api/logout -b "$dir/jar" -c "$dir/jar" "${json[@]}" -d '{}')" 200
equal "the session after it" "$(asked /api/v1/status -b "$dir/old")" 401

say "who guesses is not listened to"
log_in "$secret" -c "$dir/second" >/dev/null
for i in 1 2 3 4 5 6 7 8 9 10; do
    log_in "guess-number-$i-of-many" >/dev/null
done
equal "one more" "$(log_in guess-number-11-of-many)" 429
equal "another one that nobody could guess" "$(log_in "$(<"$dir/any.token")")" 429
equal "the right one, which nobody could guess" "$(log_in "$secret")" 200
wait_for_text server 'a login to the dashboard failed: wrong secret.*address=127.0.0.1'
equal "its events" "$(asked /api/v1/events -b "$dir/second")" 200
has_text "$dir/answer" '"refused".*A wrong secret was sent to the dashboard\|A wrong secret was sent to the dashboard.*"refused"'
! grep -q "$secret" "$dir/server.out" "$dir/server.err" || fail "the secret was told"

say "a switch that is made with the secret is recorded as such, with the address"
cp "$dir/secret" "$dir/closed"
chmod 600 "$dir/closed"
ready_client client 1 --tcp "0=127.0.0.1:$(free_port)" --dashboard 127.0.0.1:0 --dashboard-token-file "$dir/closed"
at=$(awk '$1 == "dashboard" { print $2 }' "$dir/client.endpoints")
name=$(curl -sS -H "Authorization: Bearer $secret" "http://$at/api/v1/services" | sed 's/.*"name":"\([^"]*\)".*/\1/')
curl -sS -H "Authorization: Bearer $secret" "${json[@]}" -d '{"enabled": false}' "http://$at/api/v1/services/$name" >"$dir/answer"
has_text "$dir/answer" '"enabled":false'
equal "who has switched it off" "$(curl -sS -H "Authorization: Bearer $secret" "http://$at/api/v1/services" |
    sed 's/.*"disabled_by":"\([^"]*\)".*/\1/')" "a holder of the dashboard's secret at 127.0.0.1"
! grep -q "can be read by other users" "$dir/client.err" || fail "a warning about a file that is closed to others"
check_alive
