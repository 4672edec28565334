# Bytes by service: the counters move while a connection lives and end exact, on both sides; and over services of all
# kinds, with visitors who reset, leave and are reset, the sums over services are what the trunks have carried.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3

bytes() { python3 "$E2E_SOURCE/service_bytes.py" "$@"; }
# Not by `bytes`: its shell alone would be ended. A number of the test's own: one that the system chose for TCP may be
# somebody's by UDP.
start echo python3 "$E2E_SOURCE/service_bytes.py" backend "$dir/echo.port" "$(free_port)"
wait_until $patience "the port of the backend" test -s "$dir/echo.port"
echo=127.0.0.1:$(<"$dir/echo.port")
serve_http web
mkdir "$dir/folder"
head -c 100000 /dev/urandom >"$dir/folder/file"
(umask 077 && "$FERROTUNNEL" token >"$dir/key")

start_edge --metrics 127.0.0.1:0 --https-bind 127.0.0.1:0
wait_until $patience "the server's HTTPS endpoint" endpoint_or_end server '^https '
https=$(awk '$1 == "https" { print $2 }' "$dir/server.endpoints")
ready_client client 6 --tcp "0=$echo" --udp "0=$echo" --http "app.test=$backend" --http "files.test=files:$dir/folder" \
    --passthrough "tls.test=$echo" --private "db=$echo" --key-file "$dir/key" --metrics 127.0.0.1:0
programs[visitor]=1
start visitor "$FERROTUNNEL" visit db --local 0 --key-file "$dir/key" --server "$control" --token-file "$dir/token" \
    --metrics 127.0.0.1:0 --endpoint-file "$dir/visitor.endpoints" --tls $tls
wait_for_text visitor "^connected to"
at=$(awk '$2 == "->" { print $1; exit }' "$dir/visitor.out")
programs[proxy]=1
start proxy "$FERROTUNNEL" exit --allow "127.0.0.0/8:${backend##*:}" --server "$control" --token-file "$dir/token" \
    --endpoint-file "$dir/proxy.endpoints" --tls $tls --metrics 127.0.0.1:0
wait_for_services proxy 1
server_metrics=$(awk '$1 == "metrics" { print $2 }' "$dir/server.endpoints")
client_metrics=$(awk '$1 == "metrics" { print $2 }' "$dir/client.endpoints")
public_by() { awk -v what="$1" '$1 == "service" && $3 ~ what { print $3 }' "$dir/client.endpoints"; }
tcp=$(public_by '^127')
udp=$(public_by '^udp')

# number ADDRESS SERIES
number() { curl -sS --max-time 60 "http://$1/metrics" | awk -v s="$2" 'substr($0, 1, length(s) + 1) == s " " { print $NF }'; }
on_server() { echo "ferrotunnel_service_trunk_$1_bytes_total{service=\"$2\",token=\"token\",endpoint=\"$3\"}"; }
on_client() { echo "ferrotunnel_service_trunk_$1_bytes_total{service=\"$2\",kind=\"$3\"}"; }
name=$(awk -v at="$tcp" '$1 == "service" && $3 == at { print $2 }' "$dir/client.endpoints")

say "counters move while a transfer runs, and end exact"
size=$(by_size 16777216 1073741824 268435456)
moved=$(bytes transfer "$tcp" "$size" "$server_metrics" "$(on_server received "$name" "$tcp")" "$(on_server sent "$name" "$tcp")")
at_least "times that the counters were seen to move before the end" "$moved" 5
for way in received sent; do
    equal "$way, at the server" "$(number "$server_metrics" "$(on_server $way "$name" "$tcp")")" "$size"
    equal "$way, at the client" "$(number "$client_metrics" "$(on_client $way "$name" tcp)")" "$size"
done

say "many visitors of all kinds, whose connections end in all ways"
bytes visit "$(by_size 420 10000 3000)" "$tcp" "http://$edge/app.test" "$udp" "http://$edge/files.test" "tls://$https/tls.test" "$at"
equal "through the exit" "$(curl -sS --max-time 60 --socks5 "$(public_of proxy)" -o "$dir/got" -w '%{http_code}' \
    "http://$backend/name/x")" 200
# What is on its way at the end is still counted on both sides, at different times.
sums_agree() {
    local received sent rows_received rows_sent
    read -r received sent rows_received rows_sent < <(bytes sums "$1")
    ((received == rows_received && sent == rows_sent && received > size / 2 * ${2:-1}))
}
wait_until $patience "sums over services that are the server's totals" sums_agree "$server_metrics"
wait_until $patience "those of the client" sums_agree "$client_metrics"
wait_until $patience "those of who visits" sums_agree "$(awk '$1 == "metrics" { print $2 }' "$dir/visitor.endpoints")" 0
for service in app.test files.test tls:tls.test db; do
    for way in received sent; do
        curl -sS --max-time 60 "http://$server_metrics/metrics" | awk -v of="service=\"$service\"" -v way="service_trunk_${way}_" \
            'index($0, of) && index($0, way) && $NF > 0 { found = 1 } END { exit !found }' || fail "nothing of $service was $way"
    done
done

say "totals stay when the client goes"
before=$(number "$server_metrics" "$(on_server sent "$name" "$tcp")")
at_least "bytes before" "$before" "$size"
signal client TERM
join client
services_are_gone() { [[ $(number "$server_metrics" ferrotunnel_services) == 1 ]]; } # the exit's
wait_until $patience "the end of its services" services_are_gone
equal "bytes behind" "$(number "$server_metrics" "$(on_server sent "$name" "$tcp")")" "$before"
check_alive
