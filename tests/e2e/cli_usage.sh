# The command line without anything running: versions, exit codes, and problems that are all told at once under
# the names the user knows.
source "$(dirname "$0")/lib.sh"

unset FERROTUNNEL_LOG_LEVEL FERROTUNNEL_HTTP_BIND STATE_DIRECTORY

# run ARGUMENT...: its exit code is then in $code, what it said in $dir/run.out and run.err.
run() {
    code=0
    "$FERROTUNNEL" "$@" >"$dir/run.out" 2>"$dir/run.err" </dev/null || code=$?
}
ends_with() {
    equal "exit code" "$code" "$1"
}
told() { has_text "$dir/run.err" "$1"; }
not_told() { ! file_has "$dir/run.err" "$1" || fail "\"$1\" is told: $(<"$dir/run.err")"; }

say "versions and help"
run version
ends_with 0
has_text "$dir/run.out" '^ferrotunnel [0-9]'
has_text "$dir/run.out" '^OpenSSL [0-9.]\+.* ([0-9]\+ days old)$'
run version --libraries
ends_with 0
has_text "$dir/run.out" '^nghttp2 \+[0-9]\S* \+MIT$'
not_in_list=$(awk '$2 == "unknown"' "$dir/run.out")
equal "libraries without a version" "$not_in_list" ""
run version --licenses
ends_with 0
equal "how the licences begin" "$(head -n 1 "$dir/run.out")" FerroTunnel
for library in uPlot Asio CLI11 nlohmann/json toml++; do
    has_text "$dir/run.out" "^==== $library: "
done
run --version
ends_with 0
equal "what --version prints" "$(wc -l <"$dir/run.out") $(cut -d ' ' -f 1 "$dir/run.out")" "1 ferrotunnel"
run
ends_with 2
told 'Usage: ferrotunnel COMMAND'
equal "what help prints on the standard output without a command" "$(<"$dir/run.out")" ""
for words in help --help "help server" "server --help" "client -h" "tcp 22 --help" "http 80 --help" "token --help"; do
    # shellcheck disable=SC2086
    run $words
    ends_with 0
    has_text "$dir/run.out" Usage
done

say "a token is fresh, and nothing else is on the standard output"
run token
ends_with 0
equal "lines" "$(wc -l <"$dir/run.out")" 1
grep -Eqx 'ft1_[A-Za-z0-9_-]{48}' "$dir/run.out" || fail "no token: $(<"$dir/run.out")"
first=$(<"$dir/run.out")
run token
[[ $(<"$dir/run.out") != "$first" ]] || fail "the same token twice"
run token now
ends_with 2

say "output that cannot be written is a failure, and words that cannot be written change no exit code"
output_fails() {
    code=0
    "$FERROTUNNEL" "$@" >/dev/full 2>"$dir/run.err" </dev/null || code=$?
    ends_with 1
    told '^ferrotunnel: cannot write the output: No space left on device$'
}
output_fails token
output_fails version
output_fails token --help
for errors in /dev/full closed; do
    for words in "check $dir/nothing.yml" "nonsense" "server --bind nonsense" "token extra"; do
        code=0
        if [[ $errors == closed ]]; then
            # shellcheck disable=SC2086
            "$FERROTUNNEL" $words 2>&- </dev/null || code=$?
        else
            # shellcheck disable=SC2086
            "$FERROTUNNEL" $words 2>$errors </dev/null || code=$?
        fi
        ends_with 2
    done
done

say "commands of other tunnels"
while IFS='|' read -r words hint; do
    read -r -a words <<<"$words"
    run "${words[@]}"
    ends_with 2
    told "$hint"
done <<'END'
tunnel --url http://localhost:8080|no such command; use `ferrotunnel http http://localhost:8080 --server HOST`
local 8000 --to bore.example.com|no such command; use `ferrotunnel tcp 8000 --server bore.example.com`
local 8000 --to=bore.example.com|`ferrotunnel tcp 8000 --server bore.example.com`
start --all|no such command; use `ferrotunnel run FILE` to start what a file declares
frpc.toml|use `ferrotunnel import frpc.toml` to translate a configuration file of another tunnel
-c frpc.toml|use `ferrotunnel import frpc.toml`
tunnel.yml|use `ferrotunnel run tunnel.yml` for a configuration file
authtoken abc|use `ferrotunnel login` to save a server and its token
config add-authtoken abc|no such command of `config`; use `ferrotunnel login` to save a server and its token
access ssh --hostname ssh.example.com|no such command; use `ferrotunnel visit NAME` to reach a private service of another client
client frpc.toml|`client` takes options only; use `ferrotunnel import frpc.toml`
server frps.toml|`server` takes options only; use `ferrotunnel import frps.toml`
client tunnel.yml|`client` takes options only; use `ferrotunnel run tunnel.yml` for a configuration file
END

