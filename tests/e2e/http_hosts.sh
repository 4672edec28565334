# HTTP services: who gets which host, what is refused in which words, assigned names, and what the program prints. What
# visitors see of it is for the tests of the edge.
source "$(dirname "$0")/lib.sh"

backend=127.0.0.1:9
declare -A web=()
start_server --http-bind 127.0.0.1:0 --domain T.Example.com. --public-host tunnel.example.com
http=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
port=${http##*:}
has_text "$dir/server.out" "^  HTTP       $http, hosts below T.Example.com. are assigned"
(umask 077 && "$FERROTUNNEL" token >"$dir/second_token")

# url_of NAME SERVICE
url_of() { awk -v name="$2" '$1 == "service" && $2 == name { print $3 }' "$dir/$1.endpoints"; }
lacks() { ! file_has "$1" "$2"; }
# refused NAME PATTERN: it ends, since nothing is left, and says why.
refused() {
    join "$1"
    equal "exit code of $1" "${exit_codes[$1]}" 3
    has_text "$dir/$1.out" "$2"
}

say "a client with hosts and a port, over two connections"
ready_client first 5 --connections 2 --tcp "0=$backend" --http "App.example.com=$backend" \
    --http "*.example.com/api=$backend" --http "*=$backend" --http "=$backend"
equal url "$(url_of first App.example.com)" "http://app.example.com:$port"
equal url "$(url_of first '*.example.com/api')" "http://*.example.com:$port/api"
equal url "$(url_of first '*')" "http://tunnel.example.com:$port"
assigned=$(url_of first "http:$backend")
[[ $assigned =~ ^http://[a-z0-9]{8}\.t\.example\.com:$port$ ]] || fail "assigned: $assigned"
wait_for_text first "^  http://app.example.com:$port -> $backend"
wait_for_text first "^  tcp://"
http_listed() { (($(grep -c "^service .* http://" "$dir/server.endpoints" || true) >= 4)); }
wait_until $patience "the server's list" http_listed # which is written again while services come
has_text "$dir/server.endpoints" "^service App.example.com http://app.example.com:$port"
equal "http services at the server" "$(grep -c "^service .* http://" "$dir/server.endpoints")" 4

say "the short form"
programs[short]=1
start short "$FERROTUNNEL" http "$backend" --host short.example.com --server "$control" --token-file "$dir/token"
wait_for_text short "^  http://short.example.com:$port -> $backend"

say "two clients cannot hold one host"
start_client twin --http "app.example.com=$backend" --attempts 1
refused twin "refused: app.example.com: The host app.example.com is held by another client with the same token, from .*, which is still connected\."
ready_client other_path 1 --http "app.example.com/other=$backend"
signal other_path TERM
join_ok other_path

if command -v curl >/dev/null; then
    say "visitors: the most specific host and path gets them, of whichever client it is"
    for name in one two three; do
        start "web_$name" "$E2E_TOOLS/http_peer" serve "$dir/web_$name.port"
        wait_until $patience "the port of $name" test -s "$dir/web_$name.port"
        web[$name]=127.0.0.1:$(<"$dir/web_$name.port")
    done
    ready_client web_client 2 --connections 2 --http "split.example.com=${web[one]}" \
        --http "**.wild.example.com=${web[three]}"
    ready_client path_client 1 --http "split.example.com/api=${web[two]}"
    # reached HOST PATH: which of the three has answered.
    reached() {
        local name
        curl -sS --fail --max-time 60 -H "Host: $1" "http://$http$2" -o /dev/null
        for name in one two three; do
            ! file_has "$dir/web_$name.out" "^request GET $2" || echo $name
        done
    }
    equal "split.example.com/name/a" "$(reached split.example.com /name/a)" one
    equal "split.example.com/api/name/b" "$(reached split.example.com /api/name/b || true)" two
    equal "x.y.wild.example.com/name/c" "$(reached x.y.wild.example.com /name/c)" three
    equal "an address below nothing" "$(curl -sS --max-time 60 -o /dev/null -w '%{http_code}' "http://$http/")" 502
    signal path_client TERM
    join_ok path_client
    code() { curl -sS --max-time 60 -o /dev/null -w '%{http_code}' -H "Host: $1" "http://$http$2"; }
    is_away() { [[ $(code "$1" "$2") == 503 ]]; }
    wait_until $patience "the path that is away" is_away split.example.com /api/x
    equal "the rest of that host" "$(code split.example.com /name/d)" 200
fi

say "another client with the same service gets a name of its own"
ready_client second 1 --http "=$backend"
[[ $(url_of second "http:$backend") != "$assigned" ]] || fail "both have $assigned"

say "a silent holder is taken over"
ready_client silent 1 --http "silent.example.com=$backend"
signal silent STOP
ready_client successor 1 --http "silent.example.com=$backend"
signal silent CONT
expected_codes[silent]=5
join silent
equal "exit code of the one that was taken over" "${exit_codes[silent]}" 5
has_text "$dir/silent.out" "took over"

say "a host is its token's, also while the client is away, and comes back to it with its assigned name"
kill_now first
unset "programs[first]"
wait_until $patience "the server's list without it" lacks "$dir/server.endpoints" "App.example.com"
wait_for_text server "client .* is gone"
server_name=server_two_tokens start_server --token-file "$dir/second_token" --http-bind 127.0.0.1:0 --domain t.example.com
two=$control
client_to=$two ready_client owner 1 --http "app.example.com=$backend"
client_to=$two client_token=$dir/second_token start_client thief --http "app.example.com=$backend" --attempts 1
refused thief "The host app.example.com belongs to another token"
signal owner TERM
join_ok owner
client_to=$two client_token=$dir/second_token start_client thief --http "app.example.com=$backend" --attempts 1
refused thief "The host app.example.com belongs to another token, even while its client is disconnected"
client_to=$two ready_client owner 1 --http "app.example.com=$backend"

say "servers without HTTP, and without a domain"
server_name=plain start_server
equal "http lines" "$(grep -c '^http ' "$dir/plain.endpoints" || true)" 0
start_client early --http "app.example.com=$backend"
refused early "This server accepts no HTTP visitors.*--http-bind 0.0.0.0:8080"
server_name=strict start_server --http-bind 127.0.0.1:0
start_client nameless --http "=$backend"
refused nameless "An HTTP service needs a host here.*--domain"

say "an HTTP port that is in use"
start second_bind "$FERROTUNNEL" server --token-file "$dir/token" --bind 127.0.0.1:0 --state-dir "$dir/state" \
    --http-bind "$http"
join second_bind
equal "exit code" "${exit_codes[second_bind]}" 1
has_text "$dir/second_bind.err" "listen for HTTP on $http: Address already in use"
check_alive
