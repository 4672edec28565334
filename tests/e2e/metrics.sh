# Numbers for Prometheus: what is counted is exact, both formats are read by others' parsers, a client and a server say
# whether they are ready, and a page in a browser cannot read them.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3

serve_http web
start_edge --metrics 127.0.0.1:0
server_metrics=$(awk '$1 == "metrics" { print $2 }' "$dir/server.endpoints")
has_text "$dir/server.out" "^  metrics    http://$server_metrics/metrics"
start_client client --http "app.test=$backend" --tcp "0=$backend" --name laptop --metrics 127.0.0.1:0 --connections 1
wait_until $patience "the services" services_are client 2
client_metrics=$(awk '$1 == "metrics" { print $2 }' "$dir/client.endpoints")

# read_metrics ADDRESS [CURL OPTION...]: into $dir/metrics.
read_metrics() { curl -sS --max-time 60 -o "$dir/metrics" "http://$1/metrics" "${@:2}"; }
# number ADDRESS SERIES: its value now; SERIES as it is written, with its labels.
number() {
    read_metrics "$1"
    awk -v series="$2" 'substr($0, 1, length(series) + 1) == series " " { print $NF }' "$dir/metrics"
}
status_at() { curl -sS --max-time 60 -o "$dir/said" -w '%{http_code}' "http://$1" "${@:2}"; }

say "what is there from the start"
equal "the side" "$(number "$server_metrics" "ferrotunnel_build_info{version=\"$("$FERROTUNNEL" --version | awk '{ print $NF }')\",side=\"server\"}")" 1
equal "clients, trunks, services" "$(number "$server_metrics" ferrotunnel_clients) $(number "$server_metrics" ferrotunnel_trunks) $(number "$server_metrics" ferrotunnel_services)" "1 1 2"
equal "a cause that nothing had" "$(number "$server_metrics" 'ferrotunnel_refusals_total{reason="login"}')" 0
equal "the client's services" "$(number "$client_metrics" 'ferrotunnel_services{state="accepted"}')" 2

say "requests and bytes are counted exactly"
endpoint=$(awk '$1 == "service" && $2 == "app.test" { print $3 }' "$dir/client.endpoints")
series="ferrotunnel_service_http_requests_total{service=\"app.test\",token=\"token\",endpoint=\"$endpoint\"}"
equal "requests so far" "$(number "$server_metrics" "$series")" 0
for ((i = 0; i < 10; i++)); do
    equal "a request" "$(status_of app.test /name/x)" 200
