# A cluster of three servers: clients connect to any of them, and every kind of visitor reaches their services at every
# server. What each side is told, who is refused, and what a killed server and a client that moves mean for visitors.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/group_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
need curl openssl python3
curl --version | grep -q HTTP2 || skip "curl has no HTTP/2"

# Three machines, as far as listeners know: the same ports, each at an address of its own.
address=([a]=127.0.0.2 [b]=127.0.0.3 [c]=127.0.0.4)
control_port=$(free_port) http=$(free_port) https=$(free_port) link=$(free_port) connect=$(free_port)
prepare_cluster app.test guarded.test group.test sa.test sb.test sc.test tls-sa.test tls-sb.test tls-sc.test

# at ENTRY COMMAND...: visitors of the functions of http_lib.sh come to this server.
at() {
    local edge=${address[$1]}:$http
    "${@:2}"
}
# client_at SERVER NAME COUNT [OPTION...]: ready_client at this server. Clients remember nothing of another one.
client_at() { client_to=${address[$1]}:$control_port ready_client "$2" "$3" --name "$2" --identity "$2" "${@:4}"; }
# end_client NAME: and its services with it.
end_client() {
    signal "$1" TERM
    join_ok "$1"
    unset "programs[$1]"
}
# offer NAME SERVER: a client with a service of each kind.
declare -A tcp_of=() udp_of=()
offer() {
    local name=$1 web line grams secure
    read -r web line grams secure <"$dir/echo.ports"
    tcp_of[$name]=${tcp_of[$name]:-$(free_port)} udp_of[$name]=${udp_of[$name]:-$(free_port)}
    client_at "$2" "$name" 4 --http "$name.test=127.0.0.1:$web" --tcp "${tcp_of[$name]}=127.0.0.1:$line" \
        --udp "${udp_of[$name]}=127.0.0.1:$grams" --passthrough "tls-$name.test=127.0.0.1:$secure"
}
described() {
    printf '"%s": {"host": "%s.test", "tls": "tls-%s.test", "tcp": %s, "udp": %s}' "$1" "$1" "$1" "${tcp_of[$1]}" "${udp_of[$1]}"
}
# everywhere PLAN: each visitor of the plan is served, at the server that it prefers.
everywhere() {
    wait_until $patience "each kind of visitor at each server" all_are_served "$1"
}
all_are_served() {
    check_alive
    python3 "$E2E_SOURCE/cluster_visitors.py" once "$dir" "$dir/$1.plan" >"$dir/once.out" 2>&1
}

say "three servers find each other"
for name in "${members[@]}"; do
    write_member "$name" "  hold: 2s" "  http: {hold: 2s, head_timeout: 3m}" "  connect_bind: ${address[$name]}:$connect"
    start_member "$name"
done
all_linked

run_ok cluster status --control "$dir/a.sock"
printed "^member a at ${address[a]}:$link"
printed "^  b  *${address[b]}:$link  *linked "

say "every kind of visitor reaches every client at every server"
start echo python3 "$E2E_SOURCE/cluster_visitors.py" backend "$dir" echo
wait_until $patience "the ports of echo" test -s "$dir/echo.ports"
offer sa a
offer sb b
offer sc c
strict=true plan all a b c -- "$(described sa)" "$(described sb)" "$(described sc)"
everywhere all

serve_http pages
client_at b paged 1 --http "app.test=$backend"
visit_upgraded() { "$E2E_TOOLS/http_peer" upgrade "$edge" app.test 1000000 >"$dir/upgrade.out"; }
is_served() { [[ $(at "$1" status_of "$2" "$3") == 200 ]]; }
for entry in "${members[@]}"; do
    wait_until $patience "app.test at $entry" is_served "$entry" app.test /name/n
done

