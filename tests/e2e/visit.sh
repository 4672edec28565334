# Visits: a private service of one client is reached by another, and the server between them learns nothing. The trunks
# are without TLS and go through a relay that keeps every byte, so whoever sits there would see plain text.
source "$(dirname "$0")/lib.sh"
need python3
here=$(dirname "$0")

(umask 077 && "$FERROTUNNEL" token >"$dir/key" && "$FERROTUNNEL" token >"$dir/other_key")
(umask 077 && "$FERROTUNNEL" token >"$dir/guest" && echo made-up >"$dir/weak_key")

# The text that the server must not learn; in the arguments of no process, and in no log.
secret=plain-text-that-only-the-two-clients-know-$RANDOM$RANDOM
for ((i = 0; i < 2000; ++i)); do echo "$secret $i"; done >"$dir/page"
cat >"$dir/backend.py" <<'END'
"""Answers every connection: first what the visitor says until it ends its direction, then the page."""
import socketserver, sys
page = open(sys.argv[1], "rb").read()
class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        print("dialled", flush=True)
        said = self.rfile.read()
        self.wfile.write(said + page)
class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64
with Server(("127.0.0.1", 0), Answer) as server:
    print("port", server.server_address[1], flush=True)
    server.serve_forever()
END
start backend python3 "$dir/backend.py" "$dir/page"
wait_for_text backend "^port "
backend=127.0.0.1:$(awk '$1 == "port" { print $2 }' "$dir/backend.out")

# through ADDRESS FILE: what a visitor gets who sends the file and then ends its direction.
through() {
    python3 -c '
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
try:
    with socket.create_connection((host, int(port)), timeout=60) as it:
        it.sendall(open(sys.argv[2], "rb").read())
        it.shutdown(socket.SHUT_WR)
        while piece := it.recv(65536):
            sys.stdout.buffer.write(piece)
except OSError as error:
    sys.exit(f"visitor: {error}")
' "$1" "$2"
}

tls=off
make_token
start_server --token-file "$dir/guest"
start recorder python3 "$here/recorder.py" "$control" "$dir/captured"
wait_for_text recorder "^[0-9]"
client_to=127.0.0.1:$(<"$dir/recorder.out")

# visiting NAME SERVICE KEY [OPTION...]: a client that visits; where it listens is then in $at.
visiting() {
    programs[$1]=1
    start "$1" "$FERROTUNNEL" visit "$2" --local 0 --key-file "$dir/$3" --server "$client_to" \
        --token-file "${client_token:-$dir/token}" --tls $tls --workers 2 --reconnect-max 1 "${@:4}"
    wait_for_text "$1" "^connected to"
    at=$(awk '$2 == "->" { print $1; exit }' "$dir/$1.out")
}

# --- what the server learns ----------------------------------------------------------------------------------------

start_client office --private "db=$backend" --key-file "$dir/key" --name office
wait_for_text office " -> $backend"
visiting laptop db key

say "a visitor of one client reaches what is behind the other, both ways"
cat "$dir/page" "$dir/page" >"$dir/twice"
for ((i = 0; i < 20; ++i)); do
    through "$at" "$dir/page" >"$dir/got" 2>"$dir/got.err" || fail "a visitor: $(<"$dir/got.err")"
    cmp "$dir/got" "$dir/twice" || fail "what came back is something else"
done

say "neither the server's memory nor what passed its trunks has any of the text"
marker="${secret:0:20}+${secret:20}"
at_least "bytes that were captured" "$(stat -c %s "$dir/captured")" 4000000
equal "in the capture" "$(grep -c -a -F "$secret" "$dir/captured" || true)" 0
equal "in the server's memory" "$(python3 "$here/memory_has.py" "$(pid_of server)" "$marker")" 0

# --- keys, names and rights ------------------------------------------------------------------------------------------

dialled=$(grep -c dialled "$dir/backend.out")
say "a wrong key is refused on both ends, and nothing is dialled"
visiting wrong db other_key
through "$at" "$dir/page" >"$dir/got" 2>"$dir/got.err" && fail "a visitor with a wrong key got an orderly answer"
equal "bytes that came" "$(stat -c %s "$dir/got")" 0
wait_for_text office "a visit was rejected.*service=db.*the visitor's key is not the key of this service"
wait_for_text wrong "a visit failed.*service=db.*rejected the key"
equal "dialled" "$(grep -c dialled "$dir/backend.out")" "$dialled"
join_ok_by_term() { signal "$1" TERM && join_ok "$1"; }
join_ok_by_term wrong

