# The inspector of the real program: what curl, a WebSocket and a TCP visitor do is kept with secrets masked; it is listed,
# shown, compared, sent again as it was and edited, copied as curl, and exported as HAR.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
need curl python3
sockets=$dir/run

start backend python3 "$E2E_SOURCE/inspect_peer.py" serve "$dir/backend.port"
wait_until $patience "the port of the backend" test -s "$dir/backend.port"
backend=127.0.0.1:$(<"$dir/backend.port")
export RUNTIME_DIRECTORY=$sockets
mkdir -m 700 "$sockets"
start_edge
ready_client client 2 --http "app.test=$backend" --tcp "0=$backend" --inspect on --inspect-mask pin --dashboard 127.0.0.1:0
public=$(public_of client)
at=$(awk '$1 == "dashboard" { print $2 }' "$dir/client.endpoints")

# of ID EXPRESSION: of the JSON `j`, an exchange.
of() { "$FERROTUNNEL" inspect show "$1" --json | python3 -c 'import json, sys; j = json.load(sys.stdin); print(eval(sys.argv[1]))' "$2"; }
# listed EXPRESSION [OPTION...]: of the rows `r`, the newest first.
listed() {
    "$FERROTUNNEL" inspect --json "${@:2}" |
        python3 -c 'import json, sys; r = json.load(sys.stdin)["exchanges"]; print(eval(sys.argv[1]))' "$1"
}
is_listed() { [[ $(listed "$1") == "$2" ]]; }
# Exchanges are over for the client a moment after they are for curl.
all_over() { wait_until $patience "the end of $1 exchanges" is_listed 'sum(e["state"] != "under_way" for e in r)' "$1"; }

say "requests, answers and their secrets"
ask app.test '/first?x=1&password=s3cret-in-query' -H 'Authorization: Bearer s3cret-bearer' -H 'X-Pin: s3cret-pin' >/dev/null
ask app.test /order -H 'Content-Type: application/json' -d '{"item": 7, "card_pin": "s3cret-in-body"}' >/dev/null
ask app.test /gzip >/dev/null
ask app.test /brotli >/dev/null
ask app.test /missing >/dev/null
equal "an answer by WebSocket" "$(python3 "$E2E_SOURCE/inspect_peer.py" websocket "$edge" app.test '{"token": "s3cret-ws", "n": 1}')" \
    '{"token": "s3cret-ws", "n": 1}'
curl -sS --max-time $patience "http://$public/by-tcp" >/dev/null
all_over 7
equal "what is kept" "$(listed '[(e["kind"], e.get("method"), e.get("status"), e.get("target")) for e in r[::-1]]')" \
    "[('http', 'GET', 200, '/first?x=1&password=***'), ('http', 'POST', 200, '/order'), ('http', 'GET', 200, '/gzip'),\
 ('http', 'GET', 200, '/brotli'), ('http', 'GET', 404, '/missing'), ('http', 'GET', 101, '/talk'), ('connection', None, None, None)]"
"$FERROTUNNEL" inspect --json >"$dir/all"
for id in 1 2 3 4 5 6 7; do "$FERROTUNNEL" inspect show $id --json; done >>"$dir/all"
"$FERROTUNNEL" inspect har >>"$dir/all"
! grep -o 's3cret[a-z-]*' "$dir/all" >"$dir/told" || fail "secrets are told: $(sort -u "$dir/told")"
equal "a body by gzip, its token masked" "$(of 3 '__import__("json").loads(j["answer"]["body"]["text"])["access_token"], j["answer"]["body"]["masked"]')" "('***', True)"
equal "a body by brotli" "$(of 4 'j["answer"]["body"]["text"]')" hello
equal "the messages" "$(of 6 '[(m["from"], m["kind"], m["text"]) for m in j["messages"]]')" \
    "[('visitor', 'text', '{\"token\": \"***\", \"n\": 1}'), ('backend', 'text', '{\"token\": \"***\", \"n\": 1}')]"
equal "a TCP visitor" "$(of 7 'j["from_backend"] > 100, j["state"], j["visitor"].rsplit(":", 1)[0]')" "(True, 'complete', '127.0.0.1')"
equal "by status" "$(listed '[e["id"] for e in r]' --status 4xx)" "[5]"
equal "by text" "$(listed '[e["id"] for e in r]' --text greeting)" "[3]"
equal "by method and path" "$(listed '[e["id"] for e in r]' --method POST --path ord)" "[2]"

