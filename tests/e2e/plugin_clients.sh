# Plugins that clients ask for, in the real programs: --basic-auth, --allow-ip and --rate, on HTTP and on TCP; what a server
# refuses, and with which words. Visitors come from several addresses of 127.0.0.0/8.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx
[[ -e $FERROTUNNEL_PLUGINS/auth.so ]] || skip "the plugin auth is not built"

printf 'open sesame\n' >"$dir/password"

# from ADDRESS HOST [CURL OPTION...]: "403 ip_denied", as a visitor with that address.
from() { status_of "$2" / --interface "$1" "${@:3}"; }
# by_tcp ADDRESS PUBLIC: the status that a visitor of a TCP service gets; 000: it was rejected.
by_tcp() { curl -s -o /dev/null -w '%{http_code}' --max-time 120 --interface "$1" "http://$2/" || true; }
# end_of NAME: ends a client or server, and waits for it.
end_of() {
    signal "$1" TERM
    signal "$1" INT 2>/dev/null || true # it may have ended already
    join_ok "$1"
}
# refused WORDS SERVICE: a client with this service is told so, and ends, since it has nothing left to offer.
refused() {
    printf '%s\n' "client:" "  server: $control" "  token: file:token" "  tls: $tls" "  services:" "$2" >"$dir/refused.yml"
    start asks "$FERROTUNNEL" client --config "$dir/refused.yml"
    join asks
    ((exit_codes[asks] != 0)) || fail "the client has ended as if all were well"
    has_text "$dir/asks.out" "refused: .*$1"
}

start_nginx 'location / { return 200 "$http_authorization|"; }'
cat >"$dir/edge.yml" <<END
server:
  plugins:
    chain:
      - ip-filter: {deny: 127.0.9.0/24}
        hosts: auth.example.com
END
start_edge --config "$dir/edge.yml"

say "a password, of which the server gets a hash"
ready_client one 1 --http "auth.example.com=$nginx" --basic-auth ann --password-file "$dir/password"
equal "without" "$(from 127.0.0.1 auth.example.com)" "401 auth_required"
has_text "$dir/head" '^WWW-Authenticate: Basic realm="Restricted"'
equal "the wrong one" "$(from 127.0.0.1 auth.example.com -u ann:sesame)" "401 auth_failed"
equal "another user" "$(from 127.0.0.1 auth.example.com -u 'bob:open sesame')" "401 auth_failed"
equal "the right one, which the backend does not see" "$(ask auth.example.com / -u 'ann:open sesame')" "|"
equal "the operator's plugins are in front of it" "$(from 127.0.9.1 auth.example.com -u 'ann:open sesame')" "403 ip_denied"
wait_for_text server 'with the plugins that its client requests.*auth'
! grep -a -q 'open sesame' "$dir/server.out" "$dir/server.err" "$dir/one.out" "$dir/one.err" || fail "the password is told"

say "the password may come from the environment; who guesses too often is shut out of that service alone"
FERROTUNNEL_PASSWORD='open sesame' ready_client two 1 --http "other.example.com=$nginx" --basic-auth ann
for guess in 1 2 3 4 5 6 7 8 9 10; do
    equal "guess $guess" "$(from 127.0.8.1 other.example.com -u "ann:$guess")" "401 auth_failed"
done
equal "the right one" "$(from 127.0.8.1 other.example.com -u 'ann:open sesame')" "429 auth_locked"
equal "at the other service" "$(from 127.0.8.1 auth.example.com -u 'ann:open sesame')" 200
end_of one
end_of two

say "addresses, whatever a visitor says of itself"
ready_client one 2 --http "app.example.com=$nginx" --tcp "0=$nginx" --allow-ip 127.0.0.1 --allow-ip 127.0.7.0/24
public=$(awk '$1 == "service" && $3 !~ /http/ { print $3 }' "$dir/one.endpoints")
equal "one of the list" "$(from 127.0.0.1 app.example.com)" 200
equal "another one" "$(from 127.0.7.1 app.example.com)" 200
equal "a stranger" "$(from 127.0.0.2 app.example.com)" "403 ip_denied"
for forged in 'X-Forwarded-For: 127.0.0.1' 'X-Real-IP: 127.0.0.1' 'Forwarded: for=127.0.0.1'; do
    equal "with $forged" "$(from 127.0.0.2 app.example.com -H "$forged")" "403 ip_denied"
done
equal "by TCP" "$(by_tcp 127.0.0.1 "$public")" 200
equal "a stranger by TCP" "$(by_tcp 127.0.0.2 "$public")" 000
end_of one

say "a rate"
ready_client one 2 --http "app.example.com=$nginx" --tcp "0=$nginx" --rate 1/h:2
public=$(awk '$1 == "service" && $3 !~ /http/ { print $3 }' "$dir/one.endpoints")
for i in 1 2; do
    equal "request $i" "$(from 127.0.0.1 app.example.com)" 200
    equal "connection $i" "$(by_tcp 127.0.0.1 "$public")" 200
