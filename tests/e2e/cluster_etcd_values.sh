# What servers of a cluster share, in an etcd: a token that was added once and one that was removed, also after all
# servers have been stopped; etcd away; a key that is replaced; a backup that is restored. etcd 3.5 or later is found by
# ETCD, or in PATH (Debian 13: etcd-server).
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
source "$(dirname "$0")/etcd_lib.sh"
need openssl python3 curl
need_etcd

address=([a]=127.0.0.2 [b]=127.0.0.3 [c]=127.0.0.4)
control_port=$(free_port) http=$(free_port) https=$(free_port) link=$(free_port) metrics=$(free_port)
etcd_port=$(free_port) etcd_peer=$(free_port)
prepare_cluster app.test
cluster_more="etcd: \"http://127.0.0.1:$etcd_port\""

start_etcd() {
    start etcd "$etcd" --data-dir "$etcd_data/etcd" --log-level error \
        --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
        --listen-peer-urls "http://127.0.0.1:$etcd_peer" --initial-advertise-peer-urls "http://127.0.0.1:$etcd_peer" \
        --initial-cluster "default=http://127.0.0.1:$etcd_peer"
    wait_until $patience "etcd" etcd_answers
}
post() { curl -sSf -m 10 --noproxy '*' "http://127.0.0.1:$etcd_port/v3/$1" -d "$2" 2>"$dir/post.err"; }
etcd_answers() { post kv/range '{"key":"YQ=="}' >/dev/null; }
# values: keys below value/, decoded; their values go to $dir/values.raw.
values() {
    post kv/range "{\"key\":\"$(printf 'ferrotunnel/value/' | base64)\",\"range_end\":\"$(printf 'ferrotunnel/value0' | base64)\"}" |
        python3 -c 'import base64, json, sys
raw = open(sys.argv[1], "wb")
for one in json.load(sys.stdin).get("kvs", []):
    print(base64.b64decode(one["key"]).decode())
    raw.write(base64.b64decode(one["value"]))' "$dir/values.raw"
}
value_is_there() { values >"$dir/values" && grep -qF -- "value/$1" "$dir/values"; }
no_value_is_there() { values >"$dir/values" && ! grep -qF -- "value/$1" "$dir/values"; }
values_are() { [[ $(cluster_field "$1" 'c["values"]["in_order"]') == "$2" ]]; }
all_values_are() {
    local name
    for name in "${members[@]}"; do wait_until $patience "the values of $name: $1" values_are "$name" "$1"; done
}
# client_at SERVER NAME TOKEN OPTION...
client_at() { client_to=${address[$1]}:$control_port client_token=$dir/$3 start_client "$2" --name "$2" "${@:4}"; }
# accepted SERVER NAME TOKEN: a new client is admitted.
accepted() {
    client_at "$1" "$2" "$3" --tcp "0=127.0.0.1:9"
    wait_for_services "$2" 1
    unset "programs[$2]"
    signal "$2" TERM
    join "$2"
}
# refused SERVER NAME TOKEN: it gives up.
refused() {
    client_at "$1" "$2" "$3" --tcp "0=127.0.0.1:9" --attempts 1
    unset "programs[$2]"
    join "$2"
    equal "how $2 ends" "${exit_codes[$2]}" 3
}
tokens_of() {
    "$FERROTUNNEL" tokens --json --control "$dir/$1.sock" | python3 -c 'import json, sys
print(*sorted(t["name"] for t in json.load(sys.stdin)["tokens"]))'
}
tokens_are() { [[ $(tokens_of "$1") == "$2" ]]; }
# metric_is SERVER NAME VALUE: of ferrotunnel_cluster_values_NAME.
metric_is() {
    [[ $(curl -sS -m 10 --noproxy '*' "http://${address[$1]}:$metrics/metrics" |
        awk -v name="ferrotunnel_cluster_values_$2" '$1 == name { print $2 }') == "$3" ]]
}
# status_says SERVER TEXT: in the line about shared values.
status_says() {
    "$FERROTUNNEL" cluster status --control "$dir/$1.sock" >"$dir/cluster.out" 2>&1 || fail "cluster status"
    grep -q "^shared values: .*$2" "$dir/cluster.out"
}
stop_all() {
    local name
    for name in "${members[@]}"; do
        kill_now "$name"
        unset "programs[$name]"
    done
}
start_all() {
    local name
    for name in "${members[@]}"; do start_member "$name"; done
    all_linked
    all_values_are True
}

say "without etcd no token is added"
for name in "${members[@]}"; do
    write_member "$name" "  hold: 2s" "  metrics: ${address[$name]}:$metrics"
    start_member "$name"
