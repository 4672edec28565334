# A server that is its own CA (`--https-self`): which hosts it serves, its files, a restart, and `ferrotunnel trust` in a
# mount namespace of its own, since no test changes what this machine trusts.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/https_lib.sh"
source "$(dirname "$0")/run_lib.sh"
need curl openssl python3
serve_http backend
secure=$(free_port)
server_bind=127.0.0.1:$(free_port) # clients find a restarted server there
folder=$dir/state/https-self
ca=$folder/ca.pem
roots=$ca

# start_self [OPTION...]
start_self() { start_server --https-bind "127.0.0.1:$secure" --https-self --certificate-reload 1s "$@"; }
is_rejected() {
    local code=0
    fetch "$1" -o /dev/null 2>/dev/null || code=$?
    ((code == 35)) || fail "curl ended with code $code at $1"
}

say "a host below localhost, and this machine"
start_self --domain localhost
ready_client client 1 --http "app.localhost=$backend"
wait_for_certificate app.localhost
[[ $(fetch app.localhost) == "n app.localhost:$secure "* ]] || fail "the body is $(fetch app.localhost)"
equal "its status without a host" \
    "$(curl -sS --max-time 60 --noproxy '*' --cacert "$ca" -o /dev/null -w '%{http_code}' "https://127.0.0.1:$secure/")" 404
wait_for_text server "a CA for local development was made"
wait_for_text server "trust install --ca"
wait_for_text client "https://app.localhost"

say "its key is for its user only, and is in no output"
equal "the mode of the folder" "$(stat -c %a "$folder")" 700
equal "the mode of the key" "$(stat -c %a "$folder/ca.key")" 600
equal "modes of certificates" "$(stat -c %a "$folder"/certificates/*.pem | sort -u)" 600
! file_has "$ca" "PRIVATE" || fail "ca.pem has a key"
! cat "$dir"/server.out "$dir"/server.err | grep -q -a "PRIVATE" || fail "a key is in the log"

say "visitors that hold certificates to RFC 5280 accept them, as Python does since 3.13"
openssl verify -x509_strict -CAfile "$ca" -verify_hostname app.localhost "$folder/certificates/app.localhost.pem" \
    >"$dir/strict" 2>&1 || fail "$(<"$dir/strict")"

say "a host outside of the constraints gets a line, and no certificate"
ready_client outside 1 --http "app.example.com=$backend"
wait_for_text server "do not allow this name"
wait_for_text server "self_names"
is_rejected app.example.com
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj / -keyout "$dir/forged.key" \
    -out "$dir/forged.csr" 2>/dev/null
for name in app.localhost app.example.com localhost.example.com; do
    openssl x509 -req -in "$dir/forged.csr" -CA "$folder/ca.key" -CAkey "$folder/ca.key" -days 1 -set_serial 7 \
        -extfile <(echo "subjectAltName=DNS:$name") -out "$dir/forged.pem" 2>/dev/null
    verified=0
    openssl verify -CAfile "$ca" "$dir/forged.pem" >/dev/null 2>"$dir/verify.err" || verified=$?
    if [[ $name == app.localhost ]]; then
        equal "what openssl says of $name" $verified 0
    else
        ((verified != 0)) || fail "a certificate for $name by this CA is accepted"
        has_text "$dir/verify.err" "permitted subtree violation"
    fi
done

say "the CA that a control socket shows"
run trust
equal "its code" "$code" 1
printed "FerroTunnel local CA"
printed "localhost"
printed "certutil"

say "its end is in the status"
end=$(date -d "$(openssl x509 -noout -enddate -in "$ca" | cut -d= -f2)" +%s)
run_ok status --json
python3 - "$dir/run.out" "$ca" "$end" <<'END'
import json, sys
programs = [json.loads(line) for line in open(sys.argv[1])]  # the server and its client
[own] = [one for program in programs for one in program.get("certificates", []) if one["use"] == "authority"]
assert own["file"] == sys.argv[2] and own["expires"] == int(sys.argv[3]), own
assert own["name"].startswith("FerroTunnel local CA"), own
END

