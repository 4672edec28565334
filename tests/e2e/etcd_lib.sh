# An etcd for tests: found by ETCD, or in PATH (Debian 13: etcd-server and etcd-client); sourced behind lib.sh.
#
# shellcheck shell=bash

etcd=${ETCD:-etcd}
etcd_data= # a folder in memory, if there is one: a disk would make each change wait

need_etcd() {
    local version memory=/dev/shm
    command -v "$etcd" >/dev/null || skip "there is no etcd"
    version=$("$etcd" --version | sed -n 's/^etcd Version: //p')
    [[ $version == 3.[5-9]* || $version == [4-9].* ]] || skip "etcd is $version, and 3.5 or later is needed"
    [[ -w $memory ]] || memory=$dir
    etcd_data=$(mktemp -d "$memory/ferrotunnel-etcd.XXXXXX")
    on_end "rm -rf $etcd_data"
}
# need_etcd_tools: those beside it, $etcdctl and $etcdutl.
need_etcd_tools() {
    local folder
    folder=$(dirname "$(command -v "$etcd")")
    etcdctl=$folder/etcdctl etcdutl=$folder/etcdutl
    [[ -x $etcdctl && -x $etcdutl ]] || skip "there is no etcdctl or etcdutl beside $etcd"
}

# store_is MEMBER True|False: whether its store is in order.
store_is() { [[ $(cluster_field "$1" 'c["store"]["in_order"]') == "$2" ]]; }
all_stores_are() {
    local name
    for name in "${members[@]}"; do wait_until $patience "the store of $name: $1" store_is "$name" "$1"; done
}
