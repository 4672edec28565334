# The dashboard of the real program, asked by curl as browsers and attackers would: who may read it and change something,
# and that what peers say stays text. Its pages run in a browser where there is one (dashboard_browser.sh).
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
need curl python3

serve_http web
printf 'server:\n  busy_poll: 7\n' >"$dir/server.yml"
start_edge --config "$dir/server.yml" --dashboard 127.0.0.1:0
at_server=$(awk '$1 == "dashboard" { print $2 }' "$dir/server.endpoints")
has_text "$dir/server.out" "^  dashboard  http://$at_server"
ready_client client 1 --http "app.test=$backend" --name laptop --dashboard 127.0.0.1:0
at_client=$(awk '$1 == "dashboard" { print $2 }' "$dir/client.endpoints")

# asked ADDRESS PATH [CURL OPTION...]: the status; the answer is in $dir/answer, its head in $dir/head.
asked() {
    curl -sS --max-time $patience --path-as-is -o "$dir/answer" -D "$dir/head" -w '%{http_code}' "http://$1$2" "${@:3}"
}
field() { python3 -c 'import json, sys; j = json.load(open(sys.argv[2])); print(eval(sys.argv[1]))' "$1" "$dir/answer"; }

say "the page and the API, on both sides"
for at in "$at_server" "$at_client"; do
    equal "the page" "$(asked "$at" /)" 200
    has_text "$dir/head" "^Content-Security-Policy: default-src 'none'; script-src 'self';"
    has_text "$dir/head" '^X-Frame-Options: DENY'
    has_text "$dir/head" '^X-Content-Type-Options: nosniff'