say "texts for people"
run_ok inspect
has_text "$dir/run.out" '404 */missing'
run_ok inspect show 2
has_text "$dir/run.out" '^> POST /order HTTP/1.1'
has_text "$dir/run.out" '^< HTTP/1.1 200 OK'
run_fails inspect show 99
complained 'no exchange 99'
run inspect shwo
equal "the code" "$code" 2
complained 'no such command'

say "a request again, as it was, edited, and as a command"
run_ok inspect replay 2 --body '{"item": 8}' --header 'X-As: tester' --json
equal "the answer to the edited one" "$(of 8 'j["answer"]["body"]["text"], j["replay_of"], j["request"]["line"]')" \
    "('{\"got\": 11, \"as\": \"tester\"}', 2, 'POST /order HTTP/1.1')"
run_ok inspect replay 4
equal "again" "$(of 9 'j["state"], j["answer"]["body"]["text"]')" "('complete', 'hello')"
run_ok inspect diff 8,2
has_text "$dir/run.out" '^-X-As: tester'
run_ok inspect curl 8
bash -c "$(<"$dir/run.out") --connect-to ::$edge -sS --max-time $patience" >"$dir/by_curl"
equal "what the command of curl gets" "$(<"$dir/by_curl")" '{"got": 11, "as": "tester"}'

say "a webhook with secrets again: the backend gets what it got, and nobody else sees it"
received() { sed -n "$1p" "$dir/backend.port.received"; }
received_lines() { wc -l <"$dir/backend.port.received"; }
newest() { listed 'r[0]["id"]'; }
first=$(($(received_lines) + 1))
hook='{"event": "paid", "client_secret": "s3cret-1", "token":"s3cret-2", "password_confirmation": "s3cret-3", "monkey": 7, "n": 1}'
ask app.test '/hook?key=s3cret-4&design=2' -H 'Cookie: session=s3cret-5; b=2' -H 'X-Auth-Key: s3cret-6' \
    -H 'Content-Type: application/json' -d "$hook" >/dev/null
all_over 11
webhook=$(newest)
equal "what is shown" "$(of "$webhook" 'j["target"], [f[1] for f in j["request"]["fields"] if f[0].lower() in ("cookie", "x-auth-key")], j["request"]["body"]["text"]')" \
    "('/hook?key=***&design=2', ['***', '***'], '{\"event\": \"paid\", \"client_secret\": \"***\", \"token\":\"***\", \"password_confirmation\": \"***\", \"monkey\": 7, \"n\": 1}')"
run_ok inspect replay "$webhook"
! grep s3cret "$dir/run.out" "$dir/run.err" || fail "a replay shows secrets"
equal "what the backend gets" "$(received $((first + 1)))" "$(received "$first")"
has_text "$dir/backend.port.received" 's3cret-1.*s3cret-2'
body=$(of "$webhook" 'j["request"]["body"]["text"]')
run_ok inspect replay "$webhook" --body "${body/\"n\": 1/\"n\": 2}"
equal "what it gets of an edited one" "$(received $((first + 2)))" "$(received "$first" | sed 's/\\"n\\": 1/\\"n\\": 2/')"
run_fails inspect replay "$webhook" --body '{"token": "***", "password": "***"}'
complained 'has a mask'
equal "requests that have come to it" "$(received_lines)" $((first + 2))
for id in $webhook $((webhook + 1)) $((webhook + 2)); do "$FERROTUNNEL" inspect show "$id" --json; done >"$dir/all"
{ "$FERROTUNNEL" inspect har; "$FERROTUNNEL" status --json; curl -sS "http://$at/api/v1/events"; } >>"$dir/all"
cat "$dir"/client.* "$dir"/server.* >>"$dir/all"
! grep -o 's3cret[a-z0-9-]*' "$dir/all" >"$dir/told" || fail "secrets are told: $(sort -u "$dir/told")"

say "a command of curl for what curl would take for several URLs"
ask app.test '/list[1-3]{b,c}/a' --globoff >/dev/null
is_newest() { [[ $(listed 'r[0]["target"], r[0]["state"]') == "$1" ]]; }
wait_until $patience "the exchange" is_newest "('/list[1-3]{b,c}/a', 'complete')"
run_ok inspect curl "$(newest)"
bash -c "$(<"$dir/run.out") --connect-to ::$edge -sS --max-time $patience" >"$dir/by_curl"
equal "what comes of it" "$(received $((first + 4)))" "$(received $((first + 3)))"

