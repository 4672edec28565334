# `mode: observe`: plugins that would refuse everybody, change fields and give services other hosts run beside visitors who
# notice nothing. What they would have done is in the log, and counted where `ferrotunnel status` shows it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl g++ openssl python3

orders=$dir/orders
mkdir "$orders"
: >"$orders/told"
g++ -std=c++20 -O1 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -I "$E2E_SOURCE/../../include" \
    -o "$dir/doorman.so" "$E2E_SOURCE/plugins/doorman.cpp"
g++ -std=c++20 -O1 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -I "$E2E_SOURCE/../../include" \
    -o "$dir/meddler.so" "$E2E_SOURCE/plugins/meddler.cpp"
cat >"$dir/edge.yml" <<END
server:
  plugins:
    load: [doorman.so, meddler.so]
    chain:
      - doorman: {folder: "$orders"}
        mode: observe
      - ip-filter: {deny: ["127.0.0.0/8"]}
        id: nobody
        mode: observe
      - headers: {request: {set: {X-Seen: "yes"}, remove: User-Agent}, response: {set: {X-Late: "1"}}}
        id: fields
        mode: observe
      - meddler:
        mode: observe
      - webhook-verify: {style: github, secrets: "file:secret"}
        id: signed
        paths: [/signed]
        mode: observe
      - headers: {response: {set: {X-Real: "1"}}}
        id: real
END
if [[ -e $FERROTUNNEL_PLUGINS/auth.so ]]; then
    cat >>"$dir/edge.yml" <<'END'
      - auth: {users: {ann: "$$2y$$05$$G9TmUOIh5Oh96d3YoeNeq.q53FYd1fQvNS0Ljl3x3cw1164B2U8QC"}}
        id: people
        paths: [/people]
        mode: observe
END
fi
(umask 077 && echo "the secret" >"$dir/secret")
printf "not today" >"$orders/login_refused"
printf "no more" >"$orders/service_refused"
: >"$orders/visitor_127.0.0.1"

serve_http web
start_edge --config "$dir/edge.yml" --log-level info
ready_client client 2 --http "app.example.com=$backend" --tcp "0=$backend" --connections 1 --name laptop
public=$(public_of client)

# count ID KEY: of a plugin, as the server's status says.
count() {
    "$FERROTUNNEL" status --json --control "$dir/run/server.sock" >"$dir/status.json"
    python3 -c 'import json, sys
print({p["id"]: p for p in json.load(open(sys.argv[1]))["plugins"]}[sys.argv[2]][sys.argv[3]])' "$dir/status.json" "$@"
}

say "who would have been rejected is let in"
equal "logins that doorman would have refused, and services" "$(count doorman answered)" 3
equal "questions to it" "$(count doorman asked)" 3
requests=5
for ((i = 0; i < requests; i++)); do
    equal "a request" "$(status_of app.example.com /fields)" 200
    ! grep -qi '^X-Late' "$dir/head" || fail "an edit of an answer was made"
    has_text "$dir/head" '^X-Real: 1'
done
ask app.example.com /fields -d 'some bytes' >"$dir/fields"
has_text "$dir/fields" '^User-Agent: curl'
! grep -qi '^X-Seen' "$dir/fields" || fail "an edit of a request was made"
curl -sS --max-time $patience "http://$public/fields" >"$dir/fields"
has_text "$dir/fields" '^Host:'

say "and it is counted"
((requests++)) || true # the one with a body
equal "refusals of requests and of a visitor" "$(count nobody answered)" $((requests + 1))
equal "questions" "$(count nobody asked)" $((requests + 1))
equal "the visitor that doorman would have refused" "$(count doorman answered)" 4
equal "edits of requests and answers" "$(count fields edits)" $((3 * requests))
equal "those of one that acts" "$(count real edits)" $requests
equal "answers of one that acts" "$(count real answered)" 0
equal "decisions that came later" "$(count meddler waits)" $requests
equal "bodies" "$(count meddler bodies)" $requests
equal "failures" "$(count meddler failures)" $requests
equal "its mode" "$(count meddler mode) $(count real mode)" "observe act"
"$FERROTUNNEL" status --control "$dir/run/server.sock" >"$dir/status.txt"
has_text "$dir/status.txt" "^ *nobody  *observe  *$((requests + 1))  *$((requests + 1)) "

say "what would be decided on a body is counted, while the body passes"
printf 'some bytes' >"$dir/hook"
signature=$(openssl dgst -sha256 -mac HMAC -macopt "key:the secret" -r "$dir/hook" | cut -d ' ' -f 1)
for signed in "$signature" "${signature//[0-9]/0}"; do
    equal "a webhook" "$(status_of app.example.com /signed --data-binary @"$dir/hook" -H "X-Hub-Signature-256: sha256=$signed")" \
        "200"
done
equal "a webhook in chunks" "$(status_of app.example.com /signed --data-binary @"$dir/hook" -H 'Transfer-Encoding: chunked' \
    -H "X-Hub-Signature-256: sha256=$signature")" 200
equal "bodies that were judged" "$(count signed bodies)" 3
equal "those that it would have rejected" "$(count signed answered)" 1
equal "its failures" "$(count signed failures)" 0

if [[ -e $FERROTUNNEL_PLUGINS/auth.so ]]; then
    say "and what is decided later, by a plugin that hashes passwords"
    for user in ann:first ann:wrong bob:first; do
        equal "$user" "$(status_of app.example.com /people -u "$user")" 200
    done
    equal "nobody at all" "$(status_of app.example.com /people)" 200
    equal "those that it would have rejected" "$(count people answered)" 3
    equal "decisions that came later" "$(count people waits)" 3
    equal "none of them late" "$(count people late)" 0
fi

say "and logged"
for line in 'a plugin would have answered  *plugin=nobody request=.* status=403' \
    'a plugin would have refused  *plugin=doorman phase=login .*words="\?not today' \
    'a plugin would have refused  *plugin=doorman phase=register ' \
    'a plugin would have refused  *plugin=nobody phase=connect ' \
    'a plugin would have changed something  *plugin=fields request=.* what="request field" name=X-Seen' \
    'a plugin would have changed something  *plugin=fields request=.* what="response field" name=X-Late' \
    'a plugin would have changed something  *plugin=meddler request=.* what="response body" name=transformed'; do
    wait_for_text server "$line"
done
check_alive
