# `ferrotunnel doctor` in a network namespace with a name server of its own: on a good machine it finds nothing, on both
# sides; with each fault made it names that fault and nothing else. It takes nothing from a running client.
source "$(dirname "$0")/lib.sh"
need ip nft python3 openssl setpriv
((EUID == 0)) || skip "network namespaces need root"

ns=ft$BASHPID-doctor
ip netns add "$ns" 2>"$dir/netns.err" || skip "no network namespaces here: $(<"$dir/netns.err")"
on_end "ip netns del $ns"
mkdir -p "/etc/netns/$ns" # what `ip netns exec` puts over the files in /etc
on_end "rm -rf /etc/netns/$ns; rmdir --ignore-fail-on-non-empty /etc/netns"
echo 'nameserver 127.0.0.1' >"/etc/netns/$ns/resolv.conf"
printf '127.0.0.1 localhost\n' >"/etc/netns/$ns/hosts"
ip -n "$ns" link set lo up
for last in 1 2 3; do
    ip -n "$ns" address add 10.80.0.$last/32 dev lo
done
in_ns=(ip netns exec "$ns")
filter() { "${in_ns[@]}" nft -f -; }
filter <<'NFT' || skip "no nftables here"
table inet faults {
    chain into { type filter hook input priority 0; ip daddr 10.80.0.2 drop; }
}
NFT
start names "${in_ns[@]}" python3 "$E2E_SOURCE/doctor_peer.py" names "$dir/names.ready" server.test=10.80.0.1 \
    tunnel.test=10.80.0.1 '*.tunnel.test=10.80.0.1' dead.test=10.80.0.2 bare.test=10.80.0.1 away.test=10.80.0.3 \
    six.test=10.80.0.1 six.test=2001:db8::1 crowd.test=10.80.1.{1..20}
wait_until $patience "the name server" test -e "$dir/names.ready"
[[ $("${in_ns[@]}" getent hosts a.tunnel.test) == 10.80.0.1* ]] || skip "names do not resolve in a namespace here"

program=$FERROTUNNEL
printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$ns" "$program" >"$dir/program"
chmod +x "$dir/program"
FERROTUNNEL=$dir/program
make_token
unset FERROTUNNEL_LOG_LEVEL FERROTUNNEL_HTTP_BIND FERROTUNNEL_RETRY_REFUSED

# examine ARGUMENT...: its exit code is then in $code, and its report in $dir/report.
examine() {
    code=0
    "${prefix[@]}" "$FERROTUNNEL" doctor "$@" >"$dir/report" 2>"$dir/report.err" </dev/null || code=$?
}
prefix=()
# listens PORT: at 10.80.0.1.
listens() { "${in_ns[@]}" bash -c "exec 3<>/dev/tcp/10.80.0.1/$1" 2>/dev/null; }
# finds CODE WHAT...: the findings of this weight and more, "ERROR login", each once.
finds() {
    local wanted=$1 found
    shift
    found=$(awk '$1 == "ERROR" || $1 == "WARNING" { print $1, $2 }' "$dir/report" | sort -u | paste -sd ,)
    equal "findings of $(<"$dir/report")$(<"$dir/report.err")" "$found" "$(printf '%s\n' "$@" | paste -sd ,)"
    equal "exit code" "$code" "$wanted"
}
is_good() {
    finds 0 ''
    has_text "$dir/report" '^Nothing stands in the way of the tunnel.$'
}
reports() { has_text "$dir/report" "$1"; }

# write_client FILE SERVER [LINE...]: a configuration with these settings, and with services of each kind.
write_client() {
    local file=$1 server=$2
    shift 2
    {
        printf 'client:\n  server: %s\n  token: file:%s\n' "$server" "$dir/token"
        printf '  %s\n' "$@"
        printf '  services:\n'
        printf '    - {%s}\n' "name: ssh, tcp: 9001, local: 127.0.0.1:3000" "name: any, tcp: 0, local: 127.0.0.1:3000" \
            "name: app, http: app.tunnel.test, local: 127.0.0.1:3000" "name: given, http: assigned, local: 127.0.0.1:3000"
    } >"$dir/$file"
}
write_server() {
    printf 'server:\n' >"$dir/$1"
    printf '  %s\n' "token: file:$dir/token" "${@:2}" >>"$dir/$1"
}

