# Several clients offer services together: visitors are spread over them as they say, and a member that is restarted or
# killed costs nobody anything.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx python3

start_nginx
echo hello >"$dir/www/page"
start_server --http-bind 127.0.0.1:0 --https-bind 127.0.0.1:0 --metrics 127.0.0.1:0
edge=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
port=$(free_port) udp=$(free_port)
names=(a b c)
for name in "${names[@]}"; do
    serve_http "web_$name"
    declare "web_$name=$backend"
    serve "tcp_$name" "text:$name" echo
    declare "tcp_$name=$backend"
    serve_udp "udp_$name"
done
# member NAME [WORDS]: the client NAME with its own backends, and these words about the group in each service.
member() {
    local web=web_$1 tcp=tcp_$1 words="group: all${2:+, $2}"
    cat >"$dir/$1.yml" <<END
client:
  services:
    - {name: name, http: name.test, local: "${!web}", $words}
    - {name: page, http: app.test, local: "$nginx", $words-page}
    - {name: line, tcp: $port, local: "${!tcp}", $words}
    - {name: any, tcp: 0, local: "${!tcp}", group: any}
    - {name: bare, tls: bare.test, local: "${!tcp}", $words}
    - {name: grams, udp: $udp, local: "127.0.0.1:$(<"$dir/udp_$1.port")", $words}
END
    # The second HTTP service is another group.
    sed -i "s/, group: all\(.*\)-page}/, group: page\1}/" "$dir/$1.yml"
    start_client "$1" --config "$dir/$1.yml" --no-watch --name "$1"
    wait_for_services "$1" 6
}
# Who had 12 visitors of the TCP service, one after the other: "a 6 b 6".
of_visitors() {
    local i
    for ((i = 0; i < 12; ++i)); do
        visit "127.0.0.1:$port" line finish rest | awk '$1 == "line" { print $2 }'
    done | sort | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? " " : ""), $2, $1 }'
}
# Who had 12 requests, by what the backends print.
of_requests() {
    local name before=() i
    for name in "${names[@]}"; do
        before+=("$(grep -c '^request ' "$dir/web_$name.out" || true)")
    done
    for ((i = 0; i < 12; ++i)); do
        curl -sS --max-time $patience -H 'Host: name.test' "http://$edge/name/x" >"$dir/answer" || fail "a request"
        has_text "$dir/answer" '^x '
    done
    for i in "${!names[@]}"; do
        printf '%s %s ' "${names[i]}" $(($(grep -c '^request ' "$dir/web_${names[i]}.out" || true) - before[i]))
    done
}

say "two members have visitors and requests in turn"
member a
member b
equal "visitors of TCP" "$(of_visitors)" "a 6 b 6"
equal "requests" "$(of_requests)" "a 6 b 6 c 0 "
any() { awk '$2 == "any" { print $3 }' "$dir/$1.endpoints"; }
equal "where the server's choice is" "$(any b)" "$(any a)"

say "one that leaves gets no more, one that comes its share"
signal a TERM
join_ok a
equal "visitors of TCP" "$(of_visitors)" "b 12"
equal "requests" "$(of_requests)" "a 0 b 12 c 0 "
member a "weight: 2"
equal "visitors of TCP" "$(of_visitors)" "a 8 b 4"
equal "requests" "$(of_requests)" "a 8 b 4 c 0 "

say "one on standby is there when no other is"
member c "standby: on"
equal "visitors of TCP" "$(of_visitors)" "a 8 b 4"
kill_now a
kill_now b
for name in a b; do
    wait_until $patience "the loss of $name" count_is server "^client $name .* is gone" "$([[ $name == a ]] && echo 2 || echo 1)"
done
equal "visitors of TCP" "$(of_visitors)" "c 12"
equal "requests" "$(of_requests)" "a 0 b 0 c 12 "
member b
equal "visitors of TCP" "$(of_visitors)" "b 12"

say "members that are restarted, and killed, under 100 requests a second"
member a
start ask python3 "$E2E_SOURCE/ask_steadily.py" "$dir" "${edge##*:}"
more_requests
for name in a b a b; do
    signal "$name" TERM
    join_ok "$name"
    more_requests
    member "$name"
done
for name in a b; do
    kill_now "$name"
    more_requests
    member "$name"
    all_answered
done
touch "$dir/enough"
join_ok ask
equal "failed requests" "$(sed '0,/^failed/d' "$dir/ask.out" | head -n 1)" 0

say "who says something else, or is not a member, is refused with words"
sed 's/local: "[^"]*", group: all}/&/; s/app\.test, /app.test, redirect: "https:\/\/x.test", /' "$dir/a.yml" >"$dir/other.yml"
start_client other --config "$dir/other.yml" --no-watch
wait_for_text other 'refused: page: Other members of its group have different hosts, path, rules or limits'
start_client alone --tcp "$port=$tcp_a"
wait_for_text alone "refused: tcp:$port: .*held by another client with the same token"
start_client balance --config <(sed 's/group: all/group: all, balance: least/' "$dir/a.yml") --no-watch
wait_for_text balance 'refused: line: The other members of its group have `balance: round-robin`, and this client has `balance: least`'

say "members by --group"
port=$(free_port)
for name in a b; do
    tcp=tcp_$name
    start_client "option_$name" --tcp "$port=${!tcp}" --group options
    wait_for_services "option_$name" 1
done
equal "visitors of members by --group" "$(of_visitors)" "a 6 b 6"

say "each command that offers a service has --group"
mkdir "$dir/site"
echo site >"$dir/site/index.html"
udp=$(free_port) exit=$(free_port)
# both NAME WORD...: two clients of this command are members.
both() {
    local name=$1 number
    shift
    for number in 1 2; do
        programs[$name$number]=1
        start "$name$number" "$FERROTUNNEL" "$@" --group "$name" --server "$control" --token-file "$dir/token" \
            --endpoint-file "$dir/$name$number.endpoints" --control off --dashboard off
        wait_for_services "$name$number" 1
        file_lacks "$name$number" refused
    done
}
file_lacks() { ! file_has "$dir/$1.out" "$2" || fail "$1: $(<"$dir/$1.out")"; }
both udp udp "127.0.0.1:$(<"$dir/udp_a.port")" --remote-port "$udp"
both files files "$dir/site" --host files.test
both exit exit --allow 127.0.0.0/8 --remote-port "$exit"
both tls tls "$tcp_a" --host tls.test
