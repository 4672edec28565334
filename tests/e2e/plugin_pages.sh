# Pages of docs/plugins: what stands there is run. The handler of from-frp.md decides on real clients and visitors, and the
# files of from-ngrok.md pass `ferrotunnel check` and do what the policies beside them did.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3 openssl nginx
for plugin in auth circuit-breaker forward-auth headers hooks ip-filter jwt rate-limit request-log; do
    [[ -e $FERROTUNNEL_PLUGINS/$plugin.so ]] || skip "the plugin $plugin is not built"
done
pages=$E2E_SOURCE/../../docs/plugins
# block PAGE LANGUAGE [NUMBER]: that block of the page.
block() {
    awk -v start="\`\`\`$2" -v wanted="${3:-1}" '$0 == start { inside = ++count == wanted; next } /^```/ { inside = 0 } inside' \
        "$pages/$1.md"
}
blocks() { grep -c -x "\`\`\`$2" "$pages/$1.md" || true; }
# run_file FILE: a server of that configuration, which has its own tokens.
run_file() {
    programs[server]=1
    rm -f "$dir/server.endpoints"
    start server "$FERROTUNNEL" server --config "$1" --bind 127.0.0.1:0 --tcp-bind 127.0.0.1 --http-bind 127.0.0.1:0 \
        --state-dir "$dir/state" --endpoint-file "$dir/server.endpoints" --workers 2
    wait_until $patience "the server's endpoints" endpoint_or_end server '^http '
    is_running server || fail "the server has ended"
    control=$(awk '$1 == "control" { print $2 }' "$dir/server.endpoints")
    edge=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
}
end() {
    signal "$1" TERM
    join_ok "$1"
    unset "programs[$1]"
}

say "from-frp: the handler and the file of the page"
equal "handlers" "$(blocks from-frp python)" 1
mine=$(free_port)
other=$(free_port)
handler=$(free_port)
mkdir "$dir/frp"
block from-frp python | sed "s/9000/$handler/; s/range(6000, 6100)/range($mine, $((mine + 1)))/" >"$dir/frp/office.py"
has_text "$dir/frp/office.py" "range($mine,"
block from-frp yaml | sed "s/9000/$handler/" >"$dir/frp/server.yml"
(cd "$dir/frp" && PATH=$(dirname "$FERROTUNNEL"):$PATH sh -ec "$(block from-frp sh)")
(cd "$dir/frp" && "$FERROTUNNEL" check server.yml) >/dev/null || fail "check refuses the page's file"
# A decision has 2 s on the page; where the machine has no time for it, what is refused or let in comes a moment later.
start_handler() {
    start handler env -C "$dir/frp" python3 office.py
    wait_for_port "127.0.0.1:$handler" handler
}
start_handler
start_nginx
run_file "$dir/frp/server.yml"
client_token=$dir/frp/carol start_client carol --tcp "0=$nginx"
wait_for_text carol 'who are you?'
kill_now carol
unset "programs[carol]"
client_token=$dir/frp/alice start_client thief --tcp "$other=$nginx" --connections 1
wait_for_text thief 'this port is not yours'
join thief
unset "programs[thief]"
client_token=$dir/frp/alice ready_client alice 2 --tcp "$mine=$nginx" --http "shop.example.com=$nginx"
is_page() { [[ $(curl -sS --max-time 60 "$@" "http://127.0.0.1:$mine/" 2>/dev/null || true) == "a small page" ]]; }
wait_until $patience "a visitor" is_page
! is_page --interface 127.0.0.2 || fail "a visitor from elsewhere was let in"
wait_until $patience "her host" status_is alice.example.com / 200
equal "the host that she asked for" "$(status_of shop.example.com /)" "404 unknown_host"
kill_now handler
! is_page || fail "a visitor was let in without the handler"
start_handler
wait_until $patience "a visitor" is_page
check_alive
end alice
end server

say "from-ngrok: the files of the page"
files=$(blocks from-ngrok yaml)
at_least "files" "$files" 6
mkdir "$dir/ngrok"
make_token
cp -p "$dir/token" "$dir/ngrok"
for ((i = 1; i <= files; ++i)); do
    block from-ngrok yaml "$i" >"$dir/ngrok/$i.yml"
    (cd "$dir/ngrok" && "$FERROTUNNEL" check "$i.yml") >"$dir/check.out" 2>&1 || fail "file $i: $(<"$dir/check.out")"
done

say "the file of the README of hooks"
block ../../plugins/hooks/README yaml >"$dir/ngrok/hooks.yml"
has_text "$dir/ngrok/hooks.yml" 'on_failure'
cp "$dir/frp/signing.key" "$dir/ngrok"
(cd "$dir/ngrok" && OFFICE_KEY="Bearer of-the-test" "$FERROTUNNEL" check hooks.yml) >"$dir/check.out" 2>&1 ||
    fail "it is refused: $(<"$dir/check.out")"

say "passwords and fields"
run_file "$dir/ngrok/1.yml"
ready_client client 1 --http "app.example.com=$nginx"
equal "without a password" "$(status_of app.example.com /admin)" "401 auth_required"
equal "elsewhere" "$(status_of app.example.com /)" 200
has_text "$dir/head" '^X-Frame-Options: DENY'
end client
end server

say "addresses, a rate, and what is denied"
run_file "$dir/ngrok/2.yml"
ready_client client 1 --http "app.example.com=$nginx"
equal "a page" "$(status_of app.example.com /)" 200
equal "what is denied by its path" "$(status_of app.example.com /a.php)" "403 ip_denied"
equal "what is denied by its method" "$(status_of app.example.com / -X DELETE)" "403 ip_denied"
# By one curl, which is faster than the rate on any machine.
ask app.example.com '/?[1-100]' -o /dev/null -w '%{http_code}\n' >"$dir/statuses"
has_text "$dir/statuses" '^200'
has_text "$dir/statuses" '^429'
end client
end server