start backend "${in_ns[@]}" "$E2E_TOOLS/tcp_peer" serve --port 3000 --port-file "$dir/backend.port" echo
wait_until $patience "the backend" test -s "$dir/backend.port"
server_bind=10.80.0.1:7835 start_server --tcp-bind 10.80.0.1 --http-bind 10.80.0.1:8080 --domain tunnel.test
pin=$(sed -n 's/.*TLS pin *//p' "$dir/server.out")
simple=(--server server.test --token-file "$dir/token")

say "a good machine"
write_client good.yml server.test "tls_pin: $pin"
examine "$dir/good.yml"
is_good
! grep -q '^  note' "$dir/report" || fail "a note on a good machine: $(<"$dir/report")"
equal "skipped" "$(grep -c '^  - ' "$dir/report" || true)" 0
for check in name port ipv6 proxy tls certificate clock instance login exchange services names public backends plugins \
    descriptors; do
    reports "^  ok  *$check "
done
examine "${simple[@]}"
is_good
examine "${simple[@]}" --json
equal "exit code" "$code" 0
python3 - "$dir/report" <<'PY' || fail "the JSON: $(<"$dir/report")"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["severity"] == "good" and all(check["severity"] == "good" for check in report["checks"])
PY
examine "$dir/good.yml" --server elsewhere.test
finds 7 "ERROR name"

say "the stored login"
"$FERROTUNNEL" login server.test --token-file "$dir/token" >"$dir/login.out"
examine
is_good
reports "^client of server.test:7835 (.*/login)"
rm -r "$XDG_CONFIG_HOME"

say "the way to the server"
examine --server nobody.test --token-file "$dir/token"
finds 7 "ERROR name"
reports "nobody.test does not resolve"
reports "^  -  *port  *Not tried because of .name"
examine --server server.test:7836 --token-file "$dir/token"
finds 7 "ERROR port"
reports "refuses connections"
examine --server dead.test --token-file "$dir/token"
finds 7 "ERROR port"
reports "does not answer"
examine --server crowd.test --token-file "$dir/token"
finds 7 "ERROR port"
equal "addresses of a name with 20" "$(grep '^  ok  *name ' "$dir/report" | grep -o '10\.80\.1\.' | wc -l)" 16
examine --server six.test --token-file "$dir/token"
is_good
reports "^  note  *ipv6  *The server has an IPv6 address, but this machine has no IPv6 route"

filter <<'NFT'
add rule inet faults into udp dport 53 drop
NFT
examine "${simple[@]}"
finds 7 "ERROR name"
reports "no name server answers"
filter <<'NFT'
flush chain inet faults into
add rule inet faults into ip daddr 10.80.0.2 drop
NFT

say "proxies"
for status in 403 407; do
    start "proxy$status" "${in_ns[@]}" python3 "$E2E_SOURCE/doctor_peer.py" proxy 10.80.0.1 3$status "$dir/proxy$status.ready" $status
    wait_until $patience "the proxy $status" test -e "$dir/proxy$status.ready"
    examine "${simple[@]}" --proxy http://server.test:3$status
    finds 7 "ERROR proxy"
