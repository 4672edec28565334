# Thousands of requests that wait for the decision of a plugin (plugins/patience.cpp): what each takes in memory, that
# nobody else waits, that each is decided once, and the bounds that the operator sets.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx g++ python3

count=$(by_size 500 10000)
others=$(by_size 200 2000)
need_descriptors $((count + 500))

g++ -std=c++20 -O2 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -I "$E2E_SOURCE/../../include" \
    -o "$dir/patience.so" "$E2E_SOURCE/plugins/patience.cpp"
# settings NAME LINE...: a configuration with these lines in server.plugins.
settings() {
    cat >"$dir/$1.yml" <<END
server:
  http: {connections: 20000, connections_per_address: 20000, requests_per_connection: 100000,
         head_timeout: 3m, idle_timeout: 3m}
  plugins:
    load: [patience.so]
    chain:
      - patience:
$(printf '    %s\n' "${@:2}")
END
}
# end_edge: ends server and client. The second signal ends them without waiting, unless they have ended by then.
end_edge() {
    local name
    for name in server client; do
        signal "$name" TERM
        signal "$name" INT 2>/dev/null || true
        join_ok "$name"
    done
}
crowd() { python3 "$E2E_SOURCE/waiting_crowd.py" "$edge" "$@" || fail "the crowd has failed"; }

settings all 'waiting: 65536' 'wait_timeout: 5m'
start_nginx
start_edge --config "$dir/all.yml"
ready_client client 1 --http "app.example.com=$nginx"
equal "somebody who does not wait" "$(status_of app.example.com /)" 200

say "$count requests wait"
result=$(crowd "$count" "$others" "$(pid_of server)" "$(full && echo rates)")
say "$result"
equal "decisions" "$(value released "$result")" "$count"
equal "answers" "$(value answered "$result")" "$count"
equal "answers to those who have stayed" "$(value stayed "$result")" $((count - count / 2))
if full; then
    memory_at_most "bytes for each request that waits" "$(value waiting_bytes "$result")" 8192
fi
end_edge

say "no more of them than the operator wants"
settings few 'waiting: 100' 'wait_timeout: 5m'
start_edge --config "$dir/few.yml"
start_client client --http "app.example.com=$nginx"
wait_until $patience "the service" status_is app.example.com / 200
result=$(crowd 400 bounded)
say "$result"
# Half of a worker's hundred are for one plugin, three quarters of those for one token, and there are two workers.
at_least "requests that have waited" "$(value released "$result")" 38
at_most "requests that have waited" "$(value released "$result")" 76
equal "requests that were answered after all" "$(value answered "$result")" "$(value released "$result")"
equal "all requests" $(($(value refused "$result") + $(value answered "$result"))) 400
end_edge

say "nor for longer"
settings soon 'wait_timeout: 200ms'
start_edge --config "$dir/soon.yml"
start_client client --http "app.example.com=$nginx"
wait_until $patience "the service" status_is app.example.com / 200
equal "a request that nobody decides on" "$(status_of app.example.com /wait)" "503 plugin_failed"
wait_for_text server "it did not decide in time"
check_alive
