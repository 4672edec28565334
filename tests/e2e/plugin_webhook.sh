# The plugin `webhook-verify` in a server, with nginx behind it: what is signed arrives byte for byte, and of nothing else
# does the backend hear.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx openssl
[[ -e $FERROTUNNEL_PLUGINS/webhook-verify.so ]] || skip "the plugin webhook-verify is not built"

echo "the secret of today" >"$dir/secret"
export WEBHOOK_SECRET_BEFORE="the secret of yesterday"
cat >"$dir/edge.yml" <<END
server:
  plugins:
    chain:
      - webhook-verify: {style: github, secrets: ["file:secret", "env:WEBHOOK_SECRET_BEFORE"], max_body: 100000}
        paths: [/up/github]
      - webhook-verify: {style: stripe, secrets: file:secret}
        paths: [/up/stripe]
      - webhook-verify: {style: slack, secrets: file:secret}
        paths: [/up/slack]
      - webhook-verify: {style: generic, secrets: file:secret, header: X-Sign, encoding: base64, algorithm: sha512, status: 404}
        paths: [/up/own]
END
chmod 600 "$dir/secret"
start_nginx 'location = /up/github/echo { return 200 "$http_x_hub_signature_256"; }'
mkdir -p "$dir/www/up/github" "$dir/www/up/stripe" "$dir/www/up/slack" "$dir/www/up/own"
start_edge --config "$dir/edge.yml"
ready_client client 1 --http "app.example.com=$nginx"

# sign FILE [SECRET [BEFORE [ALGORITHM]]]: the digest of BEFORE and the file, in hexadecimal digits.
sign() {
    { printf %s "${3:-}" && cat "$1"; } | openssl dgst -"${4:-sha256}" -mac HMAC -macopt "key:${2:-the secret of today}" -r | cut -d ' ' -f 1
}
# put FILE PATH [CURL OPTION...]: "201", or "401 webhook_refused".
put() { status_of app.example.com "$2" -T "$1" "${@:3}"; }
github() { echo "X-Hub-Signature-256: sha256=$(sign "$@")"; }
arrived() { cmp "$1" "$dir/www$2" || fail "the backend has another body"; }
requests() { wc -l <"$dir/nginx/access.log"; }
requests_are() { (($(requests) == $1)); }
refused="401 webhook_refused"

say "what is signed arrives as it is"
printf '{"a": "\xff\x00\r\n b"}' >"$dir/hook"
head -c 100000 /dev/urandom >"$dir/largest"
equal "github" "$(put "$dir/hook" /up/github/1 -H "$(github "$dir/hook")")" 201
arrived "$dir/hook" /up/github/1
equal "in chunks" "$(put - /up/github/2 -H "$(github "$dir/hook")" -H 'Transfer-Encoding: chunked' <"$dir/hook")" 201
arrived "$dir/hook" /up/github/2
equal "with the secret of before" "$(put "$dir/hook" /up/github/3 -H "$(github "$dir/hook" "$WEBHOOK_SECRET_BEFORE")")" 201
equal "the largest" "$(put "$dir/largest" /up/github/4 -H "$(github "$dir/largest")" -H 'Expect:')" 201
arrived "$dir/largest" /up/github/4
equal "the largest, in chunks" "$(put - /up/github/5 -H "$(github "$dir/largest")" -H 'Transfer-Encoding: chunked' <"$dir/largest")" 201
arrived "$dir/largest" /up/github/5
equal "asked for with Expect" "$(put "$dir/largest" /up/github/6 -H "$(github "$dir/largest")" -H 'Expect: 100-continue' \
    --expect100-timeout 600)" 201
equal "an empty one" "$(put /dev/null /up/github/7 -H "$(github /dev/null)")" 201
equal "GET without a body" "$(ask app.example.com /up/github/echo -H "$(github /dev/null)")" "sha256=$(sign /dev/null)"
wait_until $patience "8 requests in the log of nginx" requests_are 8

