# A visitor that stops reading, and a backend that stops reading, while others on the same trunk continue; then both continue
# and get every byte. Memory stays within the session's budget.
source "$(dirname "$0")/lib.sh"

seconds=$(by_size 5 60)
size=$(by_size 200 600)  # MiB
start_server
serve source take:1 "send:${size}M" finish rest
source=$backend
serve lazy_sink text:go expect:1M "touch:$dir/sink_stalls" "wait:$dir/go_on" rest
sink=$backend
serve echo echo
# One client, hence one trunk.
ready_client client 3 --tcp "0=$source" --tcp "0=$sink" --tcp "0=$backend"
public_for() { awk -v name="$1" '$1 == "service" && $2 == name { print $3 }' "$dir/client.endpoints"; }
at_start=$(($(memory_of server) + $(memory_of client)))

# rounds NAME CONDITION...: transfers both ways until the condition holds; prints how many.
rounds() {
    local count=0
    until "$@"; do
        line=$(visit "$(public_for "$backend")" exchange:4M finish rest)
        equal bytes "$(value received "$line")" $((4 << 20))
        count=$((count + 1))
    done
    echo $count
}
until_time() { (($(now_ms) >= $1)); }

before=$(rounds until_time $(($(now_ms) + seconds * 1000)))
say "others alone: $before rounds in $seconds s"

# The visitors' own time limit is longer than the whole stall.
start reader "$E2E_TOOLS/tcp_peer" connect "$(public_for "$source")" --timeout 300 send:1 expect:1M \
    "touch:$dir/reader_stalls" "wait:$dir/go_on" rest
start writer "$E2E_TOOLS/tcp_peer" connect "$(public_for "$sink")" --timeout 300 line "send:${size}M" finish rest
wait_until $patience "the stalls" test -e "$dir/reader_stalls" -a -e "$dir/sink_stalls"
during=$(rounds until_time $(($(now_ms) + seconds * 1000)))
say "others beside two stalled streams: $during rounds in $seconds s"
at_least "rounds beside stalled streams" "$during" 1
memory=$(($(memory_of server) + $(memory_of client) - at_start))
say "memory for the stalled streams, server and client together: $memory KiB"
# One budget for what the client holds, one for what the server holds.
memory_at_most "memory for the stalled streams (KiB)" $memory $((2 * 64 * 1024))
is_running reader || fail "the stalled reader has ended"
is_running writer || fail "the stalled writer has ended"

touch "$dir/go_on"
join_ok reader 120
join_ok writer 120
line=$(<"$dir/reader.out")
equal "bytes for the stalled visitor" "$(value received "$line")" $((size << 20))
equal "how it ended" "$(value ending "$line")" eof
line=$(backend_line lazy_sink)
equal "bytes for the stalled backend" "$(value received "$line")" $((size << 20))
equal "how it ended" "$(value ending "$line")" eof
