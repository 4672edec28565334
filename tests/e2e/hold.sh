# Clients and the server are restarted under a steady 100 requests a second: requests wait for their service to come back,
# and none fails; a new connection is needed only where the server itself has not listened.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx python3
unset FERROTUNNEL_HTTP_BIND # the file says it

start_nginx
echo hello >"$dir/www/page"
web=$nginx
make_token
control=127.0.0.1:$(free_port)
http_at=$(free_port)
edge=127.0.0.1:$http_at
metrics=127.0.0.1:$(free_port)
programs[server]=1
# start_holding TIME
start_holding() {
    cat >"$dir/server.yml" <<END
server:
  bind: $control
  http_bind: $edge
  tcp_bind: 127.0.0.1
  state_dir: $dir/state
  token: file:$dir/token
  http: {hold: $1}
  metrics: $metrics
END
    start server "$FERROTUNNEL" server --config "$dir/server.yml" --no-watch
    wait_for_port "$edge" server
}
start_holding 60s
ready_client client 1 --http "app.test=$web"

start ask python3 "$E2E_SOURCE/ask_steadily.py" "$dir" "$http_at"
more_requests
say "a client that is restarted"
for ((i = 0; i < 3; ++i)); do
    signal client TERM
    join_ok client
    more_requests # they wait
    ready_client client 1 --http "app.test=$web"
    more_requests
done
say "a client that is killed: what was on its way is asked again"
for ((i = 0; i < 3; ++i)); do
    kill_now client
    more_requests
    ready_client client 1 --http "app.test=$web"
    all_answered
done
touch "$dir/enough"
join_ok ask
lost=$(sed '0,/^failed/d' "$dir/ask.out" | head -n 1)
say "$(grep rate "$dir/ask.out") requests a second, $(count_of ask '^asked') x 50, $lost failed"
equal "failed requests" "$lost" 0
held=$(curl -sS "http://$metrics/metrics" | awk '$1 == "ferrotunnel_http_held_total" { print $2 }')
at_least "requests that have waited" "$held" 3

say "a server that is restarted: whoever reaches it waits for the client"
wait_until $patience "the claims on disk" file_has "$dir/state/claims" "^host .* app.test /$"
kill_now server
start_holding 60s
equal "the first request" "$(status_of app.test /page)" 200

say "a server that ends keeps nobody waiting for a client, who cannot come back"
signal client TERM
join_ok client
held_is() { [[ $(curl -sS "http://$metrics/metrics" | awk '$1 == "ferrotunnel_http_held_total" { print $2 }') == "$1" ]]; }
held=$(curl -sS "http://$metrics/metrics" | awk '$1 == "ferrotunnel_http_held_total" { print $2 }')
start waits curl -sS -o /dev/null -w '%{http_code}' -H 'Host: app.test' "http://$edge/page"
wait_until $patience "the request that waits" held_is $((held + 1))
signal server TERM
join_ok waits
equal "its answer" "$(<"$dir/waits.out")" 503
join_ok server

say "none waits where that is switched off"
start_holding 0
equal "the first request" "$(status_of app.test /page)" "503 no_client"
