# Addresses that work: what a client prints can be connected to as it stands there, also where the server listens on
# every address, and a service listens where it asks to, as far as its token may.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl ss

for name in free narrow; do
    (umask 077 && "$FERROTUNNEL" token >"$dir/$name.token")
done
serve_http greeter
greeter=$backend
# server_file TCP_BIND BIND: the second is what the token `narrow` may have.
server_file() {
    cat >"$dir/server.yml" <<END
server:
  bind: 127.0.0.1:0
  tcp_bind: $1
  http_bind: 127.0.0.1:0
  workers: 2
  token:
    - {name: free, secret: "file:$dir/free.token", hosts: ["*"]}
    - {name: narrow, secret: "file:$dir/narrow.token", bind: $2}
END
}
serve_file() {
    programs[server]=1
    rm -f "$dir/server.endpoints"
    start server "$FERROTUNNEL" server --config "$dir/server.yml" --http-bind 127.0.0.1:0 \
        --endpoint-file "$dir/server.endpoints"
    wait_until $patience "the endpoints of the server" endpoint_or_end server '^http '
    control=localhost:$(awk '$1 == "control" { sub(/.*:/, "", $2); print $2 }' "$dir/server.endpoints")
}
# offer NAME TOKEN OPTION...: a client with one connection.
offer() { client_token=$dir/$2.token start_client "$1" --connections 1 "${@:3}"; }
# printed NAME [N]: the address that it has printed, of its Nth service.
printed() { sed -n 's/^  \([a-z]*:\/\/[^ ]*\) -> .*/\1/p' "$dir/$1.out" | sed -n "${2:-1}p"; }
leave() {
    signal "$1" TERM
    join_ok "$1"
}
# answers URL
answers() {
    local url=${1/#tcp:/http:}
    [[ $(curl -s --noproxy '*' --max-time $patience -o /dev/null -w '%{http_code}' "$url") == 200 ]]
}
# listens PORT: where, according to the system.
listens() { ss -Hltn "sport = :$1" | awk '{ print $4 }' | sort; }
# refused NAME CODE TEXT
refused() {
    join "$1"
    equal "exit code of $1" "${exit_codes[$1]}" 3
    grep -qF -- "$2" "$dir/$1.out" || fail "$1 has not said \"$2\""
}

server_file 0.0.0.0 '[127.0.0.2, 127.0.0.3]'
serve_file

say "a server on every address: the client shows the host that it has dialled"
offer every free --tcp "0=$greeter" --udp "0=$greeter" --http "*=$greeter"
wait_for_services every 3
at=$(grep '^  tcp://' "$dir/every.out" | awk '{ print $1 }')
[[ $at == tcp://localhost:* ]] || fail "the client prints $at"
answers "$at" || fail "nobody answers at $at"
equal "where it listens" "$(listens "${at##*:}")" "0.0.0.0:${at##*:}"
has_text "$dir/every.out" '^  udp://localhost:'
web=$(grep '^  http://' "$dir/every.out" | awk '{ print $1 }')
[[ $web == http://localhost:* ]] || fail "the client prints $web"
answers "$web" || fail "nobody answers at $web"
! grep -F 0.0.0.0 "$dir/every.out" "$dir/every.endpoints" || fail "the client shows an address of every interface"
leave every

say "a service on one address of the server"
offer one free --tcp "127.0.0.2:0=$greeter"
wait_for_services one 1
at=$(printed one)
[[ $at == tcp://127.0.0.2:* ]] || fail "the client prints $at"
port=${at##*:}
equal "where it listens" "$(listens "$port")" "127.0.0.2:$port"
answers "$at" || fail "nobody answers at $at"
refuses "127.0.0.1:$port" || fail "another address of the server answers, too"
leave one
start short "$FERROTUNNEL" tcp "$greeter" --remote-bind 127.0.0.2 --server "$control" --token-file "$dir/free.token"
programs[short]=1
wait_for_text short '^  tcp://127\.0\.0\.2:'
leave short

say "a token that may have some addresses: the first one unless it asks, and no other"
offer first narrow --tcp "0=$greeter" --udp "0=$greeter"
wait_for_services first 2
[[ $(printed first) == *//127.0.0.2:* && $(printed first 2) == *//127.0.0.2:* ]] || fail "not the first address"
answers "$(grep -o 'tcp://[^ ]*' "$dir/first.out" | head -n 1)" || fail "nobody answers"
offer second narrow --tcp "127.0.0.3:0=$greeter"
wait_for_services second 1
[[ $(printed second) == *//127.0.0.3:* ]] || fail "not the second address"
offer wider narrow --tcp "0.0.0.0:0=$greeter" --udp "[::]:0=$greeter"
refused wider "The address 0.0.0.0 is not allowed for this token."
grep -qF "The address :: is not allowed for this token." "$dir/wider.out" || fail "UDP may be wider"

say "an address that is taken away while it runs"
server_file 0.0.0.0 127.0.0.3
"$FERROTUNNEL" reload --control "$dir/run/server.sock" >"$dir/reload.out"
wait_until $patience "the client at the address that is left" text_is_there first '^  tcp://127\.0\.0\.3:'
answers "$(grep -o 'tcp://127.0.0.3[^ ]*' "$dir/first.out" | head -n 1)" || fail "nobody answers there"
is_running second || fail "the other client has ended"
leave first
leave second
leave server

say "nobody gets wider than the server listens; to its own machine it may be narrowed"
server_file 127.0.0.2 0.0.0.0
serve_file
offer wide free --tcp "0.0.0.0:0=$greeter"
refused wide "The server does not listen on the address 0.0.0.0."
offer six free --tcp "[::1]:0=$greeter"
refused six "The server does not listen on the address ::1."
offer own free --tcp "127.0.0.1:0=$greeter"
wait_for_services own 1
equal "where it listens" "$(listens "$(printed own | sed 's/.*://')")" "127.0.0.1:$(printed own | sed 's/.*://')"
say "but where its token says so"
offer allowed narrow --tcp "0=$greeter"
wait_for_services allowed 1
equal "where it listens" "$(listens "$(printed allowed | sed 's/.*://')")" "0.0.0.0:$(printed allowed | sed 's/.*://')"
[[ $(printed allowed) == tcp://127.0.0.2:* ]] || fail "the client prints $(printed allowed)"
answers "$(printed allowed)" || fail "nobody answers"

say "what is wrong with it is told before anything is started"
code=0
"$FERROTUNNEL" client --server "$control" --token-file "$dir/free.token" --tcp eth0:80=80 2>"$dir/wrong.err" || code=$?
equal "exit code" $code 2
has_text "$dir/wrong.err" '`bind` "eth0" is not a valid IP address of the server, like 127.0.0.1'
