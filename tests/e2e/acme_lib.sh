# What the tests of certificates from CAs have in common: CAs, servers with `acme`, and visitors; sourced behind http_lib.sh
# and run_lib.sh.
#
# shellcheck shell=bash
source "$(dirname "${BASH_SOURCE[0]}")/https_lib.sh"
unset FERROTUNNEL_HTTP_BIND # the files say where they listen
export PYTHONDONTWRITEBYTECODE=1

web=$(free_port)    # where the server listens for HTTP, and the CA asks for HTTP-01
secure=$(free_port) # likewise for HTTPS and TLS-ALPN-01
directory=          # of the CA; its other facts:
ca_file=            # CAs of connections to it
roots=              # CAs of the certificates that it issues
names_at=           # its name server
orders=             # the process whose output has the orders, and the pattern of one

# --- CAs ----------------------------------------------------------------------------------------------------------------

# start_lying [PORT]: lying_ca.py as the process `lying`, or $ca, with nothing that it knew before.
start_lying() {
    local name=${ca:-lying}
    need python3 openssl
    rm -rf "${dir:?}/$name"
    mkdir "$dir/$name"
    start "$name" "${in_namespace[@]}" python3 -u "$E2E_SOURCE/lying_ca.py" "$dir/$name" "${asked_web:-$web}" \
        "${asked_secure:-$secure}" "$@"
    wait_until $patience "the CA" test_or_end "$name" -s "$dir/$name/url"
    directory=$(<"$dir/$name/url") || fail "the CA has not started"
    ca_file=$dir/$name/root.pem
    roots=$ca_file
    names_at=$(<"$dir/$name/dns")
    orders=("$name" '^newOrder ')
}
test_or_end() { test "${@:2}" || has_ended "$1"; }
in_namespace=() # the command that enters one
# ca_is [WORD...]: how the lying CA is from its next request on; without a word it is honest.
ca_is() {
    echo "$*" >"$dir/${ca:-lying}/mode.new"
    mv "$dir/${ca:-lying}/mode.new" "$dir/${ca:-lying}/mode"
}

# start_pebble [JSON MEMBER...]: pebble as the process `pebble`, and its name server.
start_pebble() {
    need pebble pebble-challtestsrv openssl curl
    local listens manages member
    listens=127.0.0.1:$(free_port)
    manages=127.0.0.1:$(free_port)
    names_at=127.0.0.1:$(free_port)
    records_at=127.0.0.1:$(free_port)
    ca_file=$dir/pebble.pem
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=pebble \
        -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -keyout "$dir/pebble.key" -out "$ca_file" 2>/dev/null
    {
        printf '{"pebble": {"listenAddress": "%s", "managementListenAddress": "%s",' "$listens" "$manages"
        printf '"certificate": "%s", "privateKey": "%s",' "$ca_file" "$dir/pebble.key"
        printf '"httpPort": %s, "tlsPort": %s,' "$web" "$secure"
        for member in "$@"; do
            printf '%s,' "$member"
        done
        printf '"profiles": {"default": {"description": "as usual", "validityPeriod": 7776000},'
        printf '"shortlived": {"description": "six days", "validityPeriod": 518400},'
        printf '"brief": {"description": "very short", "validityPeriod": %s}},' "${brief:-120}"
        printf '"ocspResponderURL": "", "retryAfter": {"authz": 1, "order": 1}}}\n'
    } >"$dir/pebble.json"
    [[ -n ${pids[records]:-} ]] && kill_now records
    [[ -n ${pids[pebble]:-} ]] && kill_now pebble
    start records pebble-challtestsrv -defaultIPv4 127.0.0.1 -defaultIPv6 "" -dnsserver "$names_at" \
        -management "$records_at" -http01 "" -https01 "" -tlsalpn01 "" -doh ""
    start pebble env PEBBLE_VA_NOSLEEP=1 PEBBLE_AUTHZREUSE=0 PEBBLE_WFE_NONCEREJECT=5 \
        pebble -config "$dir/pebble.json" -dnsserver "$names_at"
    wait_for_port "$records_at" records
    wait_for_port "$listens" pebble
    wait_for_port "$manages" pebble
    directory=https://$listens/dir
    roots=$dir/pebble_root.pem
    curl -sS --max-time 60 --cacert "$ca_file" -o "$roots" "https://$manages/roots/0"
    orders=(pebble 'Added order')
}

