# TLS that nobody touches in between: nginx has the certificate, and visitors reach it by the name that they ask for.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
need curl nginx openssl python3

secure=127.0.0.1:$(free_port)
told=127.0.0.1:$(free_port)
make_authority ca
make_authority edge_ca
make_certificate own ca app.example.com a.wild.example.com told.example.com
make_certificate edge edge_ca web.example.com
head -c "$(by_size 5 200)M" /dev/urandom >"$dir/large"
start_nginx "
    ssl_certificate $dir/own.crt;
    ssl_certificate_key $dir/own.key;
    server {
        listen $secure ssl;
        location / { return 200 \"untouched \$ssl_server_name\n\"; }
        location /large { root $dir; }
    }
    server {
        listen $told ssl proxy_protocol;
        access_log $dir/nginx/visitors.log visitors;
        location / { return 200 \"told \$proxy_protocol_addr\n\"; }
    }"
wait_for_port "$secure" nginx

# with_tls AUTHORITY NAME PATH [CURL OPTION...]
with_tls() {
    local authority=$1 name=$2 path=$3
    shift 3
    curl -sS --max-time 120 --cacert "$dir/$authority.pem" --resolve "$name:${https##*:}:127.0.0.1" "$@" \
        "https://$name:${https##*:}$path"
}
# alert_of NAME: the number of the alert with which a visitor who asks for it is rejected.
alert_of() {
    { openssl s_client -connect "$https" -servername "$1" </dev/null 2>&1 || true; } |
        sed -n 's/.*SSL alert number \([0-9]*\).*/\1/p'
}
readonly internal_error=80 unrecognized_name=112
alert_is() { [[ $(alert_of "$1") == "$2" ]]; }
# With the usual 10 s, 1,800 bytes in packets of their own arrive too late on a loaded machine.
printf 'server:\n  http: {head_timeout: 3m}\n' >"$dir/patient.yml"
start_https() {
    start_server --https-bind 127.0.0.1:0 --config "$dir/patient.yml" "$@"
    https=$(awk '$1 == "https" { print $2 }' "$dir/server.endpoints")
}
odd_visitor() { python3 "$E2E_SOURCE/tls_visitor.py" "$https" "$1" "$dir/ca.pem" "$2" /; }

say "a server that has no certificate at all"
start_https
wait_for_text server "there are no certificates"
equal "nobody has it yet" "$(alert_of app.example.com)" $unrecognized_name
wait_for_text server "info  a visitor's TLS handshake failed  visitor=127.0.0.1 why=.*app.example.com"
ready_client client 2 --passthrough "app.example.com=$secure" --passthrough "*.wild.example.com=$secure"
wait_for_text client "^  tls://app.example.com:${https##*:} -> $secure"
equal "the backend's own certificate" "$(with_tls ca app.example.com /)" "untouched app.example.com"
equal "below a wildcard" "$(with_tls ca a.wild.example.com /)" "untouched a.wild.example.com"
for side in server client; do
    wait_for_text $side "info  a visitor  .*from=127.0.0.1:.* host=a.wild.example.com"
done
with_tls ca app.example.com /large -o "$dir/got.large"
cmp "$dir/large" "$dir/got.large"
equal "a name that nobody has" "$(alert_of other.example.com)" $unrecognized_name

say "a ClientHello in unusual pieces"
for how in plain bytes long records huge; do
    equal "$how" "$(odd_visitor app.example.com $how)" "untouched app.example.com"
done

say "the client is away, and comes back"
kill_now client
unset "programs[client]"
wait_until $patience "the alert" alert_is app.example.com $internal_error
wait_for_text server "a visitor was rejected.*host=app.example.com"
ready_client again 1 --passthrough "app.example.com=$secure"
equal "back" "$(with_tls ca app.example.com /)" "untouched app.example.com"

say "the short form, and nginx that is told who the visitor is"
programs[short]=1
start short "$FERROTUNNEL" tls "$told" --host told.example.com --proxy-protocol v2 --server "$control" \
    --token-file "$dir/token" --endpoint-file "$dir/short.endpoints"
wait_for_services short 1
port=$(with_tls ca told.example.com /who --interface 127.0.0.7 -o "$dir/body" -w '%{local_port}')
equal "told" "$(<"$dir/body")" "told 127.0.0.7"
wait_until $patience "nginx's log" file_has "$dir/nginx/visitors.log" "^127.0.0.7 $port "

say "a backend that refuses resets its visitor"
ready_client refused 1 --passthrough "refused.example.com=127.0.0.1:1"
code=0
with_tls ca refused.example.com / 2>"$dir/curl.err" || code=$?
equal "curl's exit code" "$code" 35

say "beside TLS that ends at the server"
signal server TERM
join_ok server
for name in again short refused; do
    signal $name TERM
    join_ok $name
    unset "programs[$name]"
done
serve_http web
start_https --certificate "$dir/edge.crt:$dir/edge.key"
ready_client both 2 --passthrough "app.example.com=$secure" --http "web.example.com=$backend"
equal "untouched" "$(with_tls ca app.example.com /)" "untouched app.example.com"
equal "of the server" "$(with_tls edge_ca web.example.com / -o "$dir/body" -w '%{http_code}')" 200
code=0
with_tls ca web.example.com / 2>"$dir/curl.err" || code=$?
equal "curl's exit code with the other authority" "$code" 60
equal "a name that nobody has" "$(alert_of other.example.com)" $unrecognized_name

say "a host belongs to one token, whatever it is used for"
(umask 077 && "$FERROTUNNEL" token >"$dir/second_token")
signal both TERM
join_ok both
unset "programs[both]"
signal server TERM
join_ok server
start_https --token-file "$dir/second_token"
ready_client holder 1 --passthrough "app.example.com=$secure"
expected_codes[stranger]=3
client_token=$dir/second_token start_client stranger --passthrough "app.example.com=$secure" --attempts 1
join stranger
equal "exit code" "${exit_codes[stranger]}" 3
has_text "$dir/stranger.out" "belongs to another token"

say "a host whose visitors must show a certificate to the server cannot be had so, also not below a pattern"
unset "programs[holder]"
signal holder TERM
join_ok holder
signal server TERM
join_ok server
start_https --certificate "$dir/edge.crt:$dir/edge.key" --client-ca "told.example.com=$dir/edge_ca.pem" \
    --client-ca "a.wild.example.com=$dir/edge_ca.pem"
expected_codes[bypass]=3
start_client bypass --passthrough "told.example.com=$secure"
join bypass
has_text "$dir/bypass.out" "requires a client certificate from visitors of told.example.com"
equal "exit code" "${exit_codes[bypass]}" 3
ready_client pattern 1 --passthrough "*.wild.example.com=$secure"
equal "another host below the pattern" "$(with_tls ca b.wild.example.com / -k)" "untouched b.wild.example.com"
equal "that one" "$(alert_of a.wild.example.com)" $unrecognized_name # there is no certificate of the server's for it
