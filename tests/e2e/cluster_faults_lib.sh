# What the tests of failing servers have in common: three servers, each in a network namespace with links to the other two
# and one to a bridge, where clients and visitors are; visitors of every kind, who come all the time, each preferring a
# server; and events, of which each says what visitors may notice. Sourced behind lib.sh, run_lib.sh, nginx_lib.sh and
# cluster_lib.sh.
#
#   clients, visitors, backends          a 10.79.0.1 ---.          a -- 10.80.1.0/30 -- b
#        10.79.0.9  ------- bridge ----- b 10.79.0.2    |          a -- 10.80.2.0/30 -- c
#   the 1,000 clients |                  c 10.79.0.3 ---'          b -- 10.80.3.0/30 -- c
#        10.79.0.11 to 15
#
# shellcheck shell=bash

need ip openssl python3 getent
((EUID == 0)) || skip "network namespaces need root"
need_descriptors 4096

mark=$((BASHPID % 100000))
crowds=(crowd1 crowd2 crowd3 crowd4 crowd5) # so that they are within the limits of logins of one address
within=$dir/within                          # within NAME COMMAND...: in the namespace of this name
declare -A process=()                       # of each member now

# --- namespaces -----------------------------------------------------------------------------------------------------
add_namespace() {
    ip netns add "ft$mark-$1" 2>"$dir/netns.err" || skip "no network namespaces here: $(<"$dir/netns.err")"
    on_end "ip netns del ft$mark-$1"
    ip -n "ft$mark-$1" link set lo up
}
# in_ns NAME ip's own arguments
in_ns() { ip -n "ft$mark-$1" "${@:2}"; }
add_bridge() {
    in_ns hub link add "$1" type bridge 2>"$dir/netns.err" || skip "no bridge here: $(<"$dir/netns.err")"
    in_ns hub link set dev "$1" up
}
# plug NAME ADDRESS [BRIDGE [DEVICE]]: into a bridge, whose end of the cable is BRIDGE-NAME.
plug() {
    local bridge=${3:-bridge0} device=${4:-eth0}
    in_ns "$1" link add "$device" type veth peer name "$bridge-$1" netns "ft$mark-hub"
    in_ns hub link set dev "$bridge-$1" master "$bridge" up
    in_ns "$1" address add "$2/24" dev "$device"
    in_ns "$1" link set dev "$device" up
}
# wire ONE OTHER NETWORK: a link of their own; its ends are called to-OTHER and to-ONE.
wire() {
    in_ns "$1" link add "to-$2" type veth peer name "to-$1" netns "ft$mark-$2"
    in_ns "$1" address add "10.80.$3.1/30" dev "to-$2"
    in_ns "$2" address add "10.80.$3.2/30" dev "to-$1"
    in_ns "$1" link set dev "to-$2" up
    in_ns "$2" link set dev "to-$1" up
    peer_of["$1 $2"]=10.80.$3.2 peer_of["$2 $1"]=10.80.$3.1
}
make_network() {
    local name i hosts order first
    for name in hub out a b c "${crowds[@]}"; do add_namespace "$name"; done
    add_bridge bridge0
    address=([a]=10.79.0.1 [b]=10.79.0.2 [c]=10.79.0.3)
    plug out 10.79.0.9
    for ((i = 0; i < ${#crowds[@]}; ++i)); do plug "${crowds[i]}" 10.79.0.$((11 + i)); done
    for name in "${members[@]}"; do plug "$name" "${address[$name]}"; done
    wire a b 1
    wire a c 2
    wire b c 3
    printf '#!/bin/sh\nname=$1\nshift\nexec ip netns exec "ft%s-$name" "$@"\n' "$mark" >"$within"
    chmod +x "$within"

    # One name with three addresses; clients differ in which comes first.
    for name in out "${crowds[@]}"; do
        hosts=/etc/netns/ft$mark-$name/hosts # what `ip netns exec` puts over /etc/hosts
        mkdir -p "${hosts%/*}"
        on_end "rm -rf ${hosts%/*}; rmdir --ignore-fail-on-non-empty /etc/netns"
        {
            echo '127.0.0.1 localhost'
            for order in abc bca cab; do
                for ((i = 0; i < 3; ++i)); do echo "${address[${order:i:1}]} $order.test"; done
            done
        } >"$hosts"
    done
    first=$("$within" out getent ahosts bca.test | awk '$2 == "STREAM" { print $1; exit }')
    [[ $first == "${address[b]}" ]] || skip "names do not resolve in a namespace here: ${first:-nothing}"
}

# --- servers, clients, visitors --------------------------------------------------------------------------------------
control_port=7835 http=8080 https=8443 link=7838 listen_at=0.0.0.0
prepare_servers() {
    prepare_cluster sa.test sb.test sc.test tls-sa.test tls-sb.test tls-sc.test
    (umask 077 && "$FERROTUNNEL" token >"$dir/visit.key")
}
# start_servers [LINE...]: with these lines of `server`.
start_servers() {
    local name
    for name in "${members[@]}"; do
        write_member "$name" "  hold: 25s" "  http: {hold: 25s, head_timeout: 3m, connections_per_address: 1000}" \
            "  drain: 10s" "  timing: {ping_interval: 2s, dead_interval: 8s}" "$@"
        start_process "$name" "$name"
    done
    all_linked
}
# start_process MEMBER NAME: a process of this name is the member's.
start_process() {
    process[$1]=$2
    start_member "$1"
}

# start_client_at NAME ORDER LINE...: a client that prefers the first server of ORDER.
start_client_at() {
    printf '%s\n' "client:" "  server: $2.test:$control_port" "  token: file:$dir/token" "  name: $1" "  identity: $1" \
        "  workers: 1" "  control: off" "  endpoint_file: $dir/$1.endpoints" \
        "  timing: {ping_interval: 2s, dead_interval: 8s, reconnect_first: 200ms, reconnect_max: 1s}" "${@:3}" >"$dir/$1.yml"
    programs[$1]=1
    start "$1" "$within" out "$FERROTUNNEL" client --config "$dir/$1.yml" --no-watch
}
# start_service NAME ORDER PORT: one with a service of each kind.
start_service() {
    start_client_at "$1" "$2" "  services:" \
        "    - {name: web, http: $1.test, local: \"127.0.0.1:$web\"}" \
        "    - {name: line, tcp: $3, local: \"127.0.0.1:$line\"}" \
        "    - {name: grams, udp: $3, local: \"127.0.0.1:$grams\"}" \
        "    - {name: secure, tls: tls-$1.test, local: \"127.0.0.1:$secure\"}" \
        "    - {name: db-$1, tcp: private, local: \"127.0.0.1:$line\", key: file:$dir/visit.key}"
    wait_for_services "$1" 5
}
# start_visiting NAME ORDER PORT: one that visits the private service of each, from this port on.
start_visiting() {
    start_client_at "$1" "$2" "  visits:" \
        "    - {name: db-sa, local: \"127.0.0.1:$3\", key: file:$dir/visit.key}" \
        "    - {name: db-sb, local: \"127.0.0.1:$(($3 + 1))\", key: file:$dir/visit.key}" \
        "    - {name: db-sc, local: \"127.0.0.1:$(($3 + 2))\", key: file:$dir/visit.key}"
    visits+="${visits:+, }\"$1\": {\"sa\": $3, \"sb\": $(($3 + 1)), \"sc\": $(($3 + 2))}"
}
visits=''

# Each of the crowd's programs has a share of the clients, and an address.
crowd_is_back() {
    local name ready
    for name in "${crowds[@]}"; do
        is_running "$name" || fail "a program of clients has ended: $(<"$dir/$name.err")"
        [[ -s $dir/$name.state ]] && read -r ready _ <"$dir/$name.state" && ((ready == share)) || return 1
    done
}
start_crowd() {
    local i crowd_web
    share=$(by_size 6 $((${E2E_CROWD:-1000} / ${#crowds[@]})) 20)
    crowd=$((share * ${#crowds[@]}))
    start crowd_echo "$within" out python3 "$E2E_SOURCE/cluster_visitors.py" backend "$dir" crowd_echo 10.79.0.9
    wait_until $patience "the ports of the crowd's backend" test -s "$dir/crowd_echo.ports"
    read -r crowd_web _ <"$dir/crowd_echo.ports"
    for ((i = 0; i < ${#crowds[@]}; ++i)); do
        start "${crowds[i]}" "$within" "${crowds[i]}" "$E2E_TOOLS/client_crowd" "$dir" "${crowds[i]}" $((i * share)) \
            "$share" "10.79.0.9:$crowd_web" abc.test:$control_port bca.test:$control_port cab.test:$control_port
    done
    wait_until $patience "$crowd clients" crowd_is_back
}

described() { printf '"%s": {"host": "%s.test", "tls": "tls-%s.test", "tcp": %s, "udp": %s}' "$1" "$1" "$1" "$2" "$2"; }
all_are_served() {
    "$within" out python3 "$E2E_SOURCE/cluster_visitors.py" once "$dir" "$dir/all.plan" >"$dir/once.out" 2>&1
}
# start_load: backends, clients, and visitors until $dir/enough is there.
start_load() {
    start echo "$within" out python3 "$E2E_SOURCE/cluster_visitors.py" backend "$dir" echo
    wait_until $patience "the ports of echo" test -s "$dir/echo.ports"
    read -r web line grams secure <"$dir/echo.ports"
    start_service sa abc 9001
    start_service sb bca 9002
    start_service sc cab 9003
    start_visiting va abc 9101
    start_visiting vb bca 9111
    start_visiting vc cab 9121
    start_crowd
    pause=$(by_size 0.4 0.4 0.8) plan all a b c -- "$(described sa 9001)" "$(described sb 9002)" "$(described sc 9003)"
    wait_until $patience "each kind of visitor at each server" all_are_served
    start visitors "$within" out python3 "$E2E_SOURCE/cluster_visitors.py" visit "$dir" "$dir/all.plan"
    wait_served
    : >"$dir/events"
}
# judge_visitors: ends the visitors, prints the table, and fails if one has noticed what none may notice.
judge_visitors() {
    touch "$dir/enough"
    join_ok visitors 120
    "$within" out python3 "$E2E_SOURCE/cluster_outage.py" "$dir/visitors.out" "$dir/events" \
        $((limit * (${E2E_SANITIZED:-0} == 1 ? 3 : 1))) "$crowd" "$dir"/crowd?.log >"$dir/outage.txt" ||
        fail "$(<"$dir/outage.txt")"
    cat "$dir/outage.txt"
}

# --- events ----------------------------------------------------------------------------------------------------------
# What visitors may notice ends some seconds behind the event, since the machine is slow: those who were on their way to a
# server, before the others knew.
readonly moment=2 limit=30
quoted() { # a b: "a", "b"
    local text='' word
    for word in "$@"; do text+="${text:+, }\"$word\""; done
    echo "$text"
}
# services_at MEMBER: those of the clients that are connected to it. visiting_at MEMBER: its visiting clients.
services_at() { clients_of "$1" | tr ' ' '\n' | sed -n 's/^crowd-/c/p; /^s/p' | tr '\n' ' '; }
visiting_at() { clients_of "$1" | tr ' ' '\n' | sed -n '/^v/p' | tr '\n' ' '; }
# event NAME BEGAN UNTIL UNTIL_NOT_HELD OVER ENTRIES SERVICES [PAIRS [FAILED]]
event() {
    # shellcheck disable=SC2086
    printf '{"event": "%s", "began": %s, "until": %s, "until_not_held": %s, "over": %s, "entries": [%s], "services": [%s], "pairs": [%s], "failed": [%s]}\n' \
        "$1" "$2" "$3" "$4" "$5" "$(quoted $6)" "$(quoted $7)" "${8:-}" "$(quoted ${9:-})" >>"$dir/events"
}
# unnoticed NAME BEGAN [OVER]: an event that no visitor may notice.
unnoticed() { event "$1" "$2" "$2" "$2" "${3:-$(now_s)}" "" ""; }
later() { awk "BEGIN { printf \"%.3f\", $1 + $2 }"; }
# settled: everything is as before an event.
settled() {
    all_linked
    wait_until $limit "all clients of the crowd" crowd_is_back
    wait_served $limit
}
told() { say "$1; it has $(services_at "$2" | wc -w) clients with services"; }

# kill_member NAME [WITH]: and it is started again. WITH is added to what the event is called.
kill_member() {
    local services visiting began
    services=$(services_at "$1") visiting=$(visiting_at "$1")
    told "kill -9 of $1${2:-}" "$1"
    began=$(now_s)
    kill_now "${process[$1]}"
    # Visitors by TLS, and visits, are not queued: for them the service is away until its client is at another server.
    event "kill -9 of $1${2:-}" "$began" "$(later "$began" $moment)" "$(later "$began" $limit)" "$began" "$1 $visiting" "$services" \
        "" "$1"
    wait_until $limit "all clients of the crowd" crowd_is_back
    wait_served $limit
    began=$(now_s)
    start_process "$1" "$1"
    event "start of $1${2:-}" "$began" "$began" "$(later "$began" $limit)" "$began" "$1" ""
    settled
}
# stop_member NAME: as a machine that stands still. Until the others have noticed, visitors are sent there.
stop_member() {
    local services visiting began over
    services=$(services_at "$1") visiting=$(visiting_at "$1")
    told "SIGSTOP of $1 for 15 s" "$1"
    began=$(now_s)
    signal "${process[$1]}" STOP
    sleep 15 # the stop itself
    signal "${process[$1]}" CONT
    over=$(now_s)
    event "SIGSTOP of $1, 15 s" "$began" "$(later "$over" $moment)" "$(later "$over" $limit)" "$over" "$1 $visiting" "$services" \
        "" "$1"
    settled
}
# pairs_of SERVICES ENTRIES: visitors of these services that come by these entries.
pairs_of() {
    local service entry
    for service in $1; do
        for entry in $2; do printf '%s["%s", "%s"]' "$separator" "$entry" "$service" && separator=', '; done
    done
}
# pairs_between ONE OTHER: visitors who need the link between the two.
pairs_between() {
    local separator=', ' pairs
    pairs=$(pairs_of "$(services_at "$1")" "$2 $(visiting_at "$2")" && pairs_of "$(services_at "$2")" "$1 $(visiting_at "$1")")
    echo "${pairs#, }"
}
# part ONE OTHER: they cannot reach each other for 15 s. The cable is drawn at the other's end.
part() {
    local began over pairs
    told "$1 and $2 are cut off from each other for 15 s" "$1"
    pairs=$(pairs_between "$1" "$2")
    began=$(now_s)
    in_ns "$2" link set dev "to-$1" down
    sleep 15 # the partition itself
    wait_until $patience "$1 without $2" is_not_linked "$1" "$2"
    in_ns "$2" link set dev "to-$1" up
    over=$(now_s)
    event "$1 and $2 cut off, 15 s" "$began" "$(later "$over" $limit)" "$(later "$over" $limit)" "$over" "" "" "$pairs"
    settled
}
is_not_linked() { [[ " $(linked "$1") " != *" $2 "* ]]; }
# restart_member NAME: in order, so that its clients move without a failed visit, except by TLS. Connections that it has
# not accepted when its listeners close are reset.
restart_member() {
    local services visiting began stopped
    services=$(services_at "$1") visiting=$(visiting_at "$1")
    told "$1 ends by SIGTERM and is started" "$1"
    began=$(now_s)
    signal "${process[$1]}" TERM
    join_ok "${process[$1]}" 60
    stopped=$(now_s)
    wait_served $limit
    start_process "$1" "$1"
    event "restart of $1" "$began" "$(later "$stopped" $moment)" "$(later "$(now_s)" $limit)" "$stopped" "$1 $visiting" "" \
        "" "$1"
    event "  its clients move" "$began" "$began" "$(later "$began" $limit)" "$began" "" "$services"
    settled
}
# replace_member NAME: a new process takes its place (--replace), and no visitor notices.
replacements=0
replace_member() {
    local services visiting began old=${process[$1]} new
    services=$(services_at "$1") visiting=$(visiting_at "$1")
    told "a new process replaces $1" "$1"
    new=$1-$((++replacements))
    began=$(now_s)
    process[$1]=$new programs[$new]=1
    start "$new" "$within" "$1" "${program_of[$1]:-$FERROTUNNEL}" server --config "$dir/$1.yml" --no-watch --replace
    wait_for_text "$new" "this server replaced the one that ran"
    join_ok "$old" 60
    unset "programs[$old]"
    event "$1 replaced" "$began" "$began" "$(later "$(now_s)" $limit)" "$(now_s)" "$1 $visiting" "$services"
    settled
}
