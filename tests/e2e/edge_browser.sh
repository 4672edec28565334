# A browser at the HTTP edge, by HTTP/1.1 and by HTTP/2 over TLS: a page with a picture, fetch, events, a WebSocket, a
# download and an error.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "there is no Chromium"
need openssl
need_ws

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=app.example.com \
    -addext subjectAltName=DNS:app.example.com -keyout "$dir/key.pem" -out "$dir/certificate.pem" 2>/dev/null
printf 'server:\n  http:\n    http2_websockets: on\n' >"$dir/edge.yml"
serve_node backend
start_edge --https-bind 127.0.0.1:0 --certificate "$dir/certificate.pem:$dir/key.pem" --config "$dir/edge.yml" \
    --log-level debug
https=127.0.0.1:$(awk '$1 == "https" { sub(/.*:/, "", $2); print $2 }' "$dir/server.endpoints")
ready_client client 1 --http "app.example.com=$backend"

# visit NAME SCHEME ADDRESS PROTOCOL
visit() {
    # --dump-dom waits for "load", and that for a picture that the backend gives when the page says that it is done.
    start "$1" "$browser" --headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage --no-first-run \
        --user-data-dir="$dir/$1" --disable-background-networking --disable-component-update --disable-sync \
        --disable-features=HttpsUpgrades --no-proxy-server --ignore-certificate-errors \
        --host-resolver-rules="MAP app.example.com $3" --dump-dom "$2://app.example.com/"
    join "$1" 150
    sed -i '/dbus/d' "$dir/$1.err" # it complains that there is no desktop
    equal "the browser's exit code" "${exit_codes[$1]}" 0
    has_text "$dir/$1.out" '<title>done</title>'
    for result in protocol="$4" image=40 post=100000 events=5 "socket=4001 hello" "download=5242880 true" missing=404; do
        has_text "$dir/$1.out" "<li>$result</li>"
    done
    wait_for_text backend '^closed browser'
    equal "how its WebSocket has ended at the backend" "$(grep -a '^closed browser' "$dir/backend.out" | tail -1)" \
        "closed browser 4001 hello"
}

say "by HTTP/1.1"
visit browser http "$edge" http/1.1
say "by HTTP/2, the WebSocket too"
visit browser_tls https "$https" h2
equal "WebSockets at the backend" "$(grep -ac '^closed browser' "$dir/backend.out")" 2
wait_for_text server 'a request is over .*path=/echo/browser .*protocol=HTTP/2'
