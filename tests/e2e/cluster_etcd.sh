# Three servers whose names are in an etcd: who has a name is decided there, also between servers without a link; all of
# etcd away costs no visitor, and names that are known are served and others refused with the reason; a lost lease, and an
# etcd that was restored empty, are made good. etcd 3.5 or later is found by ETCD, or in PATH (Debian 13: etcd-server).
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
need openssl python3 curl
etcd=${ETCD:-etcd}
command -v "$etcd" >/dev/null || skip "there is no etcd"
version=$("$etcd" --version | sed -n 's/^etcd Version: //p')
[[ $version == 3.[5-9]* || $version == [4-9].* ]] || skip "etcd is $version, and 3.5 or later is needed"

address=([a]=127.0.0.2 [b]=127.0.0.3 [c]=127.0.0.4)
control_port=$(free_port) http=$(free_port) https=$(free_port) link=$(free_port)
etcd_port=$(free_port) etcd_peer=$(free_port)
prepare_cluster app.test

# Its data would make each change wait for a disk.
memory=/dev/shm
[[ -w $memory ]] || memory=$dir
data=$(mktemp -d "$memory/ferrotunnel-etcd.XXXXXX")
on_end "rm -rf $data"
start_etcd() {
    start etcd "$etcd" --data-dir "$data/etcd" --log-level error \
        --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
        --listen-peer-urls "http://127.0.0.1:$etcd_peer" --initial-advertise-peer-urls "http://127.0.0.1:$etcd_peer" \
        --initial-cluster "default=http://127.0.0.1:$etcd_peer"
}
# post PATH JSON: of etcd's gateway.
post() { curl -sSf -m 10 --noproxy '*' "http://127.0.0.1:$etcd_port/v3/$1" -d "$2" 2>"$dir/post.err"; }
etcd_answers() { post kv/range '{"key":"YQ=="}' >/dev/null; }
# keys: all of them, decoded.
keys() {
    post kv/range "{\"key\":\"$(printf 'ferrotunnel/' | base64)\",\"range_end\":\"$(printf 'ferrotunnel0' | base64)\",\"keys_only\":true}" |
        python3 -c 'import base64, json, sys
for one in json.load(sys.stdin).get("kvs", []):
    print(base64.b64decode(one["key"]).decode())'
}
key_is_there() { keys >"$dir/keys" && grep -q -- "$1" "$dir/keys"; }
no_key_is_there() { keys >"$dir/keys" && ! grep -q -- "$1" "$dir/keys"; }
store_is() { [[ $(cluster_field "$1" 'c["store"]["in_order"]') == "$2" ]]; }
all_stores_are() {
    for name in "${members[@]}"; do wait_until $patience "the store of $name: $1" store_is "$name" "$1"; done
}
served_by() {
    [[ $(curl -sS -m 10 --noproxy '*' --resolve "$2:$http:${address[$1]}" "http://$2:$http/" 2>"$dir/curl.err") == "$3" ]]
}
# client_at SERVER NAME TOKEN OPTION...
client_at() { client_to=${address[$1]}:$control_port client_token=$dir/$3 start_client "$2" --name "$2" --retry-refused 500ms "${@:4}"; }

mkdir "$dir/site"
echo -n hello >"$dir/site/index.html"

say "servers that start before etcd, and a name that is refused for now"
for name in "${members[@]}"; do
    write_member "$name" "  hold: 2s"
    sed -i "s#, key: $dir/cluster.key#&, etcd: \"http://127.0.0.1:$etcd_port\"#" "$dir/$name.yml"
    start_member "$name"
done
all_linked
all_stores_are False
client_at a alice token --http "app.test=files:$dir/site"
wait_for_text alice 'which decides about the host app.test, cannot be asked'

say "it gets the name when etcd is there"
start_etcd
wait_until $patience "etcd" etcd_answers
all_stores_are True
wait_for_services alice 1
for name in "${members[@]}"; do
    wait_until $patience "an answer by $name" served_by "$name" app.test hello
done
wait_until $patience "the claim in etcd" key_is_there 'claim/happ.test [0-9a-f]* / [-0-9a-f]* a$'
run_ok route http://app.test/ --running --control "$dir/b.sock"
printed 'etcd decides who has it'
run_ok cluster status --control "$dir/b.sock"
printed 'names in etcd'

say "another token does not get it at another server"
client_at b bob other --http "app.test=files:$dir/site"
wait_for_text bob 'The host app.test belongs to another token'
kill_now bob
unset "programs[bob]"

say "a lease that etcd has lost: the name is claimed again"
lease=$(post lease/leases '{}' | python3 -c 'import json, sys
print(*[one["ID"] for one in json.load(sys.stdin)["leases"]])')
for one in $lease; do post lease/revoke "{\"ID\":\"$one\"}" >/dev/null; done
wait_until $patience "the claim in etcd again" key_is_there 'claim/happ.test [0-9a-f]* / [-0-9a-f]* a$'
all_stores_are True
served_by b app.test hello || fail "not served after a lost lease"

say "without etcd visitors are served, a known name is held at another server, and a new one waits"
kill_now etcd
unset "programs[etcd]"
all_stores_are False
for name in "${members[@]}"; do
    served_by "$name" app.test hello || fail "$name does not serve without etcd"
done
run_ok cluster status --control "$dir/b.sock"
printed 'etcd cannot be asked, so new names are refused for now'
client_at c carol token --tcp "0=127.0.0.1:9"
wait_for_text carol 'cannot be asked'

say "an etcd that comes back empty has all of it again"
rm -rf "$data/etcd"
start_etcd
wait_until $patience "etcd" etcd_answers
wait_for_services carol 1
wait_until $patience "the claim in etcd again" key_is_there 'claim/happ.test [0-9a-f]* / [-0-9a-f]* a$'
all_stores_are True

say "a name is free again when its client has given it up, and its reservation has ended"
unset "programs[carol]"
signal carol TERM
join carol
wait_until $patience "the end of the port's claim" no_key_is_there 'claim/t[0-9]* [0-9a-f]* - [-0-9a-f]* c$'

say "the names of a server that dies stay reserved for their token, and go to its other server"
kill_now a
unset "programs[a]"
wait_until 60 "the end of a's claim" no_key_is_there 'claim/happ.test [0-9a-f]* / [-0-9a-f]* a$'
key_is_there 'claim/happ.test [0-9a-f]*$' || fail "the host is not reserved"
client_at b bob other --http "app.test=files:$dir/site"
wait_for_text bob 'another token'
client_at b again token --http "app.test=files:$dir/site"
wait_for_services again 1
served_by c app.test hello || fail "not served by the client's second server"
