# The dashboard in a real browser: each page of both sides is there without an error of its own or of axe-core, numbers
# move while bytes do, what a peer says is text, a client is kicked and drained by the buttons. With $E2E_SCREENSHOTS,
# a folder, it keeps pictures of the pages.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "there is no Chromium"
need curl
need_npm playwright-core 1.65.1
need_npm axe-core 4.14.1

serve_http web
printf 'server:\n  busy_poll: 7\n' >"$dir/server.yml"
start_edge --config "$dir/server.yml" --dashboard 127.0.0.1:0
"$FERROTUNNEL" token >"$dir/secret"
ready_client client 2 --http "app.test=$backend" --tcp "0=$backend" --name laptop --dashboard 127.0.0.1:0 --inspect on --drain 1 \
    --dashboard-token-file "$dir/secret"
at_server=$(awk '$1 == "dashboard" { print $2 }' "$dir/server.endpoints")
at_client=$(awk '$1 == "dashboard" { print $2 }' "$dir/client.endpoints")
url=$(awk '$1 == "service" && $2 == "app.test" { print $3 }' "$dir/client.endpoints")
printf 'server:\n  busy_poll: 8\n' >"$dir/server.yml"
# Visitors come for as long as the browser looks on.
head -c 300000 /dev/urandom >"$dir/body"
visitors() {
    curl -sS --max-time 60 -o /dev/null -H 'Host: app.test' -H 'X-Word: find-me' "http://$edge/fields?a=1" || true
    until [[ -e $dir/enough ]]; do
        curl -sS --max-time 60 -o /dev/null -T "$dir/body" -H 'Host: app.test' "http://$edge/name/x" || true
    done
}
visitors &
visiting=$!
start look env NODE_PATH="$node_path" node "$E2E_SOURCE/node/dashboard.cjs" "$browser" "$dir/profile" "$at_server" \
    "$at_client" "$(<"$dir/secret")" "${E2E_SCREENSHOTS:-}"
join look 170
touch "$dir/enough"
wait "$visiting"
[[ ${exit_codes[look]} == 0 ]] || cat "$dir/look.err" >&2
equal "what the browser found" "${exit_codes[look]} $(tail -n 1 "$dir/look.out")" "0 done"
join client
if command -v zbarimg >/dev/null; then # a picture on the page is what a phone reads, as well
    zbarimg -q --raw "$dir/profile.code.png" >"$dir/code.out" 2>/dev/null || fail "the picture is not a QR code"
    equal "the QR code" "$(<"$dir/code.out")" "$url"
fi
