# A cluster of three servers changes from deciding itself to etcd and back, one server after the other, under visitors of
# every kind: servers only, both (etcd_homes), etcd only, both, servers only. Of each round, a server is replaced without
# an interruption and the others are restarted. Visitors notice what a restart costs, and nothing else; no client loses a
# name; clients of another token that want all names all the time never get one. etcd 3.5 or later is found by ETCD, or
# in PATH (Debian 13: etcd-server).
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
source "$(dirname "$0")/cluster_faults_lib.sh"
need curl
etcd=${ETCD:-etcd}
command -v "$etcd" >/dev/null || skip "there is no etcd"
version=$("$etcd" --version | sed -n 's/^etcd Version: //p')
[[ $version == 3.[5-9]* || $version == [4-9].* ]] || skip "etcd is $version, and 3.5 or later is needed"
: "${E2E_CROWD:=30}" # clients beside those of the services

# --- etcd ------------------------------------------------------------------------------------------------------------
etcd_url=http://10.79.0.9:2379
memory=/dev/shm
[[ -w $memory ]] || memory=$dir
data=$(mktemp -d "$memory/ferrotunnel-etcd.XXXXXX")
on_end "rm -rf $data"
start_etcd() {
    start etcd "$within" out "$etcd" --data-dir "$data/etcd" --log-level error --listen-client-urls "$etcd_url" \
        --advertise-client-urls "$etcd_url" --listen-peer-urls http://127.0.0.1:2380 \
        --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster default=http://127.0.0.1:2380
}
keys() {
    "$within" out curl -sSf -m 10 --noproxy '*' "$etcd_url/v3/kv/range" 2>"$dir/keys.err" \
        -d "{\"key\":\"$(printf 'ferrotunnel/' | base64)\",\"range_end\":\"$(printf 'ferrotunnel0' | base64)\",\"keys_only\":true}" |
        python3 -c 'import base64, json, sys
for one in json.load(sys.stdin).get("kvs", []):
    print(base64.b64decode(one["key"]).decode())' 2>>"$dir/keys.err"
}
etcd_answers() { keys >"$dir/keys"; }
# A service's host is claimed in etcd by some server: 'claim/ROOT TOKEN PATH OWNER MEMBER'.
is_claimed() { keys >"$dir/keys" && grep -q "claim/h$1.test [0-9a-f]* / [-0-9a-f]* [abc]\$" "$dir/keys"; }
# no_claims_of NAME: of a server; reservations stay.
no_claims_of() { keys >"$dir/keys" && ! grep -q "claim/.* [-0-9a-f]* $1\$" "$dir/keys"; }

# --- what a server asks ----------------------------------------------------------------------------------------------
# set_decides NAME servers|both|etcd: in its file.
set_decides() {
    local more=''
    [[ $2 == servers ]] || more=", etcd: \"$etcd_url\""
    [[ $2 != both ]] || more+=", etcd_homes: on"
    sed -i -e 's#, etcd: "[^"]*"##; s#, etcd_homes: on##' -e "s#, key: $dir/cluster.key#&$more#" "$dir/$1.yml"
}
decides_are() { [[ $(cluster_field "$1" "c['decides'] + ' ' + ' '.join(m[n]['decides'] for n in sorted(m))") == "$2" ]]; }
names_are_confirmed() {
    [[ $(cluster_field "$1" 'c["waiting"] + (c["store"]["waiting"] + (not c["store"]["in_order"]) if "store" in c else 0)') == 0 ]]
}
# step WAY NAME DECIDES: the server starts again and asks that; WAY is replace or restart.
step() {
    say "$2 is to ask $3"
    set_decides "$2" "$3"
    "$1_member" "$2"
    for name in "${members[@]}"; do wait_until $patience "the names of $name" names_are_confirmed "$name"; done
    nothing_is_lost
}
# status_says NAME TEXT: once no name waits, which happens all the time.
status_says() { wait_until $patience "cluster status of $1: $2" says "$1" "$2"; }
says() {
    "$FERROTUNNEL" cluster status --control "$dir/$1.sock" >"$dir/says.out" 2>&1 && grep -q -- "$2" "$dir/says.out"
}

# --- clients that must not get a name --------------------------------------------------------------------------------
# start_stranger NAME ORDER: of another token; it wants all hosts and a port.
start_stranger() {
    programs[$1]=1
    start "$1" "$within" out "$FERROTUNNEL" client --server "$2.test:$control_port" --token-file "$dir/other" --name "$1" \
        --endpoint-file "$dir/$1.endpoints" --workers 1 --reconnect-max 1 --tls $tls --retry-refused 500ms --control off \
        --http "sa.test=127.0.0.1:$web" --http "sb.test=127.0.0.1:$web" --http "sc.test=127.0.0.1:$web" \
        --tcp "9001=127.0.0.1:$line" --tcp "9002=127.0.0.1:$line" --tcp "9003=127.0.0.1:$line"
    wait_for_text "$1" 'refused: sa.test: .*another token'
}
# What strangers have got, ever; and whether a client has been told that it has lost a name.
nothing_is_lost() {
    local name
    for name in x y z; do
        is_running "$name" || fail "$name has ended: $(<"$dir/$name.err")"
        ! grep -qs "^service " "$dir/$name.endpoints" || fail "$name has $(<"$dir/$name.endpoints")"
        ! grep -hE '(sa|sb|sc)\.test[^ ]* +->|:900[123] +->' "$dir/$name.out" "$dir/$name.err" >"$dir/got" ||
            fail "$name had $(<"$dir/got")"
    done
    for name in sa sb sc; do
        services_are "$name" 5 || wait_for_services "$name" 5
        ! grep -hiE 'another client has|another token' "$dir/$name.out" "$dir/$name.err" \
            >"$dir/got" || fail "$name was told: $(<"$dir/got")"
    done
}

make_network
prepare_servers
start_servers
start_etcd
wait_until $patience "etcd" etcd_answers
start_load
start_stranger x abc
start_stranger y bca
start_stranger z cab

say "all ask each other"
wait_until $patience "what all ask" decides_are a "servers servers servers"

step replace a both
decides_are a "both servers servers" || fail "a says $(<"$dir/status.a")"
status_says a '^etcd_homes can be removed later: b, c without etcd$'
status_says a '^etcd can be removed now'
step restart b both
step replace c both
for name in "${members[@]}"; do
    wait_until $patience "what all ask, at $name" decides_are "$name" "both both both"
    status_says "$name" '^etcd_homes can be removed now'
done
for name in sa sb sc; do is_claimed "$name" || fail "etcd does not have $name.test: $(<"$dir/keys")"; done

step restart a etcd
decides_are b "both etcd both" || fail "b says $(<"$dir/status.b")"
status_says b '^etcd can be removed later: a without etcd_homes$'
step replace b etcd
step restart c etcd
for name in "${members[@]}"; do wait_until $patience "what all ask, at $name" decides_are "$name" "etcd etcd etcd"; done
for name in sa sb sc; do is_claimed "$name" || fail "etcd does not have $name.test: $(<"$dir/keys")"; done

step replace a both
step restart b both
step replace c both
for name in "${members[@]}"; do status_says "$name" '^etcd can be removed now'; done

step restart a servers
wait_until 30 "the end of a's claims" no_claims_of a
step replace b servers
step restart c servers
for name in "${members[@]}"; do
    wait_until $patience "what all ask, at $name" decides_are "$name" "servers servers servers"
    wait_until 30 "the end of the claims of $name" no_claims_of "$name"
done
kill_now etcd
unset "programs[etcd]"
nothing_is_lost
wait_served
judge_visitors