done
equal "the server's status" "$(asked "$at_server" /api/v1/status) $(field 'j["side"]')" "200 server"
equal "the client's status" "$(asked "$at_client" /api/v1/status) $(field 'j["side"]')" "200 client"
equal "tunnels for scripts" "$(asked "$at_client" /api/tunnels) $(field 'j["tunnels"][0]["config"]["addr"]')" "200 $backend"
url=$(field 'j["tunnels"][0]["public_url"]')
[[ $url == http://app.test* ]] || fail "the public URL is $url"

say "uPlot 1.6.32 as npm has it"
equal "its script" "$(asked "$at_server" /uplot.js) $(sha256sum <"$dir/answer")" \
    "200 19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f  -"
equal "its style" "$(asked "$at_server" /uplot.css) $(sha256sum <"$dir/answer")" \
    "200 df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04  -"

say "the examples of the documentation"
# example PORT WORD: the line of docs/dashboard.md that asks this port for this.
example() { sed -n "s|^    \(curl .*127\.0\.0\.1:$1/.*$2.*\)|\1|p" "$E2E_SOURCE/../../docs/dashboard.md"; }
run_example() { # PORT WORD ADDRESS
    local line
    line=$(example "$1" "$2")
    [[ -n $line ]] || fail "docs/dashboard.md has no example with $2"
    bash -c "${line//127.0.0.1:$1/$3}"
}
run_example 7837 v1/status "$at_server" | python3 -c 'import json, sys; assert json.load(sys.stdin)["side"] == "server"'
run_example 7837 v1/events "$at_server" | python3 -c 'import json, sys; assert json.load(sys.stdin)["missed"] == 0'
run_example 7837 v1/kick "$at_server" | python3 -c 'import json, sys; assert json.load(sys.stdin)["error"]["code"] == "not_found"'
run_example 4040 api/tunnels "$at_client" | python3 -c 'import json, sys; assert len(json.load(sys.stdin)["tunnels"]) == 1'

say "answers are as docs/openapi.yml has them"
openapi() { # ADDRESS METHOD PATH STATUS [CURL OPTION...]
    equal "$2 $3" "$(asked "$1" "/api$3" "${@:5}")" "$4"
    cp "$dir/answer" "$dir/answer.${#answers[@]}"
    answers+=("$2 $3 $4 $dir/answer.${#answers[@]}")
}
answers=()
holds() { python3 "$E2E_SOURCE/openapi_holds.py" "$E2E_SOURCE/../../docs/openapi.yml" "$@"; }
if python3 -c 'import jsonschema, yaml' 2>/dev/null; then
    for at in "$at_server" "$at_client"; do
        openapi "$at" get /v1/status 200
        openapi "$at" get /v1/services 200
    done
    openapi "$at_server" get /v1/config 200
    openapi "$at_client" get /v1/config 501 # it has no file
    openapi "$at_server" get /v1/tunnels 200
    openapi "$at_client" get /v1/tunnels 404
    openapi "$at_server" get /v1/tokens 200
    openapi "$at_server" get /v1/route 200 -G -d url=http://nobody.test/x
    openapi "$at_client" get /v1/route 404 -G -d url=http://nobody.test/x
    openapi "$at_server" get /v1/clients/nobody/services 404
    openapi "$at_server" get /v1/events 200
    openapi "$at_client" get /v1/events 200
    for path in acme acme/records; do
        openapi "$at_server" get /v1/$path 409 # it orders none
        openapi "$at_client" get /v1/$path 404
    done
    openapi "$at_server" get /v1/cluster 409 # it is alone
    openapi "$at_client" get /v1/cluster 404
    openapi "$at_server" post /v1/cluster/forget 409 -H 'Content-Type: application/json' -d '{"member": "b"}'
    for path in acme/renew acme/change-keys; do
        openapi "$at_server" post /v1/$path 409 -X POST
    done
    openapi "$at_server" post /v1/kick 404 -H 'Content-Type: application/json' -d '{"client": "nobody"}'
    holds "${answers[@]}" || fail "an answer is not as docs/openapi.yml has it"
    echo '{"tokens": [{"name": "x"}]}' >"$dir/wrong"
    ! holds "get /v1/tokens 200 $dir/wrong" 2>/dev/null || fail "a wrong answer is taken for a right one"
else
    say "there is no python3-jsonschema: nothing is held against it"
fi

say "events as they come, and those after one that is known"
stream() { start "$1" curl -sSN --max-time 600 "http://$at_server/api/v1/events/stream" -H "Last-Event-ID: $2"; }
stream events ''
wait_for_text events '"kind":"registered".*"service":"app.test".*'
wait_for_text events '"kind":"joined"'
equal "events" "$(asked "$at_server" /api/v1/events) $(field '"registered" in [e["kind"] for e in j["events"]]')" "200 True"
last=$(field 'j["last"]')
stream later "$last"
equal "a client is kicked" "$(asked "$at_server" /api/v1/kick -H 'Content-Type: application/json' -d '{"client": "laptop"}')" 200
for name in events later; do
    wait_for_text $name '"kind":"kicked"'
    wait_for_text $name '"kind":"registered"'
done
! grep -q "\"$last\"" "$dir/later.out" || fail "the event that is known was told again"
equal "what is told after it" "$(asked "$at_server" "/api/v1/events?after=$last") $(field 'j["events"][0]["kind"], j["missed"]')" "200 ('kicked', 0)"
equal "a stream for another site's page" "$(asked "$at_server" /api/v1/events/stream -H 'Sec-Fetch-Site: cross-site')" 403
wait_for_services client 1

say "a script in what is asked is text in what is answered"
script='<script>alert(1)</script>'
equal "in a body" "$(asked "$at_server" /api/v1/kick -H 'Content-Type: application/json' -d "{\"client\": \"$script\"}")" 404
has_text "$dir/answer" '<script>'
has_text "$dir/head" '^Content-Type: application/json'
has_text "$dir/head" '^X-Content-Type-Options: nosniff'
equal "in a path" "$(asked "$at_server" "/%3Cscript%3Ealert(1)")" 404
has_text "$dir/head" '^Content-Type: application/json'

say "a name that leads here (DNS rebinding)"
for host in evil.test "evil.test:7837" 127.0.0.1.evil.test; do
    equal "a request as $host" "$(asked "$at_server" /api/v1/status -H "Host: $host")" 403
done
equal "as localhost" "$(asked "$at_server" /api/v1/status -H 'Host: localhost')" 200

say "another site's page"
kick=(-X POST -H 'Content-Type: application/json' --data '{"client": "nobody"}')
equal "a kick from our page" "$(asked "$at_server" /api/v1/kick "${kick[@]}" -H "Origin: http://$at_server" -H 'Sec-Fetch-Site: same-origin')" 404
equal "a kick by a script of this user" "$(asked "$at_server" /api/v1/kick "${kick[@]}")" 404
equal "with a foreign origin" "$(asked "$at_server" /api/v1/kick "${kick[@]}" -H 'Origin: http://evil.test')" 403
equal "from another site" "$(asked "$at_server" /api/v1/kick "${kick[@]}" -H 'Sec-Fetch-Site: cross-site')" 403
equal "by a form" "$(asked "$at_server" /api/v1/kick --data 'client=x')" 415
equal "a picture of another site" "$(asked "$at_server" /api/v1/status -H 'Sec-Fetch-Site: cross-site')" 403
equal "GET changes nothing" "$(asked "$at_server" /api/v1/drain)" 405

say "tricks with paths"
for path in /../../../../etc/passwd /%2e%2e/%2e%2e/etc/passwd //app.js /app.js/../style.css /.git/config /index.html; do
    equal "$path" "$(asked "$at_server" "$path")" 404
done
equal "a target with a NUL" "$(printf 'GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n' | socat - "TCP:$at_server" | awk 'NR == 1 { print $2 }')" 400

say "the configuration in effect, and how the file differs"
printf 'server:\n  busy_poll: 8\n' >"$dir/server.yml"
equal "status" "$(asked "$at_server" /api/v1/config)" 200
equal "the change" "$(field '[(c["key"], c["before"], c["now"]) for c in j["changes"]]')" "[('server.busy_poll', '7', '8')]"
equal "what was applied last" "$(field '"busy_poll: " in j["effective"], j["problems"]')" "(True, [])"
printf 'server:\n  busy_poll: some\n' >"$dir/server.yml"
equal "with a mistake" "$(asked "$at_server" /api/v1/config) $(field '"busy_poll: " in j["effective"], len(j["problems"])')" "200 (True, 1)"

say "another user of this machine"
stranger=(setpriv --reuid 65534 --regid 65534 --clear-groups)
if "${stranger[@]}" true 2>/dev/null; then
    for at in "$at_server" "$at_client"; do
        answered=$("${stranger[@]}" curl -sS --max-time $patience -o /dev/null -w '%{http_code}' "http://$at/api/v1/status")
        equal "the status for another user" "$answered" 403
    done
    wait_for_text server 'a control connection from a user without permission was rejected'
else
    say "not root: other users are not tried"
fi

say "only loopback"
run server --token-file "$dir/token" --bind 127.0.0.1:0 --dashboard 0.0.0.0:0
equal "the exit code" "$code" 2
complained 'can be reached by other machines'

say "at the usual place, the next free port"
for name in first second; do
    start_client "$name" --tcp "0=$backend" --dashboard default
    wait_until $patience "the dashboard of $name" grep -q '^  dashboard ' "$dir/$name.out"
done
places=$(sed -n 's|^  dashboard  http://127.0.0.1:||p' "$dir/first.out" "$dir/second.out" | sort -u)
equal "addresses" "$(wc -l <<<"$places")" 2
for port in $places; do
    ((port >= 4040 && port < 4060)) || fail "a dashboard is at port $port"
done

say "drain, as the page does it"
equal "the answer" "$(asked "$at_client" /api/v1/drain -X POST -H "Origin: http://$at_client")" 202
join client
