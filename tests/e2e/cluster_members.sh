# Servers that find each other in an etcd, without a list: three do, a fourth one joins without a change of their files, a
# restarted one is found while etcd is away, one leaves for good and is forgotten, and its place is used; keys that are
# not valid, or name a wrong address, have no effect. etcd 3.5 or later is found by ETCD, or in PATH.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
need openssl python3 curl
etcd=${ETCD:-etcd}
command -v "$etcd" >/dev/null || skip "there is no etcd"
version=$("$etcd" --version | sed -n 's/^etcd Version: //p')
[[ $version == 3.[5-9]* || $version == [4-9].* ]] || skip "etcd is $version, and 3.5 or later is needed"

address=([a]=127.0.0.2 [b]=127.0.0.3 [c]=127.0.0.4 [d]=127.0.0.5 [e]=127.0.0.6)
control_port=$(free_port) http=$(free_port) https=$(free_port) link=$(free_port)
etcd_port=$(free_port) etcd_peer=$(free_port)
prepare_cluster app.test

memory=/dev/shm # a disk would make each change wait
[[ -w $memory ]] || memory=$dir
data=$(mktemp -d "$memory/ferrotunnel-etcd.XXXXXX")
on_end "rm -rf $data"
start_etcd() {
    start etcd "$etcd" --data-dir "$data/etcd" --log-level error \
        --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
        --listen-peer-urls "http://127.0.0.1:$etcd_peer" --initial-advertise-peer-urls "http://127.0.0.1:$etcd_peer" \
        --initial-cluster "default=http://127.0.0.1:$etcd_peer"
    wait_until $patience "etcd" post kv/range '{"key":"YQ=="}'
}
# post PATH JSON: of etcd's gateway.
post() { curl -sSf -m 10 --noproxy '*' "http://127.0.0.1:$etcd_port/v3/$1" -d "$2" >"$dir/post.out" 2>"$dir/post.err"; }
put() { post kv/put "{\"key\":\"$(echo -n "ferrotunnel/member/$1" | base64 -w 0)\",\"value\":\"$(echo -n "$2" | base64 -w 0)\"}"; }

# write_found NAME: its file, with etcd in the place of other members.
write_found() {
    write_member "$1" "  hold: 2s"
    sed -i "s#, peers: {[^}]*}#, etcd: \"http://127.0.0.1:$etcd_port\"#" "$dir/$1.yml"
    if grep -q peers "$dir/$1.yml"; then fail "the file of $1 has a list"; fi
}
served_by() {
    [[ $(curl -sS -m 10 --noproxy '*' --resolve "app.test:$http:${address[$1]}" "http://app.test:$http/" 2>"$dir/curl.err") == hello ]]
}
all_serve() {
    for name in "$@"; do wait_until $patience "an answer by $name" served_by "$name"; done
}
client_is_at() { [[ " $(clients_of "$1") " == *" $2 "* ]]; }
finder_is() { [[ $(cluster_field "$1" 'c["finder"]["in_order"]') == "$2" ]]; }
member_is_there() { [[ $(cluster_field "$1" "'$2' in m") == "$3" ]]; }

mkdir "$dir/site"
echo -n hello >"$dir/site/index.html"

say "three servers without a list find each other"
start_etcd
for name in a b c; do
    write_found "$name"
    start_member "$name"
done
all_linked
client_to=${address[c]}:$control_port client_token=$dir/token start_client alice --name alice --http "app.test=files:$dir/site"
wait_for_services alice 1
all_serve a b c
finder_is b True || fail "b is not in order"
[[ $(cluster_field b 'c["finder"]["found"]') == 2 ]] || fail "b has not found two others"
[[ $(cluster_field b 'c["finder"]["address"]') == "${address[b]}:$link" ]] || fail "b announces a wrong address"

say "a client is connected to two of them"
client_to=${address[a]}:$control_port,${address[b]}:$control_port client_token=$dir/token start_client bob --name bob --http "bob.test=files:$dir/site"
for name in a b; do wait_until $patience "bob at $name" client_is_at "$name" bob; done

say "a fourth one joins: no other file is changed, no other server restarted"
write_found d
start_member d
wait_linked d "a b c"
wait_linked a "b c d"
all_serve d

say "keys that are not valid, or lead elsewhere, have no effect"
put z 'not an object' || fail "put"
put Z "{\"address\":\"${address[d]}:$link\",\"process\":\"0123456789abcdef\"}" || fail "put"
put x "{\"address\":\"${address[d]}:$link\",\"process\":\"0123456789abcdef\"}" || fail "put"
wait_until $patience "x is known" member_is_there a x True
wait_for_text a 'a key of a member in etcd is ignored'
wait_until $patience "d's answer to a" eval '[[ -n $(cluster_field a "m[\"x\"].get(\"problem\", \"\")") ]]'
wait_linked a "b c d"
all_serve a b c d

say "without etcd links stay, and a server that starts again is linked by those that know it"
kill_now etcd
unset "programs[etcd]"
wait_until $patience "the finder of a notices" finder_is a False
run_ok cluster status --control "$dir/a.sock"
printed 'members cannot be followed in etcd, so only known ones are linked'
all_serve a b c d
kill_now d
unset "programs[d]"
start_member d
wait_linked d "a b c" # all have smaller names, so they dial it
all_serve a b c d

say "an etcd that comes back empty has all of them again"
rm -rf "$data/etcd"
start_etcd
for name in a b c d; do wait_until $patience "the finder of $name" finder_is "$name" True; done
for name in a b c d; do
    wait_until $patience "$name finds the others" eval "[[ \$(cluster_field $name 'c[\"finder\"][\"found\"]') == 3 ]]"
done

say "one that leaves for good is forgotten, and another one takes part"
kill_now b
unset "programs[b]"
write_found e
start_member e
wait_linked e "a c d"
wait_until 120 "a forgets b" member_is_there a b False
all_serve a c d e
