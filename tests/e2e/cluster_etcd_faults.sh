# What visitors notice when a cluster's etcd fails: nothing. Three servers, and an etcd of three nodes, each in a network
# namespace, with the clients and visitors of cluster_faults.sh, while servers are killed, etcd's leader is killed and
# stands still, all of etcd is away for a minute, servers are cut off from it, its history is compacted, it comes back
# from an older snapshot, and the date of a server jumps. After each event all are served, all clients are back, and a new
# name is given, within 30 s. Who may notice what is as in cluster_faults.sh; no event of etcd excuses anybody.
#
#   a, b, c: 10.81.0.1 to 3 ---- another bridge ---- etcd: e1, e2, e3, 10.81.0.11 to 13
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
source "$(dirname "$0")/etcd_lib.sh"
need_etcd
need_etcd_tools
source "$(dirname "$0")/cluster_faults_lib.sh"

# --- etcd ------------------------------------------------------------------------------------------------------------
nodes=(e1 e2 e3)
declare -A node_at=([e1]=10.81.0.11 [e2]=10.81.0.12 [e3]=10.81.0.13)
nodes_with_peers='' urls='' endpoints=''
for node in "${nodes[@]}"; do
    nodes_with_peers+="${nodes_with_peers:+,}$node=http://${node_at[$node]}:2380"
    urls+="${urls:+, }\"http://${node_at[$node]}:2379\""
    endpoints+="${endpoints:+,}${node_at[$node]}:2379"
