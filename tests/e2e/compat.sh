# Two versions of the program meet, as `scripts/compat OLD NEW` calls it (E2E_OLD and FERROTUNNEL): server and client of
# different versions over TCP, UDP and HTTP, in groups and over lost connections; then the new one in the place of the old
# one, with what that has left: files, logins, plugins.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/upgrade_lib.sh"
[[ -n ${E2E_OLD:-} ]] || skip "no old program: scripts/compat names it"
need curl python3 nginx
unset FERROTUNNEL_HTTP_BIND # the file says it

old=$E2E_OLD new=$FERROTUNNEL
say "old: $("$old" --version | head -n 1), $old"
say "new: $("$new" --version | head -n 1), $new"
start_backends
# of PROGRAM FUNCTION...: the function with this program.
of() { FERROTUNNEL=$1 "${@:2}"; }
start_old_or_new() { # SIDE PROGRAM
    of "$2" start_server --http-bind "$edge" --resume 30s --control "$dir/$1.sock" --hold 30s
}
page() { curl -sS --max-time $patience -H "Host: ${1:-app.test}" "http://$edge/page"; }
asks_udp() { python3 "$E2E_SOURCE/udp_peer.py" ask 127.0.0.1 "$port" hello; }
all_kinds() { # CLIENT
    equal "the page" "$(page)" hello
    equal "bytes over TCP" "$(value received "$(visit "$(public_of "$1" 1)" exchange:1M finish rest)")" 1048576
    equal "a datagram" "$(asks_udp)" hello
}
# end_of NAME: it is asked to end, and does so in order.
end_of() {
    signal "$1" TERM
    join_ok "$1"
}

knows_metadata() { "$1" client --help all | grep -q -- --metadata; }

# meet SERVER CLIENT: by their names, old and new.
meet() {
    local server=${!1} client=${!2} metadata=()
    ! knows_metadata "$client" || metadata=(--metadata site=barn)
    say "$1 server, $2 client: TCP, UDP, HTTP"
    server_bind=$control start_old_or_new "$1" "$server"
    of "$client" ready_client client 4 --tcp "0=$tcp_backend" --udp "$port=$udp_backend" --http "app.test=$nginx" \
        --http "secure.test=https://127.0.0.1:1" "${metadata[@]}" # nobody asks for it: only what is said of it matters
    all_kinds client
    if [[ -n ${metadata[*]} ]] && ! knows_metadata "$server"; then
        wait_for_text client "the server ignores this client's metadata"
    elif [[ -n ${metadata[*]} ]]; then
        "$server" status --control "$dir/$1.sock" --json >"$dir/status.json"
        has_text "$dir/status.json" '"metadata":{"site":"barn"}'
    fi

    say "$1 server, members of both versions in one group"
    local name
    for name in old new; do
        cat >"$dir/member_$name.yml" <<END
client:
  services:
    - {name: both, http: both.test, local: "$nginx", group: both, sticky: cookie}
    - {name: line, tcp: $port, local: "$tcp_backend", group: line, balance: least}
END
    done
    of "$old" ready_client member_old 2 --config "$dir/member_old.yml" --no-watch --name member-old
    of "$new" ready_client member_new 2 --config "$dir/member_new.yml" --no-watch --name member-new
    for name in 1 2 3 4; do
        equal "the group's page" "$(page both.test)" hello
        equal "the group's bytes" "$(value received "$(visit "127.0.0.1:$port" exchange:64K finish rest)")" 65536
    done
    of "$server" run_services "$1"
    has_text "$dir/services.out" 'member-old'
    has_text "$dir/services.out" 'member-new'
    end_of member_old
    equal "the page of the one that is left" "$(page both.test)" hello
    end_of member_new

    say "$1 server, $2 client: a connection is lost, and resumed"
    rm -f "$dir/box.port" "$dir"/box.[0-9]
    start box "$E2E_TOOLS/relay" "$dir/box.port" "$control" "cut:$dir/box"
    wait_until $patience "the relay" test -s "$dir/box.port"
    client_to=127.0.0.1:$(<"$dir/box.port") of "$client" ready_client resumed 1 --connections 1 --resume 30s --tcp "0=$tcp_backend"
    rm -f "$dir/busy" "$dir/go"
    start busy "$E2E_TOOLS/tcp_peer" connect "$(public_of resumed)" exchange:1 "touch:$dir/busy" "wait:$dir/go" exchange:8M finish rest
    wait_until $patience "a visitor" test -e "$dir/busy"
    touch "$dir/box.1"
    wait_until $patience "a resume at the client" count_is resumed 'the session \(goes on\|continues\|was resumed\)' 1
    touch "$dir/go"
    join_ok busy
    equal "how it ended" "$(value ending "$(<"$dir/busy.out")")" eof
    end_of resumed
    signal box KILL
    join box

    say "$1 server, $2 client: the server is restarted, and the client is back"
    end_of server
    server_bind=$control start_old_or_new "$1" "$server"
    wait_until $patience "the page" page_is_there
    all_kinds client
    end_of client
    end_of server
}
page_is_there() { [[ $(page 2>/dev/null) == hello ]]; }
run_services() { "$FERROTUNNEL" services --control "$dir/$1.sock" >"$dir/services.out"; }

