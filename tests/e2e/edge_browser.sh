# A browser at the HTTP edge: a page with a picture, fetch, events, a WebSocket, a download and an error.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "there is no Chromium"
need_ws

serve_node backend
start_edge
ready_client client 1 --http "app.example.com=$backend"

say "the page"
# --dump-dom waits for "load", and that for a picture that the backend gives when the page says that it is done.
start browser "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
    --user-data-dir="$dir/browser" --disable-background-networking --disable-component-update --disable-sync \
    --disable-features=HttpsUpgrades --no-proxy-server --host-resolver-rules="MAP app.example.com $edge" \
    --dump-dom http://app.example.com/
join browser 150
sed -i '/dbus/d' "$dir/browser.err" # it complains that there is no desktop
equal "the browser's exit code" "${exit_codes[browser]}" 0
page=$dir/browser.out
has_text "$page" '<title>done</title>'
for result in image=40 post=100000 events=5 "socket=4001 hello" "download=5242880 true" missing=404; do
    has_text "$page" "<li>$result</li>"
done
wait_for_text backend '^closed browser'
equal "how its WebSocket has ended at the backend" "$(grep -a '^closed browser' "$dir/backend.out")" \
    "closed browser 4001 hello"