say "a restart keeps the CA and its certificates"
cp "$ca" "$dir/first.pem"
serial=$(openssl x509 -noout -serial -in "$folder/certificates/app.localhost.pem")
signal server TERM
join_ok server 20
start_self --domain localhost
wait_for_services client 1
wait_for_certificate app.localhost
cmp -s "$ca" "$dir/first.pem" || fail "the CA is another one"
equal "the serial number" "$(openssl x509 -noout -serial -in "$folder/certificates/app.localhost.pem")" "$serial"

say "a damaged CA is reported and stays, and its certificates are served"
signal server TERM
join_ok server 20
cp "$folder/ca.key" "$dir/ca.key"
echo damaged >"$folder/ca.key"
start_self --domain localhost
wait_for_text server "ca.key is not a private key"
wait_for_text server "remove $folder"
wait_for_services client 1
wait_for_certificate app.localhost
equal "the key" "$(<"$folder/ca.key")" damaged
signal server TERM
join_ok server 20

say "a wildcard, and hosts that the operator lists"
rm -r "$folder"
start_self --domain tunnel.test --https-self-name shop.example.com
wait_until $patience "the other CA" test -s "$ca"
ready_client wild 3 --http "one.tunnel.test=$backend" --http "a.b.tunnel.test=$backend" --http "www.shop.example.com=$backend"
for host in one.tunnel.test a.b.tunnel.test www.shop.example.com; do
    wait_for_certificate "$host"
done
[[ ! -e $folder/certificates/one.tunnel.test.pem ]] || fail "a host below the wildcard has a certificate of its own"

say "trust is installed by a command only, and taken back"
mapped=--map-root-user
unshare --mount true 2>/dev/null && mapped=
command -v update-ca-certificates >/dev/null && unshare --mount $mapped true 2>/dev/null || {
    say "left out: there is no update-ca-certificates, or no mount namespace"
    exit 0
}
trusted_here() { { cat /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates/* 2>/dev/null || true; } | cksum; }
before=$(trusted_here)
cat >"$dir/within" <<'WITHIN'
set -e
ca=$1
cp -a /etc/ssl "$2"
mount -t tmpfs tmpfs /etc/ssl
mount -t tmpfs tmpfs /usr/local/share/ca-certificates
mount -t tmpfs tmpfs /etc/ca-certificates
mkdir /etc/ca-certificates/update.d
cp -a "$2/." /etc/ssl/
installed() { ls /usr/local/share/ca-certificates | wc -l; }
trusted() { openssl verify -CAfile /etc/ssl/certs/ca-certificates.crt "$3" >/dev/null 2>&1; }
! "$FERROTUNNEL" trust --ca "$ca"
echo "before: $(installed)"
"$FERROTUNNEL" trust install --ca "$ca"
echo "installed: $(installed)"
stat -c 'mode: %a' /usr/local/share/ca-certificates/*
! grep -q PRIVATE /usr/local/share/ca-certificates/* || echo "a key was copied"
"$FERROTUNNEL" trust status --ca "$ca"
"$FERROTUNNEL" trust install --ca "$ca" >/dev/null
trusted "$@" && echo "a host is verified"
for wrong in "$4" "$5"; do
    ! "$FERROTUNNEL" trust install --ca "$wrong"
done
echo "rejected: $(installed)"
"$FERROTUNNEL" trust remove
echo "removed: $(installed)"
! trusted "$@" && echo "a host is not verified any more"
WITHIN
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=any \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -keyout "$dir/any.key" -out "$dir/any.pem" 2>/dev/null
code=0
unshare --mount $mapped bash "$dir/within" "$ca" "$dir/ssl" "$folder/certificates/tunnel.test.pem" "$dir/any.pem" \
    "$folder/ca.key" >"$dir/run.out" 2>"$dir/run.err" || code=$?
((code == 0)) || fail "code $code: $(<"$dir/run.out") $(<"$dir/run.err")"
for line in "before: 0" "not trusted" "only for .*tunnel.test" "installed: 1" "mode: 644" "trusted: it is in" \
    "a host is verified" "rejected: 1" "removed: 0" "a host is not verified any more" "certutil"; do
    printed "$line"
done
! file_has "$dir/run.out" "a key was copied" || fail "trust install copied a key"
complained "no critical name constraints"
complained "has a private key in it"
equal "what this machine trusts" "$(trusted_here)" "$before"
