# Plugins that look at bodies, of a shared library and with nginx behind them: an upload that is read before its backend
# hears of it, large bodies that another one is made of in both directions, and a visitor who does not read.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx g++ sha256sum python3

mebibytes=100
stalled_mebibytes=$(by_size 128 1024)
if ((${E2E_SANITIZED:-0})); then
    mebibytes=16 stalled_mebibytes=64
fi
stall_s=$(by_size 3 20)
growth_max=$((16 * 1024)) # KiB

say "the plugins build without warnings"
mkdir "$dir/own"
g++ -std=c++20 -O2 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -I "$E2E_SOURCE/../../include" \
    -o "$dir/own/bodies.so" "$E2E_SOURCE/../../docs/plugins/examples/bodies.cpp"
cat >"$dir/edge.yml" <<END
server:
  plugins:
    load: own/bodies.so
    chain:
      - body-log:
      - word-filter: {path: /up/judged, word: forbidden, max: 1000000}
      - rot13: {path: /up/turned}
END
start_nginx "location /up/judged { dav_methods PUT; add_header X-Was-Read \$http_x_read always; }" \
    "location /up/turned { dav_methods PUT; etag on; }"
start_edge --config "$dir/edge.yml"
start stalled python3 "$E2E_SOURCE/stalled_backend.py" "$dir/stalled.port" "$stall_s"
wait_until $patience "the stalled backend" test -s "$dir/stalled.port"
ready_client client 2 --http "app.example.com=$nginx" --http "stalled.example.com=$(<"$dir/stalled.port")"

rot13() { tr 'A-Za-z' 'N-ZA-Mn-za-m'; }
hash_of() { sha256sum | cut -d ' ' -f 1; }
# put FILE PATH [CURL OPTION...]: uploads it; "201", or "403 bad_word".
put() { status_of app.example.com "$2" -T "$1" "${@:3}"; }
head_has() { has_text "$dir/head" "$1"; }
head_has_not() { ! grep -qi "$1" "$dir/head" || fail "the head has $1"; }

say "an upload is read before it continues, and continues as it came"
head -c 900000 /dev/urandom >"$dir/good"
equal "its status" "$(put "$dir/good" /up/judged-1)" 201
cmp "$dir/good" "$dir/www/up/judged-1" || fail "the backend has another body"
head_has "^X-Was-Read: 900000"
echo "this is forbidden here" >"$dir/bad"
equal "a bad one" "$(put "$dir/bad" /up/judged-2)" "403 bad_word"
[[ ! -e $dir/www/up/judged-2 ]] || fail "the backend has it"
equal "chunks" "$(put - /up/judged-3 -H 'Transfer-Encoding: chunked' <"$dir/good")" 201
cmp "$dir/good" "$dir/www/up/judged-3" || fail "the backend has another body"
equal "an empty one" "$(put /dev/null /up/judged-4)" 201
[[ -e $dir/www/up/judged-4 && ! -s $dir/www/up/judged-4 ]] || fail "the backend has no empty file"

say "the edge asks for the body itself"
equal "with Expect" "$(put "$dir/good" /up/judged-5 -H 'Expect: 100-continue' --expect100-timeout 600)" 201
head_has "^HTTP/1.1 100"
cmp "$dir/good" "$dir/www/up/judged-5" || fail "the backend has another body"

say "more than the plugin takes"
head -c 1000001 /dev/zero >"$dir/large"
equal "declared" "$(put "$dir/large" /up/judged-6 -H 'Expect: 100-continue' --expect100-timeout 600)" \
    "413 body_too_large"
head_has_not "^HTTP/1.1 100"
equal "counted" "$(put - /up/judged-6 -H 'Transfer-Encoding: chunked' <"$dir/large")" "413 body_too_large"
[[ ! -e $dir/www/up/judged-6 ]] || fail "the backend has it"

say "$mebibytes MiB are turned on their way there and back"
head -c $((mebibytes * 3 / 4 << 20)) /dev/urandom | base64 -w 0 | head -c $((mebibytes << 20)) >"$dir/text"
plain=$(hash_of <"$dir/text")
turned=$(rot13 <"$dir/text" | hash_of)
equal "its status" "$(put "$dir/text" /up/turned)" 201
equal "what the backend has" "$(hash_of <"$dir/www/up/turned")" "$turned"
equal "what the visitor gets" "$(ask app.example.com /up/turned -D "$dir/head" | hash_of)" "$plain"
head_has "^Transfer-Encoding: chunked"
head_has "^ETag: W/"
head_has_not "^Content-Length"
head_has_not "^Accept-Ranges"
equal "chunks" "$(put - /up/turned-2 -H 'Transfer-Encoding: chunked' <"$dir/text")" 201
equal "what the backend has" "$(hash_of <"$dir/www/up/turned-2")" "$turned"

say "HTTP/1.0, HEAD, a part, and a file that has not changed"
equal "towards HTTP/1.0" "$(ask app.example.com /up/turned --http1.0 -D "$dir/head" | hash_of)" "$plain"
head_has_not "^Transfer-Encoding"
head_has_not "^Content-Length"
equal "HEAD" "$(status_of app.example.com /up/turned -I)" 200
head_has_not "^Content-Length"
head_has "^ETag: W/"
etag=$(awk 'tolower($1) == "etag:" { print $2 }' "$dir/head" | tr -d '\r')
equal "asked for with its ETag" "$(status_of app.example.com /up/turned -H "If-None-Match: $etag")" 304
equal "a part" "$(ask app.example.com /up/turned -H 'Range: bytes=0-99' -D "$dir/head")" \
    "$(head -c 100 "$dir/www/up/turned")"
head_has "^Content-Length: 100"
equal "a page" "$(status_of app.example.com /up/turned-none)" 404
wait_for_text server "a body of [0-9]* bytes"

say "two requests on one connection"
equal "their statuses and new connections" "$(ask app.example.com /up/turned-2 -o /dev/null -o /dev/null \
    -w '%{http_code} %{num_connects} ' "http://$edge/up/turned-2")" "200 1 200 0 "

most_of() { awk '$1 == "VmHWM:" { print $2 }' "/proc/$(pid_of server)/status"; }
# grows_by LIMIT COMMAND...: the server's memory does not grow beyond that, in KiB, while the command runs.
grows_by() {
    echo 5 >"/proc/$(pid_of server)/clear_refs"
    local before most
    before=$(most_of)
    "${@:2}"
    most=$(most_of)
    say "the server: $before KiB before, at most $most KiB"
    memory_at_most "KiB that the server has grown by" $((most - before)) "$1"
}
lines() { yes "The quick brown fox jumps over the lazy dog" | head -c $((stalled_mebibytes << 20)) || true; }
expected=$(lines | rot13 | hash_of)
lines >"$dir/www/up/turned-large"

say "$stalled_mebibytes MiB for a visitor who does not read at first"
slow_visitor() {
    equal "what it gets" "$(curl -sS --max-time 600 -H 'Host: app.example.com' "http://$edge/up/turned-large" |
        (sleep "$stall_s" && hash_of))" "$expected"
}
grows_by $growth_max slow_visitor

say "$stalled_mebibytes MiB for a backend that does not read at first"
slow_backend() { # whose answer, the sum, is turned too
    equal "what it gets" "$(curl -sS --max-time 600 -H 'Host: stalled.example.com' -T "$dir/www/up/turned-large" \
        "http://$edge/up/turned" | rot13)" "$expected"
}
grows_by $growth_max slow_backend
check_alive
