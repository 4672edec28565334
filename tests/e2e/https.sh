# HTTPS at the edge with real visitors: certificates by name, TLS versions, tickets, client certificates, certificates
# that change or go bad while requests run, what plain HTTP gets, and proxies in front by the PROXY protocol.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl openssl python3

# --- certificates -------------------------------------------------------------------------------------------------

certificates=$dir/certificates
mkdir "$certificates"

# make_authority FILE NAME
make_authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$2" \
        -keyout "$1.key" -out "$1.pem" 2>/dev/null
}

# certify AUTHORITY FILE NAME SAN: FILE.crt and FILE.key; each file is replaced as a whole.
certify() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$3" \
        -keyout "$2.key.new" -out "$2.request" 2>/dev/null
    openssl x509 -req -in "$2.request" -CA "$1.pem" -CAkey "$1.key" -CAcreateserial -days 2 \
        -extfile <(echo "subjectAltName=$4") -out "$2.crt.new" 2>/dev/null
    rm "$2.request"
    mv "$2.key.new" "$2.key"
    mv "$2.crt.new" "$2.crt"
}

make_authority "$dir/ca" "Test CA"
make_authority "$dir/staff" "Staff CA"
certify "$dir/ca" "$certificates/app" app DNS:app.example.com
certify "$dir/ca" "$certificates/wild" wild "DNS:*.example.org"
certify "$dir/ca" "$certificates/admin" admin DNS:admin.example.com
certify "$dir/staff" "$dir/alice" alice DNS:alice

# Many hosts with one key, to replace all of their certificates at once.
hosts=$(by_size 10 1000 200)
many=$dir/many
mkdir "$many"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=many -keyout "$dir/many.key" \
    -out "$dir/many.request" 2>/dev/null
certify_many() {
    local i
    for ((i = 1; i <= hosts; ++i)); do
        cp "$dir/many.key" "$many/h$i.key"
        echo "subjectAltName=DNS:h$i.many.example" >"$dir/many.extension"
        openssl x509 -req -in "$dir/many.request" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 2 \
            -extfile "$dir/many.extension" -out "$many/h$i.crt.new" 2>/dev/null
    done
    python3 -c 'import os, sys
for name in os.listdir(sys.argv[1]):
    if name.endswith(".new"):
        os.rename(f"{sys.argv[1]}/{name}", f"{sys.argv[1]}/{name[:-4]}")' "$many"
}
certify_many

serve_http backend

