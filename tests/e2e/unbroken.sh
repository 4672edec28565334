# Everything that an operator does at noon, one after the other, while visitors of all kinds are there: none of their
# requests fails, and every byte is right. What is killed costs at most what was on its way.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
need openssl python3
need_descriptors 4096
unset FERROTUNNEL_HTTP_BIND # the file says it

share=$(by_size 0.25 1 0.25) # of the visitors that unbroken_load.py has
rounds=$(by_size 1 3)
make_token
(umask 077 && "$FERROTUNNEL" token >"$dir/guest")
make_authority ca
make_certificate app ca app.test
control=127.0.0.1:$(free_port)
http=$(free_port) https=$(free_port) tcp=$(free_port) udp=$(free_port)
hold=$(by_size 30s 3s) # in full size the usual one; a machine that is slow needs longer for a restart
server_config() { # [LINE...]
    printf '%s\n' "server:" "  bind: $control" "  tcp_bind: 127.0.0.1" "  http_bind: 127.0.0.1:$http" \
        "  https_bind: 127.0.0.1:$https" "  state_dir: $dir/state" "  workers: 2" "  drain: 15s" "  hold: $hold" "  http: {hold: $hold}" \
        "  https: {certificates: [{chain: $dir/app.crt, key: $dir/app.key}]}" "  token:" "    - file:$dir/token" "$@" >"$dir/server.yml.aside"
    mv "$dir/server.yml.aside" "$dir/server.yml"
}
server_config
# start_noon_server PROCESS [OPTION...]
start_noon_server() {
    programs[$1]=1
    start "$1" "$FERROTUNNEL" server --config "$dir/server.yml" --no-watch "${@:2}"
}
# start_member PROCESS NAME [OPTION...]: a client of the groups.
start_member() {
    local process=$1 name=$2 web line grams
    shift 2
    read -r web line grams <"$dir/at_$name.ports"
    printf '%s\n' "client:" "  server: $control" "  token: file:$dir/token" "  name: $name" "  identity: $name" \
        "  workers: 2" "  drain: 15s" "  endpoint_file: $dir/$process.endpoints" "  timing: {reconnect_max: 1s}" \
        "  services:" "    - {name: web, http: app.test, local: \"127.0.0.1:$web\", group: web}" \
        "    - {name: line, tcp: $tcp, local: \"127.0.0.1:$line\", group: line}" \
        "    - {name: grams, udp: $udp, local: \"127.0.0.1:$grams\", group: grams}" >"$dir/$process.yml"
    rm -f "$dir/$process.endpoints"
    programs[$process]=1
    start "$process" "$FERROTUNNEL" client --config "$dir/$process.yml" --no-watch "$@"
    wait_for_services "$process" 3
}
for name in a b; do
    start "at_$name" python3 "$E2E_SOURCE/unbroken_load.py" backend "$dir" "at_$name"
    wait_until $patience "the ports of at_$name" test -s "$dir/at_$name.ports"
done
start_noon_server server_0
server=server_0
wait_for_port "127.0.0.1:$http" $server
start_member a a
start_member b b
start load python3 "$E2E_SOURCE/unbroken_load.py" visit "$dir" "$http" "$https" "$tcp" "$udp" "$share"

# Some seconds of what all visitors do, in which nothing may fail that began after $since.
went_on() {
    wait_until $patience "answers after $1" count_is load '^asked' $(($(count_of load '^asked') + 4))
    equal "failed with $1" "$(grep -a '^failed' "$dir/load.out" | awk -v since="$since" '$3 >= since' || true)" ""
}
since=0
went_on "nothing changed"

for ((round = 0; round < rounds; ++round)); do
    say "members are restarted, one after the other"
    for name in a b; do
        signal $name TERM
        join_ok $name 120
        went_on "$name away"
        start_member $name $name
        went_on "$name back"
    done

    say "a member is handed over to a new process"
    start_member next b --replace
    wait_for_text next 'in place: the other client finishes its visitors and ends'
    join_ok b 120
    went_on "b handed over"
    start_member b b --replace
    join_ok next 120
    went_on "b handed back"

    say "the server is upgraded"
    before=$server server=server_$((round + 1))
    start_noon_server $server --replace
    wait_for_text $server "this server replaced the one that ran"
    join_ok $before 120
    went_on "the server upgraded"

    say "certificate, token and configuration change"
    make_certificate app ca app.test www.test
    server_config "    - file:$dir/guest" "  connections_per_token: $((3000 + round))"
    signal $server HUP
    wait_until $patience "the file was read" count_is $server 'was read again' 1
    went_on "a token more"
    server_config
    signal $server HUP
    wait_until $patience "the file was read" count_is $server 'was read again' 2
    went_on "a token less"

    say "a member is killed: only what was on its way to it may fail"
    gone=$(count_of $server 'a client is gone .*client=a ')
    kill_now a
    # Until the server knows of it, visitors come to it. It has two connections.
    wait_until $patience "the server to notice" count_is $server 'a client is gone .*client=a ' $((gone + 2))
    since=$(date +%s.%N)
    went_on "a killed"
    start_member a a
    went_on "a back"
done

say "the server is killed, and started as a service manager does: visitors are cut, new ones wait"
kill_now $server
killed=$(date +%s.%N)
start_noon_server server_again
for port in "$http" "$https" "$tcp"; do # each of them is opened for itself
    wait_for_port "127.0.0.1:$port" server_again
done
since=$(date +%s.%N)
went_on "the server started again"
say "listening after $(awk "BEGIN { print int(($since - $killed) * 1000) }") ms"

touch "$dir/enough"
join load 120
tail -n 12 "$dir/load.out" | grep -v '^asked\|^failed [a-z]'
say "failed altogether: $(grep -a '^failed [a-z]' "$dir/load.out" | awk '{ ++kinds[$2] } END { for (k in kinds) printf " %s %d", k, kinds[k] }' || true)"
equal "the visitors" "${exit_codes[load]}" 0
