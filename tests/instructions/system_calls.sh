#!/usr/bin/env bash
# The real program under strace: how many system calls bulk bytes cost, and how many of them are copied outside of TLS.
# Skips where one process may not trace another.
source "${E2E_SOURCE:?}/lib.sh"
need strace

# Calls of server and client together for each MiB. Reads and writes of 64 KiB on all four sockets would need 64; how
# full a socket is when it is read depends on the machine, so the bound is generous. A call for each frame on each socket
# would need 256.
readonly calls_per_mib_max=200
# A whole frame is never copied, by construction. What ends a read in the middle of a frame may be: up to 2,200 bytes
# of a MiB were seen, a tail of 3 KB in front of a full socket each. Copying one byte in a hundred would be 10,485.
readonly copied_per_mib_max=4096
readonly mebibytes=256

is_traced() { grep -q '^TracerPid:.*[1-9]' "/proc/$(pid_of "$1")/status"; }
both_traced_or_end() { (is_traced server && is_traced client) || has_ended strace; }

# public_to BACKEND: services are listed in the order in which they were registered, which may be any.
public_to() { awk -v backend="$1" '$1 == "service" && $2 == backend { print $3 }' "$dir/client.endpoints"; }

# measure DIRECTION PUBLIC: a visitor sends, or receives, while both processes are traced.
measure() {
    local line calls
    start strace strace -c -f -q -p "$(pid_of server)" -p "$(pid_of client)" -o "$dir/summary"
    wait_until $patience "strace to attach" both_traced_or_end
    is_running strace || skip "strace may not attach: $(tail -n 1 "$dir/strace.err")"
    case $1 in
        down) line=$(visit "$2" "expect:${mebibytes}M" finish rest) ;;
        up) line=$(visit "$2" "send:${mebibytes}M" finish rest) ;;
    esac
    signal strace INT
    join strace
    equal "what the visitor could not do, $1" "$(value failed "$line")" no
    calls=$(awk '$NF == "total" { print $4 }' "$dir/summary")
    at_least "system calls that were counted, $tls, $1" "$calls" $mebibytes
    say "TLS $tls, $1: $((calls / mebibytes)) system calls per MiB"
    at_most "system calls per MiB, TLS $tls, $1" $((calls / mebibytes)) $calls_per_mib_max
}

# The server says what was copied when the client has gone.
check_copied() {
    local line copied moved
    signal client TERM
    join_ok client
    wait_for_text server 'a client is gone'
    line=$(grep -h -a 'a client is gone' "$dir/server.out" "$dir/server.err" | tail -n 1)
    copied=$(value copied "$line")
    moved=$((($(value received "$line") + $(value sent "$line")) >> 20))
    at_least "MiB that the server has moved" $moved $((2 * mebibytes))
    say "TLS $tls: the server has copied $((copied / moved)) bytes per MiB"
    at_most "bytes copied per MiB, TLS $tls" $((copied / moved)) $copied_per_mib_max
}

serve sender "send:${mebibytes}M" finish rest
from_sender=$backend
serve taker rest close
from_taker=$backend
for tls in off on; do
    start_server
    ready_client client 2 --connections 1 --tcp "0=$from_sender" --tcp "0=$from_taker"
    measure down "$(public_to "$from_sender")"
    measure up "$(public_to "$from_taker")"
    check_copied
    signal server TERM
    join_ok server
done
