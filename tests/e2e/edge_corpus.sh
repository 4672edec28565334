# The corpus of valid and hostile messages through the live program, by 20 clients at once: each message is refused, or
# the backend sees exactly one well-formed request with the same meaning; no answer goes to another visitor, and nothing
# arrives that was not sent as a request. Then the same from a hostile backend.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"

corpus=$(cd "$E2E_SOURCE/../corpus/http" && pwd)
clients=20
port=$(free_port)
start_edge
ready_client client 1 --http "*=127.0.0.1:$port"

for part in requests responses; do
    say "$part"
    result=$("$E2E_TOOLS/http_corpus" "$part" "$edge" "$port" "$corpus" "$clients") || {
        echo "$result" | cut -c 1-1000
        fail "the corpus of $part"
    }
    say "$result"
    equal "what was wrong" "$(value wrong "$(tail -n 1 <<<"$result")")" 0
    check_alive
done
