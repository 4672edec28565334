#!/usr/bin/env bash
# The real program under strace: how many system calls a request costs that comes over a kept connection and goes over
# a kept stream. Skips where one process may not trace another.
source "${E2E_SOURCE:?}/lib.sh"
source "${E2E_SOURCE:?}/http_lib.sh"
need strace curl

# Of server and client together: for each of the four hops one wait, one read and one write. A request that changed
# threads on its way would need four more.
readonly calls_per_request_max=13
readonly requests=2000

is_traced() { grep -q '^TracerPid:.*[1-9]' "/proc/$(pid_of "$1")/status"; }
both_traced_or_end() { (is_traced server && is_traced client) || has_ended strace; }

# count_requests: the system calls of that many, one after the other over one connection.
count_requests() {
    local calls
    start strace strace -c -f -q -p "$(pid_of server)" -p "$(pid_of client)" -o "$dir/summary"
    wait_until $patience "strace to attach" both_traced_or_end
    is_running strace || skip "strace may not attach: $(tail -n 1 "$dir/strace.err")"
    ask app.example.com "/name/[1-$requests]" -o /dev/null
    signal strace INT
    join strace
    calls=$(awk '$NF == "total" { print $4 }' "$dir/summary")
    at_least "system calls that were counted, TLS $tls" "$calls" $requests
    say "TLS $tls: $((calls * 100 / requests))e-2 system calls per request"
    at_most "system calls per request, TLS $tls" $((calls / requests)) $calls_per_request_max
}

serve_http backend
for tls in off on; do
    start_edge
    ready_client client 1 --http "app.example.com=$backend"
    equal "the status of a page" "$(status_of app.example.com /name/x)" 200
    count_requests
    signal client TERM
    join_ok client
    signal server TERM
    join_ok server
done
