# Who makes the traffic: `services` and `status` name the visitors with most of a service's, show what a second has, and
# sort by it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3
sockets=$dir/run # where programs put them: $RUNTIME_DIRECTORY

services() { curl -sS --max-time $patience --unix-socket "$sockets/server.sock" -o "$dir/answer" http://localhost/v1/services; }
# field EXPRESSION: of the services `s` by name.
field() {
    python3 -c 'import json, sys; s = {one["name"]: one for one in json.load(open(sys.argv[2]))["services"]}
print(eval(sys.argv[1]))' "$1" "$dir/answer"
}
# is EXPRESSION VALUE: of the services now.
is() {
    services
    [[ $(field "$1") == "$2" ]]
}

serve_http web
web=$backend
serve echo expect:100K send:100K finish rest
start_edge
ready_client client 2 --http "app.test=$web" --tcp "0=$backend" --name alice
read -r tcp port < <(awk '$1 == "service" && $3 !~ /^http/ { print $2, $3 }' "$dir/client.endpoints")

say "visitors by address: many small requests, few, and one connection that moves most"
for ((i = 0; i < 12; ++i)); do
    equal "a request" "$(status_of app.test /fields --interface 127.0.0.2)" 200
done
for ((i = 0; i < 3; ++i)); do
    equal "a request" "$(status_of app.test /fields)" 200
done
start visitor "$E2E_TOOLS/tcp_peer" connect "$port" send:100K expect:100K finish rest
join_ok visitor
wait_until $patience "the requests of both addresses" \
    is '[(v["address"], v["visits"]) for v in s["app.test"]["top_visitors"]], s["app.test"]["visits"]' \
    "([('127.0.0.2', 12), ('127.0.0.1', 3)], 15)"
wait_until $patience "the bytes of the connection" \
    is "[(v['address'], v['visits'], v['bytes']) for v in s['$tcp']['top_visitors']], s['$tcp']['visits']" \
    "([('127.0.0.1', 1, 204800)], 1)"

say "services and status name them, and sort"
run_ok services --control "$sockets/server.sock"
printed 'TOP VISITOR'
printed '^  127.0.0.2  *app.test  *12 '
printed "^  127.0.0.1  *$tcp  *1  *200.0 KiB"
first_service() { awk '$2 ~ /:/ { print $1; exit }' <(sed '1,2d' "$dir/run.out"); }
run_ok services --sort bytes --control "$sockets/server.sock"
equal "who has moved most" "$(first_service)" "$tcp"
run_ok services --sort name --control "$sockets/server.sock"
equal "who is first by name" "$(first_service)" "$tcp"
run_ok status --control "$sockets/server.sock"
printed '^  127.0.0.2  *app.test  *12 '
run services --sort speed
equal "the code of a wrong order" "$code" 2
complained 'rate'

say "a service with several hosts"
run_ok services add --json "{\"http\": [\"one.test\", \"two.test\", \"three.test\"], \"local\": \"$web\", \"name\": \"hosts\"}" \
    --control "$sockets/client.sock"
wait_until $patience "the hosts beside the first" is "s.get('hosts', {}).get('more_hosts')" "['two.test', 'three.test']"
for side in server client; do
    run_ok services --control "$sockets/$side.sock"
    printed 'http://one.test[:0-9]* (+2) '
done
run_ok services remove hosts --control "$sockets/client.sock"

say "what a second has: while requests come, their service is first"
visit() {
    until [[ -e $dir/enough ]]; do
        status_of app.test /fields >/dev/null || true
    done
}
visit &
visiting=$!
on_end "kill $visiting 2>/dev/null"
is_busy() {
    run_ok services --sort rate --interval 0.3 --control "$sockets/server.sock"
    awk '$1 == "app.test" { ok = $6 > 0 } END { exit !ok }' "$dir/run.out" && [[ $(first_service) == app.test ]]
}
wait_until $patience "the rate of the busy service" is_busy
start watch "$FERROTUNNEL" status --watch --interval 0.3 --sort rate --control "$sockets/server.sock"
wait_for_text watch 'app.test  *http[^ ]*  *[0-9]*[1-9][0-9.]*  *[0-9]*$'
kill_now watch
touch "$dir/enough"
wait "$visiting"
