# `ferrotunnel check`, and `run`, `server` and `client` with files that are wrong: exact messages, exit codes, and
# nothing started. config_cases/NAME.yml is a file with a mistake, NAME.expected what check says about it. The same files
# are held against the JSON Schema by config_schema.sh.
source "$(dirname "$0")/lib.sh"
need openssl

unset FERROTUNNEL_LOG_LEVEL STATE_DIRECTORY
cases=$E2E_SOURCE/config_cases
make_token
other=a  # than the token's, which may end with any letters
[[ ${token:20:1} != a ]] || other=b
(umask 077 && echo "${token:0:20}$other${token:21}" >"$dir/damaged" && echo hunter2hunter2 >"$dir/weak")

# run ARGUMENT...: in $dir; its exit code is then in $code, what it said in $dir/run.out and run.err.
run() {
    code=0
    (cd "$dir" && exec "$FERROTUNNEL" "$@") >"$dir/run.out" 2>"$dir/run.err" </dev/null || code=$?
}
ends_with() { equal "exit code" "$code" "$1"; }
told() { has_text "$dir/run.err" "$1"; }
said() { has_text "$dir/run.out" "$1"; }
silent() { equal "what is on the standard output" "$(<"$dir/run.out")" ""; }

say "every kind of mistake has its message"
count=0
for file in "$cases"/*.yml; do
    name=$(basename "$file" .yml)
    cp "$file" "$dir/"
    run check "$name.yml"
    ends_with 2
    silent
    diff "$cases/$name.expected" "$dir/run.err" || fail "$name: other messages than expected"
    count=$((count + 1))
done
at_least "kinds of mistakes" $count 60
equal "expectations" "$(find "$cases" -name '*.expected' | wc -l)" $count

say "run says the same, and starts nothing"
run run --config several.yml
ends_with 2
silent
diff <(tail -n +2 "$cases/several.expected") <(sed '1d;$d' "$dir/run.err") || fail "other messages than those of check"
told '^Nothing was started.'

say "what run refuses for itself, check has found"
for name in binds_same state_dir endpoint_files endpoint_file_same both_sides both_sides_no_http; do
    run run "$name.yml"
    ends_with 2
    diff <(tail -n +2 "$cases/$name.expected") <(sed '1d;$d' "$dir/run.err") || fail "$name: run says other things"
done

say "check makes a state directory for a moment at most"
mkdir "$dir/states"
printf 'server: {bind: "127.0.0.1:0", token: file:token, state_dir: states/deep/er}\n' >"$dir/states.yml"
run check states.yml
ends_with 0
equal "what is left" "$(ls -A "$dir/states")" ""

say "two hosts that are the same are told as hosts"
run client --server 127.0.0.1:1 --token-file token --http a.example.com=1 --http a.example.com=2
ends_with 2
told '^  --http a.example.com=2: this client already has a service with the same host and path'

say "what cannot be kept in a file: too much, no UTF-8, not there, no file"
{ cat "$cases/several.yml" && head -c 1048576 /dev/zero | tr '\0' '#'; } >"$dir/large.yml"
run check large.yml
ends_with 2
told 'large.yml: longer than 1048576 bytes'
printf 'server:\n  public_host: \377\n' >"$dir/bytes.yml"
run check bytes.yml
ends_with 2
told 'bytes.yml:2:16: no UTF-8'
run check none.yml
ends_with 2
told 'none.yml: cannot read this file: No such file'
run check .
ends_with 2
told '\.: cannot read this file: Is a directory'
run check
ends_with 2
told 'ferrotunnel.yml: cannot read this file'
run run
ends_with 2
told 'ferrotunnel.yml: cannot read this file'

say "an expansion bomb is refused as small as it is written"
{
    echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
    for i in {1..40}; do
        echo "a$i: &a$i [*a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1))]"
    done
} >"$dir/bomb.yml"
run check bomb.yml
ends_with 2
told 'bomb.yml:1:5: a0: anchors'
told 'more problems after this place'

say "the example of the documentation is right"
mkdir -p "$dir/example/conf.d" "$dir/example/dist"
sed -n '/^```yaml$/,/^```$/p' "$E2E_SOURCE/../../docs/configuration.md" | sed '1d;$d' >"$dir/example/ferrotunnel.yml"
(umask 077 && cp "$dir/token" "$dir/example/alice.token" && "$FERROTUNNEL" token >"$dir/example/bob.token" &&
    "$FERROTUNNEL" token >"$dir/example/old-bob.token" && echo password | tee "$dir/example/ann.password" >"$dir/example/etcd.password" && echo "Basic YTpi" >"$dir/example/collector.auth" && echo bWFjLWtleQ >"$dir/example/acme.key" &&
    "$FERROTUNNEL" token >"$dir/example/ssh.token" && "$FERROTUNNEL" token >"$dir/example/old-ssh.token" &&
    "$FERROTUNNEL" token >"$dir/example/dash.secret" && "$FERROTUNNEL" token >"$dir/example/db.key" && "$FERROTUNNEL" token >"$dir/example/wiki.key")
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -keyout "$dir/example/key.pem" -out "$dir/example/chain.pem" 2>/dev/null
for page in 404.html offline.html offline.json offline.txt error.html app-offline.html; do
    echo "{{status}} {{title}}" >"$dir/example/$page"
done
cp "$dir/example/key.pem" "$dir/example/edge-key.pem"
cp "$dir/example/key.pem" "$dir/example/etcd-client.key"
cp "$(type -P true)" "$dir/example/set-record"
"$FERROTUNNEL" cluster key "$dir/example/cluster.key" >/dev/null
cp "$FERROTUNNEL_PLUGINS/headers.so" "$dir/example/maintenance.so" # any plugin
for ca in staff internal-ca edge acme-ca etcd-ca etcd-client; do cp "$dir/example/chain.pem" "$dir/example/$ca.pem"; done
HOME=$dir/example run check example/ferrotunnel.yml
ends_with 0
equal "what is told besides" "$(<"$dir/run.err")" ""
diff - "$dir/run.out" <<END || fail "another summary than expected"
ok: example/ferrotunnel.yml
  server    clients at 0.0.0.0:7835, TLS 1.3; visitors at 0.0.0.0, ports 2222,8000-8100; HTTP at 0.0.0.0:8080, HTTPS at 0.0.0.0:8080, certificates from acme-v02.api.letsencrypt.org, hosts below tunnel.example.com; 2 tokens; member a of a cluster of 3
  client    to tunnel.example.com:7835, TLS 1.3; 2 connections, 15 services, 1 visit
    ssh              tcp 2222 -> 127.0.0.1:22
    db.internal:5432 tcp any -> db.internal:5432
    db               tcp private -> localhost:5432 (off)
    iperf            tcp 8055 -> localhost:5201
    tcp:8081         tcp 8081 -> exit
    udp:8053         udp 127.0.0.1:8053 -> 127.0.0.1:53
    iperf/udp        udp 8055 -> localhost:5201
    app.example.com  http app.example.com -> localhost:3000
    app.example.com/api http app.example.com, www.example.com /api -> localhost:3001
    app.example.com/shop http app.example.com /shop -> localhost:3002
    app.example.com/files http app.example.com /files -> localhost:3003
    old.example.com  http old.example.com -> redirect to https://app.example.com
    docs.example.com http docs.example.com -> files:$(cd "$dir" && pwd -P)/example/dist
    api.example.com  http api.example.com -> https://api.internal:443
    tls:shop.example.com tls shop.example.com -> unix:/run/shop.sock
    wiki@bob         visited at 127.0.0.1:8081
END
[[ ! -e /var/lib/ferrotunnel.yml && ! -e $dir/example/server.endpoints ]] || fail "check has made a file"

say "a token in the file is warned about, and not shown"
(umask 077 && printf 'server: {token: %s}\n' "$token" >"$dir/literal.yml")
run check literal.yml
ends_with 0
told '^warning: literal.yml:1:17: server.token: a token in the file itself is in every copy of the file'
chmod 644 "$dir/literal.yml"
run check literal.yml
ends_with 0
told 'server.token: a token in a file that other users of this machine can read'
! grep -q -F -e "${token:4:12}" "$dir/run.err" "$dir/run.out" || fail "the token is shown"

say "hosts and paths that are no names need none"
long=$(printf 'a%.0s' {1..30}).$(printf 'b%.0s' {1..31}).example.com
cat >"$dir/nameless.yml" <<END
client:
  server: 127.0.0.1:1
  token: file:token
  services:
    - {http: r.example.com, path: "~ /v[0-9]+/.*", local: 1}
    - {http: r.example.com, path: "= /status", local: 1}
    - {http: $long, path: /a, local: 1}
    - {http: $long, path: /b, local: 1}
    - {tls: $long, local: 1}
    - {tcp: 0, local: "unix:/run/my app.sock"}
END
run check nameless.yml
ends_with 0
said 'client .* 6 services'

say "a path that has lost its file: is told, and no token"
for path in token ./token "$dir/token" '~/token' '${HOME}/token'; do
    printf 'server: {token: "%s"}\n' "$path" >"$dir/path.yml"
    HOME=$dir run check path.yml
    ends_with 2
    told 'path.yml:1:17: server.token: this is the path of a file, not a token; write file:PATH'
done

say "the file of a token that others can read is told before the start"
cp "$dir/token" "$dir/open"
chmod 644 "$dir/open"
printf 'server: {token: file:open}\nclient: {server: "127.0.0.1:1", token: file:open, services: [{tcp: 0, local: 9}]}\n' \
    >"$dir/open.yml"
run check open.yml
ends_with 0
told '^warning: open.yml: server.token: the file ".*open" can be read by other users of this machine'
told '^warning: open.yml: client.token: the file'

say "so is that of a dashboard's secret"
printf 'server: {token: file:token, dashboard: default, dashboard_token_file: open}\nclient: {server: "127.0.0.1:1", %s}\n' \
    'token: file:token, dashboard: default, dashboard_token_file: open, services: [{tcp: 0, local: 9}]' >"$dir/secret.yml"
run check secret.yml
ends_with 0
told '^warning: secret.yml: server.dashboard_token_file: the file ".*open" can be read by other users of this machine'
told '^warning: secret.yml: client.dashboard_token_file: the file'

say "a public host is a host"
for host in http://x tunnel.example.com:2222 'two words' 'x/y'; do
    printf 'server: {token: file:token, public_host: "%s"}\n' "$host" >"$dir/public.yml"
    run check public.yml
    ends_with 2
    told "public.yml:1:42: server.public_host: \"$host\" is not a valid host; expected a name or an IP address without a port"
done
for host in tunnel.example.com 192.0.2.1 2001:db8::1; do
    printf 'server: {token: file:token, public_host: "%s"}\n' "$host" >"$dir/public.yml"
    run check public.yml
    ends_with 0
done

say "server and client want their own section, and options do not mend the file"
printf 'client: {server: "127.0.0.1:1", token: file:token, services: [{tcp: 0, local: 9}]}\n' >"$dir/client.yml"
run server --config client.yml
ends_with 2
told 'client.yml: has no `server:` section'
run client --config several.yml --server 127.0.0.1:1 --tcp 0=9 --token-file token
ends_with 2
told 'several.yml:8:16: client.connections'
told 'several.yml:1:7: log.levle'
! file_has "$dir/run.err" 'server\.' || fail "the other section may be meant for another machine"
! file_has "$dir/run.err" 'client.token' || fail "a token that an option gives is called missing"
run client --config none.yml
ends_with 2
told 'none.yml: cannot read this file'
run client --config client.yml --connections 17 --tls-pin x
ends_with 2
told '^  --connections: '
told '^  --tls-pin: '

say "help for the new commands, misspelt ones, and words too many"
for command in run check; do
    for words in "help $command all" "$command --help all"; do
        # shellcheck disable=SC2086
        run $words
        ends_with 0
        said "^Usage: ferrotunnel $command "
        said '^Exit codes:'
    done
done
run --help
said '^  run  *start what a configuration file declares'
said '^  check  *validate a configuration file'
run chek
ends_with 2
told 'did you mean check?'
run check a.yml b.yml
ends_with 2
told 'b.yml: unexpected'
run run --bind 127.0.0.1:0
ends_with 2
told '--bind: no such option'