done
reports "requires a login (407)"
examine "${simple[@]}" --proxy http://user:secret@server.test:3407
finds 7 "ERROR proxy"
reports "does not accept this user and password"
! grep -q secret "$dir/report" || fail "the password is in the report"
examine "${simple[@]}" --proxy http://server.test:3128
finds 7 "ERROR port"
reports "The proxy http://server.test:3128 refuses connections"
HTTPS_PROXY=http://server.test:3403 examine "${simple[@]}"
finds 7 "ERROR proxy"
start relay "${in_ns[@]}" python3 "$E2E_SOURCE/connect_proxy.py" 10.80.0.1:3129 7845
wait_until $patience "the relaying proxy" listens 3129
server_name=inner server_bind=127.0.0.1:7845 start_server --http-bind off --control off --state-dir "$dir/inner"
examine --server inside.test --token-file "$dir/token" --proxy http://server.test:3129
is_good
start late "${in_ns[@]}" python3 "$E2E_SOURCE/connect_proxy.py" 10.80.0.1:3130 7845 "$(LC_ALL=C date -u -d '-1 hour' '+%a, %d %b %Y %T GMT')"
wait_until $patience "the proxy with another clock" listens 3130
examine --server inside.test --token-file "$dir/token" --proxy http://server.test:3130
finds 6 "WARNING clock"
reports "the proxy"

say "TLS: another key, an inspecting proxy, another program, dates"
examine "${simple[@]}" --tls-pin sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
finds 7 "ERROR tls"
reports "not the pinned one: it is $pin"
examine --server 10.80.0.1:8080 --token-file "$dir/token"
finds 7 "ERROR tls"
mkdir "$dir/ca"
: >"$dir/ca/index"
echo 01 >"$dir/ca/serial"
printf '%s\n' '[ca]' 'default_ca=own' '[own]' "dir=$dir/ca" 'database=$dir/index' 'serial=$dir/serial' \
    'new_certs_dir=$dir' 'default_md=sha256' 'policy=any' 'unique_subject=no' '[any]' 'commonName=supplied' \
    >"$dir/ca/conf"
# certificate NAME FROM UNTIL: self-signed, for server.test.
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server.test -keyout "$dir/$1.key" \
        -out "$dir/$1.csr" 2>/dev/null
    openssl ca -batch -config "$dir/ca/conf" -selfsign -keyfile "$dir/$1.key" -in "$dir/$1.csr" -startdate "$2" \
        -enddate "$3" -notext -out "$dir/$1.crt" -extfile <(echo subjectAltName=DNS:server.test) 2>/dev/null
}
certificate foreign 20200101000000Z 20900101000000Z
certificate past 20200101000000Z 20210101000000Z
certificate future 20800101000000Z 20900101000000Z
certificate soon 20200101000000Z "$(date -u -d '+5 days' +%Y%m%d000000Z)"
start inspector "${in_ns[@]}" openssl s_server -accept 10.80.0.1:4430 -cert "$dir/foreign.crt" -key "$dir/foreign.key" -quiet
wait_until $patience "the inspector" listens 4430
examine --server server.test:4430 --token-file "$dir/token" --tls-pin "$pin"
finds 7 "ERROR tls"
reports 'issued by "/CN=server.test"'
examine "${simple[@]}" --tls-ca "$dir/foreign.crt"
finds 7 "ERROR tls"
reports "cannot be verified"
port=7850
for name in past future soon; do
    server_name=$name server_bind=10.80.0.1:$((++port)) start_server --http-bind off --control off \
        --tls-cert "$dir/$name.crt" --tls-key "$dir/$name.key" --state-dir "$dir/state_$name"
done
examine --server server.test:7851 --token-file "$dir/token" --tls-ca "$dir/past.crt"
finds 7 "ERROR certificate"
reports "expired on 2021-01-01"
examine --server server.test:7852 --token-file "$dir/token" --tls-ca "$dir/future.crt"
finds 7 "ERROR clock"
examine --server server.test:7853 --token-file "$dir/token" --tls-ca "$dir/soon.crt"
finds 6 "WARNING certificate"

