# What the rules and limits of a service do to real requests: prefixes, Host, fields, redirects, sizes and deadlines; and
# what `ferrotunnel route` says of them.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx

port=$(free_port)
mkdir -p "$dir/nginx"
cat >"$dir/nginx.conf" <<CONF
daemon off;
pid $dir/nginx/pid;
error_log $dir/nginx/error.log;
$( ((EUID != 0)) || echo "user root;")
events { worker_connections 512; }
http {
    access_log off;
    default_type text/plain;
    absolute_redirect off;
    client_body_temp_path $dir/nginx/body;
    proxy_temp_path $dir/nginx/proxy;
    fastcgi_temp_path $dir/nginx/fastcgi;
    uwsgi_temp_path $dir/nginx/uwsgi;
    scgi_temp_path $dir/nginx/scgi;
    server {
        listen 127.0.0.1:$port;
        location / {
            add_header X-Backend secret;
            return 200 "\$request_uri host=\$http_host env=\$http_x_env cookie=\$http_cookie for=\$http_x_forwarded_host";
        }
        location = /v2/login {
            add_header Set-Cookie "a=1; Path=/v2; HttpOnly";
            add_header Set-Cookie "__Host-b=2; Path=/; Secure";
            return 302 http://\$http_host/v2/home?x=1;
        }
        location = /login { return 302 /home; }
    }
}
CONF
start nginx nginx -p "$dir/nginx" -e "$dir/nginx/error.log" -c "$dir/nginx.conf"
on_end '[[ ! -s $dir/nginx/pid ]] || kill "$(<"$dir/nginx/pid")" 2>/dev/null; wait_until $patience "the end of nginx" has_ended nginx'
wait_for_port "127.0.0.1:$port" nginx
serve_http slow
slow=$backend
head -c 3000 /dev/urandom >"$dir/large"
head -c 2048 "$dir/large" >"$dir/fitting"

