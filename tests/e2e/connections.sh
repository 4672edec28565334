# One tunnel over four connections: ten downloads are spread over them; one connection is cut in the middle: its visitors
# know at once, those of the others get every byte, new ones are served, and the connection comes back. Then all are cut.
source "$(dirname "$0")/lib.sh"
need sha256sum

size=$(by_size 1 32) # MiB, each of the two parts of a download
connections=4
head -c "${size}M" /dev/urandom >"$dir/part1"
head -c "${size}M" /dev/urandom >"$dir/part2"
expected=$(cat "$dir/part1" "$dir/part2" | sha256sum)
part1_bytes=$(stat -c %s "$dir/part1")

# The backend sends the second part when the gate is there.
serve backend "file:$dir/part1" "wait:$dir/gate" "file:$dir/part2" finish rest
FERROTUNNEL_LOG_LEVEL=debug start_server
start relay "$E2E_TOOLS/relay" "$dir/relay.port" "$control" "cut:$dir/cut"
wait_until $patience "the relay" test -s "$dir/relay.port"
client_to=127.0.0.1:$(<"$dir/relay.port") ready_client client 1 --connections $connections --tcp "$(free_port)=$backend"
public=$(public_of client)
wait_for_text client "all $connections connections are up"
# On every connection but the first the service joins those that have it.
carried() { count_is server "another tunnel connection carries a service" "$1"; }
wait_until $patience "the service on all connections" carried $((connections - 1))
equal "lines about being connected" "$(count_of client "^connected to")" 1

# download NAME: as far as it comes.
download() {
    exec 3<>"/dev/tcp/${public%:*}/${public##*:}"
    cat <&3 >"$dir/$1.got" 2>"$dir/$1.why"
}
has_begun() { [[ -f $dir/$1.got ]] && (($(stat -c %s "$dir/$1.got") >= part1_bytes)); }
begin() {
    start "$1" download "$1"
    wait_until $patience "the first part of $1" has_begun "$1"
}
ended_now() {
    local i count=0
    for i in {1..10}; do
        if has_ended "down$i"; then count=$((count + 1)); fi
    done
    echo $count
}
ended_are() { (($(ended_now) >= $1)); }

say "ten downloads"
for i in {1..10}; do
    begin "down$i"
done
equal "downloads that ended early" "$(ended_now)" 0

say "one connection is cut"
touch "$dir/cut.2"
# Fewest first: each of the four connections has two or three of the ten. The server says which.
wait_for_text server "a client is gone .* visitors=[23]\b"
lost=$(sed -n 's/.*a client is gone .* visitors=\([0-9]*\).*/\1/p' "$dir/server.err")
say "$lost visitors were on it"
wait_until $patience "the end of its visitors" ended_are "$lost"
wait_for_text client "lost connection . of $connections"

say "new visitors meanwhile, and the connection comes back"
for i in 1 2 3; do
    begin "new$i"
done
wait_until $patience "the lost connection" count_is client "all $connections connections are up" 2
wait_until $patience "the service on it" carried $connections
begin late
equal "visitors that ended" "$(ended_now)" "$lost"

say "the others end well"
touch "$dir/gate"
whole=0
for i in {1..10}; do
    join "down$i"
    if ((exit_codes[down$i] == 0)); then
        equal "SHA-256 of download $i" "$(sha256sum <"$dir/down$i.got")" "$expected"
        whole=$((whole + 1))
    else
        has_text "$dir/down$i.why" "reset by peer"
    fi
done
equal "whole downloads" $whole $((10 - lost))
for name in new1 new2 new3 late; do
    join_ok "$name"
    equal "SHA-256 of $name" "$(sha256sum <"$dir/$name.got")" "$expected"
done
equal "lines about the tunnel being lost" "$(count_of client "^lost the connection")" 0

say "all connections are cut"
signal client STOP # else the first is back before the last is cut
for i in 1 3 4 5; do
    touch "$dir/cut.$i"
done
wait_until $patience "the ends of all" count_is relay '^connection=' 5
signal client CONT
wait_for_text client "^lost the connection"
wait_until $patience "all connections" count_is client "all $connections connections are up" 3
wait_for_services client 1
equal "public address" "$(public_of client)" "$public"
begin again
join_ok again
equal "SHA-256 of the last one" "$(sha256sum <"$dir/again.got")" "$expected"

say "the server's log shows the spread"
signal client TERM
join_ok client
wait_until $patience "4 connections that had visitors" count_is server "a client is gone.*visitors=[1-9]" 4
