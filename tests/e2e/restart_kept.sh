# A server that systemd restarts with the unit that is installed refuses nobody: systemd keeps its sockets, also those of
# public TCP ports, and who comes while no process is there waits in the kernel, and is served. So after a crash.
# Nothing here boots systemd: keeping_manager.py keeps what the unit lets it keep.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need python3
unset FERROTUNNEL_HTTP_BIND # the file says it

unit="$E2E_SOURCE/../../cli/systemd/ferrotunnel@.service.in"
has_text "$unit" '^Type=notify$'
has_text "$unit" '^NotifyAccess=all$'

serve_http web
page=$backend
serve backend echo
serve_udp udp
control=127.0.0.1:$(free_port)
edge=127.0.0.1:$(free_port)
dashboard=127.0.0.1:$(free_port)
metrics=127.0.0.1:$(free_port)
port=$(free_port)
make_token
cat >"$dir/edge.yml" <<END
server:
  bind: $control
  http_bind: $edge
  tcp_bind: 127.0.0.1
  state_dir: $dir/state
  token: file:$dir/token
  dashboard: $dashboard
  metrics: $metrics
  workers: 2
  drain: 20s
  hold: 60s
  http: {hold: 60s}
END
places=("$edge" "127.0.0.1:$port" "$dashboard" "$metrics" "$control")

start manager python3 "$E2E_SOURCE/keeping_manager.py" "$unit" "$dir/notify" \
    "$FERROTUNNEL" run --config "$dir/edge.yml" --no-watch
wait_for_text manager '^READY=1$'
ready_client client 3 --http "app.test=$page" --tcp "$port=$backend" --udp "$port=$udp_backend"
kept="clients dashboard http metrics tcp-$port"
keeps() { [[ $(grep '^keeps ' "$dir/manager.out" | tail -n 1) == "keeps $1" ]]; }
wait_until $patience "what the manager keeps to be $kept" keeps "$kept"
service() { sed -n 's/^started //p' "$dir/manager.out" | tail -n 1; }

# come: visitors come now, while no process is there, and are answered by the next one.
come() {
    local started
    started=$(count_of manager '^READY=1$')
    start visitors python3 "$E2E_SOURCE/restart_visitors.py" now "${places[@]}"
    wait_until $patience "visitors who wait" visitors_wait
    signal manager USR2
    join_ok visitors
    say "  $(tail -n 1 "$dir/visitors.out") ms"
    wait_until $patience "the next process" count_is manager '^READY=1$' $((started + 1))
    wait_until $patience "what the manager keeps to be $kept again" keeps "$kept"
}
visitors_wait() { has_ended visitors || text_is_there visitors '^waiting$'; }

say "restarts"
for ((i = 1; i <= $(by_size 2 20); ++i)); do
    signal manager USR1
    wait_until $patience "the end of the process" count_is manager '^ended 0$' $i
    come
done

say "a crash"
kill -KILL "$(service)"
wait_for_text manager '^ended -9$'
come

say "visitors who come all the time"
start steady python3 "$E2E_SOURCE/restart_visitors.py" "$dir" "${places[@]}"
for ((j = 0; j < $(by_size 3 50); ++j, ++i)); do
    rounds=$(count_of steady '^round ')
    wait_until $patience "more visitors" count_is steady '^round ' $((rounds + 2))
    back=$(count_of client 'is reachable .*service=app.test')
    signal manager USR1
    wait_until $patience "the end of the process" count_is manager '^ended 0$' $i
    signal manager USR2
    # Who was accepted is this process's, and would be lost if that ended before the client is back.
    wait_until $patience "the client" count_is client 'is reachable .*service=app.test' $((back + 1))
done
rounds=$(count_of steady '^round ')
wait_until $patience "more visitors" count_is steady '^round ' $((rounds + 2))
touch "$dir/enough"
join_ok steady
say "$(tail -n 1 "$dir/steady.out") ms"
has_text "$dir/steady.out" 'failed 0,'
! grep -q 'refused' "$dir/client.out" || fail "the client was refused"

say "a public port whose address has changed: what was kept is not in its way, and its client is not refused"
cp "$dir/edge.yml" "$dir/edge.new"
sed -i 's/^  tcp_bind: .*/  tcp_bind: 0.0.0.0/' "$dir/edge.new"
cp "$dir/edge.new" "$dir/edge.yml"
back=$(count_of client 'is reachable .*service=app.test')
signal manager USR1
wait_until $patience "the end of the process" count_is manager '^ended 0$' $i
signal manager USR2
wait_until $patience "the client" count_is client 'is reachable .*service=app.test' $((back + 1))
wait_until $patience "what the manager keeps to be $kept again" keeps "$kept"
! grep -q 'refused' "$dir/client.out" || fail "the client was refused: $(grep -m 1 refused "$dir/client.out")"
((++i))

say "a port that its client has given up is kept no more, and refuses"
sed 's/^  hold: 60s/  hold: 0/' "$dir/edge.new" >"$dir/edge.yml"
started=$(count_of manager '^READY=1$')
kill -HUP "$(service)"
wait_until $patience "the end of the reload" count_is manager '^READY=1$' $((started + 1)) # RELOADING=1 is its beginning
signal client TERM
join_ok client
wait_until $patience "the public ports to be kept no more" keeps "clients dashboard http metrics"
refuses "127.0.0.1:$port" || fail "the port still accepts"

say "an address that has changed meets the socket that is kept: the start fails once, and the next one succeeds"
started=$(count_of manager '^READY=1$') ended=$(count_of manager '^ended 0$')
sed "s/^  http_bind: .*/  http_bind: 0.0.0.0:${edge##*:}/" "$dir/edge.new" >"$dir/edge.yml"
signal manager USR1
wait_until $patience "the end of the process" count_is manager '^ended 0$' $((ended + 1))
signal manager USR2
wait_for_text manager '^ended 1$'
signal manager USR2
wait_until $patience "the next process" count_is manager '^READY=1$' $((started + 1))
signal manager TERM
join_ok manager
