# What the tests of clusters have in common: members a, b and c, each with an address of its own, their files and what
# their status says; sourced behind lib.sh, run_lib.sh and nginx_lib.sh.
#
# shellcheck shell=bash

unset FERROTUNNEL_HTTP_BIND # the files say it
members=(a b c)
declare -A address=() # of each member's listeners; all have the same ports
declare -A peer_of=() # "a b": the address at which a reaches b
declare -A told=()    # where a member tells clients to connect; unset: nowhere
declare -A program_of=() # what is run for a member; unset: $FERROTUNNEL
cluster_more=''       # further keys of `cluster`, "key: value, ..."

# prepare_cluster HOST...: the cluster's key, two tokens, and a certificate for these hosts.
prepare_cluster() {
    make_token
    (umask 077 && "$FERROTUNNEL" token >"$dir/other")
    "$FERROTUNNEL" cluster key "$dir/cluster.key" >/dev/null || fail "cluster key"
    make_authority ca
    make_certificate app ca "$@"
}

# write_member NAME [LINE...]: its file. The lines go into `server`.
write_member() {
    local name=$1 own peers='' other
    own=${address[$name]}
    for other in "${members[@]}"; do
        [[ $other == "$name" ]] || peers+="${peers:+, }$other: ${peer_of["$name $other"]:-${address[$other]}}:$link"
    done
    printf '%s\n' "server:" "  bind: $own:$control_port" "  tcp_bind: $own" "  http_bind: $own:$http" \
        "  https_bind: $own:$https" "  https: {certificates: [{chain: $dir/app.crt, key: $dir/app.key}]}" \
        "  domain: tunnel.test" "  state_dir: $dir/state_$name" "  control: $dir/$name.sock" "  workers: 2" \
        "  endpoint_file: $dir/$name.endpoints" "  access_log: $dir/$name.access" "  access_log_format: json" \
        "  token: [file:$dir/token, file:$dir/other]" \
        "  cluster: {name: $name, listen: \"${listen_at:-$own}:$link\", key: $dir/cluster.key, peers: {$peers}${told[$name]:+, public: \"${told[$name]}\"}${cluster_more:+, $cluster_more}}" \
        "${@:2}" >"$dir/$name.yml"
}

# start_member NAME: does not wait for its links.
start_member() {
    programs[$1]=1
    rm -f "$dir/$1.endpoints"
    start "$1" ${within:+"$within" "$1"} "${program_of[$1]:-$FERROTUNNEL}" server --config "$dir/$1.yml" --no-watch
    wait_until $patience "the endpoints of $1" endpoint_or_end "$1" '^control '
    is_running "$1" || fail "$1 did not start"
}

# status_of_member NAME: its status as JSON, in $dir/status.NAME.
status_of_member() { "$FERROTUNNEL" status --json --control "$dir/$1.sock" >"$dir/status.$1" 2>"$dir/status.err"; }
# cluster_field NAME EXPRESSION: of `c`, what its status says of the cluster; `m` has the members by their names.
cluster_field() {
    status_of_member "$1" || return 1
    python3 -c 'import json, sys
j = json.loads(open(sys.argv[1]).readline())
c = j["cluster"]
m = {each["name"]: each for each in c["members"]}
print(eval(sys.argv[2]))' "$dir/status.$1" "$2" 2>"$dir/field.err"
}
# linked NAME: the other members that are linked to it, "b c".
linked() { cluster_field "$1" '" ".join(sorted(each for each in m if m[each]["linked"] and each != "'"$1"'"))'; }
linked_are() { [[ $(linked "$1") == "$2" ]]; }
# wait_linked NAME OTHERS
wait_linked() { wait_until $patience "$1 linked to $2" linked_are "$1" "$2"; }
all_linked() {
    wait_linked a "b c"
    wait_linked b "a c"
    wait_linked c "a b"
}
# clients_of NAME: the names of the clients that are connected to it.
clients_of() {
    status_of_member "$1" || return 0
    python3 -c 'import json, sys
print(*sorted({t["name"] for t in json.loads(open(sys.argv[1]).readline())["tunnels"]}))' "$dir/status.$1"
}

# now_s: seconds with three digits, as cluster_visitors.py has them.
now_s() { date +%s.%3N; }
# served_since MS: all visitors have been served since that time.
served_since() {
    check_alive
    is_running visitors || fail "the visitors have ended"
    [[ -s $dir/served ]] && (($(<"$dir/served") >= $1))
}
# wait_served [SECONDS]: until each visitor has been served once more from now on.
wait_served() { wait_until "${1:-$patience}" "an answer to each visitor" served_since "$(now_ms)"; }

# plan NAME ENTRY... -- SERVICE... : the plan of cluster_visitors.py in $dir/NAME.plan; SERVICE is {"name": {...}} without
# braces. $kinds, $pause, $strict, $crowd and $visits are its.
plan() {
    local name=$1 entries='' services=''
    shift
    while [[ $1 != -- ]]; do
        entries+="${entries:+, }\"$1\": \"${address[$1]}\""
        shift
    done
    shift
    while (($# > 0)); do
        services+="${services:+, }$1"
        shift
    done
    printf '{"entries": {%s}, "services": {%s}, "http": %s, "https": %s, "pause": %s, "strict": %s, "crowd": %s, "visits": {%s}%s}\n' \
        "$entries" "$services" "$http" "$https" "${pause:-0.3}" "${strict:-false}" "${crowd:-0}" "${visits:-}" \
        "${kinds:+, \"kinds\": [$kinds]}" >"$dir/$name.plan"
}
