# Plugins of a configuration file: one that is shipped, and one in plain C that is built against the installed headers and
# loaded. What is wrong with them is told with its place.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx cc g++

say "a plugin in C builds without warnings"
examples=$E2E_SOURCE/../../docs/plugins/examples
mkdir "$dir/own"
cc -std=c11 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -I "$E2E_SOURCE/../../include" \
    -o "$dir/own/maintenance.so" "$examples/maintenance.c"

say "the tutorial's plugin builds as the tutorial says"
# block LANGUAGE: the first such block of the tutorial.
block() { awk -v start="\`\`\`$1" '$0 == start { inside = 1; next } /^```/ && inside { exit } inside' \
    "$E2E_SOURCE/../../docs/plugins/README.md"; }
block cpp >"$dir/own/hello.cpp"
(cd "$dir/own" && CPLUS_INCLUDE_PATH=$E2E_SOURCE/../../include sh -ec "$(block sh)")
mkdir "$dir/tutorial"
mv "$dir/own/hello.so" "$dir/tutorial"
cp "$dir/token" "$dir/tutorial" 2>/dev/null || (umask 077 && "$FERROTUNNEL" token >"$dir/tutorial/token")
block yaml >"$dir/tutorial/hello.yml"
# Another plugin whose class has the same name, as two people who have read the tutorial would write it.
mkdir "$dir/second"
block cpp | sed 's/"hello"/"second"/; s#"/hello"#"/second"#; s/X-Greeting/X-Second/' >"$dir/second/hello.cpp"
(cd "$dir/second" && CPLUS_INCLUDE_PATH=$E2E_SOURCE/../../include sh -ec "$(block sh)")
"$FERROTUNNEL" check "$dir/tutorial/hello.yml" >/dev/null || fail "check refuses the tutorial's file"

cat >"$dir/edge.yml" <<END
server:
  plugins:
    load: [own/maintenance.so, tutorial/hello.so, second/hello.so]
    chain:
      - maintenance: {file: down}
      - hello: {greeting: Good morning}
      - second: {greeting: Good evening}
        on_failure: closed
      - headers:
          request: {set: {X-Visitor: "{{visitor}} at {{host}}"}, remove: Cookie}
          response: {set: {X-Frame-Options: DENY}, remove: [Server, X-Gone]}
          cors: {origins: "https://app.test"}
END

start_nginx 'location /who { return 200 "$http_x_visitor|$http_cookie"; }'
start_edge --config "$dir/edge.yml" --log-level info
ready_client client 1 --http "app.example.com=$nginx"

say "fields of requests and answers"
equal "what the backend sees" "$(ask app.example.com /who -H 'X-Visitor: forged' -H 'Cookie: a=b')" \
    "127.0.0.1 at app.example.com|"
equal "the status" "$(status_of app.example.com /)" 200
has_text "$dir/head" "^X-Frame-Options: DENY"
! grep -qi '^Server:' "$dir/head" || fail "Server is still there"

say "cross-origin requests"
ask app.example.com / -X OPTIONS -H 'Origin: https://app.test' -H 'Access-Control-Request-Method: PUT' -o /dev/null \
    -D "$dir/preflight" -w '%{http_code}\n' >"$dir/status"
equal "a preflight" "$(<"$dir/status")" 204
has_text "$dir/preflight" "^Access-Control-Allow-Origin: https://app.test"
ask app.example.com / -H 'Origin: https://evil.test' -o /dev/null -D "$dir/evil"
! grep -qi '^Access-Control' "$dir/evil" || fail "another origin may read"

say "the tutorial's plugin answers"
equal "its answer" "$(ask app.example.com /hello)" "Good morning"
equal "the other one's" "$(ask app.example.com /second)" "Good evening"
equal "the status" "$(status_of app.example.com /who)" 200
has_text "$dir/head" "^X-Greeting: Good morning"
has_text "$dir/head" "^X-Second: Good evening"

say "the plugin in C decides"
touch "$dir/down"
equal "while the file is there" "$(status_of app.example.com /who)" "503 maintenance"
has_text "$dir/head" "^Retry-After: 120"
rm "$dir/down"
equal "when it has gone" "$(status_of app.example.com /who)" 200

say "mistakes have their places"
# wrong TEXT: a chain with this item; wrong_is FILE:LINE TEXT: what check says of it.
wrong() {
    printf 'server:\n  token: file:token\n  plugins:\n    load: [own/maintenance.so%s]\n    chain:\n      - %s\n' \
        "${2-}" "$1" >"$dir/wrong.yml"
    ! "$FERROTUNNEL" check "$dir/wrong.yml" >"$dir/check.out" 2>&1 || fail "check accepts $1"
}
wrong 'headers: {reqest: {}}'
has_text "$dir/check.out" 'wrong.yml:6:.*request'
wrong 'headres: {}'
has_text "$dir/check.out" 'wrong.yml:6:.*headers'
wrong 'headers: {request: {set: {X-A: "{{visitr}}"}}}'
has_text "$dir/check.out" 'wrong.yml:6:.*which is unknown'
wrong 'maintenance: {}'
has_text "$dir/check.out" 'wrong.yml:6:.*file'
wrong '{id: a}'
has_text "$dir/check.out" 'wrong.yml:6:.*no plugin is named'
wrong '{headers: {}, maintenance: {file: x}}'
has_text "$dir/check.out" 'two plugins are named'
wrong '{headers: {}, on_failure: maybe}'
has_text "$dir/check.out" 'closed'
wrong '../headers: {}'
has_text "$dir/check.out" 'wrong.yml:6:.*no such'
wrong 'headers: {}' ', own/maintenance.so'
has_text "$dir/check.out" 'another plugin has too'
wrong 'headers: {}' ', token'
has_text "$dir/check.out" 'wrong.yml:4:.*cannot be loaded'
wrong 'headers: {}' ', own/none.so'
has_text "$dir/check.out" 'none.so'
printf 'server:\n  token: file:token\n  plugins:\n    load: own/maintenance.so\n    chain:\n      - maintenance: {file: x}\n' \
    >"$dir/right.yml"
"$FERROTUNNEL" check "$dir/right.yml" >/dev/null || fail "check refuses what is right"
check_alive
