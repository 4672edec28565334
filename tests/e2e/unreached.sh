# A backend that is not reached is told at the client, for each kind of service and each reason: a warning once for each
# cause, the line of the request, and its row in the inspector, with the status that the visitor gets.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
need curl python3
export RUNTIME_DIRECTORY=$dir/run
mkdir -m 700 "$RUNTIME_DIRECTORY"

dead=$(free_port) dashboard=$(free_port)
start_edge
cat >"$dir/client.yml" <<YML
client:
  server: $control
  token: file:$dir/token
  tls: $tls
  endpoint_file: $dir/client.endpoints
  inspect: on
  dashboard: 127.0.0.1:$dashboard
  services:
    - {http: refused.test, local: "127.0.0.1:$dead"}
    - {http: name.test, local: "no-such-host.invalid:80"}
    - {http: tls.test, local: "https://$edge"}
    - {http: h2.test, local: "h2c://$edge"}
    - {http: own.test, local: "127.0.0.1:$dashboard"}
    - {http: unix.test, local: "unix:$dir/none.sock"}
    - {tcp: 0, local: "127.0.0.1:$dead", name: tcp}
    - {udp: 0, local: "127.0.0.1:$dead", name: udp}
YML
programs[client]=1
start client "$FERROTUNNEL" client --config "$dir/client.yml"
wait_until $patience "the services" services_are client 8

# rows EXPRESSION: of the rows `r` of the inspector, the newest first.
rows() {
    "$FERROTUNNEL" inspect --json |
        python3 -c 'import json, sys; r = json.load(sys.stdin)["exchanges"]; print(eval(sys.argv[1]))' "$1"
}
# port_of SERVICE: its public port.
port_of() { awk -v name="$1" '$2 == name { sub(/.*:/, "", $3); print $3 }' "$dir/client.endpoints"; }
rows_are() { [[ $(rows "$1") == "$2" ]]; }
warnings() { grep -c "warn .*the backend of a service cannot be reached .*service=$1 .*$2" "$dir/client.err" || true; }

say "each cause: the visitor's 502, one warning, the request's row and line with status and reason"
# SERVICE REASON
while read -r host reason; do
    for visit in 1 2 3; do
        equal "visit $visit of $host" "$(status_of "$host.test" "/$host-$visit" -d "body")" "502 backend_refused"
    done
    wait_until $patience "three rows of $host" rows_are "sum(e['service'] == '$host.test' for e in r)" 3
    equal "the row of $host" \
        "$(rows "[(e['method'], e['target'], e['status'], e['state']) for e in r if e['service'] == '$host.test'][-1]")" \
        "('POST', '/$host-1', 502, 'lost')"
    [[ $(rows "[e['why'] for e in r if e['service'] == '$host.test']") == *"$reason"* ]] || fail "no reason in a row of $host"
    equal "warnings of $host" "$(warnings "$host.test" "$reason")" 1
done <<'CASES'
refused Connection refused
name not known
tls does not speak TLS
h2 it speaks HTTP/1.1
own own control API
unix No such file or directory
CASES

say "TCP and UDP"
tcp=$(port_of tcp) udp=$(port_of udp)
for _ in 1 2; do curl -sS --max-time $patience "http://127.0.0.1:$tcp/" >/dev/null 2>&1 || true; done
wait_until $patience "two rows of tcp" rows_are "[e['state'] for e in r if e['service'] == 'tcp']" "['lost', 'lost']"
equal "its reason" "$(rows "[e['why'] for e in r if e['service'] == 'tcp'][0]")" "Connection refused"
equal "warnings of tcp" "$(warnings tcp 'Connection refused')" 1
udp_is_told() {
    python3 -c 'import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"x", ("127.0.0.1", int(sys.argv[1])))' "$udp"
    [[ $(warnings udp 'Connection refused') == 1 ]]
}
wait_until $patience "the warning of udp" udp_is_told

say "the lines of a client without a file"
mkdir -m 700 "$dir/other"
RUNTIME_DIRECTORY=$dir/other start_client line --inspect on --http "line.test=127.0.0.1:$dead" --tcp "0=127.0.0.1:$dead"
wait_until $patience "the services" services_are line 2
equal "a visit" "$(status_of line.test /line)" "502 backend_refused"
wait_for_text line '502  GET /line .*the backend was not reached: Connection refused'
curl -sS --max-time $patience "http://$(awk '$3 !~ /^http/ && $1 == "service" { print $3 }' "$dir/line.endpoints")/" >/dev/null 2>&1 || true
wait_for_text line 'tcp  .* from 127.0.0.1.*the backend was not reached: Connection refused'

say "what people read, and what an archive has"
run_ok inspect --service refused.test --status 502
has_text "$dir/run.out" '502 .*/refused-3 .*the backend was not reached: Connection refused'
run_ok inspect show "$(rows "[e['id'] for e in r if e['service'] == 'refused.test'][0]")"
has_text "$dir/run.out" '^> POST /refused-3 HTTP/1.1'
has_text "$dir/run.out" 'the backend was not reached: Connection refused'
run_ok inspect har
python3 - "$dir/run.out" <<'PY' || fail "the archive"
import json, sys
entries = [e for e in json.load(open(sys.argv[1]))["log"]["entries"] if e["request"]["url"].endswith("/refused-1")]
assert [e["response"]["status"] for e in entries] == [502], entries
assert "Connection refused" in entries[0]["comment"], entries
PY

say "once it is there, that is told with the number of visitors, and the request can be sent again with its body"
start echo python3 "$E2E_SOURCE/echo_server.py" "$dead"
is_echoed() { [[ $(ask refused.test /again -d body) == body ]]; }
wait_until $patience "the backend" is_echoed
wait_for_text client 'the backend of a service can be reached again .*service=refused.test .*visitors_refused='
run_ok inspect replay "$(rows "[e['id'] for e in r if e['service'] == 'refused.test' and e['state'] == 'lost'][0]")"
has_text "$dir/run.out" '^< HTTP/1.0 200'
has_text "$dir/run.out" '^  body'