now=$(date +%s)
equal "stripe" "$(put "$dir/hook" /up/stripe/1 -H "Stripe-Signature: t=$now,v1=$(sign "$dir/hook" other "$now."),v1=$(sign "$dir/hook" '' "$now."),v0=00")" 201
equal "slack" "$(put "$dir/hook" /up/slack/1 -H "X-Slack-Request-Timestamp: $now" \
    -H "X-Slack-Signature: v0=$(sign "$dir/hook" '' "v0:$now:")")" 201
own=$(openssl dgst -sha512 -mac HMAC -macopt "key:the secret of today" -binary "$dir/hook" | base64 -w 0)
equal "a style of one's own" "$(put "$dir/hook" /up/own/1 -H "X-Sign: $own")" 201
for name in stripe slack own; do
    arrived "$dir/hook" /up/$name/1
done
equal "where nobody asks" "$(put "$dir/hook" /up/other)" 201

say "of the rest the backend does not hear"
wait_until $patience "12 requests in the log of nginx" requests_are 12
sed 's/a/b/' "$dir/hook" >"$dir/altered"
good=$(github "$dir/hook")
equal "none" "$(put "$dir/hook" /up/github/x)" "$refused"
has_text "$dir/head" '^WWW-Authenticate: Webhook'
equal "a wrong secret" "$(put "$dir/hook" /up/github/x -H "$(github "$dir/hook" wrong)")" "$refused"
equal "one byte altered" "$(put "$dir/altered" /up/github/x -H "$good")" "$refused"
equal "altered, in chunks" "$(put - /up/github/x -H "$good" -H 'Transfer-Encoding: chunked' <"$dir/altered")" "$refused"
equal "cut off" "$(put "$dir/hook" /up/github/x -H "${good:0:80}")" "$refused"
equal "twice" "$(put "$dir/hook" /up/github/x -H "$good" -H "$good")" "$refused"
equal "nothing of what is signed" "$(put /dev/null /up/github/x -H "$good")" "$refused"
equal "GET without a signature" "$(status_of app.example.com /up/github/echo)" "$refused"
equal "HEAD" "$(status_of app.example.com /up/github/echo -I)" "$refused"
equal "one that is spelt otherwise" "$(put "$dir/hook" /up/%67ithub/x)" "$refused"
old=$((now - 3600))
equal "an old one, replayed" "$(put "$dir/hook" /up/stripe/x -H "Stripe-Signature: t=$old,v1=$(sign "$dir/hook" '' "$old.")")" \
    "$refused"
equal "with a new time" "$(put "$dir/hook" /up/stripe/x -H "Stripe-Signature: t=$now,v1=$(sign "$dir/hook" '' "$old.")")" "$refused"
early=$((now + 3600))
equal "of the future" "$(put "$dir/hook" /up/slack/x -H "X-Slack-Request-Timestamp: $early" \
    -H "X-Slack-Signature: v0=$(sign "$dir/hook" '' "v0:$early:")")" "$refused"
equal "with another status" "$(put "$dir/altered" /up/own/x -H "X-Sign: $own")" "404 webhook_refused"

say "more than is taken"
head -c 100001 /dev/zero >"$dir/large"
equal "declared" "$(put "$dir/large" /up/github/x -H "$(github "$dir/large")")" "413 body_too_large"
equal "counted" "$(put - /up/github/x -H "$(github "$dir/large")" -H 'Transfer-Encoding: chunked' <"$dir/large")" \
    "413 body_too_large"
equal "requests that nginx has had" "$(requests)" 12
equal "files that came" "$(find "$dir/www/up" -name x | wc -l)" 0

say "the log says why, and no secret"
wait_for_text server "is rejected: its signature does not match the secrets and the body"
wait_for_text server "is rejected: it has no signature"
equal "lines with a secret" "$(count_of server 'the secret of')" 0
equal "lines with a signature" "$(count_of server "${good#*=}")" 0
check_alive