meet old new
meet new old

say "the old one's configuration, state, claims and key: the new server keeps names, ports and identity"
config() { # [LINE...]
    printf '%s\n' "server:" "  bind: $control" "  http_bind: $edge" "  tcp_bind: 127.0.0.1" "  state_dir: $dir/state2" \
        "  token: file:$dir/token" "  domain: t.localhost" "  workers: 2" "  hold: 30s" "  http: {hold: 30s}" \
        "  control: $dir/server.sock" "  drain: 20s" "$@" >"$dir/server.yml"
}
serve_config() { # NAME PROGRAM [OPTION...]
    programs[$1]=1
    start "$1" "$2" server --config "$dir/server.yml" --no-watch "${@:3}"
    wait_for_port "$control" "$1"
    wait_for_text "$1" "^  TLS pin"
}
pin_of() { sed -n 's/^  TLS pin *//p' "$dir/$1.out"; }
config
serve_config first "$old"
XDG_CONFIG_HOME=$dir/login "$old" login "$control" --token-file "$dir/token" --tls-pin "$(pin_of first)" >"$dir/login.out"
# The port is one that the server chooses, the name one that it assigns.
printf '%s\n' "client:" "  server: $control" "  token: file:$dir/token" "  tls_pin: $(pin_of first)" "  services:" \
    "    - {name: line, tcp: 0, local: \"$tcp_backend\"}" "    - {name: app, http: assigned, local: \"$nginx\"}" \
    "    - {name: own, http: app.test, local: \"$nginx\"}" >"$dir/client.yml"
begin_client() { # NAME PROGRAM [OPTION...]
    programs[$1]=1
    rm -f "$dir/$1.endpoints"
    start "$1" "$2" client --config "$dir/client.yml" --no-watch --identity kept --endpoint-file "$dir/$1.endpoints" "${@:3}"
    wait_for_services "$1" 3
}
places() { awk '$1 == "service" { print $2, $3 }' "$dir/$1.endpoints" | sort; }
begin_client before "$old"
had=$(places before)
end_of first
run_check() { "$new" check "$dir/$1" >"$dir/check.out" 2>&1 || fail "the new program refuses $1: $(<"$dir/check.out")"; }
run_check server.yml
run_check client.yml
serve_config second "$new"
equal "the server's key" "$(pin_of second)" "$(pin_of first)"
wait_until $patience "the page" page_is_there
has_places() { [[ $(places before) == "$had" ]]; } # the client hears of one service after the other
wait_until $patience "ports and names of the client that is back" has_places
end_of before
begin_client after "$new"
equal "names of the new client" "$(places after | grep http)" "$(grep http <<<"$had")"
equal "the page" "$(page)" hello

say "the new program uses the old one's login"
start logged_in env XDG_CONFIG_HOME="$dir/login" "$new" http "${nginx##*:}" --host login.test
wait_for_text logged_in '^  http://'
equal "the page" "$(page login.test)" hello
end_of logged_in
end_of after
end_of second

say "the new server takes the old one's place, and the new client the old one's: nobody notices"
config
serve_config first "$old"
rm -f "$dir/client.endpoints"
cat >"$dir/client.yml" <<END
client:
  server: $control
  token: file:$dir/token
  tls_pin: $(pin_of first)
  drain: 20s
  services:
    - {name: page, http: app.test, local: "$nginx"}
    - {name: line, tcp: $port, local: "$tcp_backend"}
    - {name: grams, udp: $port, local: "$udp_backend"}
END
begin_client before "$old"
start_load
programs[second]=1
start second "$new" server --config "$dir/server.yml" --no-watch --replace
join_ok first 120
more_rounds
programs[after]=1
start after "$new" client --config "$dir/client.yml" --no-watch --identity kept --replace --endpoint-file "$dir/after.endpoints"
wait_for_text after 'in place: the other client finishes its visitors and ends'
join_ok before 120
more_rounds
end_load
end_of after
end_of second

say "plugins that were built for the old one, in the new server"
modules=$(dirname "$old")/plugins/modules
at_least "plugins of the old one" "$(find "$modules" -name '*.so' | wc -l)" 5
key=0123456789abcdef0123456789abcdef
printf '%s\n' "server:" "  plugins:" "    chain:" \
    '      - headers: {request: {set: {X-Visitor: "{{visitor}}"}}, response: {set: {X-Path: "{{path}}"}}}' \
    "      - auth: {keys: {deploy: $(printf %s $key | sha256sum | cut -d ' ' -f 1)}, key_header: X-API-Key}" >"$dir/edge.yml"
export FERROTUNNEL_PLUGINS=$modules
server_bind=$control of "$new" start_server --http-bind "$edge" --config "$dir/edge.yml" --no-watch
of "$new" ready_client client 1 --http "app.test=$nginx"
status() { curl -sS --max-time $patience -o /dev/null -D "$dir/head" -w '%{http_code}' -H 'Host: app.test' "http://$edge/page" "$@"; }
equal "without a login" "$(status)" 401
equal "with one" "$(status -H "X-API-Key: $key")" 200
has_text "$dir/head" '^X-Path: /page'
