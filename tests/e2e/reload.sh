# A configuration that changes while the program runs: seen however it is written, applied as far as it can be, and
# otherwise told in one line why not.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl

unset FERROTUNNEL_LOG_LEVEL
make_token
(umask 077 && "$FERROTUNNEL" token >"$dir/alice" && "$FERROTUNNEL" token >"$dir/bob")
serve_http web
said() { wait_for_text "$@"; }
lines_of() { count_of "$1" 'was read again\|was not applied'; }

# write_aside FILE: what comes in, renamed to that name.
write_aside() {
    cat >"$1.aside"
    mv "$1.aside" "$1"
}

# server_config TOKENS [LINE...]: for the server at $port.
server_config() {
    printf '%s\n' "server:" "  bind: 127.0.0.1:$port" "  tcp_bind: 127.0.0.1" "  http_bind: off" "  state_dir: $dir/state" \
        "  workers: 1" "  endpoint_file: $dir/server.endpoints" "  token: [$1]" "${@:2}"
}
port=$(free_port)
control=127.0.0.1:$port
# start_configured [OPTION...]: a server by $dir/server.yml.
start_configured() {
    programs[server]=1
    rm -f "$dir/server.endpoints"
    start server "$FERROTUNNEL" server --config "$dir/server.yml" "$@"
    wait_until $patience "the server's endpoint file" endpoint_or_end server '^control '
}
# lets_in TOKEN NAME: a client with that token gets its port.
lets_in() {
    client_token=$dir/$1 ready_client "$2" 1 --tcp "0=$backend" --workers 1
    signal "$2" INT
    join_ok "$2"
}

say "a change is seen: another file of the name"
server_config "file:$dir/token" | write_aside "$dir/server.yml"
start_configured
server_config "file:$dir/token, file:$dir/alice" | write_aside "$dir/server.yml"
said server 'server.yml was read again: server.token alice added$'
lets_in alice first

say "a change is seen: the file itself is written"
server_config "file:$dir/token, file:$dir/alice, file:$dir/bob" >"$dir/server.yml"
said server 'server.yml was read again: .*server.token bob added'

say "what means the same is not told"
lines=$(lines_of server)
{ echo "# the same"; server_config "file:$dir/token, file:$dir/alice, file:$dir/bob"; } | write_aside "$dir/server.yml"

say "what a token's file has is a part of it: another secret ends the sessions of the old one"
client_token=$dir/bob ready_client guest 1 --tcp "0=$backend" --workers 1
(umask 077 && "$FERROTUNNEL" token >"$dir/bob.aside" && mv "$dir/bob.aside" "$dir/bob")
said server 'server.token bob changed$'
said guest 'no longer accepts this token'
equal "lines" "$(lines_of server)" $((lines + 1))
signal guest INT
join guest
unset "programs[guest]"

say "a bad file changes nothing, and the line says why and where"
server_config "file:$dir/token" "  conections_per_token: 3" | write_aside "$dir/server.yml"
said server "server.yml was not applied, and nothing has changed: .*server.yml:9:3: server.conections_per_token: "
lets_in alice second
server_config "file:$dir/token" "  connections_per_token: 0" | write_aside "$dir/server.yml"
said server 'was not applied, .*server.connections_per_token: '
echo "server: {" | write_aside "$dir/server.yml"
said server 'was not applied, .*server.yml:'
rm "$dir/server.yml"
said server 'was not applied, .*cannot read this file'
lets_in alice third

say "what needs a restart is named, and everything else is applied"
server_config "file:$dir/token, file:$dir/bob" "  memory_max: 64MiB" "  drain: 1s" "log: {format: json}" | write_aside "$dir/server.yml"
said server 'read again: .*server.token alice removed.*server.drain changed.*; needs a restart: server.memory_max, log.format$'
lets_in bob fourth

say "by a signal it is always told"
signal server HUP
said server 'server.yml was read again: nothing has changed; needs a restart: server.memory_max'
signal server INT
join_ok server

say "options go before the file in a reload as well"
server_config "file:$dir/token" "  connections_per_token: 3" | write_aside "$dir/server.yml"
start_configured --connections-per-token 5 --no-watch
server_config "file:$dir/token" "  connections_per_token: 4" "  ports_per_token: 9" | write_aside "$dir/server.yml"
signal server HUP
said server 'server.yml was read again: server.ports_per_token changed$'

say "unwatched, only a signal makes it be read"
server_config "file:$dir/token" "  ports_per_token: 8" | write_aside "$dir/server.yml"
lets_in token fifth
equal "lines" "$(lines_of server)" 1
signal server HUP
wait_until $patience "the second line" count_is server 'read again: .*server.ports_per_token changed' 2
signal server INT
join_ok server

say "a symbolic link that leads elsewhere, as in Kubernetes"
mkdir "$dir/mounted" "$dir/mounted/..one" "$dir/mounted/..two" "$dir/mounted/..three"
server_config "file:$dir/token" >"$dir/mounted/..one/server.yml"
server_config "file:$dir/token, file:$dir/alice" >"$dir/mounted/..two/server.yml"
server_config "file:$dir/token, file:$dir/bob" >"$dir/mounted/..three/server.yml"
ln -s ..one "$dir/mounted/..data"
ln -s ..data/server.yml "$dir/mounted/server.yml"
ln -s mounted/server.yml "$dir/server.yml.aside"
mv "$dir/server.yml.aside" "$dir/server.yml"
start_configured
for folder in two three; do
    ln -s ..$folder "$dir/mounted/..new"
    mv -T "$dir/mounted/..new" "$dir/mounted/..data"
    said server "read again: .*server.token $([[ $folder == two ]] && echo alice || echo bob) added"
