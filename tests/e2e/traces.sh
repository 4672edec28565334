# Traces: spans of requests reach a collector that holds them against the official protobuf definitions, backends are told
# their place in the trace, the rate and trusted proxies decide what is sampled; a collector that is away or silent costs
# spans, which are counted, and nobody's time.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3 openssl

# The definitions are pip's, beside the tools once for all tests. Without them the collector knows fewer rules.
definitions=$E2E_TOOLS/../otlp
get_definitions() {
    # shellcheck disable=SC2016
    flock -w 200 "$E2E_TOOLS/otlp.lock" bash -c '
        [[ -d $1/opentelemetry ]] && exit 0
        rm -rf "$1.new"
        timeout 60 python3 -m pip install --quiet --disable-pip-version-check --no-input --retries 0 --timeout 15 \
            --target "$1.new" opentelemetry-proto==1.29.0 && mv "$1.new" "$1"' - "$definitions" </dev/null >"$dir/pip.log" 2>&1
}
python3 -c 'import opentelemetry.proto' 2>/dev/null || get_definitions || say "pip has no opentelemetry-proto: the protobuf definitions are left out"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
PYTHONPATH=$definitions start collector python3 "$E2E_SOURCE/collector.py" "$dir/ports" "$dir/spans" "$dir/cert.pem" "$dir/key.pem"
wait_until $patience "the collector's ports" test -s "$dir/ports"
read -r plain silent secure by <"$dir/ports"
say "held against: $by"

