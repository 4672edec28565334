# A browser at the HTTP edge, by HTTP/1.1 and by HTTP/2 over TLS: a page with a picture, fetch, events, a WebSocket, a
# download and an error.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "there is no Chromium"
need openssl
need_ws

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=secure.example.com \
    -addext subjectAltName=DNS:secure.example.com -keyout "$dir/key.pem" -out "$dir/certificate.pem" 2>/dev/null
printf 'server:\n  http:\n    http2_websockets: on\n' >"$dir/edge.yml"
serve_node plain
plain=$backend
serve_node secure
start_edge --https-bind 127.0.0.1:0 --certificate "$dir/certificate.pem:$dir/key.pem" --config "$dir/edge.yml" \
    --log-level debug
https=127.0.0.1:$(awk '$1 == "https" { sub(/.*:/, "", $2); print $2 }' "$dir/server.endpoints")
ready_client client 2 --http "plain.example.com=$plain" --http "secure.example.com=$backend"

# visit BACKEND SCHEME ADDRESS PROTOCOL: the host is called as the backend is.
visit() {
    # --dump-dom waits for "load", and that for a picture that the backend gives when the page says that it is done.
    start browser "$browser" --headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage --no-first-run \
        --user-data-dir="$dir/$1.profile" --disable-background-networking --disable-component-update --disable-sync \
        --disable-features=HttpsUpgrades --no-proxy-server --ignore-certificate-errors \
        --host-resolver-rules="MAP $1.example.com $3" --dump-dom "$2://$1.example.com/"
    join browser 150
    sed -i '/dbus/d' "$dir/browser.err" # it complains that there is no desktop
    equal "the browser's exit code" "${exit_codes[browser]}" 0
    has_text "$dir/browser.out" '<title>done</title>'
    for result in protocol="$4" image=40 post=100000 events=5 "socket=4001 hello" "download=5242880 true" missing=404; do
        has_text "$dir/browser.out" "<li>$result</li>"
    done
    wait_for_text "$1" '^closed browser'
    equal "how its WebSocket has ended at the backend" "$(grep -a '^closed browser' "$dir/$1.out")" \
        "closed browser 4001 hello"
}

say "by HTTP/1.1"
visit plain http "$edge" http/1.1
say "by HTTP/2, the WebSocket too"
visit secure https "$https" h2
wait_for_text server 'a request ended .*path=/echo/browser .*protocol=HTTP/2'
