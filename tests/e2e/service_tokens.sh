# Services with tokens of their own, through the real program: with the right one, a wrong one and none; changed and taken
# back while both sides run, which ends that service alone; by name, port and host.
source "$(dirname "$0")/lib.sh"

unset FERROTUNNEL_LOG_LEVEL
make_token
for name in ssh fresh other; do
    (umask 077 && "$FERROTUNNEL" token >"$dir/$name.token")
done
serve greeter text:hello rest
public=$(free_port)
write_aside() { cat >"$1.aside" && mv "$1.aside" "$1"; }
server_file() { # TOKENS-OF-SSH
    write_aside "$dir/server.yml" <<END
server:
  bind: 127.0.0.1:0
  tcp_bind: 127.0.0.1
  workers: 1
  endpoint_file: $dir/server.endpoints
  token: file:$dir/token
  services:
    - {name: ssh, $1, ports: $public, hosts: ssh.example.com}
END
}
client_file() { # NAME SERVICE...
    { printf '%s\n' "client:" "  server: $control" "  token: file:$dir/token" "  workers: 1" \
        "  endpoint_file: $dir/$1.endpoints" "  services:" && printf '    - {local: "%s", %s}\n' "${@:2}"; } |
        write_aside "$dir/$1.yml"
}
run_client() { # NAME
    programs[$1]=1
    start "$1" "$FERROTUNNEL" client --config "$dir/$1.yml"
}
of_ssh() { echo "token: 'file:$dir/$1.token'"; }
greets() { [[ $(visit "127.0.0.1:$1" line finish 2>/dev/null | head -1) == "line hello" ]]; }
port_of() { awk -v name="$2" '$1 == "service" && $2 == name { sub(/.*:/, "", $3); print $3 }' "$dir/$1.endpoints"; }
by_server_is_free() { ! greets "$public"; }
lacks() { ! file_has "$dir/$1.endpoints" "^service $2 "; }

server_file "$(of_ssh ssh)"
programs[server]=1
start server "$FERROTUNNEL" server --config "$dir/server.yml" --http-bind 127.0.0.1:0
wait_until $patience "the server" file_has "$dir/server.endpoints" '^http '
control=$(awk '$1 == "control" { print $2 }' "$dir/server.endpoints")

say "with its token the service is there, on each connection of the client"
client_file right "$backend" "name: ssh, tcp: $public, $(of_ssh ssh)" "$backend" "name: free, tcp: 0" \
    "$backend" "name: early, tcp: 0, $(of_ssh other)"
run_client right
wait_for_services right 3 # a token that nobody asks for means nothing
wait_for_text server 'one more connection of 2'
greets "$public" || fail "no greeting"
! file_has "$dir/right.out" "does not carry" || fail "a connection of the client lacks the service"

say "without it, and with a wrong one, it is refused by name, port and host, and the others are there"
client_file wrong "$backend" "name: ssh, tcp: 0, $(of_ssh other)" "$backend" "name: by_port, udp: $public" \
    "$backend" "name: by_host, http: '*.example.com'" "$backend" "name: 'ssh:9', tcp: private" \
    "$backend" "name: by_sni, tls: ssh.example.com, $(of_ssh other)" "$backend" "name: fine, tcp: 0"
run_client wrong
demands="needs its own token on this server, in addition to the client's"
wait_for_text wrong "refused: ssh: The service \"ssh\" $demands, and its \`token\` is not the one that the server expects"
for name in by_port by_host ssh:9; do
    wait_for_text wrong "refused: $name: The service \"$name\" $demands. Set \`token\` of the service"
done
wait_for_text wrong "refused: by_sni: .* is not the one"
wait_for_text server "service=by_sni code=unauthorized"
wait_for_services wrong 1
greets "$(port_of wrong fine)" || fail "the other service of that client does not work"

say "the server takes both while clients change from one to the other, and then the new one alone: that service ends"
start visitor "$E2E_TOOLS/tcp_peer" connect "127.0.0.1:$(port_of right free)" line rest
wait_for_text visitor "line hello"
server_file "$(of_ssh fresh), also: 'file:$dir/ssh.token'"
wait_for_text server 'read again: server.services changed'
greets "$public" || fail "the second token is not accepted"
server_file "$(of_ssh fresh)"
wait_for_text right 'service=ssh .*code=unauthorized' # which of its connections no longer carries it
wait_for_text right 'refused: ssh: .* is not the one'
wait_until $patience "the service to go" lacks right ssh
! greets "$public" || fail "its port is still there"
greets "$(port_of right free)" || fail "another service of the client has gone"
client_file right "$backend" "name: ssh, tcp: $public, $(of_ssh fresh)" "$backend" "name: free, tcp: 0" \
    "$backend" "name: early, tcp: 0, $(of_ssh other)"
wait_for_text right 'read again: client.services ssh changed$'
wait_for_services right 3
greets "$public" || fail "no greeting with the new token"

say "who gets the token later gets the service; who has asked for it meanwhile without it does not"
client_file wrong "$backend" "name: fine, tcp: 0" "$backend" "name: 'ssh:9', tcp: private, $(of_ssh fresh)"
wait_for_services wrong 2
kill_now visitor

say "on the command line, for one service and for several"
signal right TERM
join_ok right
by_option() { # NAME COMMAND OPTION...
    programs[$1]=1
    start "$1" "$FERROTUNNEL" "${@:2}" --server "$control" --token-file "$dir/token" --endpoint-file "$dir/$1.endpoints"
}
wait_until $patience "the port" by_server_is_free
by_option short tcp "$backend" --remote-port "$public" --service-token "$dir/fresh.token"
wait_for_services short 1
greets "$public" || fail "no greeting by --service-token"
by_option several client --http "ssh.example.com=$backend" --tcp "0=$backend" --service-token "$dir/other.token"
wait_for_text several "refused: .*ssh.example.com.* is not the one"
wait_for_services several 1
! "$FERROTUNNEL" client --config "$dir/wrong.yml" --service-token "$dir/fresh.token" 2>"$dir/misuse" || fail "no misuse"
has_text "$dir/misuse" "service-token: only applies to services on the command line"
! "$FERROTUNNEL" tcp 22 --server "$control" --service-token "$dir/none" 2>"$dir/misuse" || fail "no file"
has_text "$dir/misuse" "service-token: .*none"
! grep -q "$(<"$dir/ssh.token")\|$(<"$dir/fresh.token")" "$dir"/*.out || fail "a token is in a log"
check_alive