# tls_at ENTRY HOST PATH [CURL OPTION...]
tls_at() {
    curl -sS --max-time 120 --cacert "$dir/ca.pem" --resolve "$2:$https:${address[$1]}" "${@:4}" "https://$2:$https$3"
}
head -c 10M /dev/urandom >"$dir/large"
for entry in "${members[@]}"; do
    say "at $entry: connections that are kept, HTTP/2, large bodies, an upgrade"
    edge=${address[$entry]}:$http
    equal "connections of two requests" "$(curl -sS --max-time 120 -H 'Host: app.test' -w '%{num_connects}\n' -o "$dir/one" \
        "http://$edge/name/1" -o "$dir/two" "http://$edge/name/2" | tr '\n' ' ')" "1 0 "
    has_text "$dir/two" '^2 app.test '
    equal "HTTP/2" "$(tls_at "$entry" app.test /name/n --http2 -o "$dir/one" -w '%{http_code} %{http_version}')" "200 2"
    for name in sa sb sc; do
        at "$entry" ask "$name.test" / --data-binary "@$dir/large" -H 'Expect:' -o "$dir/got"
        cmp "$dir/large" "$dir/got" || fail "10 MiB to $name"
    done
    tls_at "$entry" sb.test / --http2 --data-binary "@$dir/large" -o "$dir/got"
    cmp "$dir/large" "$dir/got" || fail "10 MiB by HTTP/2"
    at "$entry" visit_upgraded || fail "an upgrade: $(<"$dir/upgrade.out")"
    at "$entry" ask app.test /cut/length -o "$dir/got" 2>"$dir/curl.err" && fail "a response that was cut looks complete"
    equal "no such host" "$(at "$entry" status_of none.test /)" "404 unknown_host"

    say "at $entry: the backend and both access logs know the visitor"
    for scheme in http https; do
        more=(--interface 127.0.0.7 -H 'X-Forwarded-For: 203.0.113.7' -H 'X-Request-Id: forged' -H "X-Mark: $entry")
        if [[ $scheme == http ]]; then
            at "$entry" ask app.test /fields "${more[@]}" >"$dir/fields"
        else
            tls_at "$entry" app.test /fields "${more[@]}" >"$dir/fields"
        fi
        tr -d '\r' <"$dir/fields" >"$dir/fields.lines"
        equal "X-Forwarded-For" "$(grep -i '^x-forwarded-for:' "$dir/fields.lines")" "X-Forwarded-For: 127.0.0.7"
        equal "X-Forwarded-Proto" "$(grep -i '^x-forwarded-proto:' "$dir/fields.lines")" "X-Forwarded-Proto: $scheme"
        equal "X-Mark" "$(grep -i "^x-mark:" "$dir/fields.lines" | cut -d " " -f 2)" "$entry"
        request=$(sed -n 's/^[Xx]-[Rr]equest-[Ii]d: *//p' "$dir/fields.lines")
        [[ -n $request && $request != forged ]] || fail "X-Request-Id is \"$request\""
        for name in "$entry" b; do
            wait_until $patience "request $request in the access log of $name" file_has "$dir/$name.access" "\"$request\""
            grep -a "\"$request\"" "$dir/$name.access" >"$dir/line"
            has_text "$dir/line" '"visitor":"127.0.0.7"'
            has_text "$dir/line" '"status":200'
            [[ $name == b ]] || has_text "$dir/line" '"member":"b"'
        done
    done
done

if [[ -e $FERROTUNNEL_PLUGINS/auth.so ]]; then
    say "a password that a client requires is required at every server"
    printf 'open sesame\n' >"$dir/password"
    client_at c guarded 1 --http "guarded.test=$backend" --basic-auth ann --password-file "$dir/password"
    for entry in "${members[@]}"; do
        wait_until $patience "guarded.test at $entry" at "$entry" status_is guarded.test /name/n 401
        equal "without it" "$(at "$entry" status_of guarded.test /name/n)" "401 auth_required"
        equal "a wrong one" "$(at "$entry" status_of guarded.test /name/n -u ann:sesame)" "401 auth_failed"
        equal "the right one" "$(at "$entry" status_of guarded.test /name/n -u 'ann:open sesame')" "200"
    done
    end_client guarded
fi

say "a private service, visited through every server"
(umask 077 && "$FERROTUNNEL" token >"$dir/key")
read -r _ line _ <"$dir/echo.ports"
client_to=${address[a]}:$control_port start_client office --private "db=127.0.0.1:$line" --key-file "$dir/key" --name office
wait_for_text office " -> 127.0.0.1:$line"
for entry in "${members[@]}"; do
    programs[visit]=1
    start visit "$FERROTUNNEL" visit db --local 0 --key-file "$dir/key" --server "${address[$entry]}:$control_port" \
        --token-file "$dir/token" --tls $tls --workers 2 --reconnect-max 1 --control off
    wait_for_text visit '^connected to'
    local_at=$(awk '$2 == "->" { print $1; exit }' "$dir/visit.out")
    is_echoed() {
        check_alive
        visited=$(visit "$local_at" exchange:64K finish rest 2>/dev/null) && [[ $visited == *" received=65536 "* ]]
    }
    wait_until $patience "an echo through $entry" is_echoed
    signal visit TERM
    join_ok visit
done
unset "programs[visit]"
end_client office