done
equal "one too many" "$(from 127.0.0.1 app.example.com)" "429 rate_limited"
equal "Retry-After" "$(grep -ci '^Retry-After: [123]' "$dir/head")" 1
equal "a connection too many" "$(by_tcp 127.0.0.1 "$public")" 000
equal "another visitor" "$(from 127.0.0.3 app.example.com)" 200
equal "another visitor by TCP" "$(by_tcp 127.0.0.3 "$public")" 200
end_of one

say "the short form, and a file with several plugins"
programs[one]=1
start one "$FERROTUNNEL" http "$nginx" --host app.example.com --server "$control" --token-file "$dir/token" --tls $tls \
    --allow-ip 127.0.0.1 --endpoint-file "$dir/one.endpoints"
wait_until $patience "the service" status_is app.example.com / 200
equal "a stranger" "$(from 127.0.0.2 app.example.com)" "403 ip_denied"
end_of one
cat >"$dir/client.yml" <<END
client:
  server: $control
  token: file:token
  tls: $tls
  endpoint_file: $dir/one.endpoints
  services:
    - http: app.example.com
      local: $nginx
      plugins:
        - ip-filter: {deny: [127.0.0.2]}
        - rate-limit: {rate: 1/h, burst: 1, key: host}
END
start one "$FERROTUNNEL" client --config "$dir/client.yml"
wait_until $patience "the service" status_is app.example.com / 200
equal "whom the first one refuses" "$(from 127.0.0.2 app.example.com)" "403 ip_denied"
equal "whom the second one refuses" "$(from 127.0.0.3 app.example.com)" "429 rate_limited"
end_of one

say "what clients may not say is refused with words, and nothing is served without it"
http="    - {http: app.example.com, local: $nginx, plugins: [%s]}"
# shellcheck disable=SC2059
service_with() { printf "$http" "$1"; }
refused 'ip-filter: allow_file cannot be set by clients' "$(service_with '{ip-filter: {allow_file: /etc/passwd}}')"
refused 'auth: users_file cannot be set by clients' "$(service_with '{auth: {users_file: /etc/passwd}}')"
refused 'rate-limit: entries cannot be set by clients' "$(service_with '{rate-limit: {rate: 1/s, entries: 1000000}}')"
costly='$$2y$$13$$G9TmUOIh5Oh96d3YoeNeq.q53FYd1fQvNS0Ljl3x3cw1164B2U8QC'
refused 'has a bcrypt cost of more than 12' "$(service_with "{auth: {users: {ann: $costly}}}")"
refused 'does not allow clients to request the plugin request-log' "$(service_with '{request-log: {}}')"
refused 'auth is only for HTTP services' "    - {tcp: 0, local: $nginx, plugins: [{auth: {users: {a: b}}}]}"
equal "the host, which is the client's still" "$(from 127.0.0.1 app.example.com)" "503 no_client"

say "an operator who allows nothing, or something else"
end_of server
printf 'server:\n  plugins: {clients: none}\n' >"$dir/edge.yml"
start_edge --config "$dir/edge.yml"
refused 'clients may request none' "$(service_with '{ip-filter: {deny: 127.0.0.2}}')"
end_of server
printf 'server:\n  plugins: {clients: [ip-filter]}\n' >"$dir/edge.yml"
start_edge --config "$dir/edge.yml"
refused 'clients may request ip-filter' "$(service_with '{rate-limit: {rate: 1/s}}')"
ready_client one 1 --http "app.example.com=$nginx" --allow-ip 127.0.0.2
equal "a stranger" "$(from 127.0.0.1 app.example.com)" "403 ip_denied"
end_of one
end_of server

say "a type that is not installed"
mkdir "$dir/empty"
FERROTUNNEL_PLUGINS=$dir/empty start_edge
refused 'ip-filter is not installed on the server' "$(service_with '{ip-filter: {deny: 127.0.0.2}}')"
end_of server

say "mistakes are told before anything is sent"
# wrong WORDS ARGUMENT...
wrong() {
    ! "$FERROTUNNEL" "${@:2}" >"$dir/wrong.out" 2>&1 </dev/null || fail "taken: ${*:2}"
    has_text "$dir/wrong.out" "$1"
}
as=(--server 127.0.0.1:1 --token-file "$dir/token")
wrong 'takes only a user name' http 3000 "${as[@]}" --basic-auth ann:sesame
! grep -q sesame "$dir/wrong.out" || fail "the password is told"
wrong 'the password of ann' http 3000 "${as[@]}" --basic-auth ann
wrong 'is for HTTP services' client "${as[@]}" --tcp 0=22 --basic-auth ann --password-file "$dir/password"
wrong 'is for HTTP services' client "${as[@]}" --udp 0=53 --basic-auth ann --password-file "$dir/password"
wrong 'needs --basic-auth' http 3000 "${as[@]}" --password-file "$dir/password"
wrong 'is not a valid rate' http 3000 "${as[@]}" --rate 20
wrong 'after `:`' http 3000 "${as[@]}" --rate 20/s:none
printf 'server:\n  token: file:token\n  plugins: {clients: [request-log, ip-filtre]}\n' >"$dir/wrong.yml"
wrong 'clients\[0\].*request-log has no settings that clients may set' check "$dir/wrong.yml"
has_text "$dir/wrong.out" 'did you mean ip-filter'
