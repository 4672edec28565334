# Idle connections of HTTP/2 over TLS: what one of them costs the server, and that each is still answered.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need openssl python3
count=$(by_size 1000 10000)
need_descriptors $((count + 1000))

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=app.test \
    -addext subjectAltName=DNS:app.test -keyout "$dir/key.pem" -out "$dir/certificate.pem" 2>/dev/null
printf 'server:\n  http:\n    connections_per_address: 10000\n    idle_timeout: 10m\n' >"$dir/edge.yml"
serve_http backend
start_edge --https-bind 127.0.0.1:0 --certificate "$dir/certificate.pem:$dir/key.pem" --config "$dir/edge.yml"
https=$(awk '$1 == "https" { sub(/.*:/, "", $2); print $2 }' "$dir/server.endpoints")
ready_client client 1 --http "app.test=$backend"

say "$count connections that have asked once"
mkfifo "$dir/never" "$dir/go"
start warm python3 "$E2E_SOURCE/http2_idle.py" "$https" app.test 20 "$dir/never"
wait_for_text warm '^ready'
before=$(memory_of server)
start idle python3 "$E2E_SOURCE/http2_idle.py" "$https" app.test "$count" "$dir/go"
long=$((patience + count / 50)) # they come one after the other
wait_until $long "all connections" text_is_there idle '^ready'
after=$(memory_of server)
each=$(((after - before) * 1024 / count))
say "$each bytes each"
# OpenSSL's own part, measured per connection: 15 KiB until 3.1; 23 since 3.2, which has a record layer for each direction;
# 30 since 3.5, which keeps the visitor's ML-KEM key until the connection ends.
openssl_more=0
! openssl_at_least 3.2 || openssl_more=8
! openssl_at_least 3.5 || openssl_more=15
memory_at_most "bytes of an idle connection" "$each" $(((32 + openssl_more) * 1024))
echo >"$dir/go"
join idle $long
equal "the end of the visitors" "${exit_codes[idle]}" 0
