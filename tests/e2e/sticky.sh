# Visitors of a group come to the member again that they had: by a cookie, by their address.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/group_lib.sh"
need curl python3

names=(alder birch cedar) # nothing that a cookie has by chance
start_backends "${names[@]}"
for name in "${names[@]}"; do
    serve "tcp_$name" "text:$name" echo
    declare "tcp_$name=$backend"
done
http_port=$(free_port)
server_bind=127.0.0.1:$(free_port)
http_hold=60s
start_group_server --access-log "$dir/access.log" --access-log-format '{service} {member} {status}'
tcp=$(free_port)
# member NAME: the client NAME with its own backends.
member() {
    local tcp_at=tcp_$1 at
    at=$(<"$dir/$1.at")
    cat >"$dir/$1.yml" <<CONFIG
client:
  services:
    - {name: cookie, http: cookie.test, local: "$at", group: cookie, sticky: cookie}
    - {name: below, http: path.test, path: /shop, local: "$at", group: below, sticky: cookie}
    - {name: address, http: address.test, local: "$at", group: address, sticky: address}
    - {name: line, tcp: $tcp, local: "${!tcp_at}", group: line, sticky: address}
CONFIG
    start_client "$1" --config "$dir/$1.yml" --no-watch --name "$1"
    wait_for_services "$1" 4
}
for name in "${names[@]}"; do
    member "$name"
done
jar=$dir/jar
# with_jar COUNT [CURL OPTION...]: who has so many requests of a visitor that keeps its cookies.
with_jar() { who_has cookie.test "$1" -b "$jar" -c "$jar" "${@:2}"; }
cookie_line() { awk '$6 ~ /^ferrotunnel-/ { print $6 "=" $7 }' "$jar"; }

say "a cookie keeps a visitor at its member, by HTTP/1.1 and HTTP/2; without it each request has its turn"
equal "requests without cookies" "$(who_has cookie.test 9)" "alder 3 birch 3 cedar 3"
curl -sS --max-time $patience -D "$dir/head" -c "$jar" -H 'Host: cookie.test' "http://$edge/who" >"$dir/who"
own=$(<"$dir/who")
has_text "$dir/head" "^Set-Cookie: ferrotunnel-[0-9a-f]\{8\}-[0-9a-f]\{8\}=[A-Za-z0-9_-]\{22\}; Path=/; HttpOnly; SameSite=Lax.\$"
has_text "$dir/head" "^X-FerroTunnel-Member: $own.\$"
equal "requests with it" "$(with_jar 6)" "$own 6"
equal "requests with it by HTTP/2" "$(with_jar 6 --http2-prior-knowledge)" "$own 6"
curl -sS --max-time $patience -D "$dir/head" -b "$jar" -H 'Host: cookie.test' "http://$edge/who" -o /dev/null
! grep -i '^set-cookie' "$dir/head" || fail "who has the cookie gets it again"
! grep -q "$own=\|=$own" <(cookie_line) || fail "the cookie says the member's name"

say "the backend sees no cookie of the server's, and its own come through"
for version in --http1.1 --http2-prior-knowledge; do
    curl -sS --max-time $patience $version -D "$dir/head" -H 'Host: cookie.test' -H "Cookie: x=1; $(cookie_line); y=\"2\"" \
        "http://$edge/cookies" >"$dir/cookies"
    equal "what the backend saw" "$(<"$dir/cookies")" "$own ['x=1; y=\"2\"']"
    has_text "$dir/head" "^[Ss]et-[Cc]ookie: backend=$own; Path=/.\$"
    curl -sS --max-time $patience $version -H 'Host: cookie.test' -H "Cookie: $(cookie_line)" "http://$edge/cookies" >"$dir/cookies"
    equal "what the backend saw" "$(<"$dir/cookies")" "$own None"
    curl -sS --max-time $patience $version -D "$dir/head" -H 'Host: cookie.test' "http://$edge/cookies" -o /dev/null
    equal "cookies of a first answer" "$(grep -ci '^set-cookie' "$dir/head")" 2
done

say "foreign cookies mean nothing, and who forges one is like the visitor of a member that is away"
forged=$(cookie_line)
for value in "${forged%=*}=" "${forged%=*}=${forged#*=}x" "ferrotunnel-00000000-00000000=${forged#*=}"; do
    equal "requests with $value" "$(who_has cookie.test 9 -H "Cookie: $value")" "alder 3 birch 3 cedar 3"
done
forged=$(who_has cookie.test 9 -H "Cookie: ${forged%=*}=AAAAAAAAAAAAAAAAAAAAAA")
[[ $forged =~ ^[a-z]+\ 9$ ]] || fail "requests with a forged cookie: $forged"
curl -sS --max-time $patience -D "$dir/head" -H 'Host: path.test' "http://$edge/shop/who" -o /dev/null
has_text "$dir/head" "^Set-Cookie: ferrotunnel-.*; Path=/shop; HttpOnly"