# configure [ENDPOINT SAMPLE]: the server's file; without these there are no traces in it.
configure() {
    cat >"$dir/server.yml" <<END
server:
  http: {trusted_proxies: [127.0.0.2], h2c: on}
  plugins: {chain: [ip-filter: {deny: [127.0.0.3]}]}
END
    (($# == 0)) || cat >>"$dir/server.yml" <<END
  traces:
    endpoint: "$1"
    sample: $2
    service_name: edge
    headers: {X-Key: "env:COLLECTOR_KEY"}
    ca: cert.pem
END
}
# reconfigure [ENDPOINT SAMPLE]: and waits until the server has taken it over.
reconfigure() {
    local before
    before=$(count_of server 'was read again')
    configure "$@"
    signal server HUP
    wait_until $patience "the reload" count_is server 'was read again' $((before + 1))
}
series() { curl -sS --max-time 60 "http://$metrics/metrics" | awk -v s="ferrotunnel_trace_spans_total{outcome=\"$1\"}" 'index($0, s) == 1 { print $NF }'; }
parent=4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7

configure
export COLLECTOR_KEY=SECRET-1
start_edge --config "$dir/server.yml" --no-watch --metrics 127.0.0.1:0
metrics=$(awk '$1 == "metrics" { print $2 }' "$dir/server.endpoints")
ready_client client 1 --name laptop --http "app.example.com=127.0.0.1:$plain" --connections 1

say "without traces what visitors say is passed on as it is"
ask app.example.com /off -H "traceparent: 00-$parent-0g" -H 'tracestate: A=1' >"$dir/off"
has_text "$dir/off" "\"traceparent\", \"00-$parent-0g\""
has_text "$dir/off" '"tracestate", "A=1"'

say "requests that are sampled"
reconfigure "http://127.0.0.1:$plain" 1
ask app.example.com "/begun?secret=SECRET-2" -H 'tracestate: a=1' >"$dir/begun"
ask app.example.com /goes-on -H "traceparent: 00-$parent-00" -H 'tracestate: a=1,b=2' >"$dir/goes-on"
ask app.example.com /http2 --http2-prior-knowledge -H "traceparent: 00-$parent-01" -H 'tracestate: A=1' >"$dir/http2"
ask app.example.com /invalid -H "traceparent: 00-$parent-0g" -H 'tracestate: a=1' >"$dir/invalid"
ask app.example.com /broken >"$dir/broken"
equal "a plugin's answer" "$(status_of app.example.com /denied --interface 127.0.0.3)" "403 ip_denied"
equal "no service" "$(status_of none.example.com /nobody)" "404 unknown_host"
ask app.example.com /trusted-not -H "traceparent: 00-$parent-00" --interface 127.0.0.2 >"$dir/trusted-not"

say "with a rate of 0, and of requests whose proxy decides"
reconfigure "http://127.0.0.1:$plain" 0
ask app.example.com /rate-0 >"$dir/rate-0"
ask app.example.com /asked-for -H "traceparent: 00-$parent-01" >"$dir/asked-for"
ask app.example.com /trusted -H "traceparent: 00-$parent-01" --interface 127.0.0.2 >"$dir/trusted"

say "a batch is sent at once"
reconfigure "http://127.0.0.1:$plain" 1
# crowd NAME COUNT: so many requests, all of which are answered.
crowd() {
    local began
    began=$(now_ms)
    ask app.example.com "/$1/[1-$2]" -o "$dir/none" -w '%{http_code}\n' | sort | uniq -c >"$dir/codes"
    equal "answers" "$(tr -s ' ' <"$dir/codes")" " $2 200"
    say "$2 requests in $(($(now_ms) - began)) ms"
}
crowd good 130
wait_until $patience "the first batch" file_has "$dir/spans" '"/trusted"'

say "a collector that is away: nobody waits"
reconfigure "http://127.0.0.1:$(free_port)" 1
crowd away 700
at_least "spans that are dropped, or have failed by now" $(($(series dropped) + $(series failed))) 1
say "one that is silent"
reconfigure "http://127.0.0.1:$silent" 1
crowd silent 20

say "and one that is there again, with TLS, which gets what waits; and the rest when the server ends"
reconfigure "https://localhost:$secure/v1/traces" 1
told_of() { (($(series sent) + $(series dropped) + $(series failed) > 4 * 850 - 512)); }
wait_until $patience "the batches that wait" told_of
ask app.example.com /last -o "$dir/none"
signal server TERM
join_ok server
! grep -n WRONG "$dir/spans" | head -3 || fail "spans that are wrong"
! grep -q SECRET-2 "$dir/spans" || fail "a query is in a span"
! grep -q SECRET "$dir/server.err" "$dir/server.out" || fail "a secret is in the log"
python3 - "$dir" "$parent" <<'PY' || fail "the spans above are wrong"
import json, sys

folder, parent = sys.argv[1:3]
spans = [json.loads(line) for line in open(folder + "/spans")]
trace, visitor = parent.split("-")
assert all(span["resource"]["service.name"] == "edge" and span["key"] == "SECRET-1" for span in spans)
roots = {span["attributes"]["url.path"]: span for span in spans if span["kind"] == 2}
crowd = [path for path in roots if path.count("/") == 2]
assert set(roots) - set(crowd) == {"/begun", "/goes-on", "/http2", "/invalid", "/broken", "/denied", "/nobody", "/trusted", "/last"}, set(roots)
assert any(path.startswith(("/away/", "/silent/")) for path in crowd), len(crowd)  # by TLS
ids = [span["spanId"] for span in spans]
assert len(ids) == len(set(ids))


def below(path):
    root = roots[path]
    found = {span["name"]: span for span in spans if span.get("parentSpanId") == root["spanId"]}
    assert all(span["traceId"] == root["traceId"] for span in found.values()), found
    for span in found.values():
        assert int(root["startTimeUnixNano"]) <= int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) <= int(root["endTimeUnixNano"]), (root, span)
    return found


def told(path):  # what the backend was told
    fields = json.load(open(folder + path))
    parents = [value for name, value in fields if name == "traceparent"]
    assert len(parents) == 1, fields
    return parents[0].split("-"), [value for name, value in fields if name == "tracestate"]


for path, state in (("/begun", []), ("/goes-on", ["a=1,b=2"]), ("/http2", []), ("/invalid", []), ("/trusted", []), ("/broken", [])):
    children = below(path)
    assert set(children) == {"plugins", "trunk", "backend"}, (path, children)
    assert int(children["plugins"]["endTimeUnixNano"]) <= int(children["trunk"]["startTimeUnixNano"])
    assert int(children["trunk"]["endTimeUnixNano"]) <= int(children["backend"]["startTimeUnixNano"])
    assert [event["name"] for event in children["backend"]["events"]] == ["first_byte"] and children["backend"]["kind"] == 3
    assert told(path) == (["00", roots[path]["traceId"], children["backend"]["spanId"], "01"], state), (path, told(path))
for path in ("/goes-on", "/http2", "/trusted"):
    assert (roots[path]["traceId"], roots[path]["parentSpanId"]) == (trace, visitor), roots[path]
for path in ("/begun", "/invalid"):
    assert roots[path]["traceId"] != trace and "parentSpanId" not in roots[path], roots[path]
for path in ("/rate-0", "/asked-for", "/trusted-not"):  # begun or gone on with all the same
    version, its_trace, span, flags = told(path)[0]
    assert flags == "00" and span != visitor and (its_trace == trace) == (path != "/rate-0"), told(path)

first = roots["/begun"]
expected = {
    "http.request.method": "GET", "url.scheme": "http", "server.address": "app.example.com", "client.address": "127.0.0.1",
    "network.protocol.version": "1.1", "http.response.status_code": "200", "ferrotunnel.service": "app.example.com",
    "ferrotunnel.token": "token",
}
assert first["name"] == "GET" and "status" not in first
for key, value in expected.items():
    assert first["attributes"][key] == value, (key, first)
assert roots["/http2"]["attributes"]["network.protocol.version"] == "2"
assert roots["/trusted"]["attributes"]["client.address"] == "127.0.0.2"
assert roots["/broken"]["status"] == {"code": 2} and roots["/broken"]["attributes"]["error.type"] == "500"
assert set(below("/denied")) == {"plugins"} and roots["/denied"]["attributes"]["ferrotunnel.cause"] == "ip_denied"
assert below("/nobody") == {} and roots["/nobody"]["attributes"]["http.response.status_code"] == "404"
PY
