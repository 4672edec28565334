# The plugin `oidc` in a server: a browser, here curl with cookies, is sent to a provider and back; programs get 401; a
# session survives a restart of the server; log-out ends it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx python3 openssl
[[ -e $FERROTUNNEL_PLUGINS/oidc.so ]] || skip "the plugin oidc is not built"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=app.example.com \
    -addext subjectAltName=DNS:app.example.com -keyout "$dir/key.pem" -out "$dir/certificate.pem" 2>/dev/null
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$dir/provider.pem" 2>/dev/null
echo '{"sub": "ann", "email": "ann@example.com", "email_verified": true, "groups": ["ops"]}' >"$dir/claims"
start provider python3 "$E2E_SOURCE/oidc_provider.py" "$dir/provider.port" "$dir/provider.pem" my-app s3cret "$dir/claims"
wait_until $patience "the port of the provider" test -s "$dir/provider.port"
provider=http://127.0.0.1:$(<"$dir/provider.port")
(umask 077 && echo s3cret >"$dir/client-secret" && openssl rand -base64 48 >"$dir/cookie-key")
https_port=$(free_port)
cat >"$dir/edge.yml" <<END
server:
  https:
    redirect: off
    certificates: [{chain: $dir/certificate.pem, key: $dir/key.pem}]
  plugins:
    chain:
      - oidc:
          providers: [{issuer: "$provider", client_id: my-app, client_secret: "file:$dir/client-secret"}]
          cookie_keys: ["file:$dir/cookie-key"]
          allow: {groups: [ops]}
          claims: {email: X-Email}
END
start_nginx 'location / { return 200 "$request_uri|$http_x_email|$http_cookie"; }'
server_bind=127.0.0.1:$(free_port)
start_edge --config "$dir/edge.yml" --https-bind "127.0.0.1:$https_port"
ready_client client 1 --http "app.example.com=$nginx"
app=https://app.example.com:$https_port
# browse JAR URL [CURL OPTION...]: a page, wherever it is. `mode`: how the browser asks for it.
mode=navigate
browse() {
    curl -sSL --max-time 120 --cacert "$dir/certificate.pem" --resolve "app.example.com:$https_port:127.0.0.1" -b "$dir/$1" \
        -c "$dir/$1" -H "Sec-Fetch-Mode: $mode" "${@:2}"
}
reached() { [[ $(browse probe "$app/") == "/|ann@example.com|" ]]; }

say "a login, and the page that was wanted"
wait_until $patience "the provider's metadata" reached
equal "the page" "$(browse ann "$app/a?b=c" -H 'X-Email: root@example.com')" "/a?b=c|ann@example.com|"
equal "redirects of the next request" "$(browse ann "$app/" -o /dev/null -w '%{num_redirects}')" 0
equal "a program without the session" "$(mode=cors browse none "$app/" -o /dev/null -w '%{http_code}')" 401
equal "over http" "$(status_of app.example.com / -H 'Sec-Fetch-Mode: navigate')" "403 oidc_needs_https"

say "a user whom the list does not name"
echo '{"sub": "bob", "email": "bob@example.com", "email_verified": true, "groups": ["dev"]}' >"$dir/claims"
equal "bob" "$(browse bob "$app/" -o /dev/null -w '%{http_code}')" 403
equal "ann, who is logged in" "$(browse ann "$app/")" "/|ann@example.com|"

say "a session survives a restart"
cp "$dir/ann" "$dir/copy"
signal server TERM
join_ok server
start_edge --config "$dir/edge.yml" --https-bind "127.0.0.1:$https_port"
wait_until $patience "ann after the restart" eval '[[ $(browse ann "$app/") == "/|ann@example.com|" ]]'
equal "redirects" "$(browse ann "$app/" -o /dev/null -w '%{num_redirects}')" 0

say "log-out ends it, also a copy of it"
browse ann "$app/.ferrotunnel/oidc/logout" >"$dir/last-page"
has_text "$dir/last-page" "You are logged out"
equal "the copy" "$(mode=cors browse copy "$app/" -o /dev/null -w '%{http_code}')" 401
