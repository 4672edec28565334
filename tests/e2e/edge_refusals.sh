# Each state that a visitor can meet: its status, the code in X-FerroTunnel-Error, a page in the format that was asked
# for, and one line in the server's log that says why. edge_states.sh has what happens to requests in flight.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl openssl
need_descriptors 4096 # there is one visitor too many

serve_mishaps backend
start full "$E2E_TOOLS/http_mishaps" full "$dir/full.port"
wait_until $patience "the port of a listener that accepts nothing" test -s "$dir/full.port"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test \
    -addext "subjectAltName=DNS:app.example.com,DNS:path.example.com" -keyout "$dir/tls.key" -out "$dir/tls.crt" 2>/dev/null
cat >"$dir/server.yml" <<YAML
server:
  http: {via: edge.test, body_grace: 5s}
  https_bind: 127.0.0.1:0
  https: {certificates: {chain: $dir/tls.crt, key: $dir/tls.key}}
YAML
cat >"$dir/client.yml" <<YAML
client:
  services:
    - {http: app.example.com, local: "$backend"}
    - {http: path.example.com, path: /api, local: "$backend"}
    - {http: path.example.com, path: /api/admin, local: "$backend"}
    - {http: refused.example.com, local: "127.0.0.1:$(free_port)"}
    - {http: full.example.com, local: "127.0.0.1:$(<"$dir/full.port")"}
    - {http: hasty.example.com, limits: {first_byte_timeout: 300ms}, local: "$backend"}
    - {http: small.example.com, limits: {body_max: 1KiB}, local: "$backend"}
YAML
start_edge --config "$dir/server.yml"
ready_client client 7 --config "$dir/client.yml"
ready_client gone 1 --http "gone.example.com=$backend"
kill_now gone

# logged ID STATUS CODE WHY: exactly one line about this request, with all of it.
logged() {
    local line
    wait_until $patience "the line about request $1" text_is_there server "request=\"\?$1\b" # the answer may be faster
    line=$(grep -h -a "request=\"\?$1\b" "$dir/server.out" "$dir/server.err" || true)
    equal "lines about request $1" "$(grep -c . <<<"$line")" 1
    has_text <(echo "$line") "status=\"\?$2\b"
    has_text <(echo "$line") "code=\"\?$3\b"
    has_text <(echo "$line") "why=\"\?.*$4"
}
# field NAME FILE: the value in a head.
field() { awk -v name="${1,,}:" 'tolower($1) == name { sub(/^[^ ]* /, ""); sub(/\r$/, ""); print; exit }' "$2"; }

# meets STATUS CODE WHY STEP...: what a visitor who sends this gets, as text since it does not say what it likes.
meets() {
    local status=$1 code=$2 why=$3 id
    shift 3
    say "$status $code"
    talk "$@" rest >"$dir/answer"
    has_text "$dir/answer" "^HTTP/1.1 $status "
    equal "X-FerroTunnel-Error" "$(field X-FerroTunnel-Error "$dir/answer")" "$code"
    has_text <(field Content-Type "$dir/answer") "text/plain"
    has_text <(field Cache-Control "$dir/answer") "no-store"
    id=$(field X-Request-Id "$dir/answer")
    has_text <(sed '1,/^\r$/d' "$dir/answer") "$id"
    logged "$id" "$status" "$code" "$why"
}
# get HOST PATH [FIELDS]: as a step, on a connection that ends with it.
get() { echo "send:GET $2 HTTP/1.1\\r\\nHost: $1\\r\\nConnection: close\\r\\n${3:-}\\r\\n"; }

start slow_head talk 'send:GET / HTTP/1.1\r\nHost: app.ex' rest
start slow_body talk 'send:POST /late/1 HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 100000\r\n\r\nbegun' rest

meets 400 space_before_colon "whitespace in or after the name" 'send:GET / HTTP/1.1\r\nHost: app.example.com\r\nX : y\r\n\r\n'
meets 400 bad_host "" 'send:GET / HTTP/1.1\r\nHost: app.example.com, other\r\n\r\n'
meets 400 bad_path "" "$(get app.example.com /%2e%2e/secret)"
meets 400 ambiguous_path "" "$(get path.example.com /api%2fadmin)"
meets 404 unknown_host "" "$(get other.example.com /)"
meets 404 unknown_path "" "$(get path.example.com /other)"
meets 405 connect_not_wanted "" 'send:CONNECT app.example.com:443 HTTP/1.1\r\nHost: app.example.com:443\r\n\r\n'
meets 413 body_too_large "" \
    'send:POST / HTTP/1.1\r\nHost: small.example.com\r\nContent-Length: 1025\r\nConnection: close\r\n\r\n'