say "a name that is not there and one that may not be visited are answered alike"
visiting lost nothing key
through "$at" "$dir/page" >"$dir/got" 2>&1 && fail "a service that is not there has answered"
wait_for_text lost "a visit failed.*no connected client offers it to this client"
join_ok_by_term lost
client_token=$dir/guest
visiting stranger db@token key
through "$at" "$dir/page" >"$dir/got" 2>&1 && fail "a stranger has reached the service"
wait_for_text stranger "a visit failed.*no connected client offers it to this client"
join_ok_by_term stranger
client_token=

say "visits of a configuration file, which change one by one"
visits_file() { # the visits, as YAML
    cat >"$dir/visits.new" <<END
client:
  server: $client_to
  token: file:token
  tls: $tls
  control: $dir/visits.sock
  timing: {reconnect_max: 1s}
  visits: [$1]
END
    mv "$dir/visits.new" "$dir/visits.yml"
}
first="{name: db, local: 0, key: file:key}"
visits_file "$first"
programs[visits]=1
start visits "$FERROTUNNEL" client --config "$dir/visits.yml" --no-watch
wait_for_text visits "^connected to"
at=$(awk '$2 == "->" { print $1; exit }' "$dir/visits.out")
through "$at" "$dir/page" >"$dir/got" || fail "a visitor"
cmp "$dir/got" "$dir/twice" || fail "what came back is something else"
other_port=$(free_port)
visits_file "$first, {name: nothing, local: $other_port, key: file:key}"
"$FERROTUNNEL" reload --control "$dir/visits.sock" >"$dir/reload.out" || fail "the reload: $(<"$dir/reload.out")"
has_text "$dir/reload.out" "client.visits nothing"
through "127.0.0.1:$other_port" "$dir/page" >"$dir/got" 2>&1 && fail "a service that is not there has answered"
through "$at" "$dir/page" >"$dir/got" || fail "a visitor of the one that has stayed"
is_counted() {
    "$FERROTUNNEL" status --control "$dir/visits.sock" >"$dir/status.out" || fail "status"
    file_has "$dir/status.out" "db  *tcp  *$at .* 0  *2  *0$" &&
        file_has "$dir/status.out" "nothing  *tcp  *127.0.0.1:$other_port .* 1, .*ago: no connected client offers it"
}
wait_until $patience "both in the status" is_counted
visits_file "$first"
"$FERROTUNNEL" reload --control "$dir/visits.sock" >"$dir/reload.out" || fail "the reload: $(<"$dir/reload.out")"
through "127.0.0.1:$other_port" "$dir/page" >"$dir/got" 2>&1 && fail "one that is gone has answered"
through "$at" "$dir/page" >"$dir/got" || fail "a visitor of the one that has stayed"
join_ok_by_term visits

say "wrong words are refused before anything starts"
expect_usage() {
    "$FERROTUNNEL" "${@:2}" >"$dir/usage" 2>&1 && fail "$1: accepted"
    file_has "$dir/usage" "$1" || fail "\"$1\" is not in: $(<"$dir/usage")"
}
expect_usage "\`ferrotunnel token\` makes one that nobody can guess" visit db --local 0 --key-file "$dir/weak_key" \
    --server "$client_to" --token-file "$dir/token"
expect_usage "missing: the private service" visit --local 0 --key-file "$dir/key" --server "$client_to" \
    --token-file "$dir/token"
expect_usage "is not a valid address to listen on" visit db --local nowhere --key-file "$dir/key" --server "$client_to" \
    --token-file "$dir/token"
expect_usage "is for private services" client --tcp 0=22 --key-file "$dir/key" --server "$client_to" \
    --token-file "$dir/token"

# --- the control: without a visit, both would have it -----------------------------------------------------------------

say "the same text through an ordinary service is in both: the search would find it"
ready_client plain 1 --tcp "0=$backend"
through "$(public_of plain)" "$dir/page" >"$dir/got" 2>"$dir/got.err" || fail "a visitor: $(<"$dir/got.err")"
cmp "$dir/got" "$dir/twice" || fail "what came back is something else"
at_least "in the capture" "$(grep -c -a -F "$secret" "$dir/captured" || true)" 2000
at_least "in the server's memory" "$(python3 "$here/memory_has.py" "$(pid_of server)" "$marker")" 1
