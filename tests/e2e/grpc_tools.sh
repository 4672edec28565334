# The clients of gRPC that people have at a shell: grpcurl, and ghz for many calls at once. Both are Go's gRPC.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need grpcurl ghz
python=${E2E_GRPC_PYTHON:-$(python_with grpc.aio)} || skip "no python3 has grpcio (Debian: python3-grpcio)"

cat >"$dir/t.proto" <<'END'
syntax = "proto3";
package t;
message Text { string text = 1; }
service T {
  rpc Echo(Text) returns (Text);
  rpc Bidi(stream Text) returns (stream Text);
  rpc Error(Text) returns (Text);
  rpc Sleep(Text) returns (Text);
}
END
start server_of_calls "$python" "$E2E_SOURCE/grpc_peer.py" serve "$dir/calls.port"
wait_until $patience "the port of the gRPC server" test -s "$dir/calls.port"
printf 'server:\n  http:\n    h2c: on\n' >"$dir/edge.yml"
start_edge --config "$dir/edge.yml"
ready_client client 1 --http "g.test=h2c://127.0.0.1:$(<"$dir/calls.port")"
call() { grpcurl -plaintext -authority g.test -import-path "$dir" -proto t.proto "${@:3}" -d "$2" "$edge" "t.T/$1" 2>&1; }

say "calls by grpcurl"
equal "unary" "$(call Echo '{"text": "abc"}' | xargs)" "{ text: abc }"
equal "bidirectional" "$(call Bidi '{"text": "ab"} {"text": "cd"}' | grep -c '"text": "\(AB\|CD\)"')" 2
equal "an error" "$({ call Error '{}' || true; } | grep -c 'Code: InvalidArgument')" 1
# The time begins before the connection does: in less it may not come to the call.
equal "a deadline" "$({ call Sleep '{}' -max-time 5 || true; } | grep -c 'Code: DeadlineExceeded')" 1

say "calls by ghz"
ghz --insecure --authority g.test --proto "$dir/t.proto" --call t.T.Echo -d '{"text": "abc"}' -c 50 --connections 5 \
    -n "$(by_size 2000 20000)" "$edge" >"$dir/ghz.out"
has_text "$dir/ghz.out" "\[OK\] *$(by_size 2000 20000) responses"
grep -E 'Requests/sec|99 %' "$dir/ghz.out"
