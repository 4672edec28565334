# Side by side: services that answer curl, dig, ssh and psql through frp and rathole answer them through this program after
# `ferrotunnel import` of the same files. The programs of the others are found in FERROTUNNEL_FRP_DIR (frps, frpc),
# FERROTUNNEL_RATHOLE_DIR (rathole) or PATH; what is missing is left out, and without both the test is skipped.
PATH=$PATH${FERROTUNNEL_FRP_DIR:+:$FERROTUNNEL_FRP_DIR}${FERROTUNNEL_RATHOLE_DIR:+:$FERROTUNNEL_RATHOLE_DIR} # lib.sh unsets these
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/ssh_lib.sh"
for folder in /usr/lib/postgresql/*/bin; do
    PATH=$PATH:$folder
done
need curl python3 nginx
has() { command -v "$1" >/dev/null; }
has frps && has frpc || has rathole || skip "there are neither frps and frpc nor rathole; FERROTUNNEL_FRP_DIR and FERROTUNNEL_RATHOLE_DIR may name their folders"

# --- services that both tunnels offer ---------------------------------------------------------------------------------

start_nginx
serve_udp names
with_ssh=no
start_sshd && with_ssh=yes
with_psql=no
start_postgres() {
    has postgres && has initdb && has psql || return 1
    local account=() user
    if ((EUID == 0)); then
        has setpriv || return 1
        user=$(getent passwd postgres nobody | head -1 | cut -d : -f 1)
        account=(setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups)
        chmod 711 "$dir"
        mkdir -m 700 "$dir/database" && chown "$user" "$dir/database"
    else
        mkdir -m 700 "$dir/database"
    fi
    psql_port=$(free_port)
    (cd "$dir/database" && "${account[@]}" env HOME="$dir/database" "$(command -v initdb)" -D "$dir/database/data" \
        -U tester -A trust -E UTF8 --no-sync) >"$dir/initdb.out" 2>"$dir/initdb.err" || return 1
    start postgres env -C "$dir/database" "${account[@]}" "$(command -v postgres)" -D "$dir/database/data" -p "$psql_port" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories="$dir/database" -c fsync=off
    on_end 'kill -INT "${pids[postgres]}" 2>/dev/null; wait_until $patience "the end of postgres" has_ended postgres'
    wait_until $patience "postgres" answers_psql "$psql_port"
}
answers_psql() { [[ $(psql -h 127.0.0.1 -p "$1" -U tester -d postgres -A -t -c 'select 6*7' 2>/dev/null) == 42 ]]; }
start_postgres && with_psql=yes
say "ssh: $with_ssh, psql: $with_psql, dig: $(has dig && echo yes || echo no)"

web=$(free_port)      # public ports; those of TCP and of UDP do not conflict
dns=$(free_port)
shell_port=$(free_port)
sql=$(free_port)
edge=$(free_port)
control_port=$(free_port)

# asks WHAT: all services answer at their public ports, whichever tunnel has them.
page_is() { [[ $(curl -sS --max-time 10 "$@" 2>/dev/null || true) == "a small page" ]]; }
name_is() {
    if has dig; then
        [[ $(dig -p "$dns" +short +tries=1 +time=2 any.example.com @127.0.0.1 2>/dev/null) == 192.0.2.53 ]]
    else
        [[ $(timeout 10 python3 "$E2E_SOURCE/udp_peer.py" ask 127.0.0.1 "$dns" hello 2>/dev/null) == hello ]]
    fi
}
asks() {
    wait_until $patience "curl through $1" page_is "http://127.0.0.1:$web/"
    wait_until $patience "dig through $1" name_is
    [[ $with_ssh == no ]] || wait_until $patience "ssh through $1" by_ssh "$shell_port"
    [[ $with_psql == no ]] || wait_until $patience "psql through $1" answers_psql "$sql"
    [[ ${2:-} != edge ]] || wait_until $patience "curl of a host through $1" page_is -H "Host: app.example.com" "http://127.0.0.1:$edge/"
}
refused_everywhere() { refuses "127.0.0.1:$web" && refuses "127.0.0.1:$control_port" && refuses "127.0.0.1:$edge"; }

# switch_to_ours FOLDER FILE...: imports files there, stops the other tunnel's processes (`others`), and starts ours.
switch_to_ours() {
    local folder=$1 name
    shift
    (cd "$folder" && "$FERROTUNNEL" import "$@") >"$dir/import.out" 2>"$dir/import.err" || {
        # What is listed as lost must have nothing to do with these services.
        grep -q '^Problems of the result' "$dir/import.err" && fail "the import has problems: $(<"$dir/import.err")"
    }
    for name in "${others[@]}"; do
        signal "$name" TERM
        join "$name"
    done
    wait_until $patience "the end of the other tunnel" refused_everywhere
    programs[ours_server]=1
    programs[ours_client]=1
    start ours_server env -u FERROTUNNEL_HTTP_BIND "$FERROTUNNEL" server --config "$folder/ferrotunnel-server.yml" --state-dir "$dir/state" --control off
    wait_for_port "127.0.0.1:$control_port" ours_server
    start ours_client "$FERROTUNNEL" client --config "$folder/ferrotunnel-client.yml" --control off
}
end_ours() {
    signal ours_client TERM
    join_ok ours_client
    signal ours_server TERM
    join_ok ours_server
    unset "programs[ours_client]" "programs[ours_server]"
    wait_until $patience "the end of ours" refused_everywhere
}

# --- frp --------------------------------------------------------------------------------------------------------------

frp_proxy() { printf '\n[[proxies]]\nname = "%s"\ntype = "%s"\nlocalIP = "127.0.0.1"\nlocalPort = %s\n%s\n' "$@"; }

if has frps && has frpc; then
    say "frp: $(frps --version)"
    mkdir "$dir/frp"
    cat >"$dir/frp/frps.toml" <<END
bindAddr = "127.0.0.1"
bindPort = $control_port
vhostHTTPPort = $edge
auth.token = "shared by both"
END
    {
        printf 'serverAddr = "127.0.0.1"\nserverPort = %s\nauth.token = "shared by both"\nloginFailExit = false\n' "$control_port"
        frp_proxy web tcp "${nginx##*:}" "remotePort = $web"
        frp_proxy names udp "${udp_backend##*:}" "remotePort = $dns"
        frp_proxy site http "${nginx##*:}" 'customDomains = ["app.example.com"]'
        [[ $with_ssh == no ]] || frp_proxy shell tcp "$ssh_port" "remotePort = $shell_port"
        [[ $with_psql == no ]] || frp_proxy sql tcp "$psql_port" "remotePort = $sql"
    } >"$dir/frp/frpc.toml"
    start frps frps -c "$dir/frp/frps.toml"
    wait_for_port "127.0.0.1:$control_port" frps
    start frpc frpc -c "$dir/frp/frpc.toml"
    asks frp edge
    others=(frpc frps)
    switch_to_ours "$dir/frp" frps.toml frpc.toml
    asks "ferrotunnel after frp" edge
    end_ours
else
    say "left out: frps and frpc"
fi

# --- rathole ----------------------------------------------------------------------------------------------------------

rathole_service() {
    printf '\n[server.services.%s]\ntype = "%s"\nbind_addr = "127.0.0.1:%s"\n' "$1" "$2" "$4" >>"$dir/rathole/server.toml"
    printf '\n[client.services.%s]\ntype = "%s"\nlocal_addr = "127.0.0.1:%s"\n' "$1" "$2" "$3" >>"$dir/rathole/client.toml"
}

if has rathole; then
    say "rathole: $(rathole --version | head -1)"
    mkdir "$dir/rathole"
    printf '[server]\nbind_addr = "127.0.0.1:%s"\ndefault_token = "shared by both"\n' "$control_port" >"$dir/rathole/server.toml"
    printf '[client]\nremote_addr = "127.0.0.1:%s"\ndefault_token = "shared by both"\n' "$control_port" >"$dir/rathole/client.toml"
    rathole_service web tcp "${nginx##*:}" "$web"
    rathole_service names udp "${udp_backend##*:}" "$dns"
    [[ $with_ssh == no ]] || rathole_service shell tcp "$ssh_port" "$shell_port"
    [[ $with_psql == no ]] || rathole_service sql tcp "$psql_port" "$sql"
    start rathole_server rathole --server "$dir/rathole/server.toml"
    wait_for_port "127.0.0.1:$control_port" rathole_server
    start rathole_client rathole --client "$dir/rathole/client.toml"
    asks rathole
    others=(rathole_client rathole_server)
    switch_to_ours "$dir/rathole" server.toml client.toml
    asks "ferrotunnel after rathole"
    end_ours
else
    say "left out: rathole"
fi
