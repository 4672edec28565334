# The plugin `jwt` in a server: keys that are fetched over HTTPS and change, tokens that are good, and those that are not.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx python3 openssl
[[ -e $FERROTUNNEL_PLUGINS/jwt.so ]] || skip "the plugin jwt is not built"

make_jwt() { python3 "$E2E_SOURCE/make_jwt.py" "$@"; }
for name in first second; do
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$dir/$name.pem" 2>/dev/null
done
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/tls.key" -out "$dir/tls.pem" -days 2 -subj /CN=keys \
    -addext subjectAltName=IP:127.0.0.1 2>/dev/null
make_jwt jwks "first=$dir/first.pem" >"$dir/jwks"

start_keys() { # the service of the keys; its address is then in $keys
    rm -f "$dir/keys.port"
    start keys python3 "$E2E_SOURCE/auth_service.py" "$dir/keys.port" "$dir/keys.log" "$dir/jwks" "$dir/tls.pem" \
        "$dir/tls.key"
    wait_until $patience "the port of the keys" test -s "$dir/keys.port"
    keys=https://127.0.0.1:$(<"$dir/keys.port")
}
fetches() { grep -c 'GET /jwks ' "$dir/keys.log" || true; }
start_keys

cat >"$dir/edge.yml" <<END
server:
  plugins:
    chain:
      - jwt:
          jwks_url: $keys/jwks
          jwks_ca_file: tls.pem
          refresh: 1h
          issuer: me
          audience: app
          cookie: token
          claims: {sub: X-User, groups: X-Groups}
END
start_nginx 'location /who { return 200 "$http_x_user|$http_x_groups|$http_authorization|$http_cookie"; }'
start_edge --config "$dir/edge.yml"
ready_client client 1 --http "app.example.com=$nginx"
who() { ask app.example.com /who "$@"; }
status() { status_of app.example.com /who "$@"; }
bearer() { echo "Authorization: Bearer $1"; }

say "good tokens"
first=$(make_jwt good first "$dir/first.pem" '{"groups": ["a", "b"]}')
equal "the first one" "$(who -H "$(bearer "$first")" -H 'X-User: root' -H 'x_groups: admin')" "ann|a,b||"
equal "known by now" "$(who -H "$(bearer "$first")" -H 'X-User: root')" "ann|a,b||"
equal "by a cookie" "$(who -b "a=b; token=$first; c=d")" "ann|a,b||a=b; c=d"
equal "fetches" "$(fetches)" 1

say "no token"
equal "none" "$(status -H 'X-User: ann')" "401 jwt_required"
has_text "$dir/head" '^WWW-Authenticate: Bearer realm="Restricted"'

say "tokens that no server may take"
make_jwt hostile first "$dir/first.pem" "$keys/theirs" >"$dir/hostile"
at_least "hostile tokens" "$(wc -l <"$dir/hostile")" 20
while read -r name token_of_name; do
    equal "$name" "$(status -H "$(bearer "$token_of_name")")" "401 jwt_invalid"
done <"$dir/hostile"
has_text "$dir/head" '^WWW-Authenticate: Bearer realm="Restricted", error="invalid_token"'
! grep -q theirs "$dir/keys.log" || fail "the attacker's keys were fetched"

say "many keys that nobody knows make few fetches"
began=$(now_ms)
before=$(fetches)
for i in {1..6}; do
    equal "unknown $i" "$(status -H "$(bearer "$(make_jwt good "unknown$i" "$dir/second.pem")")")" "401 jwt_invalid"
done
at_most "fetches" $(($(fetches) - before)) $((1 + ($(now_ms) - began) / 60000))
check_alive

say "a key that is new is fetched"
# Another server, which has not asked for unknown keys in the last minute.
signal client TERM
join_ok client
signal server TERM
join_ok server
start_edge --config "$dir/edge.yml"
ready_client client 1 --http "app.example.com=$nginx"
equal "the first key" "$(who -H "$(bearer "$first")")" "ann|a,b||"
make_jwt jwks "second=$dir/second.pem" >"$dir/jwks.new"
mv "$dir/jwks.new" "$dir/jwks"
second=$(make_jwt good second "$dir/second.pem")
equal "the second key" "$(who -H "$(bearer "$second")")" "ann|||"
equal "the first one, which has gone" "$(status -H "$(bearer "$first")")" "401 jwt_invalid"

say "keys that are known stay when nobody has them any more"
signal keys TERM
join keys
equal "another token of the second key" "$(who -H "$(bearer "$(make_jwt good second "$dir/second.pem" '{"sub": "bob"}')")")" \
    "bob|||"

say "where no key was ever had, nobody comes in"
signal client TERM
join_ok client
signal server TERM
join_ok server
start_edge --config "$dir/edge.yml"
ready_client client 1 --http "app.example.com=$nginx"
equal "the status" "$(status -H "$(bearer "$second")")" "503 plugin_failed"
check_alive
