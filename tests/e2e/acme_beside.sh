# Certbot or lego beside the server: answers to challenges from a folder (`acme_webroot`), and handshakes for acme-tls/1
# passed on (`acme_tls_backend`); what strangers try with both.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/acme_lib.sh"
need curl openssl python3
serve_http backend
start_lying
make_token

webroot=$dir/webroot
mkdir -p "$webroot/.well-known/acme-challenge"
answers=$webroot/.well-known/acme-challenge
answering=$(free_port)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=own \
    -addext "subjectAltName=DNS:beside.test" -keyout "$dir/own.key" -out "$dir/own.pem" 2>/dev/null
cat >"$dir/server.yml" <<CONFIGURATION
server:
  bind: 127.0.0.1:0
  tcp_bind: 127.0.0.1
  token: file:$dir/token
  state_dir: $dir/state
  endpoint_file: $dir/server.endpoints
  control: off
  metrics: off
  dashboard: off
  http_bind: 127.0.0.1:$web
  https_bind: 127.0.0.1:$secure
  http:
    acme_webroot: $webroot
  https:
    redirect: on
    certificates:
      - {chain: $dir/own.pem, key: $dir/own.key}
    acme_tls_backend: 127.0.0.1:$answering
CONFIGURATION
programs[server]=1
start server "$FERROTUNNEL" run "$dir/server.yml"
wait_until $patience "the server" endpoint_or_end server '^https '
control=$(awk '$1 == "control" { print $2 }' "$dir/server.endpoints")
ready_client client 1 --http "beside.test=$backend"

# other_client WAY WHERE
other_client() {
    mkdir -p "$dir/other"
    (
        cd "$dir/other"
        timeout 60 python3 "$E2E_SOURCE/acme_client.py" "$directory" "$ca_file" beside.test chain.pem "$@"
    ) >"$dir/other.out" 2>"$dir/other.err" || fail "another client got no certificate by $1"
    openssl verify -CAfile "$roots" -untrusted "$dir/other/chain.pem" "$dir/other/chain.pem" >"$dir/verified"
    rm "$dir/other/chain.pem"
}
say "another client gets certificates through the server's ports"
other_client http-01 "$webroot"
other_client tls-alpn-01 "$answering"

# challenge TOKEN [CURL OPTION...]: status of a request for this answer; its body is in $dir/body.
challenge() {
    curl -sS --max-time 10 --noproxy '*' --path-as-is -o "$dir/body" -w '%{http_code}' "${@:2}" \
        "http://127.0.0.1:$web/.well-known/acme-challenge/$1"
}
say "answers are given for any host, without a redirect"
echo -n "token-1.thumbprint" >"$answers/token-1"
for host in beside.test unknown.test 127.0.0.1; do
    equal "its status for $host" "$(challenge token-1 -H "Host: $host")" 200
    equal "its body" "$(<"$dir/body")" "token-1.thumbprint"
done

say "nothing else is read"
echo secret >"$dir/secret"
echo secret >"$answers/with.dot"
ln -s "$dir/secret" "$answers/link"
mkfifo "$answers/pipe"
mkdir "$answers/folder"
head -c 100000 /dev/zero >"$answers/large"
: >"$answers/empty"
for path in ../../../secret ..%2f..%2f..%2fsecret link pipe folder folder/ large with.dot token-1/ token-1%00 %74oken-1 \
    none ""; do
    status=$(challenge "$path" -H "Host: unknown.test")
    [[ $status == 4* ]] || fail "the status of \"$path\" is $status"
    ! file_has "$dir/body" secret || fail "a file was read by \"$path\""
done
post=(-X POST -d x -H "Host: unknown.test")
equal "POST" "$(challenge token-1 "${post[@]}")" "$(challenge none "${post[@]}")"

say "a client's own answers are still its own"
equal "an unknown token of a client's host" "$(challenge none -H "Host: beside.test")" 308

say "visitors who do not offer acme-tls/1 alone get the ordinary certificate"
subject_with() {
    timeout 60 openssl s_client -connect "127.0.0.1:$secure" -servername beside.test "$@" </dev/null 2>/dev/null |
        openssl x509 -noout -subject 2>/dev/null || true
}
for protocols in http/1.1 h2,http/1.1 acme-tls/1,http/1.1 h2,acme-tls/1; do
    [[ $(subject_with -alpn "$protocols") == *own* ]] || fail "ALPN $protocols does not get the ordinary certificate"
done
equal "with nobody at the backend" "$(subject_with -alpn acme-tls/1)" ""
curl -sS --max-time 60 --noproxy '*' --cacert "$dir/own.pem" --resolve "beside.test:$secure:127.0.0.1" -o /dev/null \
    "https://beside.test:$secure/name/n"
