# A gRPC server of grpcio behind a client: every kind of call, trailers, errors, and calls whose visitor goes. Visitors
# speak HTTP/1.1 with trailers, as a proxy does that stands before the edge, and HTTP/2 by grpcio's own client.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
python=${E2E_GRPC_PYTHON:-$(python_with grpc.aio)} || skip "no python3 has grpcio (Debian: python3-grpcio)"
peer() { "$python" "$E2E_SOURCE/grpc_peer.py" "$@"; }

start server_of_calls "$python" "$E2E_SOURCE/grpc_peer.py" serve "$dir/calls.port"
wait_until $patience "the port of the gRPC server" test -s "$dir/calls.port"
printf 'server:\n  http:\n    h2c: on\n    http2_streams: 1000\n' >"$dir/edge.yml"
start_edge --config "$dir/edge.yml"
ready_client client 2 --http "g.test=h2c://127.0.0.1:$(<"$dir/calls.port")" \
    --http "none.test=h2c://127.0.0.1:$(free_port)"
# call METHOD [MESSAGE...]
call() { peer http1 "$edge" g.test "/t.T/$1" "${@:2}"; }

say "calls of each kind"
equal unary "$(call Unary abc | xargs)" "message cba http=200 status=0 said="
equal "server streaming" "$(call ServerStream 3 | xargs)" "message 0 message 1 message 2 http=200 status=0 said="
equal "client streaming" "$(call ClientStream ab cde | xargs)" "message 5 http=200 status=0 said="
equal "bidirectional, one by one" "$(call Bidi a b c | xargs)" "message A message B message C http=200 status=0 said="
equal "many answers" "$(call ServerStream 5000 | wc -l)" 5001

say "errors: the backend's, one of trailers alone, and the edge's own"
equal "an error" "$(call Error x)" "http=200 status=3 said=bad: 100 %25 %C3%A9"
has_text <(call None x) '^http=200 status=12 '
has_text <(peer http1 "$edge" none.test /t.T/Unary x) '^http=200 status=14 said=Bad Gateway: backend_refused'
has_text <(peer http1 "$edge" nobody.test /t.T/Unary x) '^http=200 status=12 said=Not Found: unknown_host'

say "a visitor who goes: the call is cancelled"
start visitor "$python" "$E2E_SOURCE/grpc_peer.py" http1 "$edge" g.test /t.T/Wait x
wait_for_text visitor 'message waiting'
gone_at=$("$python" -c 'import time; print(time.monotonic_ns() // 1000000)')
kill_now visitor
wait_for_text server_of_calls '^cancelled '
say "after $(($(value at "$(grep -a '^cancelled ' "$dir/server_of_calls.out")") - gone_at)) ms"
equal "the next call" "$(call Unary abc | xargs)" "message cba http=200 status=0 said="

say "grpcio's own client: every kind of call, 2 MiB, a deadline, a call that is cancelled"
peer call "$edge" g.test
say "many streams at once on one connection"
peer many "$edge" g.test "$(by_size 200 1000)"
say "one stream there and back"
peer bulk "$edge" g.test "$(by_size 16 1024 128)"
