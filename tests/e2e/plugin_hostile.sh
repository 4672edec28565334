# A plugin that does all that no plugin should (plugins/hostile.cpp), on one client's services, beside innocent visitors of
# another's: nobody of these fails, nobody's messages are split, and the server lives. One that blocks its worker is named,
# and switched off.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl g++ python3

g++ -std=c++20 -O1 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -I "$E2E_SOURCE/../../include" \
    -o "$dir/hostile.so" "$E2E_SOURCE/plugins/hostile.cpp" -pthread
cat >"$dir/edge.yml" <<END
server:
  plugins:
    load: [hostile.so]
    chain:
      - hostile:
        services: [bad, bad-tcp]
      - hostile:
        id: closed
        services: [closed]
        on_failure: closed
      - hostile-logins:
END
serve_http web
start_edge --config "$dir/edge.yml" --log-level info
cat >"$dir/client.yml" <<END
client:
  services:
    - {name: bad, http: bad.example.com, local: "$backend"}
    - {name: closed, http: closed.example.com, local: "$backend"}
    - {name: good, http: good.example.com, local: "$backend"}
    - {name: bad-tcp, tcp: 0, local: "$backend"}
END
ready_client client 4 --config "$dir/client.yml"
bad=bad.example.com
bad_tcp=$(awk '$1 == "service" && $2 == "bad-tcp" { print $3 }' "$dir/client.endpoints")

# Innocent visitors: two connections that continue, and new ones, until the file is there. Prints how many requests, those
# that failed, and the longest one in milliseconds.
cat >"$dir/innocents.py" <<'END'
import http.client, os, sys, threading, time
host, port = sys.argv[1].rsplit(":", 1)
stop, progress = sys.argv[2], sys.argv[3]
lock, done, failed, longest = threading.Lock(), 0, [], 0.0
def visit(keeps):
    global done, longest
    connection = None
    while not os.path.exists(stop):
        began = time.monotonic()
        try:
            connection = connection or http.client.HTTPConnection(host, int(port), timeout=60)
            connection.request("POST", "/fields", b"x" * 100, {"Host": "good.example.com", "X-Mine": "yes"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200 and b"X-Mine: yes" in text, (answer.status, text)
            assert b"X-Made" not in text and answer.getheader("X-Made") is None, text
        except Exception as error:
            failed.append(repr(error))
            connection = None
        with lock:
            done += 1
            longest = max(longest, time.monotonic() - began)
            if done % 20 == 0:
                with open(progress + ".new", "w") as file:
                    print(done, file=file)
                os.rename(progress + ".new", progress)
        time.sleep(0.002)  # the machine is for others as well
        if not keeps and connection:
            connection.close()
            connection = None
threads = [threading.Thread(target=visit, args=(n < 2,)) for n in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(done, len(failed), int(longest * 1000))
print(*failed[:5], sep="\n", file=sys.stderr)
END
echo 0 >"$dir/progress"
start innocents python3 "$dir/innocents.py" "$edge" "$dir/stop" "$dir/progress"
# progresses: the innocent visitors get a hundred answers more.
is_beyond() { (($(<"$dir/progress") >= $1)); }
progresses() { wait_until $patience "answers for the innocent" is_beyond $(($(<"$dir/progress") + 100)); }
progresses

say "exceptions"
for what in request number then response close body; do
    equal "$what, open" "$(status_of $bad "/throw/$what")" 200
done
equal "a body whose filter throws" "$(ask $bad /throw/body)" "nothing here"
equal "with a body that it has collected" "$(status_of $bad /throw/collected -d abc)" 200
for what in request number then collected; do
    equal "$what, closed" "$(status_of closed.example.com "/throw/$what")" "503 plugin_failed"
done
equal "response, closed" "$(status_of closed.example.com /throw/response)" "500 plugin_failed"

say "decisions that are late, twice, never there, and for a visitor who has left"
equal "late" "$(status_of $bad /late)" 200
equal "twice" "$(ask $bad /twice)" once
equal "never" "$(status_of $bad /never)" 200
equal "never, closed" "$(status_of closed.example.com /never)" "503 plugin_failed"
for ((i = 0; i < 5; i++)); do
    code=0
    began=$(now_ms)
    curl -sS --max-time 0.3 -o /dev/null -H "Host: $bad" "http://$edge/left" 2>/dev/null || code=$?
    # The decision comes after 1.5 s. A curl that stood still for so long finds it, and has not left.
    ((code == 0 && $(now_ms) - began >= 1500)) || equal "curl, which gives up" "$code" 28
done
for ((i = 0; i < 20; i++)); do
    start "held$i" curl -sS --max-time 60 -o /dev/null -H "Host: $bad" "http://$edge/held"
done
progresses
for ((i = 0; i < 20; i++)); do
    join_ok "held$i"
done

say "fields that nobody may write"
equal "requests" "$(ask $bad /fields -H 'Connection: close' -D "$dir/head" -o "$dir/fields" -w '%{http_code}')" 200
has_text "$dir/fields" '^X-Made: 0'
has_text "$dir/head" '^X-Made: 0'
for file in "$dir/fields" "$dir/head"; do
    ! grep -iE '^(X-A|X-B|X-Other-Side|X-No-Side|Trailer|Upgrade|TE|Keep-Alive):' "$file" || fail "that was forbidden"
done
equal "answers with a split field" "$(status_of $bad /answer/split)" 200
equal "answers with framing" "$(status_of $bad /answer/framed)" 200

say "too much, and decisions that are none"
equal "notes, edits, answers and targets" "$(status_of $bad /much)" 200
wait_for_text server 'much was refused [0-9]*'
refused=$(sed -nE 's/.*much was refused ([0-9]+).*/\1/p' "$dir/server.err" | tail -1)
at_least "refusals" "$refused" $((2 * 968 + 3))
equal "a filter that makes too much" "$(ask $bad /much/body)" "nothing here"
for what in none number later collect; do
    equal "$what" "$(status_of $bad "/answer/$what")" 200
    equal "$what, closed" "$(status_of closed.example.com "/answer/$what")" "503 plugin_failed"
done

say "a visitor of TCP"
equal "the page" "$(curl -sS --max-time 60 -o /dev/null -w '%{http_code}' "http://$bad_tcp/fields")" 200
progresses

say "who blocks its worker is named, and switched off"
is_off() { file_has "$dir/server.err" 'a plugin is switched off.*plugin=hostile'; }
for ((i = 0; i < 6; i++)); do
    is_off || equal "a request that is blocked" "$(status_of $bad /block)" 200
done
wait_for_text server 'a plugin blocked a worker  *plugin=hostile hook=request'
if [[ -r /proc/thread-self/schedstat ]]; then
    wait_until $patience "the end of its hooks" is_off
    equal "what is left of it" "$(ask $bad /fields | grep -c '^X-Made' || true)" 0
    "$FERROTUNNEL" status --json --control "$dir/run/server.sock" >"$dir/status.json"
    has_text "$dir/status.json" '"id":"hostile".*"off":true'
fi

say "nobody else has noticed"
progresses
: >"$dir/stop"
join_ok innocents
read -r requests failures longest <"$dir/innocents.out"
echo "innocent visitors: $requests requests, $failures failed, the longest took $longest ms"
equal "requests of the innocent that failed" "$failures" 0
# The server ends while its plugin's thread continues deciding, and some wait.
for ((i = 0; i < 5; i++)); do
    start "last$i" curl -sS --max-time 60 -o /dev/null -H "Host: closed.example.com" "http://$edge/held"
done
check_alive