# ca_has WORD: whether the directory of the CA has this member.
ca_has() { curl -sS --max-time 60 --cacert "$ca_file" "$directory" | grep -q -- "$1"; }
# set_record NAME VALUE: one more value of this TXT record.
set_record() {
    if [[ ${orders[0]} != pebble ]]; then
        echo "$2" >>"$dir/${orders[0]}/txt/$1"
    else
        curl -sS --max-time 60 -d "{\"host\": \"$1.\", \"value\": \"$2\"}" "http://$records_at/set-txt" >/dev/null
    fi
}
order_count() { count_of "${orders[@]}"; }
has_orders() { (($(order_count) >= $1)); }

# write_dns_command: a program for `dns_command` in $dir/dns_command.
write_dns_command() {
    {
        echo '#!/bin/bash'
        echo "echo \"\$@\" >>'$dir/dns_command.calls'"
        # shellcheck disable=SC2016
        if [[ ${orders[0]} != pebble ]]; then
            echo "[[ \$1 != add ]] || echo \"\$3\" >>'$dir/${orders[0]}/txt/'\"\$2\""
            echo "[[ \$1 != remove ]] || rm -f '$dir/${orders[0]}/txt/'\"\$2\""
        else
            echo 'path=set-txt; [[ $1 == add ]] || path=clear-txt'
            echo "curl -sS --max-time 60 \\"
            echo "    -d \"{\\\"host\\\": \\\"\$2.\\\", \\\"value\\\": \\\"\$3\\\"}\" http://$records_at/\$path"
        fi
    } >"$dir/dns_command"
    chmod +x "$dir/dns_command"
    rm -f "$dir/dns_command.calls"
}

# --- servers and visitors -----------------------------------------------------------------------------------------------

# start_acme NAME [ACME LINE...]: a server with this file's `acme`; $server_lines are more lines of its section `server`.
# Its store is $dir/state, or $state; where it listens may be in $web and $secure.
start_acme() {
    local name=$1
    shift
    [[ -n $token ]] || make_token
    {
        echo "server:"
        echo "  bind: 127.0.0.1:0"
        echo "  tcp_bind: 127.0.0.1"
        echo "  token: file:$dir/token"
        echo "  state_dir: ${state:-$dir/state}"
        echo "  endpoint_file: $dir/$name.endpoints"
        echo "  control: $dir/$name.sock"
        echo "  metrics: 127.0.0.1:0"
        echo "  dashboard: off"
        echo "  workers: 2"
        echo "  http_bind: 127.0.0.1:$web"
        echo "  https_bind: 127.0.0.1:$secure"
        echo "  https: {reload_interval: 1s}"
        [[ -z ${server_lines:-} ]] || printf '  %s\n' "$server_lines"
        echo "  acme:"
        echo "    email: operator@example.test"
        echo "    directory: $directory"
        echo "    ca_file: $ca_file"
        echo "    dns_server: $names_at"
        echo "    http_port: ${asked_web:-$web}"
        echo "    tls_port: ${asked_secure:-$secure}"
        (($# == 0)) || printf '    %s\n' "$@"
    } >"$dir/$name.yml"
    programs[$name]=1
    rm -f "$dir/$name.endpoints"
    start "$name" "$FERROTUNNEL" run "$dir/$name.yml"
    wait_until $patience "the server's endpoint file" endpoint_or_end "$name" '^https '
    control=$(awk '$1 == "control" { print $2 }' "$dir/$name.endpoints") || fail "the server has not started"
    control_socket=$dir/$name.sock
}
stop_acme() {
    signal "$1" TERM
    join_ok "$1" 20
    unset "programs[$1]"
}
# acme COMMAND...: `ferrotunnel acme` of the last server; its output is in $dir/run.out, its exit code in $code.
acme() { run acme "$@" --control "$control_socket"; }
acme_ok() { run_ok acme "$@" --control "$control_socket"; }

certificate_of() { echo "${state:-$dir/state}/acme/certificates/$1.pem"; }
# shown HOST: the serial number of its certificate, as visitors get it.
shown() {
    timeout 60 openssl s_client -connect "127.0.0.1:$secure" -servername "$1" </dev/null 2>/dev/null |
        openssl x509 -noout -serial
}
is_not_shown() { [[ $(shown "$1") != "$2" ]]; }