say "misspelt commands and options"
run sever
ends_with 2
told 'did you mean server?'
run help sever
ends_with 2
told 'no such command; did you mean server?'
run help version
ends_with 0
run help --help
ends_with 0
has_text "$dir/run.out" "^Usage: ferrotunnel COMMAND"
run client -c none.yml
ends_with 2
told 'none.yml: cannot read this file'
run client --help
has_text "$dir/run.out" "^  -c, --config FILE"
run --bind x
ends_with 2
told 'options come after the command'
run check a.yml --config b.yml
ends_with 2
told 'a.yml: is a second file: --config already names b.yml'
run server --bnid 127.0.0.1:0 --token-file /dev/null
ends_with 2
told '--bnid: no such option; did you mean --bind?'
not_told '127.0.0.1:0: unexpected'
run client --sever 127.0.0.1:1 --tpc 0=22 --token-file /dev/null
ends_with 2
told '--sever: no such option; did you mean --server?'
told '--tpc: no such option; did you mean --tcp?'
not_told 'missing: '
run http 3000 --domain app.example.com --server 127.0.0.1:1 --token-file /dev/null
ends_with 2
told '--domain: no such option; use --host'
run client --url app.example.com --remote-addr 22 --authtoken x --server 127.0.0.1:1
ends_with 2
told '--url: no such option; use --http'
told '--remote-addr: no such option; use --tcp'
told '--authtoken: no such option; use --token-file'
not_told 'missing: '
run server stray
told 'stray: unexpected'

say "all problems of a server at once"
run server --bind nowhere --tcp-bind here --workers many --drain=-1 --tls maybe --log-level inof --log-format yaml \
    --tls-key /nonexistent --allow-ports 9-1 --token-file /nonexistent/token --endpoint-file
ends_with 2
for place in --bind --tcp-bind --workers --drain --tls --log-level --log-format --tls-cert --allow-ports --token-file \
    --endpoint-file; do
    told "^  $place: "
done
told 'did you mean info?'
told '--endpoint-file: needs a value: PATH'

told '/nonexistent/token'
equal "problems with --token-file" "$(grep -c -- '--token-file:' "$dir/run.err")" 1

say "all problems of a client at once"
run client --tcp 22 --tcp 1=2 --tcp 1=3 --tcp 70000=1 --tcp 5=::1 --tcp 6=host:x --tls-pin abc --attempts -1 \
    --connections 17 --dead-interval 0
ends_with 2
for place in '--tcp 22' '--tcp 1=3' '--tcp 70000=1' '--tcp 5=::1' '--tcp 6=host:x' --server --token-file --tls-pin \
    --attempts --connections --dead-interval; do
    told "^  $place: "
done
run client --server 127.0.0.1:1 --token-file /nonexistent
told '--tcp: missing'
run tcp --server 127.0.0.1:1
ends_with 2
told 'ADDRESS: missing'
run client --server 127.0.0.1:1 --token "$first" --http 3000 --http a.example:80=1 --http a..b=1 --http a.example=x \
    --http a.example/b%zz=1 --http '*.*.c=1'
ends_with 2
for place in '--http 3000: expected HOST=ADDRESS' '--http a.example:80=1: The host "a.example:80" has a port' \
    '--http a..b=1: ' '--http a.example=x: "x" is not a valid address' '--http a.example/b%zz=1: The path "/b%zz"' \
    '--http \*\.\*\.c=1: '; do
    told "^  $place"
