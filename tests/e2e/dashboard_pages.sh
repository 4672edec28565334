# The pages of the dashboard of the real program, used by mouse and keyboard in jsdom: the log-in, the inspector with its
# addresses, services in order, who is kept out of a server. How they look is tested in a browser where there is one
# (dashboard_browser.sh).
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl
need_npm jsdom 26.1.0
need_npm axe-core 4.14.1

serve_http web
start_edge --dashboard 127.0.0.1:0
"$FERROTUNNEL" token >"$dir/secret"
ready_client client 1 --http "app.test=$backend" --name laptop --dashboard 127.0.0.1:0 --inspect on \
    --dashboard-token-file "$dir/secret"
at_server=$(awk '$1 == "dashboard" { print $2 }' "$dir/server.endpoints")
at_client=$(awk '$1 == "dashboard" { print $2 }' "$dir/client.endpoints")
ask app.test '/fields?first' >/dev/null
equal "a second request" "$(status_of app.test '/fields?second')" 200

# in_browser NAME SCENARIO ADDRESS [HASH]
in_browser() {
    start "$1" env NODE_PATH="$node_path" SECRET="$(<"$dir/secret")" node "$E2E_SOURCE/node/dashboard_pages.mjs" "${@:2}"
    join "$1" 170
    [[ ${exit_codes[$1]} == 0 ]] || cat "$dir/$1.err" >&2
    equal "what $1 finds" "${exit_codes[$1]} $(tail -n 1 "$dir/$1.out")" "0 done"
}

say "the inspector"
in_browser inspector inspector "$at_client"
say "an address that was copied"
in_browser link link "$at_client" '#exchange/2/compare/1'
say "services in order, and a refusal that repeats"
ready_client desk 2 --http "busy.test=$backend" --http "quiet.test=$backend" --name desk --dashboard off
for address in 127.0.0.2 127.0.0.1 127.0.0.2 127.0.0.1 127.0.0.2; do
    equal "a request" "$(status_of busy.test /fields --interface $address)" 200
done
equal "a request" "$(status_of quiet.test /fields)" 200
for time in 1 2 3; do
    start_client rival --http "app.test=$backend" --name rival --dashboard off --control off
    wait_for_text rival 'refused: '
    signal rival TERM
    join_ok rival
done
in_browser services services "$at_server"
signal desk TERM
join_ok desk
say "clients that are kept out"
in_browser clients clients "$at_server"
check_alive
