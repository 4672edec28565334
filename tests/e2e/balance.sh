# A member whose answers take long gets less by `least` and `two-choices`, and its share in turn.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/group_lib.sh"
need curl python3

start_backends a b c
start_group_server
for name in a b c; do
    cat >"$dir/$name.yml" <<CONFIG
client:
  services:
    - {name: turn, http: turn.test, local: "$(<"$dir/$name.at")", group: turn}
    - {name: least, http: least.test, local: "$(<"$dir/$name.at")", group: least, balance: least}
    - {name: two, http: two.test, local: "$(<"$dir/$name.at")", group: two, balance: two-choices}
CONFIG
    start_client "$name" --config "$dir/$name.yml" --no-watch --name "$name"
    wait_for_services "$name" 3
done
# eight_visitors HOST COUNT: how many requests each member has, from eight visitors who ask so often each, as fast as they
# are answered.
eight_visitors() {
    python3 - "$edge" "$@" <<'PYTHON' | counts
import http.client, sys, threading
at, host, count = sys.argv[1:]
def visit():
    connection = http.client.HTTPConnection(at, timeout=60)
    for _ in range(int(count)):
        connection.request("GET", "/who", headers={"Host": host})
        print(connection.getresponse().read().decode(), end="")
threads = [threading.Thread(target=visit) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
PYTHON
}
touch "$dir/a.slow"

say "in turn, all have the same"
equal "requests in turn" "$(eight_visitors turn.test 6)" "a 16 b 16 c 16"

# has_less BALANCE WORDS: a has less than half of what each of the others has. There are so many requests since one of those
# may stand still for a while.
has_less() {
    local -A had=()
    read -ra words <<<"$2"
    for ((i = 0; i < ${#words[@]}; i += 2)); do
        had[${words[i]}]=${words[i + 1]}
    done
    say "by $1: $2"
    equal "all requests by $1" $((had[a] + had[b] + had[c])) 480
    at_most "twice what a has by $1" $((2 * had[a])) $((had[b] < had[c] ? had[b] : had[c]))
}
has_less least "$(eight_visitors least.test 60)"
has_less two-choices "$(eight_visitors two.test 60)"