done
signal server INT
join_ok server

say "what comes through a pipe is read once, and that is told"
programs[piped]=1
start piped "$FERROTUNNEL" server --config <(server_config "file:$dir/token" | sed "s#server.endpoints#piped.endpoints#")
wait_until $patience "the server's endpoint file" endpoint_or_end piped '^control '
signal piped HUP
said piped 'was not applied, and nothing has changed: it is not a file but a pipe'
check_alive
signal piped INT
join_ok piped

say "a token that was typed in is not asked for again, and no variable is forgotten"
programs[from_env]=1
server_config "" | grep -v token: | sed "s#server.endpoints#from_env.endpoints#" | write_aside "$dir/env.yml"
start from_env env FERROTUNNEL_TOKEN="$token" "$FERROTUNNEL" server --config "$dir/env.yml" --no-watch
wait_until $patience "the server's endpoint file" endpoint_or_end from_env '^control '
signal from_env HUP
said from_env 'env.yml was read again: nothing has changed$'
signal from_env INT
join_ok from_env

say "both sides of a file are checked before either is touched"
both_config() { # TOKEN-LIST SERVICES
    server_config "$1" | sed "s#server.endpoints#both.server.endpoints#"
    printf '%s\n' "client:" "  server: 127.0.0.1:$port" "  token: file:$dir/token" "  workers: 1" \
        "  endpoint_file: $dir/both.endpoints" "  services:" "${@:2}"
}
both_config "file:$dir/token" "    - {name: web, tcp: 0, local: \"$backend\"}" | write_aside "$dir/both.yml"
programs[both]=1
start both "$FERROTUNNEL" run "$dir/both.yml"
wait_for_services both 1
both_config "file:$dir/token, file:$dir/alice" "    - {name: web, tcp: 0, local: \"nowhere at all\"}" | write_aside "$dir/both.yml"
said both 'both.yml was not applied, and nothing has changed: .*client.services'
both_config "file:$dir/token, file:$dir/alice" "    - {name: web, tcp: 0, local: \"$backend\"}" \
    "    - {name: second, tcp: 0, local: \"$backend\"}" | write_aside "$dir/both.yml"
said both 'both.yml was read again: server.token alice added, client.services second added$'
wait_for_services both 2
both_config "file:$dir/token" "    - {name: second, tcp: 0, local: \"$backend\"}" | write_aside "$dir/both.yml"
said both 'both.yml was read again: server.token alice removed, client.services web removed$'
wait_for_services both 1
signal both INT
join_ok both

say "files that are included, and those that come later, are watched too"
mkdir "$dir/conf.d"
{ echo "include: conf.d/"; server_config "file:$dir/token"; } | write_aside "$dir/server.yml"
start_configured
printf 'server:\n  token: file:%s\n' "$dir/alice" | write_aside "$dir/conf.d/alice.yml"
said server 'read again: server.token alice added$'
printf 'include: [more.yml]\nserver:\n  token: file:%s\n' "$dir/alice" | write_aside "$dir/conf.d/alice.yml"
said server 'was not applied, .*alice.yml:1:11: include.0.: cannot read the file'
mkdir "$dir/elsewhere"
printf 'include: [../elsewhere/more.conf]\nserver:\n  token: file:%s\n' "$dir/alice" | write_aside "$dir/conf.d/alice.yml"
said server 'was not applied, .*more.conf'
printf 'server:\n  token: file:%s\n' "$dir/bob" | write_aside "$dir/elsewhere/more.conf"
said server 'read again: server.token bob added$'
printf 'server:\n  bnid: 1\n' | write_aside "$dir/elsewhere/more.conf"
said server 'was not applied, .*elsewhere/more.conf:2:3: server.bnid: no such key'
rm "$dir/conf.d/alice.yml"
said server 'read again: .*server.token alice removed'

say "a start is no reload"
server_config "file:$dir/token" | write_aside "$dir/server.yml"
server_name=fresh start fresh "$FERROTUNNEL" server --config "$dir/server.yml" --bind 127.0.0.1:0 --control off \
    --state-dir "$dir/fresh.state" --endpoint-file "$dir/fresh.endpoints" --log-level info
programs[fresh]=1
wait_until $patience "the endpoint file" endpoint_or_end fresh '^control '
sleep 1 # in which nothing may happen: a test that is late for it does not fail
server_config "file:$dir/token, file:$dir/alice" | write_aside "$dir/server.yml"
said fresh 'server.token alice added'
wait_until $patience "the reload in the log" count_is fresh 'the configuration was reloaded' 1
equal "reloads in the log" "$(count_of fresh 'the configuration was reloaded')" 1

say "the whole of it, without secrets"
"$FERROTUNNEL" check --effective "$dir/server.yml" >"$dir/effective"
has_text "$dir/effective" "token"
has_text "$dir/effective" '  connections_per_token\|  workers: 1$'
has_text "$dir/effective" 'ping_interval: 15s  # default$'
