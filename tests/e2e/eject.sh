# Members that fail their visitors get none for a while.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/group_lib.sh"
need curl python3

start_backends a b c
for name in a b c; do
    serve "tcp_$name" "text:$name" echo
    declare "tcp_$name=$backend"
    # Of these, a resets who has said something.
    for kind in cut bare; do
        # shellcheck disable=SC2046 # they are words
        serve "${kind}_$name" take:1 $([[ $name == a ]] && echo abort || echo "text:$name echo")
        declare "${kind}_$name=$backend"
    done
done
https_bind=127.0.0.1:$(free_port)
start_group_server --https-bind "$https_bind"
line=$(free_port) dead=$(free_port) cut=$(free_port)
# member NAME [DEAD]: the client NAME with its own backends; of `line` and `dead`, with DEAD, with none.
member() {
    local at tcp_at=tcp_$1 cut_at=cut_$1 bare_at=bare_$1 rest="group: GROUP, eject: {failures: 3, first: 1h, longest: 1h}"
    at=$(<"$dir/$1.at")
    cat >"$dir/$1.yml" <<CONFIG
client:
  services:
    - {name: long, http: long.test, local: "$at", ${rest/GROUP/long}}
    - {name: short, http: short.test, local: "$at", group: short, eject: {failures: 2, first: 200ms, longest: 200ms}}
    - {name: resets, http: resets.test, local: "$at", group: resets, eject: {failures: 2, first: 1h, longest: 1h, counts: [refused, reset]}}
    - {name: all, http: all.test, local: "$at", group: all, eject: {failures: 1, first: 1h, longest: 1h, share: 100, all_unhealthy: refuse}}
    - {name: gone, http: gone.test, local: "${2:-$at}", group: gone, eject: {failures: 1000}}
    - {name: line, tcp: $line, local: "${2:-${!tcp_at}}", ${rest/GROUP/line}}
    - {name: cut, tcp: $cut, local: "${!cut_at}", ${rest/GROUP/cut}}
    - {name: bare, tls: bare.test, local: "${!bare_at}", ${rest/GROUP/bare}}
CONFIG
    start_client "$1" --config "$dir/$1.yml" --no-watch --name "$1"
    wait_for_services "$1" 8
}
member a "127.0.0.1:$dead"
member b
state_is() {
    "$FERROTUNNEL" services --control "$dir/server.sock" >"$dir/services.out"
    file_has "$dir/services.out" "$1 .* $2 .*group $1$3\$"
}

say "a member that answers with 5xx three times in a row gets no more requests"
equal "requests" "$(who_has long.test 8)" "a 4 b 4"
touch "$dir/a.bad"
equal "requests" "$(who_has long.test 6)" "a 3 b 3"
equal "requests" "$(who_has long.test 8)" "b 8"
wait_for_text server 'a group member was ejected.*member=a service=long .*its backend responds with 5xx; out for 3600 s'
state_is long a ", ejected" || fail "the state of a: $(<"$dir/services.out")"
has_text "$dir/services.out" '^  long .* a .* (group) '
state_is long b "" || fail "the state of b: $(<"$dir/services.out")"
metric_is 'ferrotunnel_group_ejections_total{group="long",kind="http",token="token",member="a"}' 1 || fail "no metric of it"

say "the last one stays, whatever it answers"
touch "$dir/b.bad"
equal "requests" "$(who_has long.test 8)" "b 8"
curl -sS --max-time $patience -D "$dir/head" -o /dev/null -H 'Host: long.test' "http://$edge/who"
has_text "$dir/head" '^HTTP/1.1 500'
has_text "$dir/head" '^X-FerroTunnel-Member: b.$'
rm "$dir/b.bad"

say "what does not count does not eject; an end without an answer does"
equal "requests" "$(who_has resets.test 8)" "a 4 b 4"
rm "$dir/a.bad"
touch "$dir/a.mute"
who_has resets.test 8 >/dev/null
wait_until $patience "the ejection" text_is_there server 'was ejected.*member=a service=resets .*closes connections without a response'
equal "requests" "$(who_has resets.test 4)" "b 4"
rm "$dir/a.mute"

say "it comes back by a trial"
touch "$dir/a.bad"
who_has short.test 4 >/dev/null
wait_until $patience "the ejection" text_is_there server 'was ejected.*member=a service=short'
rm "$dir/a.bad"
is_back() {
    who_has short.test 1 >/dev/null
    text_is_there server 'a group member is back.*member=a service=short'
}
wait_until $patience "its return" is_back
equal "requests" "$(who_has short.test 8)" "a 4 b 4"

say "where the last one may be ejected too, visitors are told when to come back"
touch "$dir/a.bad" "$dir/b.bad"
who_has all.test 2 >/dev/null
curl -sS --max-time $patience -D "$dir/head" -o /dev/null -H 'Host: all.test' "http://$edge/who"
has_text "$dir/head" '^HTTP/1.1 503'
has_text "$dir/head" '^X-FerroTunnel-Error: unhealthy'
rm "$dir/a.bad" "$dir/b.bad"

say "a request whose member cannot reach its backend goes to another one"
equal "requests" "$(who_has gone.test 8)" "b 8"

say "visitors of TCP whose backend refuses them"
refused=0
for ((i = 0; i < 12; ++i)); do
    visit "127.0.0.1:$line" line finish rest >"$dir/visit.out" 2>&1 || true
    file_has "$dir/visit.out" '^line b$' || refused=$((refused + 1))
done
equal "visitors that were refused" "$refused" 3
has_text "$dir/server.err" 'was ejected.*member=a service=line .*cannot be reached'

say "visitors of TCP whom the backend resets without an answer"
cut_off=0
for ((i = 0; i < 12; ++i)); do
    visit "127.0.0.1:$cut" send:1 line finish rest >"$dir/visit.out" 2>&1 || true
    file_has "$dir/visit.out" '^line b$' || cut_off=$((cut_off + 1))
done
equal "visitors that were reset" "$cut_off" 3
has_text "$dir/server.err" 'was ejected.*member=a service=cut .*closes connections without a response'

say "visitors by TLS that passes untouched"
for ((i = 0; i < 12; ++i)); do
    curl -ksS --max-time $patience --resolve "bare.test:${https_bind##*:}:127.0.0.1" \
        "https://bare.test:${https_bind##*:}/" >"$dir/visit.out" 2>&1 && fail "the backends speak no TLS"
done
bare_are_over() { (($(count_of bare_a ' sent=') + $(count_of bare_b ' sent=') >= 12)); }
wait_until $patience "the ends of all at the backends" bare_are_over # which are told a moment after those of the visitors
equal "visitors of a" "$(count_of bare_a ' sent=')" 3
equal "visitors of b" "$(count_of bare_b ' sent=')" 9
has_text "$dir/server.err" 'was ejected.*member=a service=bare .*closes connections without a response'
