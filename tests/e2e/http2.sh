# HTTP/2 towards visitors: curl, nghttp and h2load by ALPN and by prior knowledge, bodies both ways, trailers, what is
# refused, what floods, stalled streams, a drain. h2_peer.py says by frames what no good client says.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl openssl python3
curl --version | grep -q HTTP2 || skip "curl has no HTTP/2"

port=$(free_port)
held=$(free_port)
resets=$(free_port)
size=$(by_size 20 100)
printf 'server:\n  http:\n    h2c: on\n    http2_websockets: on\n' >"$dir/edge.yml"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=app \
    -addext "subjectAltName=DNS:app.example.com,DNS:files.example.com,IP:127.0.0.1" -keyout "$dir/app.key" -out "$dir/app.pem" 2>/dev/null
mkdir "$dir/www"
head -c "${size}M" /dev/urandom >"$dir/www/large"
echo "a small page" >"$dir/www/index.html"
serve_http backend
start_edge --https-bind 127.0.0.1:0 --certificate "$dir/app.pem:$dir/app.key" \
    --fallback-certificate "$dir/app.pem:$dir/app.key" --config "$dir/edge.yml" --log-level debug
https=$(awk '$1 == "https" { print $2 }' "$dir/server.endpoints")
https=${https##*:}
ready_client client 6 --http "127.0.0.1=files:$dir/www" --http "app.example.com=$backend" --http "files.example.com=files:$dir/www" \
    --http "frames.example.com=127.0.0.1:$port" --http "held.example.com=127.0.0.1:$held" \
    --http "resets.example.com=h2c://127.0.0.1:$resets"

# plain HOST PATH [CURL OPTION...] and secure HOST PATH [CURL OPTION...]: prints the body.
plain() { ask "$1" "$2" --http2-prior-knowledge "${@:3}"; }
secure() {
    curl -sS --max-time 120 --cacert "$dir/app.pem" --resolve "$1:$https:127.0.0.1" "${@:3}" "https://$1:$https$2"
}

say "by ALPN, by prior knowledge, and not where a visitor does not ask"
equal "with TLS" "$(secure app.example.com /name/a -o /dev/null -w '%{http_version} %{http_code}')" "2 200"
equal "without" "$(plain app.example.com /name/a -o /dev/null -w '%{http_version} %{http_code}')" "2 200"
equal "HTTP/1.1" "$(secure app.example.com /name/a --http1.1 -o /dev/null -w '%{http_version} %{http_code}')" "1.1 200"
wait_for_text server 'a request ended .*protocol=HTTP/2'
wait_for_text server 'a request ended .*protocol=HTTP/1.1'

say "what the edge answers itself"
equal "an unknown host" "$(plain none.example.com / -o /dev/null -w '%{http_code}')" 404
equal "a host of another certificate" "$(secure app.example.com / -H 'Host: files.example.com' -o /dev/null -w '%{http_code}')" 421
plain app.example.com /name/a -I -o "$dir/head"
has_text "$dir/head" "^HTTP/2 200"

say "$size MiB down, by both"
for how in plain secure; do
    $how files.example.com /large -o "$dir/down"
    cmp "$dir/down" "$dir/www/large" || fail "the bytes that came down by $how"
done
equal "a part" "$(plain files.example.com /index.html -r 2-6)" "small"

say "requests that come together" # curl 7.88 cannot do that by prior knowledge, with no server
for ((i = 0; i < 50; ++i)); do
    printf 'url = "https://app.example.com:%s/name/%s"\noutput = "%s"\n' "$https" "$i" "$dir/name.$i"
done >"$dir/curl.conf"
secure app.example.com /name/last --parallel --parallel-max 50 -K "$dir/curl.conf" -o "$dir/name.last" \
    -w '%{http_version} %{num_connects}\n' >"$dir/versions" 2>"$dir/curl.err"
for ((i = 0; i < 50; ++i)); do
    has_text "$dir/name.$i" "^$i "
done
equal "requests by HTTP/2" "$(grep -c '^2 ' "$dir/versions")" 51

if command -v h2load >/dev/null; then
    say "h2load"
    h2load -n 1000 -c 4 -m 32 -H ':authority: files.example.com' "http://$edge/index.html" >"$dir/h2load.out"
    has_text "$dir/h2load.out" "1000 succeeded, 0 failed"
fi
if command -v nghttp >/dev/null; then
    say "nghttp: a body with trailers"
    nghttp --no-dep -v -d "$dir/www/index.html" --trailer 'x-sum: 1' -H ':authority: app.example.com' \
        "http://$edge/fields" >"$dir/nghttp.out"
    has_text "$dir/nghttp.out" ":status: 200"
fi

say "every form of smuggling that can be said in HTTP/2, and other lies"
python3 "$E2E_SOURCE/h2_peer.py" corpus "$edge" "$port" frames.example.com >"$dir/corpus.out" 2>&1 ||
    { tail -n 3 "$dir/corpus.out"; fail "the corpus"; }
say "$(grep -c 'and a good request behind it' "$dir/corpus.out") cases"
has_text "$dir/corpus.out" "all was right"

say "WebSockets, and what only looks like one"
python3 "$E2E_SOURCE/h2_peer.py" websockets "$edge" "$port" frames.example.com >"$dir/websockets.out" 2>&1 ||
    { tail -n 3 "$dir/websockets.out"; fail "WebSockets"; }
has_text "$dir/websockets.out" "all was right"

say "stalled streams hold up no other"
python3 "$E2E_SOURCE/h2_peer.py" pieces "$edge" "$port" frames.example.com || fail "heads in pieces"
python3 "$E2E_SOURCE/h2_peer.py" stalled "$edge" "$port" frames.example.com || fail "stalled streams"

say "resets and their codes, both ways"
python3 "$E2E_SOURCE/h2_resets.py" "$edge" "$resets" resets.example.com || fail "codes of resets"

say "floods end their connection, and nobody else's"
python3 "$E2E_SOURCE/h2_peer.py" floods "$edge" "$port" frames.example.com >"$dir/floods.out" 2>&1 ||
    { tail -n 3 "$dir/floods.out"; fail "floods"; }
has_text "$dir/floods.out" "all was right"
check_alive

if command -v h2spec >/dev/null; then
    say "h2spec"
    h2spec -h 127.0.0.1 -p "$https" -t -k -o 5 >"$dir/h2spec.out" || true
    # By design of the library: 5.1.1/2, a stream whose number is smaller than an earlier one's is skipped.
    say "$(tail -n 1 "$dir/h2spec.out")"
    equal "what failed" "$(sed '1,/^Failures/d' "$dir/h2spec.out" | grep -c '×')" 1
    has_text "$dir/h2spec.out" "145 tests, 144 passed"
else
    say "without h2spec, which is not here"
fi

say "a drain: a notice, the last request by name, and whole answers"
start peer python3 "$E2E_SOURCE/h2_peer.py" drain "$edge" "$held" held.example.com
wait_for_text peer held
signal server TERM
join_ok peer
has_text "$dir/peer.out" "all was right"
join_ok server