# start_https [OPTION...]: a server with both listeners; $edge is the plain one, $https the port of the other.
start_https() {
    start_server --http-bind 127.0.0.1:0 --https-bind 127.0.0.1:0 --certificates "$certificates" --certificates "$many" \
        --certificate-reload 0.1 "$@"
    edge=$(awk '$1 == "http" { print $2 }' "$dir/${server_name:-server}.endpoints")
    https=$(awk '$1 == "https" { print $2 }' "$dir/${server_name:-server}.endpoints")
    https=${https##*:}
}

# secure HOST PATH [CURL OPTION...]: prints the body.
secure() {
    local host=$1 path=$2
    shift 2
    curl -sS --max-time 60 --cacert "$dir/ca.pem" --resolve "$host:$https:127.0.0.1" "$@" "https://$host:$https$path"
}

# curl_code CODE HOST PATH [CURL OPTION...]: what curl's exit code is.
curl_code() {
    local wanted=$1 code=0
    shift
    secure "$@" >"$dir/curl.out" 2>"$dir/curl.err" || code=$?
    equal "curl's exit code for $*" "$code" "$wanted"
}

# --- visitors -----------------------------------------------------------------------------------------------------

start_https --client-ca "admin.example.com=$dir/staff.pem" --client-ca "closed.example.com=$dir/staff.pem" \
    --https-redirect on --hsts 600
ready_client client 5 --http "app.example.com=$backend" --http "*.many.example=$backend" --http "*.example.org=$backend" \
    --http "admin.example.com=$backend" --http "bare.example.net=$backend"

say "certificates by name, and addresses that are https where there is one"
equal "a host" "$(secure app.example.com /name/a)" "a app.example.com:$https 1"
equal "a wildcard's host" "$(secure b.example.org /name/b)" "b b.example.org:$https 1"
has_text "$dir/client.endpoints" "https://app.example.com:$https$"
has_text "$dir/client.endpoints" "http://bare.example.net:${edge##*:}$"
curl_code 35 bare.example.net /name/c # no certificate: refused by an alert
curl_code 60 app.example.com /name/c --cacert "$dir/staff.pem"
wait_for_text server 'certificates for visitors'

say "the backend is told, and HSTS is said over TLS alone"
secure app.example.com /fields -D "$dir/head" >"$dir/fields"
has_text "$dir/fields" "^X-Forwarded-Proto: https"
has_text "$dir/fields" "^X-Forwarded-Port: $https"
has_text "$dir/fields" "^X-Forwarded-For: 127.0.0.1"
has_text "$dir/head" "^[Ss]trict-[Tt]ransport-[Ss]ecurity: max-age=600" # HTTP/2 has no upper case

say "plain HTTP is sent to https"
equal "a redirect" "$(ask app.example.com '/x/y?z=1' -o /dev/null -D "$dir/head" -w '%{http_code} %{redirect_url}')" \
    "308 https://app.example.com:$https/x/y?z=1"
! file_has "$dir/head" "[Ss]trict-[Tt]ransport-[Ss]ecurity" || fail "HSTS without TLS"

say "plain HTTP on the port for TLS"
equal "what it says" "$(curl -sS -o "$dir/plain" -D "$dir/head" -w '%{http_code}' "http://127.0.0.1:$https/")" 400
has_text "$dir/plain" "https://"
has_text "$dir/head" "^X-FerroTunnel-Error: plain_http"

say "another host than the handshake was for is 421"
equal "its status" "$(secure app.example.com / -H "Host: b.example.org" -o /dev/null -w '%{http_code}')" 421
equal "its status" "$(secure app.example.com / -H "Host: admin.example.com" -o /dev/null -w '%{http_code}')" 421

say "versions of TLS, and ALPN"
secure app.example.com /name/v --tlsv1.2 --tls-max 1.2 -v >/dev/null 2>"$dir/verbose"
has_text "$dir/verbose" "TLSv1.2 / ECDHE-ECDSA"
has_text "$dir/verbose" "ALPN: server accepted h2"
secure app.example.com /name/v --tlsv1.3 -v >/dev/null 2>"$dir/verbose"
has_text "$dir/verbose" "TLSv1.3 / TLS_"
curl_code 35 app.example.com / --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0

# talk OPTION...: one request by s_client, which prints what it knows of the session.
talk() {
    printf 'GET /name/t HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n' |
        timeout 60 openssl s_client -connect "127.0.0.1:$https" -servername app.example.com -ign_eof "$@" 2>/dev/null
}

say "sessions are resumed"
for version in -tls1_2 -tls1_3; do
    talk $version -sess_out "$dir/session" >"$dir/first.out"
    has_text "$dir/first.out" "^New, TLSv1"
    talk $version -sess_in "$dir/session" >"$dir/second.out"
    has_text "$dir/second.out" "^Reused, TLSv1"
    has_text "$dir/second.out" "^t app.example.com"
done

say "a host that asks for client certificates"
curl_code 56 admin.example.com /name/d # TLS 1.3: the refusal comes after the visitor's own end of the handshake
curl_code 35 admin.example.com /name/d --tls-max 1.2
curl_code 56 admin.example.com /name/d --cert "$certificates/app.crt" --key "$certificates/app.key"
secure admin.example.com /name/d --cert "$dir/alice.crt" --key "$dir/alice.key" >"$dir/alice.out"
has_text "$dir/alice.out" "^d admin.example.com"
# Without TLS it is redirected or refused, whatever its client says of redirects.
equal "without TLS" "$(ask admin.example.com /name/d -o /dev/null -w '%{http_code}')" 308
cat >"$dir/closed.yml" <<END
client:
  server: "$control"
  token: file:token
  endpoint_file: $dir/closed.endpoints
  services: [{http: closed.example.com, local: "$backend", https_redirect: off}]
END
programs[closed]=1
start closed "$FERROTUNNEL" run "$dir/closed.yml"
wait_for_services closed 1
equal "without TLS, not redirected" "$(ask closed.example.com /name/e -o "$dir/closed.page" -w '%{http_code}')" 421

# --- certificates that change -------------------------------------------------------------------------------------

serial_of() { openssl x509 -noout -serial; }
shown() { talk </dev/null | serial_of; }
shows() { [[ $(shown) == "$(serial_of <"$certificates/app.crt")" ]]; }

say "a certificate is replaced while requests run, without a failed handshake"
visitors() {
    while [[ ! -e $dir/enough ]]; do
        secure app.example.com /name/r >/dev/null || exit 1
        echo answered
    done
}
start visitors visitors
for _ in {1..5}; do
    answered=$(count_of visitors answered)
    certify "$dir/ca" "$certificates/app" app DNS:app.example.com
    wait_until $patience "the new certificate" shows
    wait_until $patience "a request meanwhile" count_is visitors answered $((answered + 1))
done
touch "$dir/enough"
join_ok visitors

say "$hosts hosts get new certificates at once"
visitors_of_many() {
    while [[ ! -e $dir/enough_of_many ]]; do
        secure "h$((RANDOM % hosts + 1)).many.example" /name/m >/dev/null || exit 1
        echo answered
    done
}
last=h$hosts.many.example
last_is_shown() {
    [[ $(openssl s_client -connect "127.0.0.1:$https" -servername "$last" </dev/null 2>/dev/null | serial_of) == \
        "$(serial_of <"$many/h$hosts.crt")" ]]
}
start many visitors_of_many
certify_many
wait_until $patience "the new certificate of $last" last_is_shown
wait_until $patience "requests meanwhile" count_is many answered 3
touch "$dir/enough_of_many"
join_ok many

say "a certificate that goes bad changes nothing, and is good again later"
before=$(shown)
echo damaged >"$certificates/app.crt"
wait_for_text server 'the previous one stays in use'
equal "the certificate that is shown" "$(shown)" "$before"
certify "$dir/ca" "$certificates/app" app DNS:app.example.com
wait_until $patience "the good certificate" shows

say "a host gets a certificate while the server runs"
certify "$dir/ca" "$certificates/bare" bare DNS:bare.example.net
bare_is_there() { secure bare.example.net /name/n >/dev/null 2>&1; }
wait_until $patience "the certificate of bare.example.net" bare_is_there

# --- wrong settings -----------------------------------------------------------------------------------------------

say "without one good certificate nothing is started"
code=0
"$FERROTUNNEL" server --token-file "$dir/token" --bind 127.0.0.1:0 --https-bind 127.0.0.1:0 \
    --certificate "$dir/none.pem" >"$dir/none.out" 2>"$dir/none.err" </dev/null || code=$?
equal "its exit code" $code 2
has_text "$dir/none.err" "no certificate can be used: $dir/none.pem: No such file"
code=0
"$FERROTUNNEL" server --token-file "$dir/token" --https-redirect on --proxy-protocol-from 10.1.2.3/8 --client-ca x \
    >"$dir/none.out" 2>"$dir/none.err" </dev/null || code=$?
equal "its exit code" $code 2
has_text "$dir/none.err" "^  --https-bind: has no meaning without https_bind"
has_text "$dir/none.err" '^  --proxy-protocol-from: "10.1.2.3/8" has bits set beyond its length; the network is 10.0.0.0/8'
has_text "$dir/none.err" '^  --client-ca: expected HOST=FILE'

# --- proxies in front ---------------------------------------------------------------------------------------------

# raw ADDRESS BYTES: what comes back for bytes as printf writes them.
raw() {
    exec 3<>"/dev/tcp/${1%:*}/${1##*:}"
    # shellcheck disable=SC2059
    printf "$2" >&3
    timeout 60 cat <&3 2>/dev/null || true
    exec 3<&- 3>&-
}
request='GET /fields HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-For: 10.0.0.1\r\nConnection: close\r\n\r\n'
header_v1='PROXY TCP4 192.0.2.7 198.51.100.1 51000 443\r\n'
# Version 2, PROXY, TCP over IPv6, 36 bytes: 2001:db8::7, 2001:db8::1, 51000, 443.
address_six='\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0'
header_v2='\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24'$address_six'\x07'$address_six'\x01\xc7\x38\x01\xbb'

say "the PROXY protocol from a proxy that is trusted"
server_name=proxied start_https --proxy-protocol-from 127.0.0.1 --tcp-bind 127.0.0.1
ready_client behind 2 --http "app.example.com=$backend" --tcp "0=$backend"
raw "$edge" "$header_v1$request" >"$dir/one.out"
has_text "$dir/one.out" "^X-Forwarded-For: 192.0.2.7"
has_text "$dir/one.out" "^X-Forwarded-Port: 80"
raw "$edge" "$header_v2$request" >"$dir/two.out"
has_text "$dir/two.out" "^X-Forwarded-For: 2001:db8::7"
raw "$(awk '$1 == "service" && $3 !~ "^http" { print $3 }' "$dir/behind.endpoints")" "${header_v1}GET /close HTTP/1.1\r\nHost: app.example.com\r\n\r\n" >"$dir/three.out"
wait_for_text backend "^request GET /close 0" # a TCP service: what follows the header
secure app.example.com /fields --haproxy-protocol >"$dir/four.out"
has_text "$dir/four.out" "^X-Forwarded-For: 127.0.0.1"

say "a trusted proxy without a header, or with a wrong one, is refused"
equal "what it gets" "$(raw "$edge" "$request")" ""
wait_for_text proxied 'it does not begin with a PROXY protocol header'
equal "what it gets" "$(raw "$edge" "PROXY TCP4 192.0.2.7 x\r\n$request")" ""
curl_code 35 app.example.com /fields

say "a forged header from elsewhere is no header"
curl_code 35 app.example.com /fields --haproxy-protocol --interface 127.0.0.2
ask app.example.com / --interface 127.0.0.2 --haproxy-protocol -D "$dir/head" -o /dev/null
has_text "$dir/head" "^HTTP/1.1 400"
ask app.example.com /fields --interface 127.0.0.2 -H "X-Forwarded-For: 192.0.2.7" >"$dir/five.out"
has_text "$dir/five.out" "^X-Forwarded-For: 127.0.0.2"

say "sessions are resumed at a server that replaces this one, and not after a restart"
server_name=first start_https --control "$dir/replaced.sock"
for version in -tls1_2 -tls1_3; do
    talk $version -sess_out "$dir/session$version" >/dev/null
done
# Of the keys that a process hands over, only the bytes stay in memory: not the digits of the text.
keys=$(curl -sS --unix-socket "$dir/replaced.sock" http://localhost/v1/ticket_keys | sed -n 's/.*"[0-9]*:\([0-9a-f]*\)".*/\1/p')
at_least "digits of keys" "${#keys}" 160
marker="${keys:32:20}+${keys:52:40}"
# A sanitizer keeps what was freed, also what others have freed unwiped.
in_memory() { if memory_counts; then python3 "$(dirname "$0")/memory_has.py" "$(pid_of "$1")" "$marker"; else echo 0; fi; }
equal "in the memory of the server that hands them over" "$(in_memory first)" 0
server_name=second server_bind=$control start_https --control "$dir/replaced.sock" --replace
join_ok first
unset "programs[first]"
equal "in the memory of the one that takes them" "$(in_memory second)" 0
for version in -tls1_2 -tls1_3; do
    talk $version -sess_in "$dir/session$version" >"$dir/second.out"
    has_text "$dir/second.out" "^Reused, TLSv1"
done
signal second TERM
join_ok second
unset "programs[second]"
server_name=third start_https --control "$dir/replaced.sock" --metrics 127.0.0.1:0 --access-log "$dir/third.log" \
    --access-log-format json
talk -tls1_3 -sess_in "$dir/session-tls1_3" >"$dir/third.out"
has_text "$dir/third.out" "^New, TLSv1"

say "what expires, and how keys are agreed on, is in status, metrics and the access log"
"$FERROTUNNEL" status --control "$dir/replaced.sock" >"$dir/status"
has_text "$dir/status" "^  certificate  .* for visitors, expires in .*: $certificates/.*.crt"
has_text "$dir/status" "^  encryption   0 logins post-quantum, 0 other"
curl -sS "http://$(awk '$1 == "metrics" { print $2 }' "$dir/third.endpoints")/metrics" >"$dir/metrics"
has_text "$dir/metrics" '^ferrotunnel_certificate_expiry_timestamp_seconds{use="visitors",name="app.example.com",file="'
equal "handshakes" "$(awk '/^ferrotunnel_http_tls_handshakes_total{/ { sum += $2 } END { print sum }' "$dir/metrics")" 1
wait_until $patience "the group in the access log" file_has "$dir/third.log" '"tls_group":"[Xx]25519'
"$FERROTUNNEL" status --json --control "$dir/replaced.sock" >"$dir/status.json"
python3 - "$dir/status.json" <<'END'
import json, sys, time
listed = json.load(open(sys.argv[1]))["certificates"]
assert [one["name"] for one in listed if one["use"] == "visitors"].count("app.example.com") == 1, listed
assert all(0 < one["expires"] - time.time() < 3 * 86400 for one in listed if one["use"] == "visitors"), listed
END
