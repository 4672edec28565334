# `run FILE --replace`, where the file has a server and a client: the new process takes the place of both. Nobody who is
# there, on a kept connection or on a long one, and nobody who comes, notices.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/upgrade_lib.sh"
need curl nginx python3
unset FERROTUNNEL_HTTP_BIND # the file says it

start_backends
make_token
cat >"$dir/both.yml" <<END
server:
  bind: $control
  http_bind: $edge
  tcp_bind: 127.0.0.1
  state_dir: $dir/state
  token: file:$dir/token
  drain: 60s
  hold: 30s
  http: {hold: 30s}
client:
  server: $control
  token: file:$dir/token
  services:
    - {name: page, http: app.test, local: "$nginx"}
    - {name: line, tcp: $port, local: "$tcp_backend"}
    - {name: grams, udp: $port, local: "$udp_backend"}
END
# both NAME [OPTION...]
both() {
    programs[$1]=1
    start "$1" "$FERROTUNNEL" run "$dir/both.yml" --no-watch "${@:2}"
}
both run_0 --replace # where none runs it just starts
wait_until $patience "the services" count_is run_0 '^client: .* -> ' 3
start_load

rounds=$(by_size 4 50)
for ((i = 0; i < rounds; ++i)); do
    both "run_$((i + 1))" --replace
    wait_for_text "run_$((i + 1))" "this server replaced the one that ran"
    join_ok "run_$i"
    ! grep 'refused' "$dir/run_$((i + 1)).out" || fail "the new client was refused"
    unset "programs[run_$i]"
    more_rounds 1
done
end_load
