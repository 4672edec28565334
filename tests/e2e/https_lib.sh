# Visitors by HTTPS at port $secure of this machine, who trust only the CAs in $roots; sourced behind http_lib.sh.
#
# shellcheck shell=bash

# fetch HOST [CURL OPTION...]: prints what a visitor of this host gets.
fetch() {
    curl -sS --max-time 60 --noproxy '*' --cacert "$roots" --resolve "$1:$secure:127.0.0.1" "${@:2}" \
        "https://$1:$secure/name/n"
}
is_trusted() {
    check_alive
    fetch "$1" -o /dev/null >/dev/null 2>&1
}
wait_for_certificate() { wait_until $patience "a certificate of $1" is_trusted "$1"; }

# start_visitors HOST: visitors one after the other, until $dir/enough is there. They end with 1 if one fails.
start_visitors() { start visitors visitors_of "$1"; }
visitors_of() {
    while [[ ! -e $dir/enough ]]; do
        fetch "$1" >/dev/null || exit 1
        echo answered
        sleep 0.02
    done
}