say "secrets in wrappers, in bodies without a type, and in fields that are not named for them"
before=$(listed 'len(r)')
wrapped() { ask app.test "$@" >/dev/null; }
wrapped /slack --data-urlencode 'payload={"token": "s3cret-slack", "type": "shown-1"}'
wrapped /lambda -H 'Content-Type: application/json' -d '{"body": "{\"password\": \"s3cret-lambda\"}", "api_keys": ["s3cret-plural"], "x": "shown-2"}'
wrapped /graphql -H 'Content-Type: application/json' -d '{"query": "mutation { login(password: \"s3cret-graphql\") { id } }", "x": "shown-3"}'
wrapped /pairs -H 'Content-Type: application/json' -d '[{"name": "password", "value": "s3cret-pair"}, {"name": "n", "value": "shown-4"}]'
wrapped /parts -F 'json={"password": "s3cret-part"};type=application/json' -F 'x=shown-5'
wrapped /untyped -H 'Content-Type:' -d 'password=s3cret-untyped&x=shown-6'
wrapped /xml -H 'Content-Type: text/xml' -d '<a token="s3cret-attribute"><password>s3cret-element</password><x>shown-7</x></a>'
wrapped '/path;token=s3cret-path?next=%2Fx%3Ftoken%3Ds3cret-next&code=s3cret-code&x=shown-8'
wrapped /fields -H 'Referer: http://u:s3cret-user@a.test/?x=shown-9' -H 'X-Original-URI: /?token=s3cret-uri' \
    -H 'Link: <https://a.test/?token=s3cret-link>; rel=next' -H 'Refresh: 0; url=/?token=s3cret-refresh' \
    -H 'Sec-WebSocket-Protocol: chat, base64url.bearer.authorization.k8s.io.s3cret-protocol'
all_over $((before + 9))
for id in $(listed '" ".join(str(e["id"]) for e in r[:9])'); do "$FERROTUNNEL" inspect show "$id" --json; done >"$dir/all"
"$FERROTUNNEL" inspect har >>"$dir/all"
! grep -o 's3cret[a-z0-9-]*' "$dir/all" >"$dir/told" || fail "secrets are told: $(sort -u "$dir/told")"
for i in 1 2 3 4 5 6 7 8 9; do has_text "$dir/all" "shown-$i"; done
has_text "$dir/all" '"chat, \*\*\*"'

say "texts whose search has to end: an end tag right behind <script>"
ask app.test /page -H 'Content-Type: text/html' -H 'X-A: <html><script></b>:' -d '<html><script></b></script></html>' >/dev/null
wait_until $patience "the exchange" is_newest "('/page', 'complete')"

say "bodies of several lines are shown as lines, but for what drives a terminal; so is a command of curl, which sends the same"
# body_again BODY: it comes to the backend twice, from a visitor and by the command of curl.
body_again() {
    local before
    before=$(received_lines)
    printf '%b' "$1" >"$dir/body"
    ask app.test "/lines-$before" -H 'Content-Type: text/plain' --data-binary "@$dir/body" >/dev/null
    wait_until $patience "the exchange" is_newest "('/lines-$before', 'complete')"
    run_ok inspect curl "$(newest)"
    ! grep -q $'\e' "$dir/run.out" || fail "a command of curl drives the terminal"
    bash -c "$(<"$dir/run.out") --connect-to ::$edge -sS --max-time $patience" >/dev/null
    equal "what comes of it" "$(received $((before + 2)))" "$(received $((before + 1)))"
    wait_until $patience "the exchange of curl" is_newest "('/lines-$before', 'complete')"
    run_ok inspect show "$(newest)"
}
body_again 'one\r\n\ttwo \xc3\xa4\nthree: x\n'
grep -qx '  one' "$dir/run.out" || fail "the first line is not shown as it is"
grep -qxF $'  \ttwo \xc3\xa4' "$dir/run.out" || fail "a tab is not shown as it is"
body_again 'one\n\ttwo\n'
grep -qx $'  \ttwo' "$dir/run.out" || fail "the second line is not shown as it is"
body_again 'safe\n\e[31mred\rback\n'
grep -qxF '  \x1b[31mred\x0dback' "$dir/run.out" || fail "what drives a terminal is shown as it is"
run_ok inspect diff "$(newest),$(listed 'r[2]["id"]')"
grep -qx $'+\ttwo' "$dir/run.out" || fail "a difference with a tab is not shown as it is"

kill_now backend
run_fails inspect replay 4
has_text "$dir/run.out" 'backend was not reached'

say "an archive"
run_ok inspect har
if python3 -c 'import jsonschema' 2>/dev/null; then
    at_least "entries" "$(python3 "$E2E_SOURCE/har_holds.py" "$dir/run.out")" 9
