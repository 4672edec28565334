# One process that is server and client by a configuration file, with traffic through it; options and variables that go
# before the file; and how such a process ends.
source "$(dirname "$0")/lib.sh"

unset FERROTUNNEL_LOG_LEVEL
make_token
serve backend text:hello rest
said() { has_text "$dir/$1.out" "$2"; }
gone() { [[ ! -e $1 ]]; }

# config NAME CONTROL: both sections, for a server at that address; endpoint files beside it.
config() {
    cat >"$dir/$1.yml" <<END
log: {level: info, format: json}
server:
  bind: $2
  tcp_bind: 127.0.0.1
  token:
    - {name: alice, secret: "file:\${TOKEN_FOLDER}/token"}
  state_dir: state
  workers: 1
  drain: 60s
  endpoint_file: $1.server.endpoints
client:
  server: \${CONTROL:-$2}
  token: file:token
  workers: 1
  endpoint_file: $1.client.endpoints
  timing: {reconnect_max: 1s}
  services:
    - {name: greeting, tcp: 0, local: "$backend"}
    - {tcp: 0, local: 9}
END
}

start_run() {
    programs[$1]=1
    start "$1" env TOKEN_FOLDER="$dir" "$FERROTUNNEL" run "$dir/$1.yml" "${@:2}"
    wait_until $patience "the services of $1" both_are_there "$1"
}
both_are_there() {
    check_alive
    [[ -f $dir/$1.client.endpoints ]] && (($(grep -c '^service ' "$dir/$1.client.endpoints") == 2))
}
public() { awk '$2 == "greeting" { print $3 }' "$dir/$1.client.endpoints"; }

say "server and client in one process, with visitors"
port=$(free_port)
config both "127.0.0.1:$port"
start_run both
equal "the control endpoint" "$(awk '/^control/ { print $2 }' "$dir/both.server.endpoints")" "127.0.0.1:$port"
equal "what a visitor gets" "$(visit "$(public both)" line finish | head -1)" "line hello"
said both 'FerroTunnel .* server'
said both "FerroTunnel .* client, connecting to 127.0.0.1:$port"
said both "tcp://$(public both) -> $backend"
[[ -e $dir/state/server-identity.pem ]] || fail "the state folder is not beside the file"
wait_for_text both '"token":"alice"'
! grep -Evx '\{"ts":.*\}' "$dir/both.err" || fail "the log is not valid JSON"

if command -v curl >/dev/null && command -v python3 >/dev/null; then
    say "a page and 8 MB through it"
    mkdir "$dir/www"
    head -c 8388608 /dev/urandom >"$dir/www/data"
    web=$(free_port)
    start web python3 -m http.server "$web" --bind 127.0.0.1 --directory "$dir/www"
    wait_for_port "127.0.0.1:$web" web
    config web_tunnel "127.0.0.1:$(free_port)"
    sed -i "s#\"$backend\"#$web#" "$dir/web_tunnel.yml"
    start_run web_tunnel
    curl --silent --show-error --fail --noproxy '*' --max-time $patience --output "$dir/got" "http://$(public web_tunnel)/data"
    cmp "$dir/got" "$dir/www/data"
    kill_now web
fi

say "it drains as a whole: a visitor finishes, new ones are refused"
visited=$(public both)
exec {visitor}<>"/dev/tcp/127.0.0.1/${visited##*:}"
read -r -u $visitor -n 5 greeting
equal greeting "$greeting" hello
signal both TERM
wait_for_text both 'may finish within 60 s'
wait_until $patience "a refusal of new visitors" refuses "$visited"
is_running both || fail "it has not waited for its visitor"
exec {visitor}>&-
join_ok both
! file_has "$dir/both.out" 'lost\|next attempt' || fail "the end that was asked for is told as a loss"
gone "$dir/both.server.endpoints" || fail "the server's endpoint file is still there"
gone "$dir/both.client.endpoints" || fail "the client's endpoint file is still there"

say "the second signal ends both at once"
start_run both --drain 600
visited=$(public both)
exec {visitor}<>"/dev/tcp/127.0.0.1/${visited##*:}"
read -r -u $visitor -n 5 greeting
signal both INT
wait_for_text both 'ending: visitors may finish within 600 s'
signal both TERM
join_ok both
said both 'ending now'
exec {visitor}>&-

say "options and variables go before the file"
port=$(free_port)
config override "127.0.0.1:1"
programs[server]=1
start server env TOKEN_FOLDER="$dir" FERROTUNNEL_LOG_LEVEL=warn "$FERROTUNNEL" server --config "$dir/override.yml" \
    --bind "127.0.0.1:$port" --endpoint-file "$dir/server.endpoints" --log-format text
wait_until $patience "the server's endpoint file" endpoint_or_end server '^control '
control=$(awk '$1 == "control" { print $2 }' "$dir/server.endpoints")
equal "the control endpoint" "$control" "127.0.0.1:$port"
equal "lines of the log, whose level is warn" "$(wc -l <"$dir/server.err")" 0
programs[client]=1
start client env TOKEN_FOLDER="$dir" FERROTUNNEL_SERVER="127.0.0.1:$port" "$FERROTUNNEL" client \
    --config "$dir/override.yml" --tcp "0=$backend" --endpoint-file "$dir/client.endpoints"
wait_for_services client 1
equal "what a visitor gets" "$(visit "$(public_of client)" line finish | head -1)" "line hello"

say "a token of the command line stands for all tokens of the file"
second=$("$FERROTUNNEL" token)
(umask 077 && echo "$second" >"$dir/second")
programs[tried]=1
expected_codes[tried]=3
start tried env TOKEN_FOLDER="$dir" "$FERROTUNNEL" client --config "$dir/override.yml" --server "$control" \
    --token-file "$dir/second" --attempts 1
join tried
equal "exit code" "${exit_codes[tried]}" 3
unset "programs[tried]"

say "a client that is refused for good ends the process, with its code; so does a server that cannot start"
programs[refused]=1
config refused "127.0.0.1:$(free_port)"
sed -i 's#^  token: file:token#  token: file:second\n  attempts: 1#' "$dir/refused.yml"
start refused env TOKEN_FOLDER="$dir" "$FERROTUNNEL" run --config "$dir/refused.yml"
join refused
equal "exit code" "${exit_codes[refused]}" 3
said refused 'does not accept the token\|token was not accepted'
unset "programs[refused]"
config taken "$control"
start taken env TOKEN_FOLDER="$dir" "$FERROTUNNEL" run --config "$dir/taken.yml"
join taken
equal "exit code" "${exit_codes[taken]}" 1
has_text "$dir/taken.err" 'in use'

say "a section alone runs alone"
printf 'client: {server: "%s", token: file:token, endpoint_file: alone.client.endpoints, services: [{name: greeting, tcp: 0, local: "%s"}]}\n' \
    "$control" "$backend" >"$dir/alone.yml"
programs[alone]=1
start alone "$FERROTUNNEL" run --config "$dir/alone.yml"
wait_until $patience "its service" file_has "$dir/alone.client.endpoints" '^service greeting '
! file_has "$dir/alone.out" ' server$' || fail "a server was started"