cat >"$dir/rules.yml" <<YAML
client:
  services:
    - {http: plain.test, local: $port}
    - {http: app.test, path: /api, replace_prefix: /v2, host_header: backend, local: $port}
    - {http: app.test, path: /strip, strip_prefix: on, local: $port}
    - {http: app.test, path: /raw, strip_prefix: on, host_header: inner.test, map_back: off, local: $port}
    - http: fields.test
      local: $port
      request_headers: {remove: Cookie, set: {X-Env: staging}}
      response_headers: {remove: X-Backend, set: {X-Frame-Options: DENY}, add: {X-Tag: [a, b]}}
      hsts: on
    - {http: moved.test, path: /old, redirect: {to: https://new.test/new, status: 301}}
    - {http: secure.test, https_redirect: {port: 8443}, local: $port}
    - {http: small.test, limits: {body_max: 2KiB}, local: "$slow"}
    - {http: hasty.test, limits: {first_byte_timeout: 200ms}, local: "$slow"}
    - {http: patient.test, limits: {first_byte_timeout: 10m, upgrades: off}, local: "$slow"}
YAML
start_edge
ready_client client 10 --config "$dir/rules.yml"
# field NAME: of the answer whose head status_of has kept.
field() { awk -v name="$1:" 'tolower($1) == name { sub(/^[^ ]* /, ""); print }' "$dir/head" | tr -d '\r'; }

say "prefixes and Host, and what comes back"
equal "without rules" "$(ask plain.test '/x?y=1' -b c=1)" "/x?y=1 host=plain.test env= cookie=c=1 for=plain.test"
equal "replaced" "$(ask app.test '/api/users/7?y=1')" "/v2/users/7?y=1 host=localhost:$port env= cookie= for=app.test"
equal "the prefix itself" "$(ask app.test /api)" "/v2 host=localhost:$port env= cookie= for=app.test"
equal "stripped" "$(ask app.test '/strip/users?y=1')" "/users?y=1 host=app.test env= cookie= for=app.test"
equal "dot segments" "$(ask app.test '/x/../api/./%75sers/../7?y=1' --path-as-is)" \
    "/v2/7?y=1 host=localhost:$port env= cookie= for=app.test"
equal "dot segments without rules" "$(ask plain.test '/x/../%7Ea/.' --path-as-is)" \
    "/~a/ host=plain.test env= cookie= for=plain.test"
equal "no segment of its own" "$(status_of app.test /apix)" "404 unknown_path"
equal "a redirect of the backend" "$(status_of app.test /api/login)" "302"
equal "its Location" "$(field location)" "http://app.test/api/home?x=1"
equal "its cookies" "$(field set-cookie)" $'a=1; Path=/api; HttpOnly\n__Host-b=2; Path=/; Secure'
equal "a path" "$(status_of app.test /strip/login)" "302"
equal "its Location" "$(field location)" /strip/home
equal "without mapping" "$(status_of app.test /raw/login)" "302"
equal "its Location" "$(field location)" /home

say "fields, both ways"
equal "as the backend sees them" "$(ask fields.test / -b c=1 -H 'X_Env: forged')" \
    "/ host=fields.test env=staging cookie= for=fields.test"
equal status "$(status_of fields.test /)" 200
equal X-Backend "$(field x-backend)" ""
equal X-Frame-Options "$(field x-frame-options)" DENY
equal X-Tag "$(field x-tag)" $'a\nb'
equal "HSTS without TLS" "$(field strict-transport-security)" ""

say "redirects keep path and query, and need no backend"
equal status "$(status_of moved.test '/old/a%20b?c=d' -d body)" 301
equal Location "$(field location)" "https://new.test/new/a%20b?c=d"
equal status "$(status_of secure.test '/x?y')" 308
equal Location "$(field location)" "https://secure.test:8443/x?y"

say "a body that is too large: 413, declared or chunked, up to the byte"
up() { status_of small.test "/name/up" -X POST -H Expect: --data-binary "@$dir/$1" "${@:2}"; }
equal fitting "$(up fitting)" 200
equal "fitting in chunks" "$(up fitting -H 'Transfer-Encoding: chunked')" 200
wait_until $patience "both at the backend" count_is slow 'request POST /name/up 2048' 2
equal large "$(up large)" "413 body_too_large"
equal "large in chunks" "$(up large -H 'Transfer-Encoding: chunked')" "413 body_too_large"
equal "requests that the backend saw" "$(count_of slow 'request POST /name/up')" 2
wait_until $patience "the log" count_is server 'a request was answered by the edge.*413' 2

say "deadlines of one service: a long poll survives, a hasty one is 504"
equal hasty "$(status_of hasty.test /sleep/5000)" "504 backend_slow"
equal patient "$(status_of patient.test /sleep/1000)" 200

say "upgrades, where the service wants them"
"$E2E_TOOLS/http_peer" upgrade "$edge" small.test 100000 >"$dir/upgraded.out"
if "$E2E_TOOLS/http_peer" upgrade "$edge" patient.test 1000 >"$dir/not_upgraded.out" 2>&1; then
    fail "an upgrade at a service that has them off"
fi

say "other rules, after the client has come back"
signal client TERM
join_ok client
sed -i -e 's|replace_prefix: /v2, host_header: backend|strip_prefix: on|' -e 's|/new, status: 301|/newer, status: 308|' "$dir/rules.yml"
ready_client client 10 --config "$dir/rules.yml"
equal "stripped now" "$(ask app.test /api/users)" "/users host=app.test env= cookie= for=app.test"
equal status "$(status_of moved.test /old/x)" 308
equal Location "$(field location)" "https://new.test/newer/x"

say "the short form with the backend's own Host"
programs[short]=1
start short "$FERROTUNNEL" http "$port" --host short.test --host-header rewrite --server "$control" --token-file "$dir/token"
wait_for_text short "^  http://short.test:"
equal Host "$(ask short.test /)" "/ host=localhost:$port env= cookie= for=short.test"

say "what the server refuses is told, and the other services continue"
server_says() { has_text "$dir/odd.out" "refused: $1: $2"; }
cat >"$dir/odd.yml" <<YAML
client:
  services:
    - {http: fine.test, local: $port}
    - {http: long.test, limits: {first_byte_timeout: 2h}, local: $port}
YAML
ready_client odd 1 --config "$dir/odd.yml"
wait_for_text odd "refused: long.test: The service's limit \`first_byte_timeout\` exceeds the limit of this server"

say "route: which service a URL meets, why, and what its backend sees"
# route CODE ARGUMENT...: the output is then in $dir/route.out.
route() {
    local expected=$1 code=0
    shift
    "$FERROTUNNEL" route "$@" >"$dir/route.out" 2>"$dir/route.err" || code=$?
    equal "exit code of route $*" $code "$expected"
}
route 0 "https://fields.test/x?y=1" --config "$dir/rules.yml" --method POST
diff - "$dir/route.out" <<TEXT || fail "route says something else"
-> localhost:$port
why
  \`fields.test\` matches the host: its rules decide.
  No rule with \`*.\` matches.
  No rule with \`**.\` matches.
  There is no default service (\`*\`).
  \`/\` matches the path and has precedence: it is used.
  So the request matches \`fields.test\` \`/\` (service fields.test).
the backend receives
  POST /x?y=1 HTTP/1.1
  Host: fields.test
  X-Env: staging
and
  Fields that identify the visitor are added: X-Forwarded-For, -Proto, -Host, -Port, X-Real-IP, X-Request-Id.
  The visitor's Cookie is removed.
  Responses lose X-Backend.
  Responses get X-Frame-Options: DENY
  Responses get an additional X-Tag: a
  Responses get an additional X-Tag: b
  Responses get Strict-Transport-Security: max-age=31536000
TEXT
route 0 moved.test/old/x --config "$dir/rules.yml"
has_text "$dir/route.out" '^-> 308 to https://new.test/newer/x$'
route 1 http://app.test/apix --config "$dir/rules.yml"
has_text "$dir/route.out" '^-> 404, unknown_path$'
has_text "$dir/route.out" '`/api` does not match: it ends inside a segment of the path.'
route 0 app.test/api/x --http app.test=3000 --http app.test/api=3001
has_text "$dir/route.out" '^-> localhost:3001$'
route 0 'app.test/x/../%61pi/x/.' --config "$dir/rules.yml"
has_text "$dir/route.out" 'The path is compared and forwarded as `/api/x/`.'
has_text "$dir/route.out" '^  GET /x/ HTTP/1.1$'
route 2 "ftp://app.test" --config "$dir/rules.yml"
has_text "$dir/route.err" 'URL: begins with neither http:// nor https://'
route 2 app.test --config "$dir/none.yml"
has_text "$dir/route.err" 'none.yml: cannot read this file'
route 2 --http app.test=3000
has_text "$dir/route.err" 'URL: missing'

say "the example of the documentation"
sed -n '/^    \$ ferrotunnel route/,/^$/p' "$E2E_SOURCE/../../docs/http.md" | sed -e 's/^    //' -e '/^$/d' >"$dir/example"
read -r -a words < <(sed -n '1s/^\$ ferrotunnel //p' "$dir/example")
"$FERROTUNNEL" "${words[@]}" | diff <(tail -n +2 "$dir/example") - || fail "the example is not what route prints"