say "the visitors of a member that is away are another one's meanwhile, keep their cookie, and are at home again when it is back"
kept=$(cookie_line)
signal "$own" TERM
join_ok "$own"
other=$(with_jar 1)
other=${other% 1}
[[ $other != "$own" ]] || fail "who has ended has answered"
equal "requests meanwhile" "$(with_jar 4)" "$other 4"
equal "the cookie" "$(cookie_line)" "$kept"
member "$own"
equal "requests when it is back" "$(with_jar 4)" "$own 4"

say "the server is started again, and one member after the other comes back: nobody's visitors move"
jars() { # the visitor of each member, with a jar of its own
    local name
    for name in "${names[@]}"; do
        jar=$dir/$name.jar "$@" "$name"
    done
}
first_visit() {
    until [[ $(curl -sS --max-time $patience -c "$jar" -H 'Host: cookie.test' "http://$edge/who") == "$1" ]]; do
        rm "$jar"
    done
}
jars first_visit
for name in "${names[@]}" server; do
    signal "$name" TERM
    join_ok "$name"
done
start_group_server --access-log "$dir/access.log" --access-log-format '{service} {member} {status}'
member birch
asks() { equal "the visitor of $1" "$(with_jar 2)" "birch 2"; }
jars asks
member alder
member cedar
asks() { equal "the visitor of $1" "$(with_jar 6)" "$1 6"; }
jars asks
equal "requests with the first cookie" "$(with_jar 6)" "$own 6"

say "without time to come back (hold: 0) the new member's cookie comes at once; who is back has those that kept the old one"
signal server TERM
join_ok server
http_hold=0s
start_group_server --access-log "$dir/access.log" --access-log-format '{service} {member} {status}'
for name in "${names[@]}"; do
    wait_for_services "$name" 4
done
members_are_back() { [[ $("$FERROTUNNEL" services --json --control "$dir/server.sock" | grep -o '"takes_visitors"' | wc -l) == 12 ]]; }
wait_until $patience "all members at the server" members_are_back
equal "requests with the old cookie" "$(with_jar 6)" "$own 6"
cp "$jar" "$dir/kept"
signal "$own" TERM
join_ok "$own"
other=$(with_jar 1)
other=${other% 1}
[[ $other != "$own" ]] || fail "who has ended has answered"
equal "requests with the new cookie" "$(with_jar 4)" "$other 4"
member "$own"
equal "requests with the new cookie" "$(with_jar 4)" "$other 4"
cp "$dir/kept" "$jar"
equal "requests with the old one" "$(with_jar 4)" "$own 4"

say "by address: a visitor has one member, by HTTP and by TCP, and has it again when that is back"
of_visitors() {
    local i
    for ((i = 0; i < 6; ++i)); do
        visit "127.0.0.1:$tcp" line finish rest | awk '$1 == "line" { print $2 }'
    done | counts
}
by_http=$(who_has address.test 6)
[[ $by_http =~ ^[a-z]+\ 6$ ]] || fail "requests of one address: $by_http"
by_tcp=$(of_visitors)
[[ $by_tcp =~ ^[a-z]+\ 6$ ]] || fail "visitors of one address: $by_tcp"
own=${by_tcp% 6}
signal "$own" TERM
join_ok "$own"
moved=$(of_visitors)
[[ $moved =~ ^[a-z]+\ 6$ && $moved != "$by_tcp" ]] || fail "visitors while $own is away: $moved"
member "$own"
equal "visitors when $own is back" "$(of_visitors)" "$by_tcp"
equal "requests when $own is back" "$(who_has address.test 6)" "$by_http"

say "who has answered is in the log, in metrics, and in what the server says of its services"
has_text "$dir/access.log" '^cookie [a-z]* 200$'
file_has "$dir/access.log" '^cookie - ' && fail "a line without its member" || true
nobody_is_there() { # the last one may still be on his way out
    "$FERROTUNNEL" services --control "$dir/server.sock" >"$dir/services.out"
    file_has "$dir/services.out" "line .* $own .* 0, [0-9]* in all, group line\$"
}
wait_until $patience "the visitors of $own in what the server says" nobody_is_there
"$FERROTUNNEL" status --control "$dir/server.sock" >"$dir/status.out"
has_text "$dir/status.out" ' in all, group address$'
metric_is "ferrotunnel_group_visitors_total{group=\"line\",kind=\"tcp\",token=\"token\",member=\"$own\"}" 12 ||
    fail "the metrics of $own: $(grep group_visitors "$dir/metrics.out")"
