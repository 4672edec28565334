# A client's dashboard and control socket obey its user, and so would obey what the client itself dials: visitors, exits
# and the server's administrator do not get there, whatever the configuration says. With a secret they do, and are asked.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/kept_lib.sh"
need curl python3

serve_page
dashboard=$(free_port)
start_server
client_part() { printf '  %s\n' "dashboard: 127.0.0.1:$dashboard" "name: nas" "managed: [127.0.0.0/8]" "$@" >>"$file"; }
service_lines=("{name: page, tcp: 0, local: localhost:$web}"
    "{name: own, tcp: 0, local: localhost:$dashboard}"
    "{name: control, tcp: 0, local: unix:$socket}"
    "{name: out, tcp: 0, local: exit, allow: [\"127.0.0.0/8\", \"0.0.0.0\", \"localhost\"]}")
write_config "${service_lines[@]}"
client_part
programs[client]=1
start client "$FERROTUNNEL" client --config "$file" --no-watch --endpoint-file "$dir/client.endpoints"
wait_for_services client 4
# public NAME: where the service is.
public() { awk -v name="$1" '$1 == "service" && $2 == name { print $3 }' "$dir/client.endpoints"; }
# status URL [CURL OPTION...]: of the control API's answer; 000: there is none.
status() { curl -sS --max-time $patience -o "$dir/answer" -w '%{http_code}' "$@" 2>"$dir/curl.said" || true; }

say "the user has the control API, and the client passes other things on"
equal "the dashboard" "$(status "http://127.0.0.1:$dashboard/api/v1/status")" 200
equal "the socket" "$(status http://localhost/v1/status --unix-socket "$socket")" 200
equal "another backend" "$(status "http://$(public page)/page")" 200
equal "by the exit" "$(status "http://127.0.0.1:$web/page" -p -x "http://$(public out)")" 200

say "visitors do not have it"
equal "by a service" "$(status "http://$(public own)/api/v1/status" -H "Host: localhost")" 000
equal "by the socket" "$(status "http://$(public control)/v1/status")" 000
for host in 127.0.0.1 0.0.0.0 localhost; do
    equal "by an exit to $host" "$(status "http://$host:$dashboard/api/v1/status" -p -x "http://$(public out)")" 000
    has_text "$dir/curl.said" "403"
    equal "by SOCKS5 to $host" \
        "$(status "http://$host:$dashboard/api/v1/status" --socks5-hostname "$(public out)")" 000
done
has_text "$dir/client.err" "service=own .*it is this program's own control API"
has_text "$dir/client.err" "service=control .*it is this program's own control API"
has_text "$dir/client.err" "an exit refused a visitor.*it is this program's own control API"

say "nor does the server's administrator, whose services may lead to all of this machine"
at_server() { run "$@" --client nas --control "$dir/run/server.sock"; }
at_server services add --tcp "0=127.0.0.1:$web" --name more
equal "a service beside it" "$code" 0
at_server services add --tcp "0=127.0.0.1:$dashboard" --name bad
equal "a service to it" "$code" 1
complained "does not allow services to lead to \"127.0.0.1:$dashboard\""
signal client TERM
join_ok client

say "check warns"
run_ok check "$file"
at="leads to this program's own control API at 127.0.0.1:$dashboard, where the program's own connections are refused"
complained "client.managed: $at"
complained "client.services: \"own\" $at"
complained "client.services: .allow. of \"out\" $at"
complained "client.services: \"control\" leads to this program's own control API at $socket,"
! file_has "$dir/run.err" '"page"' || fail "a warning is about another service"

for host in 0.0.0.0 '[::ffff:0.0.0.0]'; do
    sed "s/localhost:$dashboard/\"$host:$dashboard\"/" "$file" >"$dir/other.yml"
    run_ok check "$dir/other.yml"
    complained "client.services: \"own\" $at"
done
sed "s|unix:$socket|unix:/proc/self/root$(dirname "$socket")//${socket##*/}|" "$file" >"$dir/other.yml"
run_ok check "$dir/other.yml"
complained "client.services: \"control\" leads to this program's own control API at $socket,"

say "a dashboard that asks for a secret trusts nobody for where he comes from"
(umask 077 && "$FERROTUNNEL" token >"$dir/secret")
write_config "${service_lines[@]:0:2}"
client_part "dashboard_token_file: $dir/secret"
rm -f "$dir/client.endpoints"
start client "$FERROTUNNEL" client --config "$file" --no-watch --endpoint-file "$dir/client.endpoints"
wait_for_services client 3 # the kept one too
equal "without the secret" "$(status "http://$(public own)/api/v1/status" -H "Host: localhost")" 401
equal "with the secret" "$(status "http://$(public own)/api/v1/status" -H "Authorization: Bearer $(<"$dir/secret")")" 200
run_ok check "$file"
! file_has "$dir/run.err" 'own control API' || fail "there is nothing to warn of"
