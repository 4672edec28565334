# What the tests have in common in which one process takes the place of another; sourced behind http_lib.sh.
#
# shellcheck shell=bash

# start_backends: of a page ($nginx), of lines ($tcp_backend) and of datagrams ($udp_backend), and where a server with
# services for all three is to listen: $control, $edge, $port.
start_backends() {
    start_nginx
    echo hello >"$dir/www/page"
    serve backend echo
    tcp_backend=$backend
    serve_udp udp_backend
    control=127.0.0.1:$(free_port)
    edge=127.0.0.1:$(free_port)
    port=$(free_port)
}

# start_load: visitors of all kinds, for whom nothing may fail.
start_load() {
    start load python3 "$E2E_SOURCE/upgrade_load.py" "$dir" app.test "$edge" "127.0.0.1:$port" "127.0.0.1:$port"
    more_rounds
}

# more_rounds [N]: waits until each kind of visitor has been served some more.
more_rounds() {
    local now
    now=$(count_of load '^round ')
    wait_until $patience "more rounds" count_is load '^round ' $((now + ${1:-3}))
}

# end_load: the visitors go, and none has failed.
end_load() {
    touch "$dir/enough"
    join_ok load
    say "$(tail -n 1 "$dir/load.out")"
    equal "failures" "$(sed -n 's/^asked [0-9]*, failed \([0-9]*\)$/\1/p' "$dir/load.out")" 0
}
