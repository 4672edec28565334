# The plugin `oidc` with a real browser, Chromium, and a provider that others wrote, PyPI's oidc-provider-mock: log-in,
# expiry and log-out; a cookie that never travels over http, that scripts cannot read, that http cannot replace, and that
# other sites do not send along; answers of the provider that belong to another browser.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "there is no Chromium"
need curl nginx python3 openssl flock
need_npm playwright-core 1.65.1
[[ -e $FERROTUNNEL_PLUGINS/oidc.so ]] || skip "the plugin oidc is not built"

# The provider is pip's, beside the tools once for all tests.
provider_folder=$E2E_TOOLS/../oidc-provider-mock
# shellcheck disable=SC2016
flock -w 200 "$E2E_TOOLS/oidc.lock" bash -c '
    [[ -d $1/oidc_provider_mock ]] && exit 0
    rm -rf "$1.new"
    timeout 120 python3 -m pip install --quiet --disable-pip-version-check --no-input --retries 0 --timeout 15 \
        --target "$1.new" oidc-provider-mock==0.3.4 && mv "$1.new" "$1"' - "$provider_folder" </dev/null >"$dir/pip.log" 2>&1 ||
    skip "pip cannot get oidc-provider-mock"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=app.example.com \
    -addext subjectAltName=DNS:app.example.com -keyout "$dir/key.pem" -out "$dir/certificate.pem" 2>/dev/null
provider_port=$(free_port) https_port=$(free_port)
provider=http://127.0.0.1:$provider_port
app=https://app.example.com:$https_port
PYTHONPATH=$provider_folder start provider python3 -m oidc_provider_mock -p "$provider_port" --require-registration true \
    --require-nonce true \
    --user-claims '{"sub": "ann", "email": "ann@example.com", "email_verified": true, "groups": ["ops"]}' \
    --user-claims '{"sub": "bob", "email": "bob@example.com", "email_verified": true, "groups": ["dev"]}' \
    --user-claims '{"sub": "cay", "email": "cay@example.com", "email_verified": true, "groups": ["ops"]}'
wait_until 180 "the provider" accepts "127.0.0.1:$provider_port" # Python reads much first

# The provider knows its client, with the one address where answers go.
curl -sS --max-time 60 -H 'Content-Type: application/json' "$provider/oauth2/clients" \
    -d "{\"redirect_uris\": [\"$app/.ferrotunnel/oidc/callback/main\"]}" >"$dir/registered"
member() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$dir/registered" "$1"; }
(umask 077 && member client_secret >"$dir/client-secret" && openssl rand -base64 48 >"$dir/cookie-key")
cat >"$dir/edge.yml" <<END
server:
  https:
    redirect: off
    certificates: [{chain: $dir/certificate.pem, key: $dir/key.pem}]
  plugins:
    chain:
      - oidc:
          providers: [{issuer: "$provider", client_id: $(member client_id), client_secret: "file:$dir/client-secret"}]
          cookie_keys: ["file:$dir/cookie-key"]
          session: 1m
          allow: {groups: [ops]}
          claims: {email: X-Email}
END
start_nginx 'location / { default_type text/html; return 200 "<p id=seen>$request_uri|$http_x_email|$http_cookie</p>"; }'
start_edge --config "$dir/edge.yml" --https-bind "127.0.0.1:$https_port"
ready_client client 1 --http "app.example.com=$nginx"
begins() {
    [[ $(curl -sS --max-time 60 --cacert "$dir/certificate.pem" --resolve "app.example.com:$https_port:127.0.0.1" \
        -H 'Sec-Fetch-Mode: navigate' -o /dev/null -w '%{http_code}' "$app/") == 302 ]]
}
wait_until $patience "the provider's metadata" begins

start look env NODE_PATH="$node_path" node "$E2E_SOURCE/node/oidc.cjs" "$browser" "$app" "http://app.example.com:${edge##*:}" \
    "$provider"
join look 400
cat "$dir/look.out"
[[ ${exit_codes[look]} == 0 ]] || cat "$dir/look.err" >&2
equal "what the browser found" "${exit_codes[look]} $(tail -n 1 "$dir/look.out")" "0 done"
