# A reload that is tried: what locks its user out is taken back, what is confirmed stays; and `config diff`, which tells
# before what a reload would do.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
need curl python3
sockets=$dir/run
on() { run_ok "${@:2}" --control "$sockets/$1.sock"; }

mkdir "$dir/files"
echo hello >"$dir/files/page"
web_port=$(free_port)
start web python3 -m http.server --bind 127.0.0.1 --directory "$dir/files" "$web_port"
wait_for_port "127.0.0.1:$web_port" web
start_server
port_a=$(free_port)
port_b=$(free_port)
# config LINE...: the client's file, with these items of its services.
config() {
    printf '%s\n' "client:" "  server: $control" "  token: file:$dir/token" "  workers: 1" "  services:" "$@" >"$dir/client.aside"
    mv "$dir/client.aside" "$dir/client.yml"
}
far="    - {name: far, tcp: $port_a, local: $web_port}"
more="    - {name: more, tcp: $port_b, local: $web_port}"
start_configured() {
    programs[client]=1
    start client "$FERROTUNNEL" client --config "$dir/client.yml" "$@"
    wait_until $patience "the service" fetches "$port_a"
}
fetches() { [[ $(curl -sS --max-time 10 "http://127.0.0.1:$1/page" 2>/dev/null) == hello ]]; }
is_gone() { refuses "127.0.0.1:$1"; }

config "$far"
start_configured --no-watch

say "nothing differs"
on client config diff
printed '^no differences$'

say "what a reload would change, and what not"
printf '%s\n' "client:" "  server: $control" "  token: file:$dir/token" "  workers: 2" "  drain: 7s" "  services:" \
    "$more" >"$dir/client.yml"
run_fails config diff --control "$sockets/client.sock"
printed '^a reload applies:$'
printed "^  client.services\[far\].tcp: $port_a -> nothing   ($dir/client.yml:6:24)$"
printed "^  client.services\[more\].tcp: nothing -> $port_b   ($dir/client.yml:7:25)$"
printed "^  client.drain: nothing -> 7s   ($dir/client.yml:5:10)$"
printed '^needs a restart:$'
printed "^  client.workers: 1 -> 2   ($dir/client.yml:4:12)$"
fetches "$port_a" || fail "a comparison has changed something"
status=$(curl -sS --max-time $patience --unix-socket "$sockets/client.sock" -o "$dir/answer" -w '%{http_code}' \
    http://localhost/v1/config/diff)
equal "the status" "$status" 200
equal "what needs a restart" "$(python3 -c 'import json, sys
print([(c["key"], c["before"], c["now"]) for c in json.load(sys.stdin)["changes"] if c["needs_restart"]])' <"$dir/answer")" \
    "[('client.workers', '1', '2')]"

say "a bad file is no difference but an error"
config "$far" "    - {nonsense: 1}"
run_fails config diff --control "$sockets/client.sock"
complained 'client.yml:7:.*nonsense'
run_fails reload --try 1s --control "$sockets/client.sock"
complained 'not applied'
run_fails reload --confirm --control "$sockets/client.sock"
complained 'No reload is on trial'

say "who locks himself out is let in again"
config "$more"
on client reload --try 2s
printed '^applied: client.services far removed$'
printed '^on trial: this reload is reverted in 2 s'
wait_for_text client 'the trial was not confirmed, .*client.services far added'
wait_until $patience "the service" fetches "$port_a"
wait_until $patience "the other service's end" is_gone "$port_b"

say "a second trial begins the time again, and goes back to before the first one; SIGHUP is a part of it"
config "$more"
on client reload --try 600s
wait_until $patience "the closed port" is_gone "$port_a"
config "$far" "$more"
signal client HUP
wait_until $patience "the service" fetches "$port_a"
wait_until $patience "the service" fetches "$port_b"
config "$more"
on client reload
printed '^on trial: this reload is reverted in [0-9.]* s'
on client reload --try 1s
wait_until $patience "the second end of a trial" count_is client 'the trial was not confirmed' 2
wait_until $patience "the service" fetches "$port_a"
wait_until $patience "the other service's end" is_gone "$port_b"

say "what is confirmed stays"
on client reload --try 600s
printed '^applied: client.services more added$'
on client reload --confirm
wait_for_text client 'the trial is confirmed'
wait_until $patience "the service" fetches "$port_b"
run_fails reload --confirm --control "$sockets/client.sock"

say "the end of the program ends a trial"
config "$far"
on client reload --try 600s
signal client TERM
join_ok client

say "changes that are seen belong to a trial that was begun before; what was taken back is not applied by itself"
start_configured
on client reload --try 600s
printed '^on trial: all changes made in the meantime are reverted'
config "$more"
wait_for_text client 'read again: .*client.services far removed'
on client reload --try 1s
wait_for_text client 'the trial was not confirmed, .*client.services far added'
config "$more" ""
wait_for_text client 'has changed; send SIGHUP or use `ferrotunnel reload`'
wait_until $patience "the service" fetches "$port_a"
on client reload
wait_until $patience "the service" fetches "$port_b"
config "$far"
wait_until $patience "the service, as changes count again" fetches "$port_a"

say "the server's configuration can be tried as well, and without a file nothing can"
run_fails reload --try 10s --control "$sockets/server.sock"
complained 'cannot reload its configuration'
run_fails config diff --control "$sockets/server.sock"
complained 'cannot reload its configuration'
(umask 077 && "$FERROTUNNEL" token >"$dir/alice" && "$FERROTUNNEL" token >"$dir/word")
second=127.0.0.1:$(free_port)
server_file() {
    printf '%s\n' "server:" "  bind: $second" "  http_bind: off" "  state_dir: $dir/state2" "  endpoint_file: $dir/second.endpoints" \
        "$@" >"$dir/server.yml"
}
server_file "  token: [{name: alice, secret: file:$dir/alice}]"
programs[second]=1
start second "$FERROTUNNEL" server --config "$dir/server.yml" --no-watch
wait_until $patience "the server's endpoint file" endpoint_or_end second '^control ' # its control socket is there, too
second_socket=$sockets/server-$(pid_of second).sock
server_file "  token: [{name: alice, secret: $(<"$dir/word")}]" "  memory_max: 64MiB"
run_fails config diff --control "$second_socket"
printed "^  server.token\[alice\].secret: \"file:$dir/alice\" -> \"(hidden)\""
printed '^  server.memory_max: .* -> 64MiB'
grep -q "$(<"$dir/word")" "$dir/run.out" && fail "a secret is shown"
run_ok reload --try 1s --control "$second_socket"
wait_for_text second 'the earlier settings are restored: server.token alice changed'
