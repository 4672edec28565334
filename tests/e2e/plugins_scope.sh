# Where and when plugins run: by host, path and service, however a path is spelt, and by conditions; fields that visitors
# may not send; what `check` says of mistakes, and `route` of requests.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx c++

say "a plugin that says who the visitor is"
mkdir "$dir/own"
cat >"$dir/own/login.cpp" <<'END'
#include <ferrotunnel/plugin.hpp>
#include <string>
using namespace ferrotunnel::plugin;

class Doorman final : public Plugin {
public:
    static constexpr Description description{.name = "login", .version = "1", .guard = true};

    static void check(const Settings& settings) { settings.sets_note("auth.subject"); }
    explicit Doorman(const Settings& settings) { settings.declare_identity("X-User"); }

    Decision on_request(Exchange& exchange) override {
        if (exchange.field(Side::request, "Authorization") != "let me in") {
            return Decision::reject(401, "who_are_you");
        }
        exchange.set(Side::request, "X-User", "ann");
        exchange.set_note("auth.subject", "ann");
        return Decision::go_on();
    }
};

extern "C" __attribute__((visibility("default"))) const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
    return library<Doorman>(host);
}
END
c++ -std=c++20 -Wall -Wextra -Werror -shared -fPIC -I "$E2E_SOURCE/../../include" -o "$dir/own/login.so" \
    "$dir/own/login.cpp"

cat >"$dir/edge.yml" <<'END'
server:
  plugins:
    load: own/login.so
    chain:
      - login:
        paths: [/admin, "~ /v[0-9]+/private"]
        hosts: "*.example.com"
      - headers: {response: {set: {X-On-Shop: "1"}}}
        id: shop
        services: [b.example.com]
      - headers: {response: {set: {X-On-Post: "1"}}}
        id: post
        when: |
          // writing, from this machine
          request.method == "POST" &&
            visitor.address.in("127.0.0.0/8")
      - headers: {request: {set: {X-Mark: "{{note.auth.subject}}"}}}
        id: mark
        when: note.auth.subject == "ann"
      - login:
        id: exact
        hosts: exact.test
        paths: "= /login"
      - login:
        id: any-case
        hosts: case.test
        paths: [/admin, "= /status", "~ /v[0-9]+/private"]
        ignore_case: on
      - login:
        id: condition
        hosts: condition.test
        when: request.path.startsWith("/admin")
      - headers: {}
        id: one-reading
        hosts: strict.test
        reject_ambiguous_paths: on
END

start_nginx 'location / { return 200 "$http_x_user|$http_x_mark"; }
        location /seen { return 200 "$request_uri"; }'
start_edge --config "$dir/edge.yml"
serve_mishaps raw
services=(--http "raw.test=$backend")
for host in a.example.com b.example.com c.example.com other.test exact.test case.test condition.test strict.test; do
    services+=(--http "$host=$nginx")
done
ready_client client 9 "${services[@]}"
has_field() { grep -qi "^$1:" "$dir/head"; }
in=(-H 'Authorization: let me in')

say "by path, however it is spelt"
equal "outside" "$(status_of a.example.com /)" 200
equal "inside" "$(status_of a.example.com /admin)" "401 who_are_you"
equal "below" "$(status_of a.example.com /admin/x)" "401 who_are_you"
equal "beside" "$(status_of a.example.com /adminx)" 200
equal "encoded" "$(status_of a.example.com /%61dmin)" "401 who_are_you"
equal "an expression" "$(status_of a.example.com /v12/private)" "401 who_are_you"
equal "dot segments" "$(status_of a.example.com /x/../admin/. --path-as-is)" "401 who_are_you"
for path in //admin /admin%2Fx '/admin;x'; do
    equal "$path" "$(status_of a.example.com "$path" --path-as-is)" "400 ambiguous_path"
done
equal "two readings, none of which is inside" "$(status_of a.example.com /x%2Fy)" 200
equal "two readings inside" "$(status_of a.example.com /admin/x%2Fy "${in[@]}")" 200