say "a private service, named to every server by CONNECT"
read -r web _ <"$dir/echo.ports"
client_to=${address[a]}:$control_port start_client desk --private "desk=127.0.0.1:$web" --name desk
wait_for_text desk " -> 127.0.0.1:$web"
# connect_at ENTRY HOST TOKEN_FILE: the answer of CONNECT, and that of the service behind it.
connect_at() {
    printf 'proxy-user = "me:%s"\n' "$(<"$3")" >"$dir/curl.conf"
    curl -s --max-time 60 -K "$dir/curl.conf" -x "http://${address[$1]}:$connect" -p -o "$dir/got" \
        -w '%{http_connect} %{http_code}' "http://$2:80/1/1" || true
}
reaches_desk() {
    check_alive
    [[ $(connect_at "$1" desk "$dir/token") == "200 200" ]]
}
for entry in "${members[@]}"; do
    wait_until $patience "desk through $entry" reaches_desk "$entry"
    equal "DESK through $entry" "$(connect_at "$entry" DESK "$dir/token")" "200 200"
    equal "desk with another token" "$(connect_at "$entry" desk "$dir/other" | cut -d ' ' -f 1)" 404
done
equal "by its client's name, at another server" "$(connect_at b desk.desk "$dir/token" | cut -d ' ' -f 1)" 404
end_client desk

say "a public port that a server cannot listen on: the client is told, and when it can"
taken=$(free_port)
start occupant python3 -c 'import socket, sys, time
at = socket.create_server((sys.argv[1], int(sys.argv[2])))
time.sleep(3600)' "${address[b]}" "$taken"
wait_until $patience "the other program at port $taken" accepts "${address[b]}:$taken"
client_at a partial 1 --tcp "$taken=$backend"
wait_for_text partial "Not at: b (Address already in use)"
run_ok cluster status --control "$dir/a.sock"
printed "other members cannot open its clients' ports: tcp $taken at b (Address already in use)"
accepts_at_c() { accepts "${address[c]}:$taken"; }
wait_until $patience "port $taken at c" accepts_at_c
kill_now occupant
unset "programs[occupant]"
wait_for_text partial "a service can be reached at all servers of the cluster again"
wait_until $patience "port $taken at b" accepts "${address[b]}:$taken"
end_client partial

say "a name belongs to one token, wherever its clients are"
expected_codes[stranger]=3
client_to=${address[b]}:$control_port client_token=$dir/other start_client stranger --http "sa.test=$backend" --attempts 1
join stranger
equal "exit code of another token" "${exit_codes[stranger]}" 3
has_text "$dir/stranger.out" 'belongs to another token'
client_to=${address[c]}:$control_port client_token=$dir/other start_client stranger --tcp "${tcp_of[sa]}=$backend" --attempts 1
join stranger
equal "exit code for a port" "${exit_codes[stranger]}" 3
unset "programs[stranger]"
say "and to one client of it, unless that one does not answer"
expected_codes[second]=3
client_to=${address[b]}:$control_port start_client second --http "sa.test=$backend" --attempts 1
join second
equal "exit code of a second client" "${exit_codes[second]}" 3
unset "programs[second]"
everywhere all

say "a group with members at two servers"
start_backends one two
client_at a one 1 --http "group.test=$(<"$dir/one.at")" --group web
client_at b two 1 --http "group.test=$(<"$dir/two.at")" --group web
# answers_at ENTRY NAMES: 12 requests there are answered by these backends, and by no other.
answers_at() {
    check_alive
    at "$1" who_has group.test 12 >"$dir/who"
    [[ $(tr ' ' '\n' <"$dir/who" | grep -v '[0-9]' | tr '\n' ' ') == "$2 " ]]
}
wait_until $patience "the member at a" answers_at a one
wait_until $patience "the member at b" answers_at b two
wait_until $patience "both at c" answers_at c "one two"
kill_now one
for entry in "${members[@]}"; do
    wait_until $patience "the other member at $entry" answers_at "$entry" two
done
unset "programs[one]"
end_client two

count=$(by_size 3 20)
say "hosts and ports that are assigned are different on all servers"
: >"$dir/assigned"
for name in "${members[@]}"; do
    {
        printf '%s\n' "client:" "  server: ${address[$name]}:$control_port" "  token: file:$dir/token" "  name: many_$name" \
            "  workers: 1" "  control: off" "  endpoint_file: $dir/many_$name.endpoints" "  services:"
        for ((i = 0; i < count; ++i)); do
            echo "    - {name: web-$i, http: assigned, local: \"$backend\"}"
            echo "    - {name: line-$i, tcp: 0, local: \"$backend\"}"
        done
    } >"$dir/many_$name.yml"
    programs[many_$name]=1
    start "many_$name" "$FERROTUNNEL" client --config "$dir/many_$name.yml" --no-watch
