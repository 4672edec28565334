# --quiet: the URLs alone on the standard output, warnings and errors on the error stream; and the examples for scripts in
# docs/shell.md.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3
unset FERROTUNNEL_LOG_LEVEL

serve_http web
server_bind=127.0.0.1:$(free_port) start_edge --domain example.com

# quiet NAME COMMAND OPTION...: a client that says only what it must.
quiet() {
    local name=$1
    shift
    programs[$name]=1
    start "$name" "$FERROTUNNEL" "$@" --quiet --server "$control" --token-file "$dir/token" \
        --endpoint-file "$dir/$name.endpoints"
    wait_for_services "$name" 1
}
has_one_line() { [[ $(wc -l <"$dir/$1.out") -ge 1 ]]; }
# prints_only NAME PATTERN
prints_only() {
    wait_until $patience "a line of $1" has_one_line "$1"
    equal "lines of $1" "$(wc -l <"$dir/$1.out")" 1
    grep -qxE "$2" "$dir/$1.out" || fail "$1 printed: $(<"$dir/$1.out")"
    equal "the error stream of $1" "$(<"$dir/$1.err")" ""
}

say "each kind of service"
quiet http http "$backend" --host app.example.com
prints_only http "http://app.example.com:${edge##*:}"
quiet tcp tcp "$backend"
prints_only tcp 'tcp://127\.0\.0\.1:[0-9]+'
quiet udp udp 127.0.0.1:53
prints_only udp 'udp://127\.0\.0\.1:[0-9]+'
mkdir "$dir/www"
: >"$dir/www/index.html"
quiet files files "$dir/www"
prints_only files 'http://[a-z0-9-]+\.example\.com:[0-9]+'
(umask 077 && "$FERROTUNNEL" token >"$dir/key")
ready_client private 1 --private "db=$backend" --key-file "$dir/key"
programs[visit]=1
local_port=$(free_port)
start visit "$FERROTUNNEL" visit db --local "$local_port" --key-file "$dir/key" --quiet --server "$control" \
    --token-file "$dir/token"
prints_only visit "tcp://127\.0\.0\.1:$local_port"

say "several services: one line each, and none for a private one"
programs[several]=1
start several "$FERROTUNNEL" client --quiet --server "$control" --token-file "$dir/token" --tcp "0=$backend" \
    --tcp "0=127.0.0.3:${backend##*:}" --http "b.example.com=$backend" --tcp "private=127.0.0.2:${backend##*:}" \
    --endpoint-file "$dir/several.endpoints"
wait_for_services several 4
lines_are() { (($(wc -l <"$dir/$1.out") == $2)); }
wait_until $patience "the lines of several" lines_are several 3
! grep -vE '^(tcp|http)://' "$dir/several.out" || fail "several printed lines that are no URL"

say "from a file, with run"
cat >"$dir/run.yml" <<END
client:
  server: $control
  token: file:token
  endpoint_file: run.endpoints
  services:
    - {http: run.example.com, local: "$backend"}
END
programs[run]=1
start run "$FERROTUNNEL" run "$dir/run.yml" --quiet --no-watch
wait_for_services run 1
prints_only run "http://run\.example\.com:${edge##*:}"
programs[other]=1
start other "$FERROTUNNEL" server --quiet --bind 127.0.0.1:0 --http-bind off --token-file "$dir/token" \
    --state-dir "$dir/state2" --endpoint-file "$dir/other.endpoints"
wait_until $patience "the other server" endpoint_or_end other '^control '
equal "lines of a quiet server" "$(<"$dir/other.out")" ""

say "warnings and errors are on the error stream"
nobody=$(free_port)
quiet silent http "$nobody" --host silent.example.com
wait_for_text silent "warning: nothing listens at localhost:$nobody yet"
has_text "$dir/silent.err" "^warning: nothing listens"
equal "lines of silent" "$(<"$dir/silent.out")" "http://silent.example.com:${edge##*:}"
code=0
"$FERROTUNNEL" tcp 9 --quiet --server "127.0.0.1:$nobody" --token-file "$dir/token" --attempts 1 >"$dir/lost.out" \
    2>"$dir/lost.err" </dev/null || code=$?
equal "exit code" "$code" 4
equal "the output without a URL" "$(<"$dir/lost.out")" ""
has_text "$dir/lost.err" '^not connected: '
code=0
"$FERROTUNNEL" tcp 9 --quiet --log-format json --server "127.0.0.1:$nobody" --token-file "$dir/token" --attempts 1 \
    >"$dir/json.out" 2>"$dir/json.err" </dev/null || code=$?
equal "exit code" "$code" 4
equal "reports of the lost connection in JSON" "$(grep -c 'could not connect' "$dir/json.err")" 1
! grep '^not connected: ' "$dir/json.err" || fail "a lost connection is reported twice"
has_text "$dir/lost.err" '^ended: '
code=0
"$FERROTUNNEL" http 9 --quiet --qr --server "$control" --token-file "$dir/token" >"$dir/qr.out" 2>"$dir/qr.err" || code=$?
equal "exit code with --qr" "$code" 2
has_text "$dir/qr.err" '--qr: conflicts with --quiet'

say "no line is repeated after a lost connection, and none when the client ends"
kill_now server
wait_for_text tcp 'lost the connection'
wait_for_text http 'lost the connection'
equal "lines of tcp" "$(wc -l <"$dir/tcp.out")" 1
signal tcp TERM
join_ok tcp
equal "lines of tcp" "$(wc -l <"$dir/tcp.out")" 1
start_server --http-bind "$edge" --domain example.com --bind "$control"
wait_for_services http 1
equal "lines of http" "$(wc -l <"$dir/http.out")" 1

say "no screen at a terminal"
touch "$dir/stop"
start terminal python3 "$E2E_SOURCE/at_terminal.py" "$dir/terminal.shown.all" "http://t.example.com:" -- "$FERROTUNNEL" \
    http "$backend" --host t.example.com --quiet --server "$control" --token-file "$dir/token" --dashboard off
join_ok terminal
equal "what the terminal shows" "$(tr -d '\r' <"$dir/terminal.shown.all.shown" | grep -v '^$' | sed 's/^\^C//' | grep -v '^$')" \
    "http://t.example.com:${edge##*:}"

say "the examples for scripts"
export FERROTUNNEL_SERVER=$control FERROTUNNEL_TOKEN_FILE=$dir/token PATH="$dir/bin:$PATH"
mkdir -p "$dir/bin" "$dir/script"
ln -sf "$FERROTUNNEL" "$dir/bin/ferrotunnel"
# example N: the Nth block of shell in the section about scripts.
example() {
    awk -v n="$1" '/^## In scripts/ { on = 1 } on && /^```sh/ { ++i; inside = i == n; next } /^```/ { inside = 0 } inside' \
        "$E2E_SOURCE/../../docs/shell.md" | sed "s/ 3000/ $backend/"
}
for shell in bash sh; do
    for n in 1 2; do
        text=$(example $n)
        [[ $text == *"--quiet"* ]] || fail "docs/shell.md has no example $n"
        # The control socket of this one alone, for the `drain` of the example.
        (cd "$dir/script" && rm -f url && RUNTIME_DIRECTORY=$dir/script/run$n$shell timeout $patience $shell -ec "$text" \
            >"$dir/script.out" 2>"$dir/script.err") || fail "example $n in $shell: $(<"$dir/script.err")"
        grep -qE "^visitors: http://[a-z0-9-]+\.example\.com:${edge##*:}$" "$dir/script.out" ||
            fail "example $n in $shell printed: $(<"$dir/script.out")"
    done
done