say "the path that the backend gets is the one that was compared"
equal "dot segments" "$(ask other.test '/x/../seen/./%7Ea%2bb%20?y=/../%7E' --path-as-is)" '/seen/~a%2bb%20?y=/../%7E'
equal "as it was written" "$(ask other.test '/seen//a;b/%2B%C3%A9')" '/seen//a;b/%2B%C3%A9'
for path in '/x/%2e%2e/seen' '/../seen' '/x//../seen' '/x;/../seen' '/x%2F../seen'; do
    equal "$path" "$(status_of other.test "$path" --path-as-is)" "400 bad_path"
done

say "an equal path, however it ends"
for path in /login /login/ /login/. /login/x/.. /./login /%6Cogin /x/../login/y/..; do
    equal "$path" "$(status_of exact.test "$path" --path-as-is)" "401 who_are_you"
done
equal "two slashes" "$(status_of exact.test /login//)" "400 ambiguous_path"
equal "below" "$(status_of exact.test /login/x)" 200
equal "in another case" "$(status_of exact.test /LOGIN)" 200

say "without case"
for path in /admin /ADMIN/x /Status /sTATUS/ /V1/Private; do
    equal "$path" "$(status_of case.test "$path")" "401 who_are_you"
done
equal "beside" "$(status_of case.test /ADMINX)" 200

say "a condition"
for path in /admin /x/../admin /%61dmin/.; do
    equal "$path" "$(status_of condition.test "$path" --path-as-is)" "401 who_are_you"
done

say "one reading alone"
for path in //x '/x;y' /x%2Fy /x%5Cy; do
    equal "$path" "$(status_of strict.test "$path")" "400 ambiguous_path"
    equal "$path elsewhere" "$(status_of other.test "$path")" 200
done
equal "a path with one reading" "$(status_of strict.test /x/../y --path-as-is)" 200

say "by host and service"
equal "another host" "$(status_of other.test /admin)" 200
equal "another host of the pattern" "$(status_of c.example.com /admin)" "401 who_are_you"
status_of b.example.com / >/dev/null
has_field X-On-Shop || fail "the service's plugin has not run"
status_of a.example.com / >/dev/null
! has_field X-On-Shop || fail "another service's plugin has run"

say "by condition"
equal "a GET" "$(status_of a.example.com /)" 200
! has_field X-On-Post || fail "the condition is false"
equal "a POST" "$(status_of a.example.com / -X POST)" 200
has_field X-On-Post || fail "the condition holds"
equal "what a plugin has noted" "$(ask a.example.com /admin "${in[@]}")" "ann|ann"

say "nobody sends a field of identity"
for path in / /admin; do
    for field in X-User x_user X.User; do
        answer=$(ask a.example.com $path "${in[@]}" -H "$field: root" -H 'X-Other: 1')
        [[ $answer != *root* ]] || fail "$field has come through on $path: $answer"
    done
done
equal "out of scope" "$(ask other.test / -H 'X-User: root')" "|"

say "nor in trailers, also where the plugin does not run"
answer=$(talk 'send:POST /trailers HTTP/1.1\r\nHost: raw.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n' \
    'send:X-User: root\r\nx_user: root\r\nX-Fine: 1\r\n\r\n' 'until:\n\r\n' 'until:trailers')
has_text <(echo "$answer") "^X-Fine: 1"
! grep -q root <<<"$answer" || fail "forged trailers: $answer"
check_alive