done
equal "requests of the service" "$(number "$server_metrics" "$series")" 10
of_web=${series#*\{} of_web=${of_web%\}}
answers() { number "$server_metrics" "ferrotunnel_service_http_answers_total{$of_web,code=\"$1\"}"; }
answers_are() { [[ $(answers "$1") == "$2" ]]; } # a request has ended a little later than its answer is there
wait_until $patience "answers of the service" answers_are 2xx 10
equal "answers of another class" "$(answers 5xx)" 0
equal "times to the first byte" "$(number "$server_metrics" "ferrotunnel_service_http_first_byte_seconds_count{$of_web}")" 10
equal "those of whole requests" "$(number "$server_metrics" "ferrotunnel_service_http_request_seconds_bucket{$of_web,le=\"+Inf\"}")" 10
equal "requests of the edge" "$(number "$server_metrics" ferrotunnel_http_requests_total)" 10
equal "a host that nobody has" "$(status_of other.test /)" "404 unknown_host"
equal "pages" "$(number "$server_metrics" ferrotunnel_http_pages_total)" 1
received=$(number "$client_metrics" ferrotunnel_trunk_received_bytes_total)
head -c 1000000 /dev/zero >"$dir/body"
equal "an upload" "$(status_of app.test /name/x -T "$dir/body")" 200
after=$(number "$client_metrics" ferrotunnel_trunk_received_bytes_total)
at_least "bytes that the client has received for it" $((after - received)) 1000000
at_most "and not many more" $((after - received)) 1010000

say "what visitors say is not a label"
for ((i = 0; i < 50; i++)); do
    status_of "host$i.test" "/path$i" -X "METHOD$i" >/dev/null
done
read_metrics "$server_metrics"
! grep -q 'host1\|path1\|METHOD1' "$dir/metrics" || fail "a visitor's word is a label"

say "others' parsers read both formats"
read_metrics "$server_metrics"
if command -v promtool >/dev/null; then
    promtool check metrics <"$dir/metrics" >"$dir/promtool.out" 2>&1 || fail "promtool: $(<"$dir/promtool.out")"
fi
read_metrics "$server_metrics" -D "$dir/head" -H 'Accept: application/openmetrics-text; version=1.0.0'
has_text "$dir/head" '^Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8'
equal "its end" "$(tail -n 1 "$dir/metrics")" "# EOF"
python3 - "$dir/metrics" <<'END' || fail "the OpenMetrics parser refuses it"
import sys
try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    sys.exit(0)
names = [family.name for family in text_string_to_metric_families(open(sys.argv[1]).read())]
assert len(names) > 30 and len(names) == len(set(names)), names
END
duplicates=$(grep -v '^#' "$dir/metrics" | awk '{ print $1 }' | sort | uniq -d)
equal "series that are there twice" "$duplicates" ""

say "the dashboard and the alerts ask for what is there, and the documentation has all of it"
docs=$E2E_SOURCE/../../docs
read_metrics "$client_metrics"
cp "$dir/metrics" "$dir/of_client"
read_metrics "$server_metrics"
DOCS=$docs/metrics.md python3 "$E2E_SOURCE/dashboard_names.py" "$docs/monitoring/grafana.json" "$docs/monitoring/alerts.yml" \
    "$dir/metrics" "$dir/of_client" || fail "names differ"
if command -v promtool >/dev/null; then
    promtool check rules "$docs/monitoring/alerts.yml" >"$dir/rules.out" 2>&1 || fail "promtool: $(<"$dir/rules.out")"
    promtool test rules "$docs/monitoring/alerts_test.yml" >"$dir/rules.out" 2>&1 || fail "promtool: $(<"$dir/rules.out")"
fi

say "reloads are counted, and a file with a mistake is seen"
write_file() {
    printf 'client:\n  server: %s\n  token: file:%s\n  metrics: 127.0.0.1:0\n  control: %s\n  services: [{http: %s, local: "%s"}]\n' \
        "$control" "$dir/token" "$dir/reloaded.sock" "$1" "$backend" >"$dir/reloaded.yml"
}
write_file first.test
programs[reloaded]=1
start reloaded "$FERROTUNNEL" client --config "$dir/reloaded.yml" --no-watch --endpoint-file "$dir/reloaded.endpoints" --tls $tls \
    --log-format json
wait_for_services reloaded 1
reloaded=$(awk '$1 == "metrics" { print $2 }' "$dir/reloaded.endpoints")
result() { number "$reloaded" "ferrotunnel_config_reloads_total{result=\"$1\"}"; }
equal "before" "$(result applied) $(result refused) $(number "$reloaded" ferrotunnel_config_last_reload_successful)" "0 0 1"
write_file 'not..a.host'
"$FERROTUNNEL" reload --control "$dir/reloaded.sock" >"$dir/reload.out" 2>&1 && fail "a mistake was applied"
equal "a mistake" "$(result applied) $(result refused) $(number "$reloaded" ferrotunnel_config_last_reload_successful)" "0 1 0"
wait_for_text reloaded '"level":"warn","msg":"a reload was rejected","why":".*not..a.host'
write_file second.test
signal reloaded HUP
applied_are() { [[ $(result applied) == "$1" ]]; }
wait_until $patience "the reload" applied_are 1
wait_for_text reloaded '"level":"info","msg":"the configuration was reloaded","outcome":"[^"]*second.test'
curl -sS --unix-socket "$dir/reloaded.sock" http://localhost/v1/events >"$dir/events"
has_text "$dir/events" '"The configuration was rejected: .*not..a.host'
has_text "$dir/events" '"The configuration was applied: [^"]*second.test'
equal "without one" "$(number "$reloaded" ferrotunnel_config_last_reload_successful)" 1
at_least "when" "$(number "$reloaded" ferrotunnel_config_last_reload_success_timestamp_seconds | awk '{ printf "%d", $1 }')" 1700000000

say "alive and ready"
equal "the server" "$(status_at "$server_metrics/healthz") $(status_at "$server_metrics/readyz")" "200 200"
equal "the client" "$(status_at "$client_metrics/healthz") $(status_at "$client_metrics/readyz")" "200 200"
"$FERROTUNNEL" health --control "$dir/run/client.sock" >"$dir/health.out" || fail "the client is not ready"
has_text "$dir/health.out" "client.sock: ready"
kill_now server
client_is() { [[ $(status_at "$client_metrics/readyz") == "$1" ]]; }
wait_until $patience "the client that is not ready" client_is 503
has_text "$dir/said" "not connected"
if "$FERROTUNNEL" health --control "$dir/run/client.sock" >"$dir/health.out"; then
    fail "the client says that it is ready"
fi
has_text "$dir/health.out" "client.sock: The client is not connected"
equal "it lives" "$(status_at "$client_metrics/healthz")" 200

say "nobody changes anything, and no name reads it"
equal "POST" "$(status_at "$client_metrics/metrics" -d x=y)" 405
equal "the control API" "$(status_at "$client_metrics/v1/status")" 404
equal "a name that leads here" "$(status_at "$client_metrics/metrics" -H 'Host: evil.test')" 403
equal "localhost" "$(status_at "$client_metrics/metrics" -H 'Host: localhost:1')" 200

say "an address that is in use ends the start"
if "$FERROTUNNEL" client --server 127.0.0.1:1 --token-file "$dir/token" --tcp 0=1 --metrics "$client_metrics" \
    >"$dir/busy.out" 2>"$dir/busy.err"; then
    fail "it has started"
fi
has_text "$dir/busy.err" "metrics readers on $client_metrics"
check_alive