done
run http 80 --server 127.0.0.1:1 --token "$first" --host 'a b'
ends_with 2
told '^  --host: The host "a b"'
run http 80 --server 127.0.0.1:1 --token "$first" --health ping
ends_with 2
told '^  --health: expected a path like /healthz or tcp, found "ping"$'
run http --server 127.0.0.1:1
told 'ADDRESS: missing'
run server --token-file /dev/null --http-bind nowhere --domain 10.0.0.1
ends_with 2
told '^  --http-bind: "nowhere" is not a valid address to listen on'
told '^  --domain: "10.0.0.1" is not a valid domain'
run server --token-file /dev/null --http-bind off --domain t.example.com
told '^  --domain: has no meaning without http_bind'
run server --token-file /dev/null --acme admin --acme-directory http://ca.example.com/dir --acme-way dns --acme-name localhost \
    --acme-profile 'a b' --acme-ca /nonexistent --acme-dns-command '/nonexistent --zone x'
ends_with 2
for place in '--acme: "admin" is not a valid e-mail address' '--acme-directory: "http://ca.example.com/dir" is not' \
    '--acme-way: "dns" is not a challenge type' '--acme-name: "localhost" is not a name' '--acme-profile: "a b" is not' \
    '--acme-ca: cannot read the file' '--acme-dns-command: cannot run the program "/nonexistent"'; do
    told "^  $place"
done
run server --token-file /dev/null --acme-directory https://ca.example.com/dir --acme-dns-command /bin/true
ends_with 2
told '^  --acme-directory: has no meaning without acme$'
told '^  --acme-dns-command: has no meaning without acme$'
run tcp 22 80 --server 127.0.0.1:1
ends_with 2
told '80: unexpected'

say "variables: the command line wins, problems name the variable, a misspelt one is noticed"
FERROTUNNEL_WORKERS=many FERROTUNNEL_TLS=on run server --tls maybe
ends_with 2
told '^  FERROTUNNEL_WORKERS: '
told '^  --tls: '
FERROTUNNEL_TCP='1=2, 3=x' FERROTUNNEL_BNID=1 run client
told '^  FERROTUNNEL_TCP 3=x: '
not_told '1=2'
told 'FERROTUNNEL_BNID is not used; did you mean FERROTUNNEL_BIND?'
FERROTUNNEL_HTP_BIND=1 run client # an option of another command
told 'FERROTUNNEL_HTP_BIND is not used; did you mean FERROTUNNEL_HTTP_BIND?'
FERROTUNNEL_HTTP_BIND=1 run client
not_told 'is not used'
FERROTUNNEL_WORKERS='' run server
not_told WORKERS
FERROTUNNEL_ALLOW_WEAK_TOKEN=perhaps run server
told '^  FERROTUNNEL_ALLOW_WEAK_TOKEN: '

say "tokens: two sources, none, weak ones, damaged ones, and none of them repeated"
FERROTUNNEL_TOKEN=secret-one FERROTUNNEL_TOKEN_FILE=/x run server
ends_with 2
told 'both set'
run server --token secret-two --token-file /x
ends_with 2
told 'use one of them'
run server
ends_with 2
told '--token-file: missing'
FERROTUNNEL_TOKEN=secret-three run server --bind 0.0.0.0:0
ends_with 2
told '^  FERROTUNNEL_TOKEN: .*weak'
not_told secret-three
run client --server 192.0.2.1 --tcp 1=2 --token "${first:0:50}"
ends_with 2
told '^  --token: .*checksum'
not_told "${first:4:12}"
run client --tokn "$first"
told 'did you mean --token?'
not_told "${first:4:12}"
run client "--servr=$first" "$first"
not_told "${first:4:12}"

say "text from outside cannot steer the terminal"
run server "--bind=$(printf '\033[31mred\n\302\233')" --token-file /x
ends_with 2
! grep -q $'\033' "$dir/run.err" || fail "an escape sequence came through"
told '\\x1b\[31mred\\x0a\\xc2\\x9b'

say "what cannot be started is not a usage error"
make_token
start_server
run server --token-file "$dir/token" --bind "$control" --state-dir "$dir/state"
ends_with 1
told "$control"
told 'in use'

say "an endpoint file that cannot be written is told before anything is started"
run server --token-file "$dir/token" --bind 127.0.0.1:0 --state-dir "$dir/state" --endpoint-file "$dir/none/file"
ends_with 2
told "$dir/none/file"
