# Hostile visitors of one token's services, TCP and HTTP at once: who never read, send byte by byte, are reset, are half
# closed, or speak to a backend that hangs. A visitor of another token's is served meanwhile, memory stays bounded, and
# everything is as before when they have gone. `benchmarks/hostile/run` measures what others notice.
source "$(dirname "$0")/lib.sh"

visitors=$(by_size 500 5000 2000) # of each service
seconds=$(by_size 3 120)
kinds=idle,unread,tiny,reset,half-closed,hung
need_descriptors $((visitors * 2 * 8 / 7 + 2000))

port_file() { wait_until $patience "the port of $1" test -s "$dir/$1.port" && echo "127.0.0.1:$(<"$dir/$1.port")"; }

export FERROTUNNEL_LOG_LEVEL=info
make_token
(umask 077 && "$FERROTUNNEL" token >"$dir/other_token")
start_server --token-file "$dir/other_token" --http-bind 127.0.0.1:0
http=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
start_target() {
    rm -f "$dir/target.port" # of one that was killed
    start target "$E2E_TOOLS/hostile" serve "$dir/target.port" 131072 "${target##*:}"
    port_file target >"$dir/target.address"
}
target=127.0.0.1:$(free_port) # it comes back there
start_target
start pages "$E2E_TOOLS/hostile" serve-good "$dir/pages.port"
pages=$(port_file pages)
serve echo echo
ready_client good 2 --tcp "0=$backend" --http "good.localhost=$pages"
client_token=$dir/other_token ready_client bad 2 --tcp "0=$target" --http "bad.localhost=$target"
public=$(awk '$2 != "good.localhost" && $1 == "service" { print $3 }' "$dir/good.endpoints")
attacked=$(awk '$2 != "bad.localhost" && $1 == "service" { print $3 }' "$dir/bad.endpoints")

# crowd NAME HOST:PORT [OPTION...]: hostile visitors, who answer `ask NAME COMMAND` and end with `drop NAME`.
declare -A to=() from=()
crowd() {
    local name=$1
    shift
    mkfifo "$dir/$name.in" "$dir/$name.lines"
    start "$name" bash -c 'exec "${@:2}" <"$1.in" >"$1.lines"' bash "$dir/$name" \
        "$E2E_TOOLS/hostile" visit "$1" "$visitors" $kinds "${@:2}"
    exec {to[$name]}>"$dir/$name.in" {from[$name]}<"$dir/$name.lines"
}
ask() {
    echo "$2" >&"${to[$1]}"
    read -r -t 120 answer <&"${from[$1]}" || fail "$1 do not answer"
    say "$1: $answer"
}
drop() {
    echo end >&"${to[$1]}"
    join_ok "$1"
    exec {to[$1]}>&- {from[$1]}<&-
    rm "$dir/$1.in" "$dir/$1.lines"
}

need curl

# What a good visitor does: bytes there and back, and a page.
served() {
    line=$(visit "$public" exchange:1M finish rest)
    equal bytes "$(value received "$line")" $((1 << 20))
    equal page "$(curl -sS --fail --max-time $patience -H 'Host: good.localhost' "http://$http/bytes/300000" | wc -c)" 300000
}
memory() { echo $(($(memory_of server) + $(memory_of good))); }
are_back() {
    (($(descriptors_of server) <= server_descriptors + 16 && $(descriptors_of bad) <= bad_descriptors + 16 &&
        $(descriptors_of good) <= good_descriptors + 16))
}
sample() {
    local now
    now=$(memory)
    highest=$((now > highest ? now : highest))
}
# One attack, from the first hostile visitor to the descriptors of before; $highest is the most memory meanwhile.
attack() {
    local until rounds=0 began
    highest=0
    crowd tcp_visitors "$attacked"
    crowd http_visitors "$http" host=bad.localhost
    ask tcp_visitors wait
    ask http_visitors wait
    sample
    until=$(($(now_ms) + seconds * 1000))
    while (($(now_ms) < until)); do
        served
        rounds=$((rounds + 1))
        sample
        check_alive
    done
    ask tcp_visitors count
    at_least "resets" "$(value resets "$answer")" 1
    at_least "tiny pieces" "$(value pieces "$answer")" 1
    at_least "hostile visitors of the TCP service" "$(value there "$answer")" $((visitors / 2))
    ask http_visitors count
    at_least "hostile visitors of the HTTP service" "$(value opened "$answer")" "$visitors"
    drop tcp_visitors
    drop http_visitors
    began=$(now_ms)
    # The backend that hangs ends, too: how long one may is not this test's subject.
    kill_now target
    wait_until $((patience * 3)) "descriptors as before ($server_descriptors, $good_descriptors, $bad_descriptors)" are_back
    say "$rounds rounds of a good visitor; descriptors back after $(($(now_ms) - began)) ms"
    start_target
    served
}

served
server_descriptors=$(descriptors_of server) bad_descriptors=$(descriptors_of bad)
good_descriptors=$(descriptors_of good)
say "descriptors: $server_descriptors, $good_descriptors, $bad_descriptors; memory $(memory) KiB"
at_start=$(memory)
attack
# Two trunks' worth of what a session may hold at most, beside the programs themselves.
memory_at_most "memory of the server and of the good client (KiB)" "$highest" $((320 * 1024))
# Each of the server's two workers keeps up to 8 MiB of slabs; what the allocator keeps it may keep for a moment.
memory_is_back() { (($(memory) <= at_start + (highest - at_start) / 4 + 16 * 1024)); }
wait_for_memory "memory as before ($at_start KiB; at most $highest KiB)" memory_is_back
say "memory: at most $highest KiB, then $(memory) KiB"

say "again: nothing grows from attack to attack"
attack
memory_at_most "memory of the server and of the good client (KiB)" "$highest" $((320 * 1024))
wait_for_memory "memory as before ($at_start KiB; at most $highest KiB)" memory_is_back
say "memory: at most $highest KiB, then $(memory) KiB"
