# A visitor of UDP who never stops keeps no client from ending: whoever has the port next gets what he sends.
source "$(dirname "$0")/lib.sh"
need python3

for name in first second; do
    serve_udp "$name"
    printf -v "$name" '%s' "${udp_backend##*:}"
done
start_server
port=$(free_port)
# begin NAME BACKEND [OPTION...]: a client that would wait for its visitors for longer than any test takes.
begin() { ready_client "$1" 1 --udp "$port=127.0.0.1:$2" --drain 1h "${@:3}"; }
# answered_by BACKEND: the visitor has just begun to hear from this one.
answered_by() { wait_until $patience "an answer of the backend $1" last_line_is "answered by $1"; }
last_line_is() { [[ $(tail -n 1 "$dir/visitor.out") == "$1" ]]; }

say "a hand-over"
begin one "$first" --identity web --replace
start visitor python3 "$E2E_SOURCE/udp_peer.py" steady 127.0.0.1 "$port"
answered_by "$first"
begin two "$second" --identity web --replace
answered_by "$second"
join_ok one
equal "how often the visitor was moved" "$(count_of visitor answered)" 2
kill_now visitor
signal two TERM
join_ok two

say "a member of a group"
port=$(free_port)
begin one "$first" --group grams
start visitor python3 "$E2E_SOURCE/udp_peer.py" steady 127.0.0.1 "$port"
answered_by "$first"
begin two "$second" --group grams
signal one TERM
answered_by "$second"
join_ok one
kill_now visitor
signal two TERM
join_ok two

say "a private service, which another client visits"
(umask 077 && "$FERROTUNNEL" token >"$dir/key")
# offer NAME BACKEND: as begin.
offer() {
    start_client "$1" --private-udp "grams=127.0.0.1:$2" --key-file "$dir/key" --drain 1h --identity web --replace
    wait_for_text "$1" " -> 127.0.0.1:$2"
}
port=$(free_port)
offer one "$first"
programs[visit]=1
start visit "$FERROTUNNEL" visit grams --udp --local "127.0.0.1:$port" --key-file "$dir/key" --server "$control" \
    --token-file "$dir/token" --tls $tls --control off
wait_for_text visit '^connected to'
start visitor python3 "$E2E_SOURCE/udp_peer.py" steady 127.0.0.1 "$port"
answered_by "$first"
offer two "$second"
answered_by "$second"
join_ok one