say "the token and its rights"
"$FERROTUNNEL" token >"$dir/other"
examine --server server.test --token-file "$dir/other"
finds 7 "ERROR login"
reports "does not accept the token"
reports "Or this is another server: check its address and port."
write_client denied.yml server.test:7860
cat >"$dir/rights.yml" <<YML
server:
  bind: 10.80.0.1:7860
  tcp_bind: 10.80.0.1
  http_bind: 10.80.0.1:8081
  domain: tunnel.test
  state_dir: $dir/rights
  control: off
  token: [{name: alice, secret: file:$dir/token, ports: [7000-7010], hosts: ["*.tunnel.test"]}]
YML
programs[rights]=1
start rights "$FERROTUNNEL" server --config "$dir/rights.yml"
wait_for_text rights 'Start a client'
examine "$dir/denied.yml"
finds 7 "ERROR services"
reports "^  ERROR  *services  *ssh: "

say "large packets are lost"
filter <<'NFT'
add rule inet faults into tcp dport 7835 ip length > 1400 drop
NFT
examine "$dir/good.yml"
finds 7 "ERROR exchange"
reports "Large data is lost on the way"
filter <<'NFT'
flush chain inet faults into
add rule inet faults into ip daddr 10.80.0.2 drop
add rule inet faults into tcp dport 9001 drop
NFT
say "a public port is filtered"
examine "$dir/good.yml"
finds 6 "WARNING services"
reports "ssh: 10.80.0.1:9001 does not answer"
filter <<'NFT'
flush chain inet faults into
add rule inet faults into ip daddr 10.80.0.2 drop
NFT

say "names of services"
write_client names.yml server.test
sed -i 's/app.tunnel.test/nobody.test/' "$dir/names.yml"
examine "$dir/names.yml"
finds 7 "ERROR names"
reports "app: the name nobody.test does not resolve"
sed -i 's/nobody.test/away.test/' "$dir/names.yml"
examine "$dir/names.yml"
finds 6 "WARNING names" "WARNING public"
sed -i 's/away.test/"*.bare.test"/' "$dir/names.yml" # not every name below it needs a record
examine "$dir/names.yml"
finds 6 "WARNING names"
sed -i 's/"\*.bare.test"/app.localhost/' "$dir/names.yml" # it has no record, and needs none
examine "$dir/names.yml"
is_good
reports "^  note  *names  *app.localhost is only for visitors on the server's machine"

say "services of UDP, and TLS that passes through"
sed '/name: any/a\    - {name: dns, udp: 0, local: "127.0.0.1:53"}\n    - {name: pass, tls: pass.tunnel.test, local: "127.0.0.1:3000"}\n    - {name: off, udp: 9005, local: "127.0.0.1:53", enabled: off}' \
    "$dir/good.yml" >"$dir/kinds.yml"
examine "$dir/kinds.yml"
is_good
reports "^  -  *services  *2 of the services cannot be requested"
sed -i 's/pass.tunnel.test/nobody.test/' "$dir/kinds.yml"
examine "$dir/kinds.yml"
finds 7 "ERROR names"
reports "pass: the name nobody.test does not resolve"

say "more services than are tried"
{
    sed '/name: any/,$d' "$dir/good.yml"
    for ((i = 1; i <= 66; ++i)); do
        echo "    - {name: many$i, tcp: 0, local: \"127.1.0.$i:3000\"}"
    done
} >"$dir/many.yml"
examine "$dir/many.yml"
finds 7 "ERROR backends"
reports "^  -  *services  *35 more are not requested: at most 32 are"
equal "backends that do not answer, beside one that does" "$(grep -c '^  ERROR  *backends ' "$dir/report")" 63
reports "^  -  *backends  *3 more are not tried: at most 64 are"

say "the machine of the client"
sed "s/:3000/:3001/" "$dir/good.yml" >"$dir/down.yml"
examine "$dir/down.yml"
finds 7 "ERROR backends"
reports "127.0.0.1:3001 cannot be reached: Connection refused"
prefix=(bash -c 'ulimit -n 256; exec "$@"' --)
examine "$dir/good.yml"
finds 6 "WARNING descriptors"
prefix=()

