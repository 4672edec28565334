# A thousand WebSockets of Node's ws through the HTTP edge, all open together: messages, fragments, 1 MiB frames, pings,
# and closing codes with their reasons arrive as they were sent, both ways. An upgrade that the backend refuses leaves
# the connection for the next request. Then the same by HTTP/2, with Node's client of it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need_ws

count=1000
large=$(by_size 50 1000 200)
serve_node backend
printf 'server:\n  http:\n    h2c: on\n    http2_websockets: on\n  access_log: %s\n  access_log_format: json\n' \
    "$dir/access.log" >"$dir/edge.yml"
start_edge --config "$dir/edge.yml" --log-level debug
ready_client client 1 --http "app.example.com=$backend"

# visit COUNT LARGE [http2]: the visitors, and what they say at their end.
visit() {
    start visitors node "$E2E_SOURCE/node/websocket_visitors.mjs" "$ws" "$edge" app.example.com "$@"
    join visitors 600
    cat "$dir/visitors.out"
    equal "the visitors' exit code" "${exit_codes[visitors]}" 0
    result=$(tail -n 1 "$dir/visitors.out")
    equal "sockets open together" "$(value open "$result")" "$1"
    equal "messages that came back" "$(value messages "$result")" $((4 * $1 + 2 * $2))
    equal "pings that were answered" "$(value pongs "$result")" "$1"
    equal "pings of the backend" "$(value pings "$result")" "$1"
    equal "sockets closed with their code and reason" "$(value closed "$result")" "$1"
    equal "refused upgrades, each with another request behind it" "$(value refused "$result")" 3
}

say "$count WebSockets, $large of them with 1 MiB frames"
visit $count "$large"

say "what the backend has seen of it"
wait_until $patience "the end of all sockets at the backend" count_is backend '^closed [0-9]* 4[0-9]* reason of ' $count
equal "pongs to the backend" "$(count_of backend '^pong [0-9]* of ')" $count
for id in 0 1 500 999; do
    equal "the end of socket $id" "$(grep -a "^closed $id " "$dir/backend.out")" \
        "closed $id $((4000 + id)) reason of $id"
done
equal "sockets that failed" "$(count_of backend '^failed ')" 0

by_http2=$(by_size 150 1000 300)
say "$by_http2 by HTTP/2, 10 of them with 1 MiB frames"
visit "$by_http2" 10 http2
wait_until $patience "their end at the backend" count_is backend '^closed [0-9]* 4[0-9]* reason of ' $((count + by_http2))
equal "sockets that failed" "$(count_of backend '^failed ')" 0
wait_for_text server 'a request ended .*protocol=HTTP/2'

say "what the access log says of the bytes both ways"
sockets='"target":"/echo/[0-9]*".*"status":101,'
sockets_are() { (($(grep -c "$sockets" "$dir/access.log") >= $1)); }
wait_until $patience "a line for each socket" sockets_are $((count + by_http2))
for protocol in HTTP/1.1 HTTP/2; do
    grep "$sockets" "$dir/access.log" | grep "\"protocol\":\"$protocol\"" >"$dir/lines" || fail "no line of $protocol"
    ! grep -E '"(received|sent)":0,' "$dir/lines" || fail "sockets by $protocol that moved nothing"
done
