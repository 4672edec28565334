# Backends that speak HTTP/2, without TLS and with it: Node's server, for trailers, early answers, resets and GOAWAY, and
# nghttpd where it is there. Visitors speak HTTP/1.1.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl node openssl sha256sum

sum() { sha256sum | cut -d ' ' -f 1; }
# serve_http2 NAME [CERTIFICATE KEY]: its address is then in $backend.
serve_http2() {
    rm -f "$dir/$1.port"
    start "$1" node "$E2E_SOURCE/node/http2_backend.mjs" "$dir/$1.port" "${@:2}"
    wait_until $patience "the port of $1" test -s "$dir/$1.port"
    backend=127.0.0.1:$(<"$dir/$1.port")
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$dir/key.pem" -out "$dir/certificate.pem" 2>/dev/null
serve_http2 plain
plain=$backend
serve_http2 secret "$dir/certificate.pem" "$dir/key.pem"
secret=$backend
serve_node http1
http1=$backend

start_edge
ready_client client 4 --http "plain.test=h2c://$plain" --http "secret.test=h2://$secret" \
    --backend-ca "$dir/certificate.pem" --http "other.test=h2c://$http1" --http "none.test=h2c://127.0.0.1:$(free_port)"

programs[one]=1
start one "$FERROTUNNEL" http "h2c://$plain" --host one.test --server "$control" --token-file "$dir/token" \
    --endpoint-file "$dir/one.endpoints" --workers 2 --reconnect-max 1
wait_for_services one 1
equal "by the command for one service" "$(ask one.test /sum -d 1 | grep -c '"scheme":"http","authority":"one.test"')" 1

say "requests and answers, without TLS and with it"
head -c 3M /dev/urandom >"$dir/body"
for host in plain.test secret.test; do
    answer=$(ask $host '/sum?a=b' --data-binary "@$dir/body")
    has_text <(echo "$answer") "\"sha256\":\"$(sum <"$dir/body")\""
    has_text <(echo "$answer") "\"method\":\"POST\",\"scheme\":\"http"
    has_text <(echo "$answer") "\"authority\":\"$host\",\"path\":\"/sum?a=b\",\"length\":\"3145728\",\"bytes\":3145728"
    answer=$(ask $host /sum -T "$dir/body" -X POST -H 'Transfer-Encoding: chunked')
    has_text <(echo "$answer") "\"sha256\":\"$(sum <"$dir/body")\""
    ask $host /large -D "$dir/head" -o "$dir/large"
    equal "5 MB by their length" "$(sum <"$dir/large")" \
        "$(awk 'tolower($1) == "x-sum:" { print $2 }' "$dir/head" | tr -d '\r')"
    equal "its length" "$(awk 'tolower($1) == "content-length:" { print $2 + 0 }' "$dir/head")" 5242880
    equal "a page that is missing" "$(status_of $host /missing)" 404
    equal HEAD "$(ask $host /large -I -o /dev/null -w '%{http_code}')" 200
done
equal "connections to the backend beyond one of each worker, and the command's" "$(count_of plain 'session=[4-9]')" 0

say "trailers, both ways, and answers of trailers alone"
answer=$(talk 'send:POST /sum HTTP/1.1\r\nHost: plain.test\r\nTE: trailers\r\nConnection: TE\r\n' \
    'send:Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 17\r\n\r\n' 'until:}')
has_text <(echo "$answer") '"te":"trailers"'
has_text <(echo "$answer") '"trailers":"17"'
answer=$(talk 'send:POST /echo HTTP/1.1\r\nHost: plain.test\r\nTE: trailers\r\nConnection: TE\r\n' \
    'send:Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n' 'until:hello\r\n' 'send:5\r\nworld\r\n' 'until:world\r\n' \
    'send:0\r\n\r\n' 'until:\r\n\r\n')
has_text <(echo "$answer") '^grpc-status: 0'
has_text <(echo "$answer") '^x-sum: y'
ask plain.test /trailers-only -D "$dir/head" -o /dev/null
has_text "$dir/head" '^grpc-status: 12'
ask plain.test /hints -i -o "$dir/hints"
has_text "$dir/hints" 'HTTP/1.1 103'
has_text "$dir/hints" 'HTTP/1.1 204'
equal "a 204 that declares a length" "$(status_of plain.test /no-content)" 204

say "early answers, resets, refused requests, GOAWAY"
equal "an early answer" "$(status_of plain.test /early --data-binary "@$dir/body")" 413
equal "a reset before the answer" "$(status_of plain.test /reset -X POST)" "502 reset"
for pair in 2=13 7=14 8=1 11=8 12=7; do  # the code of HTTP/2, and the status of a call of gRPC that it stands for
    equal "a call that is reset with ${pair%=*}" "$(ask plain.test "/reset/${pair%=*}" -X POST \
        -H 'Content-Type: application/grpc' -D - -o /dev/null | sed -n 's/^grpc-status: \([0-9]*\).*/\1/ip')" "${pair#*=}"
done
code=0
ask plain.test /cut -o /dev/null 2>/dev/null || code=$?
equal "curl's code for a cut answer" "$code" 18
wait_for_text client 'the stream was reset: INTERNAL_ERROR'
equal "a refused POST is sent again" "$(ask plain.test /refused/1 -d 1)" taken
equal "so often" "$(count_of plain 'POST /refused/1')" 2
for number in {1..6}; do
    equal "one that GOAWAY has left out, too ($number)" "$(ask plain.test /not-taken/1 -d 1)" taken
done
equal "once" "$(count_of plain 'POST /not-taken/1')" 7
equal "the last of a connection" "$(ask plain.test /away)" "the last"
equal "the next one" "$(ask plain.test /sum -d 1 | grep -c sha256)" 1

say "a visitor who goes is told to the backend at once"
answer=$(talk 'send:GET /wait HTTP/1.1\r\nHost: plain.test\r\n\r\n' until:waiting reset)
wait_for_text plain '^closed code='
line=$(grep -a '^closed code=' "$dir/plain.out")
equal "its code" "$(value code "$line")" 8  # CANCEL
say "after $(($(value at "$line") - $(value ms "$(grep -a '^reset ' <<<"$answer")"))) ms"

say "backends that speak no HTTP/2, or are not there"
equal "one with HTTP/1.1" "$(status_of other.test /)" "502 backend_refused"
wait_for_text client 'it speaks HTTP/1.1 and not HTTP/2'
equal "none" "$(status_of none.test /)" "502 backend_refused"
equal "the edge's error for gRPC" \
    "$(ask none.test /s/m -X POST -H 'Content-Type: application/grpc' -D - -o /dev/null | grep -ic '^grpc-status: 14')" 1

if command -v nghttpd >/dev/null; then
    say "nghttpd, with and without TLS"
    mkdir "$dir/www"
    head -c 20M /dev/urandom >"$dir/www/large"
    ports=("$(free_port)" "$(free_port)")
    start nghttpd nghttpd -a 127.0.0.1 --no-tls -d "$dir/www" "${ports[0]}"
    start nghttpd_tls nghttpd -a 127.0.0.1 -d "$dir/www" "${ports[1]}" "$dir/key.pem" "$dir/certificate.pem"
    wait_for_port "127.0.0.1:${ports[0]}" nghttpd
    wait_for_port "127.0.0.1:${ports[1]}" nghttpd_tls
    ready_client second 2 --http "n.test=h2c://127.0.0.1:${ports[0]}" --http "t.test=h2://127.0.0.1:${ports[1]}" \
        --backend-ca "$dir/certificate.pem"
    for host in n.test t.test; do
        equal "20 MB from $host" "$(ask $host /large | sum)" "$(sum <"$dir/www/large")"
        equal "a missing page" "$(status_of $host /missing)" 404
    done
fi