say "a running client keeps what it has"
programs[client]=1
start client "$FERROTUNNEL" client --config "$dir/good.yml"
wait_for_text client '9001 -> '
examine "$dir/good.yml"
is_good
reports "A client runs here"
reports "^  ok  *services  *The running client has 4 public services"
RUNTIME_DIRECTORY=$dir/other_run examine "$dir/good.yml" # like one on another machine
finds 0 ''
reports "^  note  *services  *ssh: port 9001 of the server accepts connections already"
sed 's/name: /name: other_/; s/9001/9002/; s/app.tunnel/broken.tunnel/; s/:3000/:3001/' "$dir/good.yml" >"$dir/broken.yml"
examine "$dir/broken.yml"
finds 7 "ERROR backends"
reports "^  ok  *instance  *Another client of this server runs here, with none of these services"
reports "^  ok  *services  *The server accepts 4 of the configured services"
examine "${simple[@]}" # without a file: the backends of the running client
is_good
reports "^  ok  *backends  *All backends answer (1)"
equal "what the client reports" "$(grep -c -E 'lost|closed|replaced' "$dir/client.out" || true)" 0
end_programs_of() {
    signal "$1" TERM
    signal "$1" INT 2>/dev/null || true # it may have ended already
    join_ok "$1"
}
end_programs_of client

say "a server: a good machine, with and without its server"
write_server good_server.yml "bind: 10.80.0.1:7835" "http_bind: 10.80.0.1:8080" "domain: tunnel.test" \
    "state_dir: $dir/state"
examine "$dir/good_server.yml"
is_good
reports "A server runs here"
reports "tunnel.test:7835 is reached from here, and is this server"
sed 's/7835/7870/; s/8080/8090/; s/state$/new_state/' "$dir/good_server.yml" >"$dir/next.yml"
RUNTIME_DIRECTORY=$dir/other_run examine "$dir/next.yml"
is_good
for check in instance listen 'low ports' name wildcard public certificates clock state plugins descriptors; do
    reports "^  ok  *$check "
done
examine "$dir/next.yml" # the running server has another port
is_good
reports "No server of this user runs here with these settings"
[[ ! -e $dir/new_state ]] || fail "the doctor made a state directory"

say "a running server without a file: what it reports"
socket=$(find "$dir/run" -type s -name 'server*.sock' | head -n 1)
examine --control "${socket:?no server runs}"
is_good
for check in instance clock descriptors; do
    reports "^  ok  *$check "
done
reports "^  note  *settings .*ferrotunnel init server"

say "faults of a server"
server_case() {
    write_server case.yml "state_dir: $dir/new_state" "${@:1}"
    RUNTIME_DIRECTORY=$dir/other_run examine "$dir/case.yml"
}
server_case "bind: 10.80.0.1:7835" "http_bind: off"
finds 7 "ERROR listen"
reports "Address already in use"
server_case "bind: 10.80.9.9:7870" "http_bind: off"
finds 7 "ERROR listen"
server_case "bind: 10.80.0.1:7870" "http_bind: 10.80.0.1:8090" "domain: bare.test"
finds 7 "ERROR wildcard"
server_case "bind: 127.0.0.1:7870" "http_bind: 127.0.0.1:8090" "domain: localhost"
is_good
reports "^  note  *wildcard  *Names below localhost are only for visitors on this machine"
server_case "bind: 10.80.0.1:7870" "http_bind: off" "public_host: nobody.test"
finds 7 "ERROR name"
server_case "bind: 10.80.0.1:7870" "http_bind: off" "public_host: dead.test"
finds 6 "WARNING public"
for pair in past:"7 ERROR" soon:"6 WARNING"; do
    name=${pair%%:*}
    read -r wanted weight <<<"${pair#*:}"
    server_case "bind: 10.80.0.1:7870" "http_bind: off" "https_bind: 10.80.0.1:8443" \
        "https: {certificates: [{chain: $dir/$name.crt, key: $dir/$name.key}]}"
    finds "$wanted" "$weight certificates"
