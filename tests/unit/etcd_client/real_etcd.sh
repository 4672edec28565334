#!/usr/bin/env bash
# The tests of real_etcd_test.cpp: test_etcd_client against etcd 3.5 or later, without and with users, and with TLS.
# etcd is found by ETCD, or in PATH (Debian 13: etcd-server). Skips (77) without it, curl or openssl.
set -euo pipefail
test_program=$1
etcd=${ETCD:-etcd}
skip() {
    echo "skipped: $*"
    exit 77
}
for program in "$etcd" curl openssl; do
    command -v "$program" >/dev/null || skip "there is no $program"
done
version=$("$etcd" --version | sed -n 's/^etcd Version: //p')
[[ $version == 3.[5-9]* || $version == [4-9].* ]] || skip "etcd is $version, and 3.5 or later is needed"

# Its data would make each change wait for a disk.
memory=/dev/shm
[[ -w $memory ]] || memory=${TMPDIR:-/tmp}
folder=$(mktemp -d "$memory/ferrotunnel-etcd.XXXXXX")
pid=
stop() {
    if [[ $pid ]]; then
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        pid=
    fi
}
trap 'stop; rm -rf "$folder"' EXIT

free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# start SCHEME OPTION...: an etcd of one member; sets url. Another process may have taken the port, so it is tried again.
start() {
    local scheme=$1 port
    shift
    for _ in 1 2 3 4 5; do
        port=$(free_port)
        url=$scheme://127.0.0.1:$port
        rm -rf "$folder/data"
        "$etcd" --data-dir "$folder/data" --listen-client-urls "$url" --advertise-client-urls "$url" \
            --listen-peer-urls "http://127.0.0.1:$((port + 1))" --initial-advertise-peer-urls "http://127.0.0.1:$((port + 1))" \
            --initial-cluster "default=http://127.0.0.1:$((port + 1))" --log-level error \
            --experimental-watch-progress-notify-interval 1s "$@" >"$folder/log" 2>&1 &
        pid=$!
        for _ in $(seq 600); do
            kill -0 "$pid" 2>/dev/null || break
            if post kv/range '{"key":"YQ=="}' >/dev/null 2>&1; then
                return
            fi
            sleep 0.1
        done
        stop
    done
    cat "$folder/log"
    echo "etcd does not start"
    exit 1
}
# post PATH JSON
post() {
    curl -sSf -m 10 --noproxy '*' --cacert "$folder/ca.pem" --cert "$folder/client.pem" --key "$folder/client.key" \
        "$url/v3/$1" -d "$2"
}
run() { ETCD_TEST_URL=$url ETCD_TEST_FOLDER=$folder "$test_program" "$1"; }

# authority NAME, certificate NAME: in files of these names.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$folder/$1.key" -out "$folder/$1.pem" \
        -subj "/CN=$1" -days 2 2>/dev/null
}
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$folder/$1.key" -out "$folder/$1.csr" \
        -subj "/CN=$1" 2>/dev/null
    openssl x509 -req -in "$folder/$1.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 2 \
        -extfile <(echo "subjectAltName=IP:127.0.0.1") -out "$folder/$1.pem" 2>/dev/null
}
authority ca
authority other-ca
certificate server
certificate client

start http
run "[.plain]"
stop

start http --bcrypt-cost 4
post auth/user/add '{"name":"root","password":"root"}' >/dev/null
post auth/role/add '{"name":"root"}' >/dev/null
post auth/user/grant '{"user":"root","role":"root"}' >/dev/null
post auth/user/add '{"name":"ft","password":"s\"ecret\\"}' >/dev/null
post auth/role/add '{"name":"ft"}' >/dev/null
range="\"key\":\"$(printf ft/ | base64)\",\"range_end\":\"$(printf ft0 | base64)\""
post auth/role/grant "{\"name\":\"ft\",\"perm\":{\"permType\":\"READWRITE\",$range}}" >/dev/null
post auth/user/grant '{"user":"ft","role":"ft"}' >/dev/null
post auth/enable '{}' >/dev/null
run "[.users]"
stop

start https --cert-file "$folder/server.pem" --key-file "$folder/server.key" --client-cert-auth \
    --trusted-ca-file "$folder/ca.pem"
run "[.tls]"
stop
