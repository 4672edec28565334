# One number for TCP and UDP in one line: both are there, or none.
source "$(dirname "$0")/lib.sh"
need python3
peer() { python3 "$E2E_SOURCE/udp_peer.py" "$@"; }

# A number of the test's own: one that the system chose for UDP may be somebody's by TCP.
backend_port=$(free_port)
serve_udp backend "$backend_port"
# The same number by TCP, which says what it is.
cat >"$dir/tcp.py" <<'END'
import socketserver, sys
class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"by TCP\n")
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
with Server(("127.0.0.1", int(sys.argv[1])), Answer) as server:
    print("ready", flush=True)
    server.serve_forever()
END
start tcp_backend python3 "$dir/tcp.py" "$backend_port"
wait_for_text tcp_backend '^ready'

(umask 077 && "$FERROTUNNEL" token >"$dir/limited")
make_token
cat >"$dir/server.yml" <<END
server:
  bind: 127.0.0.1:0
  tcp_bind: 127.0.0.1
  http_bind: off
  tls: $tls
  endpoint_file: $dir/server.endpoints
  state_dir: $dir/state
  token:
    - {name: all, secret: file:$dir/token}
    - {name: limited, secret: file:$dir/limited, kinds: tcp}
END
programs[server]=1
start server "$FERROTUNNEL" server --config "$dir/server.yml"
wait_until $patience "the server" file_has "$dir/server.endpoints" '^control '
control=$(awk '$1 == "control" { print $2 }' "$dir/server.endpoints")

by_tcp() { # PORT
    python3 -c 'import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60) as it:
    print(it.makefile().readline().strip())' "$1"
}
is_closed() { ! (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
numbers() { awk '$1 == "service" { sub(/.*:/, "", $3); print $3 }' "$dir/$1.endpoints" | sort -u; }
both() { # PORT
    equal "by TCP" "$(by_tcp "$1")" "by TCP"
    at_least "by UDP, the port that the backend sees" "$(peer ask 127.0.0.1 "$1" who)" 1
}

say "a number that is named, and one that the server chooses"
port=$(free_port)
ready_client named 2 --tcp+udp "$port=127.0.0.1:$backend_port"
equal numbers "$(numbers named)" "$port"
both "$port"
ready_client chosen 2 --tcp+udp "0=127.0.0.1:$backend_port" --workers 2 --connections 3
equal "how many numbers" "$(numbers chosen | wc -l)" 1
both "$(numbers chosen)"

say "where one of them is taken there is none, and both come when it is free"
second=$(free_port)
ready_client holder 1 --udp "$second=127.0.0.1:$backend_port"
programs[waiting]=1
start waiting "$FERROTUNNEL" client --server "$control" --token-file "$dir/token" --tls $tls --reconnect-max 1 \
    --retry-refused 1m --tcp+udp "$second=127.0.0.1:$backend_port" --endpoint-file "$dir/waiting.endpoints"
wait_for_text waiting "a service was refused.*service=tcp:$second .*The service that shares its port number was refused"
wait_for_text waiting "a service was refused.*service=tcp:$second/udp"
wait_until $patience "the TCP port to close" is_closed "$second" # which was opened before the other was refused
peer ask 127.0.0.1 "$second" who >/dev/null
signal holder TERM
join_ok holder
wait_for_services waiting 2
both "$second"

say "a token that may have one kind gets none"
third=$(free_port)
programs[limited]=1
start limited "$FERROTUNNEL" client --server "$control" --token-file "$dir/limited" --tls $tls --retry-refused 1m \
    --tcp+udp "$third=127.0.0.1:$backend_port"
wait_for_text limited "a service was refused.*service=tcp:$third .*The service that shares its port number was refused"
wait_until $patience "the TCP port to close" is_closed "$third"

say "in a file, as a range of one, with a name"
fourth=$(free_port)
cat >"$dir/file.yml" <<END
client:
  server: $control
  token: file:$dir/token
  tls: $tls
  endpoint_file: $dir/file.endpoints
  control: $dir/file.sock
  services:
    - {name: game, tcp+udp: $fourth-$fourth, local: "127.0.0.1:$backend_port-$backend_port", idle: 5s}
END
programs[file]=1
start file "$FERROTUNNEL" client --config "$dir/file.yml"
wait_for_services file 2
both "$fourth"
file_has "$dir/file.endpoints" "game/udp udp://" || fail "the names: $(<"$dir/file.endpoints")"

say "switched off they go together, and come together; so do those that are added while it runs"
on() { "$FERROTUNNEL" "$@" --control "$dir/file.sock" >"$dir/on.out" || fail "$*: $(<"$dir/on.out")"; }
on services disable game
wait_until $patience "the TCP port to close" is_closed "$fourth"
on services
[[ $(grep -c '^ *game.*disabled' "$dir/on.out") == 2 ]] || fail "not both are off: $(<"$dir/on.out")"
on reload
is_closed "$fourth" || fail "a reload brought it back"
on services enable game
wait_for_services file 2
both "$fourth"
fifth=$(free_port)
on services add --json "{\"tcp+udp\": $fifth, \"local\": \"127.0.0.1:$backend_port\", \"name\": \"late\"}"
wait_for_services file 4
both "$fifth"
on services remove late
wait_until $patience "the TCP port to close" is_closed "$fifth"
on services
! grep -q late "$dir/on.out" || fail "a half is left: $(<"$dir/on.out")"
check_alive
