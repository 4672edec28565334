# A client that reaches its server through a proxy: real ones (squid, tinyproxy, dante, microsocks; those that are
# installed), with and without a login, by option and by environment; and what it says when that does not work.
source "$(dirname "$0")/lib.sh"
need python3

# Each of the real ones that is not here is named; without any the test would say nothing about them.
missing=()
# has PROGRAM [CONDITION...]
has() {
    if command -v "$1" >/dev/null && { (($# == 1)) || "${@:2}"; }; then
        return 0
    fi
    missing+=("$1")
    return 1
}
squid_usable() { [[ -x /usr/lib/squid/basic_ncsa_auth ]] && ((EUID == 0)); }

chmod 755 "$dir" # squid gives up root
start_server
serve backend echo
tried=0

# passes_through NAME PROXY: a client that connects through the proxy carries a visitor's bytes both ways, and stays.
passes_through() {
    local name=$1 proxy=$2
    say "through $name"
    ready_client "client_$name" 1 --proxy "$proxy" --tcp "0=$backend"
    carries "client_$name"
    end_client "client_$name"
    tried=$((tried + 1))
}

carries() {
    equal "what $1 carried" "$(value received "$(visit "$(public_of "$1")" exchange:200K finish rest)")" 204800
}

end_client() {
    signal "$1" TERM
    signal "$1" INT 2>/dev/null || true # it may have ended already
    join_ok "$1"
}

# says NAME TEXT PROXY [OPTION...]: a client that gives up after one attempt, and what it says.
says() {
    local name=$1 text=$2 proxy=$3
    shift 3
    expected_codes[$name]=1
    start_client "$name" --proxy "$proxy" --attempts 1 --tcp "0=$backend" "$@"
    join "$name"
    ((exit_codes[$name] != 0)) || fail "$name has ended with success"
    text_is_there "$name" "$text" || fail "$name did not say \"$text\""
}

start_proxy() {
    local name=$1 port=$2
    shift 2
    start "$name" "$@"
    on_end "kill $(pid_of "$name") 2>/dev/null" # with the children that some of them have
    wait_for_port "127.0.0.1:$port" "$name"
}

if has squid squid_usable; then
    port=$(free_port)
    mkdir -p "$dir/squid"
    chown proxy "$dir/squid"
    printf 'user:%s\n' "$(openssl passwd -apr1 pass)" >"$dir/squid/users"
    chmod 644 "$dir/squid/users"
    cat >"$dir/squid.conf" <<END
http_port 127.0.0.1:$port
auth_param basic program /usr/lib/squid/basic_ncsa_auth $dir/squid/users
auth_param basic children 1 startup=1
acl users proxy_auth REQUIRED
http_access allow CONNECT users
http_access deny all
pid_filename $dir/squid/pid
cache_log $dir/squid/cache.log
access_log none
cache deny all
coredump_dir $dir/squid
pinger_enable off
shutdown_lifetime 0
END
    start_proxy squid "$port" squid -N -f "$dir/squid.conf"
    passes_through squid "http://user:pass@127.0.0.1:$port"
    says squid_nobody "requires a user and password" "http://127.0.0.1:$port"
    says squid_wrong "does not accept this user and password" "http://user:wrong@127.0.0.1:$port"
    ! grep -a -l wrong "$dir"/squid_wrong.{out,err} || fail "the password is in an output"
fi

if has tinyproxy; then
    port=$(free_port)
    printf 'Port %s\nListen 127.0.0.1\nTimeout 600\nMaxClients 20\nBasicAuth user pass\n' "$port" >"$dir/tinyproxy.conf"
    start_proxy tinyproxy "$port" tinyproxy -d -c "$dir/tinyproxy.conf"
    passes_through tinyproxy "http://user:pass@127.0.0.1:$port"
fi

if has danted; then
    port=$(free_port)
    cat >"$dir/danted.conf" <<END
logoutput: stderr
internal: 127.0.0.1 port = $port
external: 127.0.0.1
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
socks pass { from: 127.0.0.0/8 to: 127.0.0.0/8 command: connect }
END
    start_proxy dante "$port" danted -N 1 -p "$dir/danted.pid" -f "$dir/danted.conf"
    passes_through dante "socks5://127.0.0.1:$port"
fi

if has microsocks; then
    port=$(free_port)
    start_proxy microsocks "$port" microsocks -i 127.0.0.1 -p "$port" -u user -P pass
    passes_through microsocks "socks5h://user:pass@127.0.0.1:$port"
    says socks_nobody "requires a login" "socks5://127.0.0.1:$port"
    says socks_wrong "does not accept this user and password" "socks5://user:wrong@127.0.0.1:$port"
fi
((${#missing[@]} == 0)) || say "proxies that are not here, or need root: ${missing[*]}"

say "the environment names the proxy, which resolves the server's name"
port=$(free_port)
start_proxy any_name "$port" python3 "$E2E_SOURCE/connect_proxy.py" "$port" "${control##*:}"
# By one connection: a second one could ask the proxy when what it was asked has been counted below.
HTTPS_PROXY=http://127.0.0.1:$port client_to=tunnel.test:7835 ready_client by_environment 1 --connections 1 --tcp "0=$backend"
carries by_environment
has_text "$dir/any_name.out" "asked for tunnel.test:7835"

say "a server on this machine, NO_PROXY and --proxy off leave the environment's proxy aside"
asked=$(count_of any_name "asked for")
ALL_PROXY=socks5://127.0.0.1:1 ready_client here 1 --tcp "0=$backend"
HTTPS_PROXY=http://127.0.0.1:$port client_to=tunnel.test:7835 NO_PROXY=other,test \
    says exempt "cannot connect to tunnel.test:7835" env
HTTPS_PROXY=http://127.0.0.1:$port client_to=tunnel.test:7835 says off "cannot connect to tunnel.test:7835" off
equal "what the proxy was asked" "$(count_of any_name "asked for")" "$asked"

say "what goes wrong is said in words that help"
port=$(free_port)
start_proxy ntlm "$port" python3 "$E2E_SOURCE/connect_proxy.py" "$port" 1 ntlm
says ntlm_client "requires a login by NTLM, but only Basic is supported" "http://127.0.0.1:$port"
nobody=127.0.0.1:$(free_port)
says no_proxy_there "cannot connect to the proxy http://$nobody: Connection refused" "http://$nobody"
says other_kind "does not answer as an HTTP proxy" "http://$backend"
expected_codes[bad]=2
start_client bad --proxy "ftp://user:hidden@127.0.0.1" --tcp "0=$backend"
join bad
equal "the exit code for a wrong proxy" "${exit_codes[bad]}" 2
has_text "$dir/bad.err" "is of a kind that is not supported"
! grep -q hidden "$dir/bad.err" || fail "the password is in the message"

((tried > 0)) || skip "everything but real proxies was tested; not here, or in need of root: ${missing[*]}"