done
for name in "${members[@]}"; do
    wait_for_services "many_$name" $((2 * count))
    awk '$1 == "service" { print $NF }' "$dir/many_$name.endpoints" | sed "s/^${address[$name]}:\(.*\)/port \1/" >>"$dir/assigned"
done
equal "names" "$(sort -u "$dir/assigned" | wc -l)" $((6 * count))
for entry in "${members[@]}"; do
    for port in $(awk '$1 == "port" { print $2 }' "$dir/assigned"); do
        wait_until $patience "port $port at $entry" accepts "${address[$entry]}:$port"
    done
done
for name in "${members[@]}"; do end_client "many_$name"; done

say "who is not a member is refused"
links_of() { cluster_field "$1" '[(n, m[n]["linked"]) for n in sorted(m)]'; }
before=$(links_of b)
{ openssl s_client -connect "${address[b]}:$link" -tls1_3 </dev/null || true; } >"$dir/s_client.out" 2>&1
! grep -q 'BEGIN CERTIFICATE' "$dir/s_client.out" || fail "the cluster's port shows a certificate"
curl -s --max-time 20 --http0.9 "http://${address[b]}:$link/" >"$dir/answer" || true
at_most "bytes for a visitor: an alert of TLS" "$(stat -c %s "$dir/answer")" 7
expected_codes[lost]=1
client_to=${address[b]}:$control_port
start lost "$FERROTUNNEL" client --server "${address[b]}:$link" --token-file "$dir/token" --tcp "0=$backend" --attempts 1
join lost
((exit_codes[lost] != 0)) || fail "a client has logged in at the cluster's port"
client_to=
# impostor NAME SED: member a again, at another address, with something changed.
impostor() {
    sed "s/${address[a]}/127.0.0.5/g; s#state_a#state_$1#; s#/a\.#/$1.#g; $2" "$dir/a.yml" >"$dir/$1.yml"
    start_member "$1"
}
(umask 077 && "$FERROTUNNEL" cluster key "$dir/wrong.key" >/dev/null)
refused_by() { wait_until $patience "\"$2\" at $1" text_is_there "$1" "$2"; }
impostor wrong_key 's#cluster\.key#wrong.key#'
refused_by b "a connection to the cluster's port was refused  .*peer=127"
refused_by wrong_key "could not link with a member of the cluster  .*member=b"
equal "links of the one with another key" "$(linked wrong_key)" ""
end_client wrong_key
impostor stranger 's/name: a,/name: aa,/'
refused_by b "a connection to the cluster's port was refused  .*aa.* is not in this member's list of peers"
equal "links of the one that is not in the list" "$(linked stranger)" ""
end_client stranger
equal "the links of b" "$(links_of b)" "$before"
all_linked
everywhere all

say "a server is killed: others' services are served on, its host gives 503"
pause=0.2 plan others a b -- "$(described sa)" "$(described sb)"
rm -f "$dir/served"
start visitors python3 "$E2E_SOURCE/cluster_visitors.py" visit "$dir" "$dir/others.plan"
wait_served
for ((round = 0; round < $(by_size 1 5); ++round)); do
    kill_now c
    wait_linked a b
    run_ok cluster status --control "$dir/a.sock"
    printed "^  c  *${address[c]}:$link  *not linked "
    for entry in a b; do
        answer=$(at "$entry" status_of sc.test /1/1)
        [[ $answer == 503* ]] || fail "sc.test at $entry is answered with $answer"
    done
    wait_served
    say "it is started again: served within 30 s"
    start_member c
    for entry in "${members[@]}"; do
        wait_until 30 "sc.test at $entry" is_served "$entry" sc.test /1/1
    done
    wait_linked a "b c"
    wait_served
done
touch "$dir/enough"
join_ok visitors
equal "visitors of the others that failed" "$(grep -a '^failed' "$dir/visitors.out" || true)" ""
everywhere all

say "a client moves to another server"
end_client sc
offer sc b
everywhere all

say "a server that does not return is forgotten"
run_fails cluster forget b --control "$dir/a.sock" # it is linked
run_fails cluster forget nobody --control "$dir/a.sock"
kill_now c
wait_linked a b
unset "programs[c]"
for name in a b; do
    run_ok cluster forget c --control "$dir/$name.sock"
    equal "names of c at $name" "$(cluster_field "$name" 'm["c"]["names"]')" 0
done
strict=true plan rest a b -- "$(described sa)" "$(described sb)" "$(described sc)"
everywhere rest

for name in "${members[@]}"; do
    ! grep -a -q ftc1_ "$dir/$name.out" "$dir/$name.err" || fail "the cluster's key is in the log of $name"
done
