# The plugin `headers` in a server: what its templates make of a visitor's request arrives, and a visitor who says what the
# operator is to say, or breaks a line, gets none of it through.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3

cat >"$dir/edge.yml" <<'END'
server:
  plugins:
    chain:
      - headers:
          request:
            set: {X-User: "{{note.auth.subject}}", X-Visitor: "{{visitor}}", X-Told: "{{field.X-Note}}"}
            add: {X-List: operator}
            remove: [Cookie]
          response:
            set: {X-Path: "{{path}}", X-Query: "{{query}}", X-Echo: "{{field.X-Note}}", Referrer-Policy: no-referrer}
            remove: Server
          cors: {origins: ["https://app.test"], credentials: true, headers: [X-Note]}
END
serve_http web
start_edge --config "$dir/edge.yml"
ready_client client 1 --http "app.test=$backend"

# field NAME: its values in the last head, or in the request as the backend got it, a line each.
field() { tr -d '\r' <"$dir/head" | awk -v name="$1" 'BEGIN { FS = ": " } tolower($1) == tolower(name) { print substr($0, length(name) + 3) }'; }
arrived() { tr -d '\r' <"$dir/fields" | awk -v name="$1" 'BEGIN { FS = ": " } tolower($1) == tolower(name) { print substr($0, length(name) + 3) }'; }
# visit PATH [CURL OPTION...]: its answer's head is then in head, what the backend got in fields.
visit() { ask app.test "$1" -D "$dir/head" -o "$dir/fields" "${@:2}"; }
# hostile FIELD-BYTES [PATH]: the status of a request with these bytes among its fields; the answer is then in $dir/hostile.
hostile() {
    raw_from 127.0.0.1 "GET ${2:-/fields} HTTP/1.1\\r\\nHost: app.test\\r\\n$1\\r\\nConnection: close\\r\\n\\r\\n" >"$dir/hostile"
    awk 'NR == 1 { print $2 }' "$dir/hostile"
}
has_not() { ! grep -qi "$2" "$1" || fail "$1 has $2"; }

say "templates, in both directions"
visit /fields -H 'X-Note: a note' -H 'Cookie: a=b' -H 'X-List: visitor'
equal "the visitor's address" "$(arrived X-Visitor)" 127.0.0.1
equal "a field of the request" "$(arrived X-Told) $(field X-Echo)" "a note a note"
equal "one more of a name" "$(arrived X-List)" "visitor
operator"
equal "what is removed" "$(arrived Cookie)$(field Server)" ""
equal "a fixed value" "$(field Referrer-Policy)" no-referrer
visit '/name/x?a=b%20c'
equal "the path and the query" "$(field X-Path) $(field X-Query)" "/name/x ?a=b%20c"

say "what the operator says, a visitor cannot say"
visit /fields -H 'X-User: root' -H 'x-user: root' -H 'X_User: root' -H 'X-USER: admin' -H 'X-Visitor: 10.0.0.1' \
    -H 'x_visitor: 10.0.0.1' -H 'X-Told: forged'
has_not "$dir/fields" 'root'
has_not "$dir/fields" 'admin'
has_not "$dir/fields" 'forged'
has_not "$dir/fields" '10\.0\.0\.1'
equal "the visitor's address" "$(arrived X-Visitor)" 127.0.0.1

say "no line is broken"
equal "an encoded end of a line in the path" "$(status_of app.test '/name/x%0d%0aSet-Cookie:%20a=b')" "400 bad_path"
has_not "$dir/head" '^Set-Cookie'
visit '/name/x?q=%0d%0aSet-Cookie:%20c=d'
equal "and in the query" "$(field X-Query)" '?q=%0d%0aSet-Cookie:%20c=d'
has_not "$dir/head" '^Set-Cookie'
equal "an end of a line within a field" "$(hostile 'X-Note: a\nSet-Cookie: b=c')" 400
has_not "$dir/hostile" '^Set-Cookie'
equal "half of one" "$(hostile 'X-Note: a\rSet-Cookie: b=c')" 400
has_not "$dir/hostile" 'Set-Cookie'
equal "a line that continues" "$(hostile 'X-Note: a\r\n Set-Cookie: b=c')" 400
equal "a byte that is nothing" "$(hostile 'X-Note: a\x00b')" 400
equal "in the path" "$(hostile 'X-Note: a' '/a\rb')" 400
equal "bytes above ASCII" "$(hostile 'X-Note: \xff\xfe{{visitor}}{{note.auth.subject}}')" 200
equal "arrive, and are no template" "$(tr -d '\r' <"$dir/hostile" | LC_ALL=C grep -ac $'^X-Echo: \xff\xfe{{visitor}}{{note.auth.subject}}$')" 1

say "there is a bound for what templates make"
for size in 1000 6000 12000 15900 16200 16300; do
    visit /fields -H "X-Note: $(head -c $size /dev/zero | tr '\0' a)"
    if (($(awk 'NR == 1 { print $2 }' "$dir/head") != 200)); then
        has_text "$dir/head" '^X-FerroTunnel-Error: headers_no_room'
        continue
    fi
    # What has no room is not there at all, and takes nothing else along.
    for made in "$(arrived X-Told)" "$(field X-Echo)"; do
        [[ -z $made ]] || equal "the length of a value" "${#made}" $size
    done
    equal "what is beside it" "$(field Referrer-Policy) $(arrived X-Visitor)" "no-referrer 127.0.0.1"
done
equal "somebody else" "$(status_of app.test /fields)" 200

say "origins that are not the operator's"
for origin in null https://app.test.evil.test https://evil.test/https://app.test http://app.test https://app.test:444 \
    https://app.tes https://app.testa 'https://app.test https://evil.test' 'https://evil.test, https://app.test' \
    'HTTPS://APP.TEST.' '*'; do
    visit /fields -H "Origin: $origin"
    equal "what $origin may read" "$(field Access-Control-Allow-Origin)$(field Access-Control-Allow-Credentials)" ""
    ask app.test /fields -X OPTIONS -H "Origin: $origin" -H 'Access-Control-Request-Method: PUT' -D "$dir/head" -o /dev/null
    equal "its preflight" "$(field Access-Control-Allow-Origin)$(field Access-Control-Allow-Methods)" ""
done
visit /fields -H 'Origin: https://app.test'
equal "the operator's" "$(field Access-Control-Allow-Origin) $(field Access-Control-Allow-Credentials)" "https://app.test true"
equal "caches are told" "$(field Vary | grep -ci origin)" 1
equal "two of them" "$(hostile 'Origin: https://app.test\r\nOrigin: https://evil.test')" 200
has_not "$dir/hostile" '^Access-Control-Allow-Origin:.*evil'
equal "a preflight that breaks a line" "$(raw_from 127.0.0.1 'OPTIONS /fields HTTP/1.1\r\nHost: app.test\r\nOrigin: https://app.test\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: a\rSet-Cookie: b\r\nConnection: close\r\n\r\n' | awk 'NR == 1 { print $2 }')" 400
ask app.test /fields -X OPTIONS -H 'Origin: https://app.test' -H 'Access-Control-Request-Method: PUT' \
    -H 'Access-Control-Request-Headers: X-Note, X-Admin' -D "$dir/head" -o /dev/null
equal "fields that pages may send" "$(field Access-Control-Allow-Headers)" X-Note
check_alive
