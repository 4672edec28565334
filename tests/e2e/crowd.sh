# Very many visitors on one trunk: idle ones, then many that come and go beside them. Afterwards descriptors and memory
# are back where they began; what an idle visitor costs in user memory is printed.
source "$(dirname "$0")/lib.sh"

few=$(by_size 200 1000)
many=$(by_size 1000 10000)
rate=1000
seconds=$(by_size 5 30)
# Client and server have one descriptor a visitor each.
need_descriptors $((many + rate < 5000 ? 5200 : many + rate + 200))

start backend "$E2E_TOOLS/crowd" serve "$dir/backend.port"
wait_until $patience "the port of the backend" test -s "$dir/backend.port"
export FERROTUNNEL_LOG_LEVEL=warn
start_server
ready_client client 1 --tcp "0=127.0.0.1:$(<"$dir/backend.port")"
public=$(public_of client)

mkfifo "$dir/commands" "$dir/answers"
start visitors bash -c 'exec "${@:2}" <"$1/commands" >"$1/answers"' bash "$dir" "$E2E_TOOLS/crowd" visit "$public"
exec 8>"$dir/commands" 9<"$dir/answers"
# ask COMMAND...: what the visitors answer.
ask() {
    echo "$*" >&8
    read -r -t 900 answer <&9 || fail "the visitors do not answer"
    say "$*: $answer"
}

# Once before everything is measured, so that what a process keeps for later does not count.
ask churn 200 1
ask hold 100
ask drop
settled() { (($(descriptors_of server) <= server_descriptors + 2 && $(descriptors_of client) <= client_descriptors + 2)); }
nobody_is_left() {
    local server_now client_now
    server_now=$(descriptors_of server) client_now=$(descriptors_of client)
    sleep 0.3
    ((server_now == $(descriptors_of server) && client_now == $(descriptors_of client) && server_now < 60))
}
wait_until $patience "the end of the first visitors" nobody_is_left
server_descriptors=$(descriptors_of server) client_descriptors=$(descriptors_of client)
memory() { echo $(($(memory_of server) + $(memory_of client))); }
at_first=$(memory)
say "at the start: descriptors $server_descriptors and $client_descriptors, memory $at_first KiB"

say "what 5,000 visitors have used is given back, of a small process too"
ask hold 5000
equal "idle visitors" "$(value held "$answer")" 5000
say "memory with them: $(memory) KiB"
ask drop
wait_until $patience "descriptors as before ($server_descriptors and $client_descriptors)" settled
# Of 8 MiB, 0.9 stay; 4.4 did when each process gave back 4 MiB or nothing.
is_given_back() { (($(memory) <= at_first + 3072)); }
wait_for_memory "memory as before them, and 3 MiB ($at_first KiB)" is_given_back
say "memory behind them: $(memory) KiB"

ask hold "$few"
at_few=$(memory)
ask hold "$many"
equal "idle visitors" "$(value held "$answer")" "$many"
at_many=$(memory)
slope=$(((at_many - at_few) * 1024 / (many - few)))
say "memory: $at_few KiB with $few idle visitors, $at_many KiB with $many: $slope bytes each (server and client together)"
memory_at_most "bytes of user memory per idle visitor" $slope 16384

# Once as many as there will be where those who come and go stand still for a second: what the allocator keeps of that is
# no leak.
ask hold $((many + rate))
ask drop
wait_until $patience "descriptors as before ($server_descriptors and $client_descriptors)" settled
at_start=$(memory)
say "memory behind as many as there may be: $at_start KiB"
ask hold "$many"

ask churn $rate "$seconds"
equal "visitors that came and went" "$(value finished "$answer")" $((rate * seconds))
equal "failures" "$(value failed "$answer")" 0
say "slowest of them: $(value longest "$answer") ms"
say "memory behind them: $(memory) KiB"

ask check
equal "the idle ones are still there" "$(value held "$answer")" "$many"
equal "failures" "$(value failed "$answer")" 0

ask drop
wait_until $patience "descriptors as before ($server_descriptors and $client_descriptors)" settled
say "descriptors now: $(descriptors_of server) and $(descriptors_of client)"
# What the allocator keeps it may keep for a moment.
memory_is_back() { (($(memory) <= at_start + 2048)); }
say "memory behind them: $(memory) KiB"
wait_for_memory "memory as before ($at_start KiB)" memory_is_back
at_end=$(memory)
say "memory now: $at_end KiB"

say "again: nothing grows from round to round"
ask hold "$many"
ask churn $rate 2
ask drop
wait_until $patience "descriptors as before" settled
has_not_grown() { (($(memory) <= at_end + 2048)); }
wait_for_memory "memory as after the first round ($at_end KiB)" has_not_grown
say "memory now: $(memory) KiB"
exec 8>&-
join_ok visitors
