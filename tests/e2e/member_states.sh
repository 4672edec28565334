# A member of a group whose session waits to be resumed gets nobody until it is resumed: the others have its visitors. Where
# there is no other one, visitors wait for it. One whose client ends is shown for as long as it has visitors.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/group_lib.sh"
need curl python3

start_backends a b
for name in a b; do
    serve "tcp_$name" "text:$name" echo
    declare "tcp_$name=$backend"
done
start_group_server --resume 60s
start box "$E2E_TOOLS/relay" "$dir/box.port" "$control" "cut:$dir/box"
wait_until $patience "the relay" test -s "$dir/box.port"
line=$(free_port)
# member NAME: the client NAME with its own backends; only a has a service alone.
member() {
    local at tcp_at=tcp_$1 alone=
    at=$(<"$dir/$1.at")
    [[ $1 == a ]] && alone="- {name: alone, http: alone.test, local: \"$at\"}"
    cat >"$dir/$1.yml" <<CONFIG
client:
  resume: 60s
  connections: 1
  services:
    - {name: web, http: web.test, local: "$at", group: web}
    - {name: line, tcp: $line, local: "${!tcp_at}", group: line}
    $alone
CONFIG
    start_client "$1" --config "$dir/$1.yml" --no-watch --name "$1"
    wait_for_services "$1" $([[ $1 == a ]] && echo 3 || echo 2)
}
client_to=127.0.0.1:$(<"$dir/box.port") member a
member b
visitors() {
    local i
    for ((i = 0; i < 6; ++i)); do
        visit "127.0.0.1:$line" line finish rest | awk '$1 == "line" { print $2 }'
    done | counts
}
state_is() {
    "$FERROTUNNEL" services --control "$dir/server.sock" >"$dir/services.out"
    file_has "$dir/services.out" "$1 .*group $1$2\$"
}

say "both have their share"
equal "requests" "$(who_has web.test 8)" "a 4 b 4"
equal "visitors of TCP" "$(visitors)" "a 3 b 3"

say "the connection of one is lost while its client stands still: the other one has all"
signal a STOP
touch "$dir/box.1"
wait_until $patience "the session waits" file_has "$dir/server.err" "lost its connection and waits to be resumed"
equal "requests" "$(who_has web.test 8)" "b 8"
equal "visitors of TCP" "$(visitors)" "b 6"
state_is web ", waiting" || fail "the state of a: $(<"$dir/services.out")"
"$FERROTUNNEL" status --control "$dir/server.sock" >"$dir/status.out"
has_text "$dir/status.out" "group web, waiting"
"$FERROTUNNEL" route --running --control "$dir/server.sock" http://web.test/ >"$dir/route.out"
has_text "$dir/route.out" "a  *waiting"
has_text "$dir/route.out" "b  *takes visitors"

say "it is resumed: who has waited is served, and the next visitors are spread again"
start waiter curl -sS --max-time $patience -H "Host: alone.test" "http://$edge/who"
wait_until $patience "a stream of the service that has no other carrier" metric_is 'ferrotunnel_resume_waiting' 1
signal a CONT
wait_until $patience "the resume" file_has "$dir/server.err" "session was resumed on another connection"
join_ok waiter
equal "who has answered" "$(<"$dir/waiter.out")" a
equal "requests" "$(who_has web.test 8)" "a 4 b 4"
equal "visitors of TCP" "$(visitors)" "a 3 b 3"
state_is web "" || fail "the state of a: $(<"$dir/services.out")"

say "a member that ends is shown while its visitors finish, and so is a service without a group"
for i in 1 2; do
    start "long$i" curl -sSN --max-time $patience -H "Host: web.test" "http://$edge/long"
    wait_until $patience "request $i" file_has "$dir/long$i.out" begins
done
start held curl -sSN --max-time $patience -H "Host: alone.test" "http://$edge/long"
wait_until $patience "the request of the service alone" file_has "$dir/held.out" begins
signal a TERM
shows_draining() {
    state_is web ", draining" && file_has "$dir/services.out" "alone .* [1-9][0-9]*, draining\$"
}
wait_until $patience "what the services say" shows_draining
"$FERROTUNNEL" route --running --control "$dir/server.sock" http://web.test/ >"$dir/route.out"
has_text "$dir/route.out" "a  *draining  *0  *1 "
has_text "$dir/route.out" "b  *takes visitors  *1  *1 "
equal "requests" "$(who_has web.test 4)" "b 4"
touch "$dir/a.more" "$dir/b.more"
for name in long1 long2 held; do
    join_ok $name
done
join_ok a
"$FERROTUNNEL" services --control "$dir/server.sock" >"$dir/services.out"
! file_has "$dir/services.out" "draining" || fail "one that is gone is shown: $(<"$dir/services.out")"
