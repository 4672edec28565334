# What a client connects visitors to, with nginx behind it: TLS that is verified or not, unix sockets, and the PROXY
# protocol, by which nginx logs who the visitor is.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
need curl nginx openssl

plain=127.0.0.1:$(free_port)
secure=127.0.0.1:$(free_port)
told=127.0.0.1:$(free_port)
asking=127.0.0.1:$(free_port)
make_authority ca
make_authority other
make_certificate web ca app.internal
head -c 3M /dev/urandom >"$dir/large"
start_nginx "
    server {
        listen $plain;
        listen unix:$dir/web.sock;
        location / { return 200 \"plain \$scheme \$http_host\n\"; }
        location /large { root $dir; }
    }
    server {
        listen $secure ssl;
        ssl_certificate $dir/web.crt;
        ssl_certificate_key $dir/web.key;
        client_max_body_size 0;
        location / { return 200 \"tls \$ssl_protocol \$ssl_server_name \$http_host\n\"; }
        location /large { root $dir; }
    }
    server {
        listen $asking ssl;
        ssl_certificate $dir/web.crt;
        ssl_certificate_key $dir/web.key;
        ssl_client_certificate $dir/ca.pem;
        ssl_verify_client on;
        keepalive_timeout 0;
        location / { return 200 \"\$ssl_client_s_dn \$ssl_session_reused\n\"; }
    }
    server {
        listen $told proxy_protocol;
        listen unix:$dir/told.sock proxy_protocol;
        access_log $dir/nginx/visitors.log visitors;
        location / { return 200 \"told \$proxy_protocol_addr\n\"; }
    }"
wait_for_port "$plain" nginx
start_edge

# offer NAME SERVICES OPTION...
offer() { ready_client "$@"; }
# told_line PATH: of nginx's log.
told_line() { awk -v path="$1" '$4 == path' "$dir/nginx/visitors.log"; }
wait_told() { wait_until $patience "$1 in nginx's log" told_is_there "$1"; }
told_is_there() { [[ -n $(told_line "$1") ]]; }

say "unix sockets, for HTTP and for TCP"
offer unix 2 --http "unix.test=unix:$dir/web.sock" --tcp "0=unix:$dir/web.sock"
wait_for_text unix "^  http://unix.test:.* -> unix:$dir/web.sock"
equal "by HTTP" "$(ask unix.test /)" "plain http unix.test"
equal "by TCP" "$(curl -sS --max-time 60 "http://$(public_of unix 2)/")" "plain http $(public_of unix 2)"
ask unix.test /large -o "$dir/got.large"
cmp "$dir/large" "$dir/got.large"

say "a unix socket that is not there: 502, and why stands in the log"
offer missing 1 --http "missing.test=unix:$dir/none.sock"
equal status "$(status_of missing.test /)" "502 backend_refused"
wait_for_text missing "backend=unix:$dir/none.sock why=\"*No such file or directory"

say "TLS that is verified, by the certificate's name and by another"
offer wrong_name 1 --http "name.test=https://$secure" --backend-ca "$dir/ca.pem"
equal status "$(status_of name.test /)" "502 backend_refused"
wait_for_text wrong_name "backend=https://$secure why=\"*the backend's certificate cannot be verified: .*mismatch"
offer other_name 1 --http "other-name.test=https://$secure" --backend-ca "$dir/ca.pem" --backend-name app.internal
equal "by HTTP" "$(ask other-name.test /)" "tls TLSv1.3 app.internal other-name.test"
cat >"$dir/verified.yml" <<YML
client:
  server: $control
  token: file:$dir/token
  endpoint_file: $dir/verified.endpoints
  services:
    - {http: tls.test, local: "https://$secure", backend_ca: ca.pem, backend_name: app.internal}
    - {tcp: 0, local: "tls://$secure", backend_ca: ca.pem, backend_name: app.internal, name: raw}
YML
programs[verified]=1
start verified "$FERROTUNNEL" client --config "$dir/verified.yml"
wait_for_services verified 2
equal "by HTTP" "$(ask tls.test /)" "tls TLSv1.3 app.internal tls.test"
ask tls.test /large -o "$dir/got.large"
cmp "$dir/large" "$dir/got.large"
raw=$(awk '$2 == "raw" { print $3 }' "$dir/verified.endpoints")
equal "by TCP" "$(curl -sS --max-time 60 "http://$raw/")" "tls TLSv1.3 app.internal $raw"
curl -sS --max-time 60 "http://$raw/large" -o "$dir/got.large"
cmp "$dir/large" "$dir/got.large"

say "TLS of another authority, insecure by explicit choice, and none at all"
offer other 1 --http "other.test=https://$secure" --backend-ca "$dir/other.pem"
equal status "$(status_of other.test /)" "502 backend_refused"
wait_for_text other "unable to get local issuer certificate"
offer insecure 1 --http "insecure.test=https://$secure" --backend-insecure
wait_for_text insecure "the certificate of a service's backend is not verified"
equal "insecure" "$(ask insecure.test /)" "tls TLSv1.3  insecure.test"
offer plain 1 --http "plain.test=https://$plain" --backend-insecure
equal status "$(status_of plain.test /)" "502 backend_refused"
wait_for_text plain "does not speak TLS on this port"

say "a backend that asks for a certificate, and whose sessions are resumed"
offer nameless 1 --http "nameless.test=https://$asking" --backend-insecure
ask nameless.test / >"$dir/body"
has_text "$dir/body" "No required SSL certificate was sent"
offer named 1 --http "named.test=https://$asking" --backend-insecure --backend-certificate "$dir/web.crt" \
    --backend-key "$dir/web.key"
equal "the first connection" "$(ask named.test /)" "CN=web ."
equal "the second connection" "$(ask named.test /)" "CN=web r"

say "the PROXY protocol, both versions: nginx logs who the visitor is"
for version in v1 v2; do
    offer "told_$version" 3 --proxy-protocol $version --tcp "0=$told" --http "$version.test=$told" \
        --http "$version-unix.test=unix:$dir/told.sock"
    port=$(curl -sS --max-time 60 --interface 127.0.0.5 -o "$dir/body" -w '%{local_port}' \
        "http://$(public_of "told_$version")/tcp-$version")
    equal "by TCP" "$(<"$dir/body")" "told 127.0.0.5"
    wait_told "/tcp-$version"
    equal "visitor of TCP" "$(told_line "/tcp-$version" | cut -d ' ' -f 1,2)" "127.0.0.5 $port"
    for host in "$version.test" "$version-unix.test"; do
        port=$(ask "$host" "/$host" --interface 127.0.0.6 -o "$dir/body" -w '%{local_port}')
        equal "by HTTP" "$(<"$dir/body")" "told 127.0.0.6"
        wait_told "/$host"
        equal "visitor of $host" "$(told_line "/$host" | cut -d ' ' -f 1,2)" "127.0.0.6 $port"
    done
done

say "visitors of such a service do not share connections to it"
for i in 1 2 3 4; do
    # Two requests by one connection, from an address of its own.
    curl -sS --max-time 60 --interface "127.0.0.$((10 + i))" -H "Host: v1.test" \
        "http://$edge/shared-$i" "http://$edge/shared-$i-again" >"$dir/body"
    equal "visitor $i" "$(sort -u "$dir/body")" "told 127.0.0.$((10 + i))"
done
wait_told /shared-4-again
equal "connections to nginx" "$(awk '$4 ~ /^\/shared/ { print $3 }' "$dir/nginx/visitors.log" | sort -u | wc -l)" 4

say "what cannot be right is said before anything starts"
refused() {
    local code=0
    "$FERROTUNNEL" client --server "$control" --token-file "$dir/token" "${@:2}" >"$dir/refused.out" 2>&1 || code=$?
    equal "exit code of $*" "$code" 2
    has_text "$dir/refused.out" "$1"
}
refused 'no backend is written as https://' --tcp 0=22 --backend-insecure
refused 'cannot read the file' --http "a.test=https://a" --backend-ca "$dir/none.pem"
refused 'must be written as tls://host:port for a TCP service' --tcp "0=https://127.0.0.1:1"
refused 'its absolute path, like unix:/run/app.sock' --http a.test=unix:app.sock
