# The client that was written from docs/protocol.md alone registers a service and serves visitors, with tls off; a server
# of ours cannot tell it from its own.
source "$(dirname "$0")/lib.sh"
need python3 curl
python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' || skip "python3 is older than 3.9"

tls=off
start_server --ping-interval 2 --dead-interval 8 --http-bind 127.0.0.1:0
http=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
# foreign NAME OPTION...: its public address is then in $public. The token comes by the environment, so that the process
# list does not show it.
foreign() {
    local name=$1
    shift
    start "$name" env FERROTUNNEL_TOKEN="$token" python3 -B "$E2E_SOURCE/protocol_client.py" --server "$control" \
        --timeout 300 "$@"
    wait_for_text "$name" '^PUBLIC '
    public=127.0.0.1:$(awk '$1 == "PUBLIC" { print $2 }' "$dir/$name.out")
}

say "it agrees with the examples of the document"
python3 -B "$E2E_SOURCE/protocol_client.py" --self-test "$E2E_SOURCE/../../docs/protocol.md"
at_most "lines of the client" "$(wc -l <"$E2E_SOURCE/protocol_client.py")" 299

say "an echo service"
foreign echo --serve echo
line=$(visit "$public" exchange:4M finish rest)
equal bytes "$(value received "$line")" $((4 << 20))
equal "how it ended" "$(value ending "$line")" eof
for number in {1..20}; do
    start "visitor$number" "$E2E_TOOLS/tcp_peer" connect "$public" exchange:200K finish rest
done
for number in {1..20}; do
    join_ok "visitor$number"
done

say "an HTTP service"
foreign web --serve http
equal page "$(curl -sS --fail --max-time 60 "http://$public/some/page")" "Hello from Python, you asked for /some/page"
equal bytes "$(curl -sS --fail --max-time 60 "http://$public/bytes/5000000" | wc -c)" 5000000
public_web=$public

say "the same at a host, where requests come as the server wrote them"
foreign hosted --serve http --host py.example.com
equal port "${public##*:}" "${http##*:}"
for path in /some/page /other; do
    equal page "$(curl -sS --fail --max-time 60 -H 'Host: Py.Example.com' "http://$http$path")" \
        "Hello from Python, you asked for $path"
done
equal bytes "$(curl -sS --fail --max-time 60 -H 'Host: py.example.com' "http://$http/bytes/5000000" | wc -c)" 5000000
signal hosted TERM
join hosted

say "it lives on while it is quiet, beyond the dead interval"
sleep 13
equal page "$(curl -sS --fail --max-time 60 "http://$public_web/")" "Hello from Python, you asked for /"

say "a visitor that resets"
public=127.0.0.1:$(awk '$1 == "PUBLIC" { print $2 }' "$dir/echo.out")
visit "$public" send:100K abort
line=$(visit "$public" exchange:1M finish rest)
equal bytes "$(value received "$line")" $((1 << 20))

say "it ends by itself, and its port with it"
foreign short --serve echo --visitors 2
short=$public
line=$(visit "$short" exchange:1K finish rest)
line=$(visit "$short" exchange:1K finish rest)
join_ok short
wait_until $patience "the closed port" refuses "$short"

say "the server drains"
signal server TERM
join_ok server
join_ok echo
join_ok web

say "a wrong token"
server_name=second_server start_server
wrong=$("$FERROTUNNEL" token)
start wrong env FERROTUNNEL_TOKEN="$wrong" python3 -B "$E2E_SOURCE/protocol_client.py" --server "$control"
join wrong
has_text "$dir/wrong.err" "refused: code 9"