done
mkdir -m 500 "$dir/locked"
write_server low.yml "bind: 10.80.0.1:443" "http_bind: off" "state_dir: $dir/new_state"
printf '#!/bin/sh\nexec ip netns exec %s setpriv --inh-caps=-all --bounding-set=-all "%s" "$@"\n' "$ns" "$program" >"$dir/powerless"
chmod +x "$dir/powerless"
FERROTUNNEL=$dir/powerless
examine "$dir/low.yml"
finds 7 "ERROR listen"
reports CAP_NET_BIND_SERVICE
server_case "bind: 10.80.0.1:7870" "http_bind: off" "allow_ports: 443,8000-8100"
finds 7 "ERROR low"
write_server locked.yml "bind: 10.80.0.1:7870" "http_bind: off" "state_dir: $dir/locked/state"
examine "$dir/locked.yml"
finds 7 "ERROR state"
FERROTUNNEL=$dir/program

say "no plugins that clients may request"
mkdir -m 755 "$dir/no_plugins"
FERROTUNNEL_PLUGINS=$dir/no_plugins server_case "bind: 10.80.0.1:7870" "http_bind: off"
if [[ $(FERROTUNNEL_PLUGINS=$dir/no_plugins "$program" plugin list 2>&1) != *rate-limit* ]]; then # not inside the program
    finds 6 "WARNING plugins"
    reports "No plugins are installed: services that request one (auth, ip-filter, rate-limit) are refused"
fi

say "a plugin that is none"
mkdir -m 755 "$dir/broken_plugins"
echo 'not a library' >"$dir/broken_plugins/broken.so"
FERROTUNNEL_PLUGINS=$dir/broken_plugins server_case "bind: 10.80.0.1:7870" "http_bind: off"
finds 6 "WARNING plugins"
reports "broken.so cannot be used"

say "a folder with many certificates"
mkdir "$dir/many_certificates"
for ((i = 1; i <= 300; ++i)); do
    ln -s "$dir/soon.crt" "$dir/many_certificates/$i.crt"
done
server_case "bind: 10.80.0.1:7870" "http_bind: off" "https_bind: 10.80.0.1:8443" \
    "https: {certificates: [{chain: $dir/foreign.crt, key: $dir/foreign.key}], folders: [$dir/many_certificates]}"
finds 6 "WARNING certificates"
at_most "certificates that were read" "$(grep -c 'the certificate expires' "$dir/report")" 256

say "mistakes on the command line, and the message that leads here"
RUNTIME_DIRECTORY=$dir/other_run examine
equal "exit code" "$code" 2
has_text "$dir/report.err" 'missing: a configuration file'
examine --server server.test
equal "exit code" "$code" 2
has_text "$dir/report.err" ' --token-file: missing: the token'
! grep -q -e '--token: ' "$dir/report.err" || fail "another name of the option: $(<"$dir/report.err")"
examine "$dir/nothing.yml"
equal "exit code" "$code" 2
examine "${simple[@]}" --colour
equal "exit code" "$code" 2
expected_codes[lonely]=4
start lonely "$FERROTUNNEL" tcp 3000 --server server.test:7836 --token-file "$dir/token" --attempts 1
join lonely
has_text "$dir/lonely.out" ".ferrotunnel doctor --server server.test:7836 --token-file $dir/token. finds out why"
sed -i 's/server.test/server.test:7836/; s/^client:/&\n  attempts: 1/' "$dir/good.yml"
expected_codes[alone]=4
start alone "$FERROTUNNEL" client --config "$dir/good.yml"
join alone
has_text "$dir/alone.out" ".ferrotunnel doctor $dir/good.yml. finds out why"
