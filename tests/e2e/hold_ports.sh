# Visitors of public ports, and of hosts whose TLS passes untouched, wait for a client that is restarted or killed, and
# for a server that has just begun: none is refused, and they get in in the order in which they came.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
need curl nginx openssl python3

unset FERROTUNNEL_HTTP_BIND # the file says it

secure=127.0.0.1:$(free_port)
plain=127.0.0.1:$(free_port)
make_authority ca
make_certificate own ca app.test
start_nginx "
    ssl_certificate $dir/own.crt;
    ssl_certificate_key $dir/own.key;
    server {
        listen $secure ssl;
        location / { return 200 \"untouched\n\"; }
    }
    server {
        listen $plain;
        location / { return 200 \"hello\n\"; }
    }"
wait_for_port "$secure" nginx
visitors=$E2E_SOURCE/line_of_visitors.py
start backend python3 "$visitors" backend "$dir/backend.port"
wait_until $patience "the port of the backend" test -s "$dir/backend.port"
serve_udp udp_backend

make_token
(umask 077 && "$FERROTUNNEL" token >"$dir/other")
control=127.0.0.1:$(free_port)
metrics=127.0.0.1:$(free_port)
edge=127.0.0.1:$(free_port)
https=127.0.0.1:$(free_port)
port=$(free_port)
second=$(free_port)
# start_holding TIME
start_holding() {
    programs[server]=1
    cat >"$dir/server.yml" <<END
server:
  bind: $control
  http_bind: $edge
  https_bind: $https
  tcp_bind: 127.0.0.1
  state_dir: $dir/state
  token:
    - {name: one, secret: "file:$dir/token"}
    - {name: two, secret: "file:$dir/other"}
  hold: $1
  http: {hold: $1}
  metrics: $metrics
END
    start server "$FERROTUNNEL" server --config "$dir/server.yml" --no-watch
    wait_for_port "$control" server
}
client() {
    ready_client client 5 --tcp "$port=127.0.0.1:$(<"$dir/backend.port")" \
        --tcp "$second=127.0.0.1:$(<"$dir/backend.port")" --udp "$port=$udp_backend" \
        --passthrough "app.test=$secure" --http "web.test=$plain" --connections 1 "$@"
}
number_of() { curl -sS "http://$metrics/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
number_is() { (($(number_of "$1") == $2)); }
# A crowd NAME of so many visitors, who wait.
crowd() {
    start "$1" python3 "$visitors" "127.0.0.1:$port" "$1" "$2"
    wait_for_text "$1" "all are connected"
}
in_order() { grep "^got $1-" "$dir/backend.out" | cut -d - -f 2 | sort -n -c || fail "the order of $1"; }
ask_tls() {
    start "$1" curl -sS --max-time $patience --cacert "$dir/ca.pem" --resolve "app.test:${https##*:}:127.0.0.1" \
        "https://app.test:${https##*:}/"
}

start_holding 60s
client
for how in TERM KILL; do
    say "a client that is ended by $how"
    held=$(number_of ferrotunnel_visitors_held_total)
    waited=$(count_of server "a port waits for its client to reconnect  port=127.0.0.1:$port")
    if [[ $how == TERM ]]; then
        signal client TERM
        join_ok client
    else
        kill_now client
    fi
    wait_until $patience "the held port" count_is server "a port waits for its client to reconnect  port=127.0.0.1:$port" $((waited + 1))
    crowd "$how" 300
    start "udp_$how" python3 "$visitors" udp "127.0.0.1:$port" hello
    ask_tls "tls_$how"
    wait_until $patience "visitors who wait" number_is ferrotunnel_visitors_waiting 301
    client
    join_ok "$how"
    has_text "$dir/$how.out" "^answered 300, reset 0$"
    in_order "$how"
    join_ok "udp_$how"
    join_ok "tls_$how"
    has_text "$dir/tls_$how.out" "^untouched$"
    equal "who has waited" "$(($(number_of ferrotunnel_visitors_held_total) - held))" 301
    equal "who waits" "$(number_of ferrotunnel_visitors_waiting)" 0
done
equal "who was given up" "$(number_of ferrotunnel_visitors_given_up_total)" 0

say "visitors by TLS who stand in the line of a client that does not answer, and is killed"
held=$(number_of ferrotunnel_http_held_total)
opened=$(number_of ferrotunnel_streams_opened_total)
signal client STOP
start in_line python3 "$visitors" tls "$https" app.test "$dir/ca.pem" 280
wait_for_text in_line "all are connected"
wait_until $patience "those who may be unanswered" number_is ferrotunnel_streams_opened_total $((opened + 256))
kill_now client
wait_until $patience "the others, who wait" number_is ferrotunnel_http_held_total $((held + 24))
client
join_ok in_line
has_text "$dir/in_line.out" "^answered 24, reset 256$"

say "of too many the last ones are reset"
signal client TERM
join_ok client
crowd many 1100
wait_until $patience "visitors who wait" number_is ferrotunnel_visitors_waiting 1024
wait_until $patience "those who cannot" number_is ferrotunnel_visitors_given_up_total 76 # else the client may be back before them
client
join_ok many
has_text "$dir/many.out" "^answered 1024, reset 76$"
equal "who was given up" "$(number_of ferrotunnel_visitors_given_up_total)" 76

say "a server that is killed: visitors wait from the moment that it listens"
wait_until $patience "the claims on disk" file_has "$dir/state/claims" "^port .* $second$"
kill_now client
kill_now server
start_holding 60s
wait_for_text server "saved ports are open" # that of UDP; those of TCP each when its worker comes to it
wait_for_text server "a port waits for its client to reconnect  port=127.0.0.1:$port"
wait_for_port "127.0.0.1:$second" server # which is a visitor, too
start udp_early python3 "$visitors" udp "127.0.0.1:$port" hello # waits in the kernel, and is not counted
wait_for_text udp_early "^sent"
crowd early 50
ask_tls tls_early
start web_early curl -sS --max-time $patience -H "Host: web.test" "http://$edge/page"
wait_until $patience "visitors who wait" number_is ferrotunnel_visitors_waiting 51
client
join_ok early
has_text "$dir/early.out" "^answered 50, reset 0$"
in_order early
join_ok udp_early
join_ok tls_early
has_text "$dir/tls_early.out" "^untouched$"
join_ok web_early
has_text "$dir/web_early.out" "^hello$"

signal client TERM
join_ok client

say "the time is over: who waits is reset, and another token has the port"
signal server TERM
join_ok server
rm -r "$dir/state"
start_holding 20s # in which the crowd comes, also where a process stands still for some seconds
client
signal client TERM
join_ok client
crowd late 20
join_ok late
has_text "$dir/late.out" "^answered 0, reset 20$"
wait_until $patience "the end of the hold" refuses "127.0.0.1:$port"
wait_for_text server "a port was closed: its client has not reconnected  port=127.0.0.1:$port reset=20"
client_token=$dir/other ready_client stranger 1 --tcp "$port=127.0.0.1:$(<"$dir/backend.port")"
signal stranger TERM
join_ok stranger

say "none waits where that is switched off"
signal server TERM
join_ok server
start_holding 0
client
signal client TERM
join_ok client
refuses "127.0.0.1:$port" || fail "somebody listens"
