# Ranges of ports, on the command line and in a file: each public port reaches its own port behind it, and nothing else.
source "$(dirname "$0")/lib.sh"
need python3

# free_ports COUNT: the first of so many free ports, one behind the other.
free_ports() {
    local first port next
    first=$(free_port) || return 1
    next=$((first + 1))
    while ((next < first + $1)); do
        port=$(free_port) || return 1
        if ((port != next)); then
            first=$port
        fi
        next=$((port + 1))
    done
    echo "$first"
}
# The address to which the client has connected a visitor is told by the backend's port.
answers() { # PUBLIC_PORT TEXT
    equal "who answered at $1" "$(visit "127.0.0.1:$1" line finish rest | head -n 1)" "line $2"
}
# A UDP backend tells its own port.
answers_datagrams() { # PUBLIC_PORT PORT
    equal "who answered at UDP port $1" "$(python3 "$E2E_SOURCE/udp_peer.py" ask 127.0.0.1 "$1" where)" "$2"
}

behind=$(free_ports 3)
for i in 0 1 2; do
    start "backend_$i" "$E2E_TOOLS/tcp_peer" serve --port $((behind + i)) --port-file "$dir/backend_$i.port" "text:this-is-$i"
    wait_until $patience "the port of backend_$i" test -s "$dir/backend_$i.port"
done
public=$(free_ports 3)
start_server

say "on the command line"
ready_client line 3 --tcp "$public-$((public + 2))=$behind-$((behind + 2))"
for i in 0 1 2; do
    answers $((public + i)) "this-is-$i"
done
kill -TERM "${pids[line]}"
join_ok line

say "in a file, with a name"
cat >"$dir/range.yml" <<YML
client:
  server: $control
  token: file:$dir/token
  tls: $tls
  endpoint_file: $dir/file.endpoints
  services:
    - {tcp: $public-$((public + 2)), local: "127.0.0.1:$behind-$((behind + 2))", name: game}
    - {udp: $public-$((public + 1)), local: "127.0.0.1:$behind-$((behind + 1))", name: voice}
YML
start file "$FERROTUNNEL" client --config "$dir/range.yml"
wait_for_services file 5
for i in 0 1 2; do
    answers $((public + i)) "this-is-$i"
done
equal "the names" "$(awk '$1 == "service" { print $2 }' "$dir/file.endpoints" | sort | xargs)" \
    "game:$public game:$((public + 1)) game:$((public + 2)) voice:$public voice:$((public + 1))"

say "UDP: each port has its own behind it too"
for i in 0 1; do
    serve_udp "udp_backend_$i" $((behind + i))
    answers_datagrams $((public + i)) $((behind + i))
done
kill -TERM "${pids[file]}"
join_ok file

say "UDP on the command line"
ready_client udp_line 2 --udp "$public-$((public + 1))=$behind-$((behind + 1))"
for i in 0 1; do
    answers_datagrams $((public + i)) $((behind + i))
done

say "a range that cannot be right"
for wrong in "$public-$((public + 2))=$behind-$((behind + 1))" "$((public + 2))-$public=1-3" "$public=$behind-$((behind + 2))"; do
    code=0
    "$FERROTUNNEL" client --server "$control" --token-file "$dir/token" --tcp "$wrong" 2>"$dir/wrong.err" || code=$?
    equal "exit code" $code 2
    has_text "$dir/wrong.err" "range\|need"
done
