# What the edge does changes while it runs: pages, bounds, redirect, HSTS, TLS, and the certificate for clients. A request
# and a connection that have begun notice nothing.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
need curl openssl python3
unset FERROTUNNEL_HTTP_BIND FERROTUNNEL_LOG_LEVEL

make_authority ca
make_authority staff
make_certificate app ca app.test
make_certificate one ca tunnel.test
make_certificate two ca tunnel.test
make_certificate alice staff alice
chmod 600 "$dir"/*.key
make_token
echo '<p>first page' >"$dir/first.html"
echo '<p>second page' >"$dir/second.html"
serve_http web
port=$(free_port)
control=127.0.0.1:$port

# configure [HTTP LINE...] [-- HTTPS LINE... [-- LINE...]]: writes the file, as another one of its name.
configure() {
    local http=() https=() more=() to=http
    local line
    for line in "$@"; do
        case $to:$line in
            http:--) to=https ;;
            https:--) to=more ;;
            http:*) http+=("    $line") ;;
            https:*) https+=("    $line") ;;
            *) more+=("  $line") ;;
        esac
    done
    printf '%s\n' "server:" "  bind: $control" "  tcp_bind: 127.0.0.1" "  http_bind: 127.0.0.1:0" \
        "  https_bind: 127.0.0.1:0" "  state_dir: $dir/state" "  workers: 2" "  endpoint_file: $dir/server.endpoints" \
        "  token: file:$dir/token" "${more[@]}" "  https:" \
        "    certificates: [{chain: $dir/app.crt, key: $dir/app.key}]" "${https[@]}" "  http:" "    forwarded: off" "    body_rate: 0" \
        "${http[@]}" >"$dir/aside.yml"
    mv "$dir/aside.yml" "$dir/server.yml"
}
reloads=0
# reload PATTERN: the line about it matches.
reload() {
    reloads=$((reloads + 1))
    signal server HUP
    wait_until $patience "reload $reloads" count_is server 'was read again\|was not applied' $reloads
    grep -h -a 'was read again\|was not applied' "$dir/server.out" "$dir/server.err" | tail -n 1 >"$dir/line"
    has_text "$dir/line" "$1"
}
tls() { curl -sS --max-time 60 --cacert "$dir/ca.pem" --connect-to "app.test:443:127.0.0.1:$https_port" "$@"; }
header() { ask app.test / -o /dev/null -D - "$@" | tr -d '\r'; }

configure 'pages: {404: first.html}'
programs[server]=1
start server "$FERROTUNNEL" server --config "$dir/server.yml" --no-watch
wait_until $patience "the server's endpoints" endpoint_or_end server '^https '
edge=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
https_port=$(awk '$1 == "https" { print $2 }' "$dir/server.endpoints")
https_port=${https_port##*:}
ready_client client 1 --http "app.test=$backend" --workers 1 --connections 1 --log-level info

say "a page, and bounds on requests"
# eventually_is EXPECTED COMMAND...: each worker takes its new rules between two rounds.
is() { [[ $("${@:2}" 2>/dev/null) == "$1" ]]; }
eventually_is() { wait_until $patience "\"$1\" of ${*:2}" is "$@"; }
page() { ask nowhere.test / -H 'Accept: text/html'; }
eventually_is '<p>first page' page
exec {slow}<>"/dev/tcp/${edge%:*}/${edge##*:}"
printf 'POST /name/slow HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3000\r\n\r\n%0500d' 0 >&$slow
wait_for_text client 'a connection for HTTP visitors' # so the edge has the head: the request has begun
configure 'pages: {404: second.html}' 'body_max: 1KiB' 'target_bytes: 100'
reload 'server.http.target_bytes changed, server.http.body_max changed, server.http.pages changed'
eventually_is '<p>second page' page
long=$(printf '%0200d' 0)
eventually_is 414 ask app.test "/$long" -o /dev/null -w '%{http_code}'
head -c 2000 /dev/zero >"$dir/body"
five_are_413() {
    local _
    for _ in 1 2 3 4 5; do
        is 413 ask app.test / -o /dev/null -w '%{http_code}' --data-binary "@$dir/body" || return 1
    done
}
wait_until $patience "the new bound at all workers" five_are_413
printf '%02500d' 0 >&$slow # the request that had begun is as large as it said
read -r -t $patience -u $slow line || fail "the request that had begun is not answered"
[[ $line != *413* && $line == HTTP/1.1\ * ]] || fail "the request that had begun: $line"
exec {slow}>&-

say "redirect and HSTS"
configure -- 'redirect: on' 'hsts: {max_age: 9h}'
reload 'server.https.redirect changed'
eventually_is 308 ask app.test / -o /dev/null -w '%{http_code}'
hsts() { tls https://app.test/ -o /dev/null -D - | tr -d '\r' | grep -i '^strict-transport' | tr A-Z a-z; }
eventually_is 'strict-transport-security: max-age=32400' hsts
configure
reload 'server.http.*server.https.redirect changed\|server.https.redirect changed'
eventually_is 200 ask app.test / -o /dev/null -w '%{http_code}'

say "the grade, and client certificates: connections of before are asked for one, too"
old_cipher() {
    openssl s_client -connect "127.0.0.1:$https_port" -servername app.test -tls1_2 -cipher 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' \
        -CAfile "$dir/ca.pem" </dev/null 2>&1 | grep -c 'Cipher is ECDHE-ECDSA-AES128-SHA'
}
eventually_is 0 old_cipher
configure -- 'grade: intermediate'
reload 'server.https.grade changed$'
eventually_is 1 old_cipher
python3 - "$https_port" "$dir" >"$dir/kept" 2>&1 <<'PYTHON' &
import os, socket, ssl, sys, time
port, folder = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
with context.wrap_socket(socket.create_connection(("127.0.0.1", port), 60), server_hostname="app.test") as visitor:
    def ask():
        visitor.sendall(b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            got = visitor.recv(65536)
            if not got:
                return "ended"
            answer += got
        head, body = answer.split(b"\r\n\r\n", 1)
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
                while len(body) < size:
                    body += visitor.recv(65536)
        return head.split(b" ")[1].decode()
    print(ask(), flush=True)
    while not os.path.exists(f"{folder}/go"):
        time.sleep(0.02)
    print(ask(), flush=True)
PYTHON
kept=$!
wait_until $patience "the first answer" file_has "$dir/kept" '^200'
configure -- "client_certificates: [{host: app.test, ca: $dir/staff.pem}]"
reload 'server.https.grade changed, server.https.client_certificates changed$'
eventually_is 0 old_cipher
status() { tls https://app.test/ -o /dev/null -w '%{http_code}' "$@" || true; }
eventually_is 000 status
eventually_is 200 status --cert "$dir/alice.crt" --key "$dir/alice.key"
touch "$dir/go"
wait $kept || fail "$(<"$dir/kept")"
equal "answers of the kept connection" "$(tr '\n' ' ' <"$dir/kept")" "200 421 "
configure
reload 'server.https.client_certificates changed$'
eventually_is 200 status

say "a mistake changes nothing"
configure 'body_max: 1KiB' -- "client_certificates: [{host: app.test, ca: $dir/nowhere.pem}]"
reload 'was not applied, and nothing has changed: .*nowhere.pem'
is 200 status || fail "a bad file has changed something"

say "the certificate for clients: by another name, and again under its own"
subject() { # the key of the certificate that clients are shown
    openssl s_client -connect "$control" -alpn ferrotunnel/1 </dev/null 2>/dev/null | openssl x509 -noout -pubkey 2>/dev/null
}
key_of() { openssl x509 -in "$dir/$1.crt" -noout -pubkey; }
configure -- -- "tls_cert: $dir/one.crt" "tls_key: $dir/one.key"
reload 'server.tls_cert changed, server.tls_key changed$'
eventually_is "$(key_of one)" subject
cp "$dir/two.crt" "$dir/one.crt" && cp "$dir/two.key" "$dir/one.key"
reload 'read again: server.tls_cert changed$'
eventually_is "$(key_of two)" subject
reload 'read again: nothing has changed$'
is 200 status || fail "the client has gone"
equal "reconnects" "$(count_of client 'lost')" 0