say "a chain is told by \`route\`"
{
    cat "$dir/edge.yml"
    printf 'client:\n  services:\n    - {http: %s, local: 127.0.0.1:1}\n' a.example.com
    printf '    - {http: %s, local: 127.0.0.1:1}\n' b.example.com other.test
} >"$dir/route.yml"
# told URL [OPTION...]: the lines about plugins.
told() {
    "$FERROTUNNEL" route --config "$dir/route.yml" "$@" >"$dir/route.out" 2>"$dir/route.err" || return
    sed -n '/^plugins/,/^[^ p]/s/^  //p' "$dir/route.out" | sed -n '1,4p'
}
equal "inside" "$(told a.example.com/%61dmin)" "login runs: its scope includes the request
shop does not run: its services, \`b.example.com\`, do not include \`a.example.com\`
post does not run: its condition does not hold
mark may run: its condition depends on the note \`auth.subject\`"
equal "outside" "$(told b.example.com/x --method POST)" \
    "login does not run: its paths, \`/admin\`, \`~ /v[0-9]+/private\`, do not include \`/x\`
shop runs: its scope includes the request
post runs: its condition holds
mark may run: its condition depends on the note \`auth.subject\`"
equal "another visitor" "$(told other.test --method POST --visitor 192.0.2.1 | sed -n '1p;3p')" \
    "login does not run: its hosts, \`*.example.com\`, do not include \`other.test\`
post does not run: its condition does not hold"
! told a.example.com//admin >/dev/null || fail "an ambiguous path has a route"
has_text "$dir/route.out" '400, ambiguous_path'
cat >"$dir/field.yml" <<'END'
server:
  plugins:
    chain:
      - headers: {}
        when: request.headers["x-role"] == "admin"
client:
  services:
    - {http: a.example.com, local: 127.0.0.1:1}
END
"$FERROTUNNEL" route --config "$dir/field.yml" a.example.com -H 'X-Role: admin' >"$dir/route.out"
has_text "$dir/route.out" 'headers runs: its condition holds'
"$FERROTUNNEL" route --config "$dir/field.yml" a.example.com -H 'X-Role: guest' >"$dir/route.out"
has_text "$dir/route.out" 'headers does not run: its condition does not hold'
! "$FERROTUNNEL" route --config "$dir/field.yml" a.example.com -H 'X-Role' >"$dir/route.out" 2>&1 ||
    fail "a field without a colon is taken"
has_text "$dir/route.out" "has no colon"

say "mistakes have their places"
# says LINE: check of a chain with these lines refuses it so.
check_chain() { # LINES
    printf 'server:\n  token: file:token\n  plugins:\n    load: own/login.so\n    chain:\n%s\n' "$1" >"$dir/wrong.yml"
    "$FERROTUNNEL" check "$dir/wrong.yml" >"$dir/check.out" 2>&1
}
wrong() { # WHAT TEXT: the first instance says so, and check says this of it
    ! check_chain "      - login:"$'\n'"$1" || fail "check accepts $1"
    grep -qF "$2" "$dir/check.out" || fail "\"$2\" is not in $(<"$dir/check.out")"
}
wrong '        hosts: [ok.test, "a..b"]' 'wrong.yml:7:26: server.plugins.chain[0].hosts[1]: "a..b"'
wrong '        paths: api' "wrong.yml:7:16: server.plugins.chain[0].paths: \"api\" does not begin with '/'"
wrong '        services: []' 'wrong.yml:7:19: server.plugins.chain[0].services: is an empty list'
wrong '        when: request.pth == "/"' \
    'wrong.yml:7:15: server.plugins.chain[0].when: 1:1: unknown field `request.pth`; did you mean `request.path`?'
wrong $'        when: |\n          visitor.tls\n            && request.size == "1"' 'wrong.yml:9:'
wrong '        wehn: visitor.tls' 'wrong.yml:7:'

say "and what is read too early is told"
check_chain $'      - headers: {request: {set: {X-User: "{{note.auth.subject}}"}}}\n      - login:' ||
    fail "a warning is not a mistake: $(<"$dir/check.out")"
grep -qF 'wrong.yml:6:' "$dir/check.out" || fail "no place: $(<"$dir/check.out")"
has_text "$dir/check.out" 'warning: .*reads the note `auth.subject`, which only `login` sets, but that plugin is not earlier'
check_chain $'      - login:\n      - headers: {request: {set: {X-User: "{{note.auth.subject}}"}}}' || fail "check: right"
! grep -q warning "$dir/check.out" || fail "the right order gives a warning: $(<"$dir/check.out")"
