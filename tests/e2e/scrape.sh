# A scrape of many services: each has few series, an answer is made quickly, and no thread that moves bytes waits for it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3

services=$(by_size 50 1000)
serve_http web
start_edge --metrics 127.0.0.1:0
metrics=$(awk '$1 == "metrics" { print $2 }' "$dir/server.endpoints")
{
    echo "client:"
    echo "  server: $control"
    echo "  token: file:$dir/token"
    echo "  services:"
    for ((i = 0; i < services; ++i)); do
        echo "    - {http: h$i.test, local: \"$backend\"}"
    done
} >"$dir/many.yml"
programs[many]=1
start many "$FERROTUNNEL" client --config "$dir/many.yml" --no-watch --tls $tls --endpoint-file "$dir/many.endpoints"
wait_for_services many "$services"

# The longest of a request while nothing else is asked, and while one scrape follows the other, in milliseconds; then the
# series of a scrape, and those of one service.
python3 - "$edge" "$metrics" "$services" >"$dir/result" <<'END_OF_PROGRAM' || fail "requests and scrapes: $(<"$dir/result")"
import http.client
import sys
import threading
import time

edge, metrics, services = sys.argv[1], sys.argv[2], int(sys.argv[3])
requests = http.client.HTTPConnection(edge, timeout=60)


def ask(number):
    began = time.perf_counter()
    requests.request("GET", "/name/x", headers={"Host": f"h{number}.test"})
    answer = requests.getresponse()
    assert answer.status == 200, answer.status
    answer.read()
    return (time.perf_counter() - began) * 1000


for number in range(services):
    ask(number)
quiet = max(ask(0) for _ in range(200))
ended = threading.Event()
counts = []


def scrape():
    reader = http.client.HTTPConnection(metrics, timeout=60)
    text = b""
    while not ended.is_set() or not text:
        reader.request("GET", "/metrics")
        text = reader.getresponse().read()
    lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
    counts.extend((len(lines), sum('service="h7.test"' in line for line in lines)))


scraper = threading.Thread(target=scrape)
scraper.start()
busy = max(ask(0) for _ in range(200))
ended.set()
scraper.join()
print(f"quiet={quiet:.1f} busy={busy:.1f} series={counts[0]} of_one={counts[1]}")
END_OF_PROGRAM
# Processor time, since what passes meanwhile says more about the machine's other work.
before=$(processor_ms_of server)
for ((i = 0; i < 20; ++i)); do
    curl -sS --max-time 60 -o "$dir/metrics" "http://$metrics/metrics"
done
scrape=$((($(processor_ms_of server) - before) / 20))
result="$(<"$dir/result") scrape=$scrape"
say "$result"
at_most "series of a service" "$(value of_one "$result")" 40
at_least "and not none" "$(value of_one "$result")" 30
at_least "series in all" "$(value series "$result")" $((30 * services))
if memory_counts; then
    at_most "milliseconds of processor time for a scrape" "$scrape" 49
fi
check_alive