meets 414 target_too_long "" "send:GET /\\{9000*x} HTTP/1.1\\r\\n"
meets 417 unknown_expectation "" "$(get app.example.com / 'Expect: x=y\r\n')"
meets 431 line_too_long "" 'send:GET / HTTP/1.1\r\nHost: app.example.com\r\nX: \{17000*x}\r\n\r\n'
meets 431 too_many_fields "" 'send:GET / HTTP/1.1\r\nHost: app.example.com\r\n\{100*X: y\r\n}\r\n'
meets 501 unknown_encoding "" \
    'send:POST / HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'
meets 502 backend_refused "refused" "$(get refused.example.com /)"
meets 502 connect_timeout "took too long" "$(get full.example.com /)"
meets 502 closed_early "" "$(get app.example.com /die/head/close)"
meets 502 reset "" "$(get app.example.com /die/head/reset)"
meets 502 bad_status "" "$(get app.example.com /odd/status)"
meets 503 no_client "not connected" "$(get gone.example.com /)"
at_least "Retry-After" "$(field Retry-After "$dir/answer")" 1
meets 504 backend_slow "in time" "$(get hasty.example.com /hang/slow)"
meets 508 loop "" "$(get app.example.com / 'Via: 1.1 edge.test\r\n')"
meets 505 version_not_supported "" 'send:GET / HTTP/3.0\r\nHost: app.example.com\r\n\r\n'

say "what took its time"
# met NAME STATUS CODE
met() {
    join_ok "$1" 120
    has_text "$dir/$1.out" "^HTTP/1.1 $2 "
    equal "X-FerroTunnel-Error" "$(field X-FerroTunnel-Error "$dir/$1.out")" "$3"
    logged "$(field X-Request-Id "$dir/$1.out")" "$2" "$3" ""
}
met slow_head 408 head_too_slow
met slow_body 408 body_too_slow
wait_until $patience "half a request's end at the backend" file_has "$dir/backend.out" "^head POST /late/1 "

say "pages as they are wanted"
page() { ask other.example.com / -H "Accept: $1" -D "$dir/head"; }
page "text/html,*/*;q=0.8" >"$dir/page"
has_text <(field Content-Type "$dir/head") "text/html"
has_text "$dir/page" "<title>"
has_text "$dir/page" "other.example.com"
page application/json >"$dir/page"
has_text <(field Content-Type "$dir/head") "application/json"
has_text "$dir/page" '"unknown_host"'
equal "the length of an answer to HEAD" "$(ask other.example.com / -I -D "$dir/head" -o "$dir/page" -w '%{http_code}')" 404
at_least "its Content-Length" "$(field Content-Length "$dir/head")" 1

say "421: a host that the TLS connection was not made for"
https=$(awk '$1 == "https" { print $2 }' "$dir/server.endpoints")
# secure HOST [CURL OPTION...]: of a connection that was made for app.example.com.
secure() {
    curl -sS --max-time 60 --cacert "$dir/tls.crt" --resolve "app.example.com:${https##*:}:127.0.0.1" -H "Host: $1" \
        -o /dev/null -D "$dir/head" -w '%{http_code}' "${@:2}" "https://app.example.com:${https##*:}/"
}
equal "its own host" "$(secure app.example.com)" 200
equal "another host" "$(secure path.example.com)" 421
equal "X-FerroTunnel-Error" "$(field X-FerroTunnel-Error "$dir/head")" misdirected
logged "$(field X-Request-Id "$dir/head")" 421 misdirected ""

say "429: more connections than one address may have; over TLS they are closed before a byte is read"
start holders "$E2E_TOOLS/http_mishaps" hold "$edge" app.example.com 1024 "$dir/stop"
wait_for_text holders held
over_limit() { [[ $(status_of app.example.com /) == "429 over_limit" ]]; }
wait_until $patience "429" over_limit
at_least "Retry-After" "$(field Retry-After "$dir/head")" 1
equal "a visitor with another address" "$(status_of app.example.com / --interface 127.0.0.9)" 200
code=0
secure app.example.com >"$dir/secure.out" 2>&1 || code=$?
equal "curl's exit code: the handshake was cut" "$code" 35
wait_for_text server "a visitor was rejected: too many connections.*visitor=127.0.0.1"
touch "$dir/stop"
join_ok holders
wait_until $patience "room again" status_is app.example.com / 200
