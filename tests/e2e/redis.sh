# Redis and its own benchmark client: many small requests, pipelined and not, on many connections.
source "$(dirname "$0")/lib.sh"
need redis-server redis-benchmark redis-cli

port=$(free_port)
start redis redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$dir" --daemonize no
wait_for_port "127.0.0.1:$port" redis
start_server
ready_client client 1 --tcp "0=127.0.0.1:$port"
public=$(public_of client)
public_port=${public##*:}

say "one value there and back"
equal answer "$(redis-cli -h 127.0.0.1 -p "$public_port" set greeting hello)" OK
equal value "$(redis-cli -h 127.0.0.1 -p "$public_port" get greeting)" hello

requests=$(by_size 20000 500000 100000)
say "$requests requests on 50 connections, each kind"
redis-benchmark -h 127.0.0.1 -p "$public_port" -n "$requests" -c 50 -t ping,set,get,lpush,lrange_100 --csv \
    >"$dir/plain.out" 2>"$dir/plain.err"
at_least "rows of results" "$(grep -c '^"' "$dir/plain.out")" 7
say "pipelined by 16"
redis-benchmark -h 127.0.0.1 -p "$public_port" -n "$requests" -c 50 -P 16 -t set,get --csv \
    >"$dir/pipelined.out" 2>"$dir/pipelined.err"
say "values of 100 KB"
redis-benchmark -h 127.0.0.1 -p "$public_port" -n $((requests / 20)) -c 20 -d 100000 -t set,get --csv \
    >"$dir/large.out" 2>"$dir/large.err"
say "a new connection for each request"
redis-benchmark -h 127.0.0.1 -p "$public_port" -n $((requests / 20)) -c 20 -k 0 -t ping_inline --csv \
    >"$dir/short.out" 2>"$dir/short.err"
for kind in plain pipelined large short; do
    if grep -i -E 'error|refused|reset' "$dir/$kind.out" "$dir/$kind.err" >&2; then
        fail "redis-benchmark has failed ($kind)"
    fi
    sed "s/^/  $kind /" "$dir/$kind.out" | cut -d , -f 1,2
done
nothing_is_open() {
    [[ $(redis-cli -h 127.0.0.1 -p "$port" info clients | tr -d '\r' | grep '^connected_clients') == connected_clients:1 ]]
}
wait_until $patience "the end of all connections" nothing_is_open