done
all_linked
all_values_are False
run_fails tokens add ann --control "$dir/a.sock"
complained 'Etcd cannot be asked'
metric_is a in_order 0 || fail "metrics of a say that values are in etcd"
status_says a 'etcd does not keep what servers share: ' || fail "$(<"$dir/cluster.out")"
(umask 077 && "$FERROTUNNEL" token >"$dir/stranger")
client_at a stranger stranger --tcp "0=127.0.0.1:9" # its token may be one of the cluster
sleep 2
is_running stranger || fail "a client whose token may be one of the cluster was refused for good"
kill_now stranger
unset "programs[stranger]"

say "a token that is added at one server is accepted by all"
start_etcd
all_values_are True
(umask 077 && "$FERROTUNNEL" tokens add --right services=1 ann --control "$dir/a.sock" >"$dir/ann") || fail "tokens add"
for name in "${members[@]}"; do
    wait_until $patience "ann at $name" tokens_are "$name" "ann other token"
    accepted "$name" "ann$name" ann
done
run_fails tokens add ann --control "$dir/b.sock"
complained 'There is a token with the name "ann" already'
wait_until $patience "its value in etcd" value_is_there token/ann
! grep -qaF "$(<"$dir/ann")" "$dir/values.raw" || fail "etcd has the token in the clear"
metric_is a in_order 1 || fail "metrics of a say that values are not in etcd"
wait_until $patience "nothing that waits" metric_is a waiting 0
wait_until $patience "status of a" status_says a '0 waiting$'

say "a value that cannot be read is counted"
metric_is a unreadable 0 || fail "metrics of a have unreadable values"
post kv/put "{\"key\":\"$(printf 'ferrotunnel/value/token/altered' | base64)\",\"value\":\"$(printf 'altered' | base64)\"}" >/dev/null ||
    fail "put"
wait_until $patience "the unreadable value" metric_is a unreadable 1
status_says a '1 shared value in etcd cannot be used' || fail "$(<"$dir/cluster.out")"
post kv/deleterange "{\"key\":\"$(printf 'ferrotunnel/value/token/altered' | base64)\"}" >/dev/null || fail "deleterange"
wait_until $patience "no unreadable value" metric_is a unreadable 0

say "a token of a file that is removed, and one of the cluster that is changed and removed"
sed -i "s#, file:$dir/other##" "$dir/a.yml"
run_ok reload --control "$dir/a.sock"
wait_until $patience "the revocation in etcd" value_is_there revoked/
run_fails tokens rights --right services=0 ann --control "$dir/c.sock"
complained 'services'
run_ok tokens rights --right services=2 ann --control "$dir/c.sock"
(umask 077 && "$FERROTUNNEL" tokens add bob --control "$dir/b.sock" >"$dir/bob") || fail "tokens add"
wait_until $patience "bob at c" tokens_are c "ann bob other token"
run_ok tokens remove bob --control "$dir/c.sock"
wait_until $patience "no bob at a" tokens_are a "ann token"
for name in b c; do wait_until $patience "no bob at $name" tokens_are "$name" "ann other token"; done

say "all servers are stopped and started"
stop_all
start_all
for name in "${members[@]}"; do accepted "$name" "after$name" ann; done
refused b gone other
refused c bob bob

say "a backup"
run_ok cluster export "$dir/backup" --control "$dir/b.sock"
printed 'sealed by the cluster'
equal "mode of the backup" "$(stat -c %a "$dir/backup")" 600
! grep -qF "$(<"$dir/ann")" "$dir/backup" || fail "the backup has the token in the clear"
run cluster export "$dir/backup" --control "$dir/b.sock"
equal "the code of a second export" "$code" 2
run_ok tokens remove ann --control "$dir/a.sock"
for name in "${members[@]}"; do refused "$name" "out$name" ann; done

say "it is restored in an empty etcd, by servers that know nothing"
stop_all
kill_now etcd
unset "programs[etcd]"
rm -rf "$etcd_data/etcd"
start_etcd
start_all
accepted b again other # nothing is known of its removal any more
refused c ann ann
run_ok cluster import "$dir/backup" --control "$dir/c.sock"
printed 'restored'
wait_until $patience "ann at a" tokens_are a "ann token"
wait_until $patience "ann at b" tokens_are b "ann other token"
accepted a annagain ann
refused b othergain other
wait_until $patience "its value in etcd" value_is_there token/ann

say "a backup of another cluster is refused"
sed '2,$s/"sealed":"\(.\{40\}\)./"sealed":"\1#/' "$dir/backup" >"$dir/altered"
run_fails cluster import "$dir/altered" --control "$dir/c.sock"
echo "{}" >"$dir/altered"
run_fails cluster import "$dir/altered" --control "$dir/c.sock"
complained 'is not a file of'
