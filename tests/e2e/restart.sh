# A server that restarts, in order or by kill -9, still knows who has which host, assigned name and port: visitors hear
# 503 with Retry-After and not 404, and nobody else gets what belongs to a client that is on its way back.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl

(umask 077 && "$FERROTUNNEL" token >"$dir/second_token")
port=$(free_port)
server_bind=127.0.0.1:$(free_port)
http_bind=127.0.0.1:$(free_port)
serve_http web
web=$backend
serve plain echo
make_token
run_server() {
    start_server --http-bind "$http_bind" --domain t.example.com --token-file "$dir/second_token" "$@"
    edge=$http_bind
}
services=(--http "app.example.com=$web" --http "*.wild.example.com/api=$web" --http "=$web" --tcp "$port=$backend")
run_server
ready_client client 4 "${services[@]}"
assigned=$(awk '$3 ~ /t\.example\.com/ { print $3 }' "$dir/client.endpoints")
assigned=${assigned#http://}
assigned=${assigned%%:*}
equal "while all is well" "$(status_of app.example.com /)" 200
wait_until $patience "the claims on disk" file_has "$dir/state/claims" "^port .* $port$"
has_text "$dir/state/claims" "^host .* app.example.com /$"
equal "mode of the file" "$(stat -c %a "$dir/state/claims")" 600
! grep -q -F -e "${token:4:20}" "$dir/state/claims" || fail "the token is in the file"

knows_its_hosts() {
    equal "a host" "$(status_of app.example.com /)" "503 no_client"
    has_text "$dir/head" '^Retry-After: [1-9]'
    equal "a pattern with a path" "$(status_of x.wild.example.com /api/v1)" "503 no_client"
    equal "an assigned host" "$(status_of "$assigned" /)" "503 no_client"
    equal "another path" "$(status_of x.wild.example.com /other)" "404 unknown_path"
    equal "a host that nobody had" "$(status_of other.example.com /)" "404 unknown_host"
}

say "killed, while its client is away"
signal client STOP
kill_now server
signal client KILL
join client
run_server
knows_its_hosts
client_token=$dir/second_token start_client thief --http "app.example.com=$web" --tcp "$port=$backend" \
    --attempts 1
wait_until $patience "two refusals" count_is thief 'a service was refused' 2
has_text "$dir/thief.err" 'belongs to another token'
has_text "$dir/thief.err" "Public port $port is reserved for another client"
join thief
unset "programs[thief]"

say "its client comes back, to the same names"
ready_client client 4 "${services[@]}"
equal "a host" "$(status_of app.example.com /)" 200
equal "an assigned host" "$(status_of "$assigned" /)" 200
equal "through the port" "$(value received "$(visit "127.0.0.1:$port" exchange:1K finish rest)")" 1024

say "stopped in order: no visitor hears 404 meanwhile, and the client is back at once"
signal server TERM
join_ok server
run_server
began=$(now_ms)
until [[ ${answer:-} == 200 ]]; do
    answer=$(status_of app.example.com /)
    [[ $answer == 200 || $answer == "503 "* ]] || fail "a visitor heard \"$answer\""
    at_most "milliseconds" $(($(now_ms) - began)) 20000
done
say "back after $(($(now_ms) - began)) ms"

say "a file that was damaged is as good as what can be read of it"
kill_now server
signal client KILL
join client
sed -i -e 's/^port .*/port zz 99999/' -e 's/^\(host .*\)wild/\1 \x01 wild/' "$dir/state/claims"
printf 'host 0011' >>"$dir/state/claims"
run_server
equal "a host" "$(status_of app.example.com /)" "503 no_client"
equal "one that was damaged" "$(status_of x.wild.example.com /api)" "404 unknown_host"
kill_now server
head -c 100000 /dev/urandom >"$dir/state/claims"
run_server
equal "nothing is left" "$(status_of app.example.com /)" "404 unknown_host"
kill_now server
rm "$dir/state/claims" && mkdir "$dir/state/claims"
run_server
ready_client client 4 "${services[@]}"
wait_for_text server 'claims cannot be saved'
check_alive