done
make_etcd_network() {
    add_bridge etcd
    in_ns hub address add 10.81.0.10/24 dev etcd # for etcdctl
    for name in "${members[@]}"; do plug "$name" "10.81.0.${address[$name]##*.}" etcd eth1; done
    for node in "${nodes[@]}"; do
        add_namespace "$node"
        plug "$node" "${node_at[$node]}" etcd
    done
}
start_node() {
    local own=http://${node_at[$1]}
    start "$1" "$within" "$1" "$etcd" --name "$1" --data-dir "$etcd_data/$1" --log-level error \
        --listen-client-urls "$own:2379" --advertise-client-urls "$own:2379" \
        --listen-peer-urls "$own:2380" --initial-advertise-peer-urls "$own:2380" --initial-cluster "$nodes_with_peers" \
        --heartbeat-interval 300 --election-timeout 3000 # a busy machine, where leaders would be lost all the time
}
start_etcd() {
    for node in "${nodes[@]}"; do start_node "$node"; done
    wait_until $patience "etcd" etcd_is_whole
}
kill_etcd() {
    for node in "${nodes[@]}"; do kill_now "$node"; done
}
ctl() { timeout 20 "$within" hub "$etcdctl" --endpoints "${asked:-$endpoints}" --command-timeout 10s "$@" 2>"$dir/ctl.err"; }
etcd_is_whole() { ctl endpoint health >"$dir/ctl.out"; }
# leader: its name.
leader() {
    local number
    number=$(ctl endpoint status -w json | python3 -c 'import json, sys
for one in json.load(sys.stdin):
    if one["Status"]["leader"] == one["Status"]["header"]["member_id"]:
        print(one["Endpoint"].split(":")[0].rsplit(".", 1)[1])') || fail "etcd has no leader: $(<"$dir/ctl.err")"
    echo "e${number#1}"
}
revision() { ctl endpoint status -w json | python3 -c 'import json, sys
print(max(one["Status"]["header"]["revision"] for one in json.load(sys.stdin)))'; }
keys_are() { (($(ctl get "ferrotunnel/claim/$1" --prefix --keys-only | grep -c . || true) >= $2)); }

# --- events ----------------------------------------------------------------------------------------------------------
# newcomer ORDER: a client with a new name, which it asks for again and again; its name is in $new.
new_count=0 new=
newcomer() {
    new=new$((++new_count))
    start_client_at "$new" "$1" "  retry_refused: 500ms" "  services: [{name: web, http: $new.test, local: \"127.0.0.1:$web\"}]"
}
has_name() { wait_until $limit "the name of $1" services_are "$1" 1; }
gone() {
    unset "programs[$1]"
    signal "$1" TERM
    join "$1"
}
# a_new_name ORDER: is given.
a_new_name() {
    newcomer "$1"
    has_name "$new"
    gone "$new"
}
# in_order: as before an event, with a new name at each server.
in_order() {
    wait_until $limit "all nodes of etcd" etcd_is_whole
    all_stores_are True
    settled
    for order in abc bca cab; do a_new_name "$order"; done
}
metric() { "$within" "$1" curl -sS -m 10 "http://127.0.0.1:9100/metrics" | awk -v name="ferrotunnel_cluster_$2" '$1 == name { print $2 }'; }
metric_is() { [[ $(metric "$1" "$2") == "$3" ]]; }

kill_leader() {
    local began node
    node=$(leader)
    say "kill -9 of etcd's leader, $node"
    began=$(now_s)
    kill_now "$node"
    a_new_name abc
    start_node "$node"
    unnoticed "kill -9 of etcd's leader" "$began"
    in_order
}
stop_leader() {
    local began node
    node=$(leader)
    say "SIGSTOP of etcd's leader, $node, for 15 s"
    began=$(now_s)
    signal "$node" STOP
    a_new_name bca
    wait_until 30 "the end of the stop" has_passed "$began" 15
    signal "$node" CONT
    unnoticed "SIGSTOP of the leader, 15 s" "$began"
    in_order
}
has_passed() { awk "BEGIN { exit !($(now_s) - $1 >= $2) }"; }
# without_etcd: for a minute, in which a server is killed.
without_etcd() {
    local began waiting
    say "all of etcd is away for 60 s"
    began=$(now_s)
    kill_etcd
    all_stores_are False
    for name in "${members[@]}"; do
        run_ok health --control "$dir/$name.sock"
        printed 'ready, degraded: etcd cannot be asked'
        metric_is "$name" store_in_order 0 || fail "metrics of $name say that the store is in order"
    done
    newcomer abc
    waiting=$new
    wait_for_text "$waiting" "which decides about the host $waiting.test, cannot be asked"
    unnoticed "all of etcd is away, 60 s" "$began"
    kill_member c ", without etcd" # whose clients keep their names at other servers
    wait_until 90 "a minute without etcd" has_passed "$began" 60
    began=$(now_s)
    start_etcd
    has_name "$waiting"
    unnoticed "etcd is back" "$began"
    gone "$waiting"
    in_order
    for name in "${members[@]}"; do metric_is "$name" store_in_order 1 || fail "metrics of $name: the store is not in order"; done
}
# cut_from_etcd: all servers, for 20 s, in which their leases end.
cut_from_etcd() {
    local began
    say "all servers are cut off from etcd for 20 s"
    began=$(now_s)
    for name in "${members[@]}"; do in_ns hub link set dev "etcd-$name" down; done
    all_stores_are False
    wait_until 60 "the end of the cut" has_passed "$began" 20
    all_linked
    for name in "${members[@]}"; do in_ns hub link set dev "etcd-$name" up; done
    unnoticed "servers cut from etcd, 20 s" "$began"
    in_order
}
# cut_from_all ONE OTHER THIRD: from etcd and the other servers, for 20 s.
cut_from_all() {
    local began over pairs other
    told "$1 is cut off from etcd and the other servers for 20 s" "$1"
    pairs=$(pairs_between "$1" "$2"), pairs+=$(pairs_between "$1" "$3")
    began=$(now_s)
    in_ns hub link set dev "etcd-$1" down
    for other in "$2" "$3"; do in_ns "$other" link set dev "to-$1" down; done
    wait_until $patience "the store of $1" store_is "$1" False
    a_new_name "$3ab" # where etcd is
    wait_until 60 "the end of the cut" has_passed "$began" 20
    for other in "$2" "$3"; do
        wait_until $patience "$1 without $other" is_not_linked "$1" "$other"
        in_ns "$other" link set dev "to-$1" up
    done
    in_ns hub link set dev "etcd-$1" up
    over=$(now_s)
    pairs=${pairs#, }
    event "$1 cut from etcd and all" "$began" "$(later "$over" $limit)" "$(later "$over" $limit)" "$over" "" "" "${pairs%, }"
    in_order
}
compact() {
    local began
    say "etcd's history is compacted"
    began=$(now_s)
    ctl compact "$(revision)" --physical >/dev/null || fail "$(<"$dir/ctl.err")"
    unnoticed "compaction" "$began"
    in_order
}
# restore SNAPSHOT: since which a client has got a name.
restore() {
    local began
    say "etcd comes back from an older snapshot"
    newcomer bca
    has_name "$new"
    wait_until $patience "its claim in etcd" keys_are "h$new.test " 2
    began=$(now_s)
    kill_etcd
    for node in "${nodes[@]}"; do
        rm -rf "${etcd_data:?}/$node"
        "$etcdutl" snapshot restore "$1" --name "$node" --data-dir "$etcd_data/$node" \
            --initial-cluster "$nodes_with_peers" --initial-advertise-peer-urls "http://${node_at[$node]}:2380" \
            >"$dir/restore.out" 2>&1 || fail "$(<"$dir/restore.out")"
    done
    start_etcd
    wait_until $limit "its claim in etcd again" keys_are "h$new.test " 2
    unnoticed "an older snapshot of etcd" "$began"
    gone "$new"
    in_order
}
# jump SECONDS: the date of b.
jump() {
    python3 -c 'import struct, sys
with open(sys.argv[1], "r+b") as file:
    file.write(struct.pack("=q", int(sys.argv[2])))' "$dir/clock" "$1"
}
date_jumps() {
    local began
    say "the date of b jumps by two hours, back, and two hours into the past"
    began=$(now_s)
    for seconds in 7200 0 -7200; do
        jump $seconds
        wait_until $patience "the new date in b's log of requests" has_date b $seconds
        a_new_name bca
        sleep 5 # two renewals of the lease, at least one of which has to be good
        store_is b True || fail "the store of b is not in order at another date"
    done
    jump 0
    unnoticed "b's date jumps by 2 h" "$began"
    in_order
}
# has_date MEMBER SECONDS: its access log is so far from here, within a minute.
has_date() {
    tail -n 1 "$dir/$1.access" | python3 -c 'import datetime, json, sys
time = datetime.datetime.fromisoformat(json.loads(sys.stdin.read())["time"].replace("Z", "+00:00"))
now = datetime.datetime.now(datetime.timezone.utc)
sys.exit(abs((time - now).total_seconds() - int(sys.argv[1])) > 60)' "$2" 2>"$dir/date.err"
}

# --- the test --------------------------------------------------------------------------------------------------------
make_network
make_etcd_network
start_etcd
prepare_servers
cluster_more="etcd: [$urls]"
if ((${E2E_SANITIZED:-0} == 0)); then # whose own library has to come first
    head -c 8 /dev/zero >"$dir/clock"
    printf '#!/bin/sh\nexport LD_PRELOAD=%s CLOCK_JUMP=%s\nexec %s "$@"\n' "$E2E_TOOLS/libclock_jump.so" "$dir/clock" \
        "$FERROTUNNEL" >"$dir/with_dates"
    chmod +x "$dir/with_dates"
    program_of=([b]=$dir/with_dates)
fi
start_servers "  metrics: 127.0.0.1:9100"
all_stores_are True
start_load

kill_member a # after which b and c have all clients
asked=${node_at[e1]}:2379 ctl snapshot save "$etcd_data/snapshot" >/dev/null || fail "$(<"$dir/ctl.err")"
kill_leader
stop_leader
without_etcd
cut_from_etcd
cut_from_all b a c
compact
restore "$etcd_data/snapshot"
((${E2E_SANITIZED:-0} == 1)) || date_jumps
kill_member b
kill_member c
judge_visitors
