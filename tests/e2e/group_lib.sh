# What the tests of groups have in common; sourced behind lib.sh.
#
# shellcheck shell=bash

# start_backends NAME...: those of health_backends.py, by HTTP; each one's address is then in $dir/NAME.at.
start_backends() {
    local name
    start backends python3 "$E2E_SOURCE/health_backends.py" "$dir" "$@"
    for name in "$@"; do
        wait_until $patience "the address of $name" test -s "$dir/$name.at"
    done
}

# start_group_server [OPTION...]: its HTTP address is then in $edge, its metrics in $metrics. It speaks HTTP/2 without TLS
# too, and says who has answered; $http_hold is its server.http.hold.
start_group_server() {
    printf 'server:\n  http: {h2c: on, member_header: on, hold: %s}\n' "${http_hold:-3s}" >"$dir/server.yml"
    start_server --config "$dir/server.yml" --no-watch --http-bind "127.0.0.1:${http_port:-0}" \
        --control "$dir/server.sock" --log-level info --metrics "127.0.0.1:0" "$@"
    wait_until $patience "the server's HTTP endpoint" endpoint_or_end server '^http '
    edge=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
    metrics=$(awk '$1 == "metrics" { print $2 }' "$dir/server.endpoints")
}

# counts: "a 4 b 4", of lines that begin with a name.
counts() { awk '{ print $1 }' | sort | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? " " : ""), $2, $1 }'; }

# who_has HOST COUNT [CURL OPTION...]: how many of so many requests each backend has.
who_has() {
    local host=$1 count=$2 i
    shift 2
    for ((i = 0; i < count; ++i)); do
        curl -sS --max-time $patience -H "Host: $host" "$@" "http://$edge/who"
    done | counts
}

# metric_is PATTERN VALUE: the server's metrics have such a line, with this value at its end.
metric_is() {
    curl -sS --max-time $patience "http://$metrics/metrics" >"$dir/metrics.out"
    file_has "$dir/metrics.out" "^$1 $2\$"
}
