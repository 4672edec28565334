# A successor has the visitors of the member whose place it takes, by cookie and by address, whatever it is called: they
# move once, and never back. And `route --running` tells whom a visitor would come to.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/group_lib.sh"
need curl python3

names=(alder birch cedar)
start_backends "${names[@]}"
start_group_server
# member NAME CALLED [OPTION...]: a client of this identity with the backend NAME.
member() {
    local at
    at=$(<"$dir/$1.at")
    cat >"$dir/$1.yml" <<CONFIG
client:
  services:
    - {name: cookie, http: cookie.test, local: "$at", group: cookie, sticky: cookie}
    - {name: address, http: address.test, local: "$at", group: address, sticky: address}
    - {name: free, http: free.test, local: "$at", group: free, weight: 2}
CONFIG
    start_client "$2" --config "$dir/$1.yml" --no-watch --name "$2" --identity "$1" "${@:3}"
    wait_for_services "$2" 3
}
for name in "${names[@]}"; do
    member "$name" "$name-1"
done
jar=$dir/jar
curl -sS --max-time $patience -c "$jar" -H 'Host: cookie.test' "http://$edge/who" -o /dev/null
cookie=$(awk '$6 ~ /^ferrotunnel-/ { print $6 "=" $7 }' "$jar")
# who HOST: the client that answers this visitor.
who() {
    curl -sS --max-time $patience -D "$dir/head" -b "$jar" -H "Host: $1" "http://$edge/who" -o /dev/null
    tr -d '\r' <"$dir/head" | awk 'tolower($1) == "x-ferrotunnel-member:" { print $2 }'
}
by_cookie=$(who cookie.test)
by_address=$(who address.test)
equal "who has the cookie" "$(who cookie.test)" "$by_cookie"
equal "who has the address" "$(who address.test)" "$by_address"

say "one after the other is handed over, and another one of each identity begins with each round"
for round in 2 3; do
    for name in "${names[@]}"; do
        member "$name" "$name-$round" --replace
        wait_for_text "$name-$round" 'in place: the other client'
        for ((i = 0; i < 10; ++i)); do
            [[ $(who cookie.test) == "${by_cookie%-*}"-* ]] || fail "a cookie has lost its member: $(<"$dir/head")"
            [[ $(who address.test) == "${by_address%-*}"-* ]] || fail "an address has lost its member: $(<"$dir/head")"
        done
        join_ok "$name-$((round - 1))"
    done
    equal "who has the cookie" "$(who cookie.test)" "${by_cookie%-*}-$round"
    equal "who has the address" "$(who address.test)" "${by_address%-*}-$round"
    ! grep -i '^set-cookie' "$dir/head" || fail "who has the cookie gets another one"
done

say "whom a visitor would come to is told without one"
route() { "$FERROTUNNEL" route "$@" --running --control "$dir/server.sock" >"$dir/route.out" 2>"$dir/route.err"; }
route "http://cookie.test/who" -H "Cookie: x=1; $cookie" || fail "no route: $(<"$dir/route.err")"
has_text "$dir/route.out" '^-> the service cookie, of token token$'
has_text "$dir/route.out" "^  ${by_cookie%-*}-3 .* <- this visitor\$"
equal "members" "$(grep -c ' takes visitors  1 ' "$dir/route.out")" 3
route address.test/x --visitor 127.0.0.1 --json || fail "no route: $(<"$dir/route.err")"
python3 - "$dir/route.out" "${by_address%-*}-3" <<'END'
import json, sys
route = json.load(open(sys.argv[1]))
assert route["found"] == "service" and route["sticky"] == "address" and route["path"] == "/x", route
assert [member["name"] for member in route["members"] if member.get("chosen")] == [sys.argv[2]], route
END
route address.test || fail "no route"
has_text "$dir/route.out" '^--visitor ADDRESS shows'
FERROTUNNEL_SERVER=elsewhere.test:7835 FERROTUNNEL_JSON=on "$FERROTUNNEL" route app.test --http app.test=3000 >"$dir/route.out" ||
    fail "variables of other commands are in the way"
has_text "$dir/route.out" '^-> localhost:3000$'
route free.test || fail "no route"
has_text "$dir/route.out" "^no fixed member: the group's .balance. setting selects one"
equal "members with a weight of 2" "$(grep -c ' takes visitors  2 ' "$dir/route.out")" 3
! route nobody.test || fail "a route to nobody"
has_text "$dir/route.out" '^-> unknown_host$'
! route nobody..test || fail "a route to no host"
has_text "$dir/route.err" 'has no host that a request could have'