else
    say "there is no python3-jsonschema: the archive is not held against its format"
fi

say "the same by the dashboard's address, where a body that is a script is no page"
curl -sS --max-time $patience -D "$dir/head" "http://$at/api/v1/exchanges/5/answer/body" >"$dir/body"
equal "the body" "$(<"$dir/body")" '<script>alert(1)</script>'
has_text "$dir/head" '^Content-Type: application/octet-stream'
has_text "$dir/head" '^X-Content-Type-Options: nosniff'
equal "a replay by another site's page" "$(curl -sS -o /dev/null -w '%{http_code}' -H 'Origin: http://evil.test' -H 'Content-Type: application/json' \
    -d '{}' "http://$at/api/v1/exchanges/4/replay")" 403

if python3 -c 'import jsonschema, yaml' 2>/dev/null; then
    say "answers are as docs/openapi.yml has them"
    answers=()
    for path in /v1/exchanges.har /v1/exchanges /v1/exchanges/7 /v1/exchanges/6 /v1/exchanges/8/diff/2 /v1/exchanges/8/curl; do
        curl -sS --max-time $patience -o "$dir/answer.${#answers[@]}" "http://$at/api$path"
        answers+=("get $path 200 $dir/answer.${#answers[@]}")
    done
    python3 "$E2E_SOURCE/openapi_holds.py" "$E2E_SOURCE/../../docs/openapi.yml" "${answers[@]}" || fail "an answer is not as docs/openapi.yml has it"
fi
equal "to forget all" "$(curl -sS -X DELETE "http://$at/api/v1/exchanges")" '{"cleared":true}'
equal "what is left" "$(listed 'len(r)')" 0

say "a terminal shows the last requests below its lines, and all else a line for each"
mkfifo "$dir/keyboard"
exec {keyboard}<>"$dir/keyboard"
start screen bash -c 'exec script -qec "$0" /dev/null <"$1"' \
    "$FERROTUNNEL http 9 --host screen.test --server $control --token-file $dir/token --endpoint-file $dir/screen.endpoints --dashboard off --control off" \
    "$dir/keyboard"
wait_for_services screen 1
wait_for_text screen 'http://screen.test' # by way of `script`, which may be late
equal "an answer without a backend" "$(status_of screen.test /on-the-screen)" "502 backend_refused"
wait_for_text screen '  502  GET /on-the-screen'
serve_http late_web
ready_client lines 1 --http "lines.test=$backend" --name lines --inspect on --dashboard off --control off
ask lines.test /fields?line=1 >/dev/null
wait_for_text lines '  200  GET /fields?line=1  [0-9.]* ms'
wait_for_text screen 'connected.*visitors: '
printf '\003' >&$keyboard
join_ok screen

say "with a configuration file alike"
unset FERROTUNNEL_LOG_LEVEL # a log at level info would be written over
cat >"$dir/file.yml" <<YML
client:
  server: $control
  token: file:$dir/token
  endpoint_file: $dir/file.endpoints
  dashboard: off
  control: $dir/file.sock
  inspect: on
  services: [{http: file.test, local: 127.0.0.1:$(free_port)}]
YML
for command in "run $dir/file.yml" "client --config $dir/file.yml"; do
    rm -f "$dir/file.endpoints"
    start file bash -c 'exec script -qec "$0" /dev/null <"$1"' "$FERROTUNNEL $command" "$dir/keyboard"
    wait_for_services file 1
    equal "an answer without a backend" "$(status_of file.test /on-the-screen)" "502 backend_refused"
    wait_for_text file 'connected.*visitors: '
    wait_for_text file '  502  GET /on-the-screen'
    "$FERROTUNNEL" inspect show 1 --control "$dir/file.sock" >"$dir/shown"
    has_text "$dir/shown" "^from 127\.0\.0\.1.* to file\.test (.*); end after [0-9.]* ms"
    printf '\003' >&$keyboard
    join_ok file
done
rm -f "$dir/file.endpoints"
start file "$FERROTUNNEL" client --config "$dir/file.yml" --inspect on
wait_for_services file 1
equal "an answer without a backend" "$(status_of file.test /in-a-line)" "502 backend_refused"
wait_for_text file '  502  GET /in-a-line'
signal file INT
join_ok file

say "a client that does not record"
ready_client quiet 1 --http "quiet.test=$backend" --name quiet --control "$dir/quiet.sock"
run_fails inspect --control "$dir/quiet.sock"
complained 'inspect: on'
